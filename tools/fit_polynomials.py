"""Fit the polynomials of chainrule's native mathematics and print the table that stands in the package.

Run: python tools/fit_polynomials.py > src/chainrule/compile/mathematics/coefficients.py

Each is the Chebyshev interpolant of a smooth function on an interval, nearly the best in the largest error, computed
with 120 digits.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 120
HALF_LOG_2 = mp.log(2) / 2


def sinc_like(f: Callable, first: int) -> Callable:
    """(f(sqrt z) / sqrt z - 1) / z, for an odd f with slope 1 (first = 1), or as it is."""

    def value(z: mp.mpf) -> mp.mpf:
        root = mp.sqrt(z)
        return (f(root) / root - 1) / z if first else f(root)

    return value


# name: (function, low, high, number of coefficients in single and in double precision)
FITS = {
    "exp": (lambda r: (mp.exp(r) - 1 - r) / r**2, -HALF_LOG_2 * mp.mpf("1.01"), HALF_LOG_2 * mp.mpf("1.01"), 6, 12),
    "log": (lambda s: 2 * (mp.atanh(mp.sqrt(s)) / mp.sqrt(s) - 1) / s, mp.mpf(0), mp.mpf("0.1716") ** 2, 4, 8),
    "log_single": (
        lambda f: (mp.log1p(f) - f + f * f / 2) / f**3,
        mp.sqrt(mp.mpf(1) / 2) - 1,
        mp.sqrt(mp.mpf(2)) - 1,
        9,
        9,
    ),
    "tanh": (sinc_like(mp.tanh, 1), mp.mpf(0), mp.mpf("0.64") ** 2, 6, 14),
    "sinh": (sinc_like(mp.sinh, 1), mp.mpf(0), mp.mpf("1.01"), 5, 9),
    "sin": (sinc_like(mp.sin, 1), mp.mpf(0), (mp.pi / 4 * mp.mpf("1.01")) ** 2, 4, 7),
    "cos": (
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        mp.mpf(0),
        (mp.pi / 4 * mp.mpf("1.01")) ** 2,
        4,
        7,
    ),
    "arctan": (sinc_like(mp.atan, 1), mp.mpf(0), mp.mpf("0.4143") ** 2, 7, 13),
    "arcsin": (sinc_like(mp.asin, 1), mp.mpf(0), mp.mpf("0.2501"), 7, 14),
    "erf": (lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, mp.mpf(0), mp.mpf("1.001"), 8, 16),
    "erf_tail_single": (lambda t: -mp.log(mp.erfc(t + mp.mpf("2.5"))), mp.mpf("-1.52"), mp.mpf("1.5"), 10, 10),
    "erf_tail": (lambda t: -mp.log(mp.erfc(t + mp.mpf("3.5"))), mp.mpf("-2.52"), mp.mpf("2.5"), 27, 27),
}


def interpolant(f: Callable, low: mp.mpf, high: mp.mpf, count: int) -> list[float]:
    """Coefficients by rising powers of the polynomial through f at the Chebyshev points."""
    points = [(low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    points = [x if abs(x) > mp.mpf(10) ** -25 else mp.mpf(10) ** -25 for x in points]
    matrix = mp.matrix(count, count)
    for row, x in enumerate(points):
        for power in range(count):
            matrix[row, power] = x**power
    return [float(c) for c in mp.lu_solve(matrix, mp.matrix([f(x) for x in points]))]


def main() -> None:
    print('"""Polynomials by rising powers, for single and double precision: made by tools/fit_polynomials.py."""\n')
    print("COEFFICIENTS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {")
    for name, (f, low, high, single, double) in FITS.items():
        print(f'    "{name}": (')
        for count in (single, double):
            print("        (")
            for c in interpolant(f, low, high, count):
                print(f"            {c!r},")
            print("        ),")
        print("    ),")
    print("}")


if __name__ == "__main__":
    main()
