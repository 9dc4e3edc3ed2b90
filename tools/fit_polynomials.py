"""Fit the polynomials of chainrule's native mathematics and print the table that stands in the package.

Run: python tools/fit_polynomials.py > src/chainrule/compile/mathematics/coefficients.py

Each is the Chebyshev interpolant of a smooth function on an interval, nearly the best in the largest error, computed
with 120 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import mpmath as mp

mp.mp.dps = 120
HALF_LOG_2 = mp.log(2) / 2


def sinc_like(f: Callable, first: int) -> Callable:
    """(f(sqrt z) / sqrt z - 1) / z, for an odd f with slope 1 (first = 1), or as it is."""

    def value(z: mp.mpf) -> mp.mpf:
        root = mp.sqrt(z)
        return (f(root) / root - 1) / z if first else f(root)

    return value


def cosine_beyond_square(z: mp.mpf) -> mp.mpf:
    """(cos(sqrt z) - 1 + z / 2) / z**2."""
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


class Fit(NamedTuple):
    """A smooth function on an interval, and how many coefficients it gets."""

    function: Callable
    low: mp.mpf
    high: mp.mpf
    count: int


def alike(function: Callable, low: mp.mpf, high: mp.mpf, single: int, double: int) -> tuple[Fit, Fit]:
    return Fit(function, low, high, single), Fit(function, low, high, double)


def scaled_erfc(middle: int) -> Callable:
    """(1 + 2 x) exp(x**2) erfc(x) for all x >= 0, by t = (x - middle) / (x + middle)."""

    def value(t: mp.mpf) -> mp.mpf:
        x = middle * (1 + t) / (1 - t)
        if x < 10**4:
            return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)
        u = 1 / (2 * x * x)
        return (1 + 2 * x) / (x * mp.sqrt(mp.pi)) * (1 - u + 3 * u**2 - 15 * u**3 + 105 * u**4 - 945 * u**5)

    return value


QUARTER_PI = mp.pi / 4
ALL = mp.mpf(-1), mp.mpf("0.999999")
# name: the fits in single and in double precision
FITS = {
    "exp": alike(
        lambda r: (mp.exp(r) - 1 - r) / r**2, -HALF_LOG_2 * mp.mpf("1.01"), HALF_LOG_2 * mp.mpf("1.01"), 6, 12
    ),
    "log": (
        Fit(lambda f: (mp.log1p(f) - f + f * f / 2) / f**3, mp.sqrt(mp.mpf(1) / 2) - 1, mp.sqrt(mp.mpf(2)) - 1, 9),
        Fit(lambda s: 2 * (mp.atanh(mp.sqrt(s)) / mp.sqrt(s) - 1) / s, mp.mpf(0), mp.mpf("0.1716") ** 2, 8),
    ),
    "cbrt": alike(lambda f: mp.cbrt(1 + f), mp.mpf("-0.2929"), mp.mpf("0.4143"), 4, 7),
    "sinh": alike(sinc_like(mp.sinh, 1), mp.mpf(0), mp.mpf("1.01"), 5, 9),
    # In single precision n may be off where x is large.
    "sin": (
        Fit(sinc_like(mp.sin, 1), mp.mpf(0), (QUARTER_PI * mp.mpf("1.07")) ** 2, 4),
        Fit(sinc_like(mp.sin, 1), mp.mpf(0), (QUARTER_PI * mp.mpf("1.01")) ** 2, 7),
    ),
    "cos": (
        Fit(cosine_beyond_square, mp.mpf(0), (QUARTER_PI * mp.mpf("1.07")) ** 2, 4),
        Fit(cosine_beyond_square, mp.mpf(0), (QUARTER_PI * mp.mpf("1.01")) ** 2, 7),
    ),
    "arctan": alike(sinc_like(mp.atan, 1), mp.mpf(0), mp.mpf("0.4143") ** 2, 7, 13),
    "arcsin": alike(sinc_like(mp.asin, 1), mp.mpf(0), mp.mpf("0.2501"), 7, 14),
    "erf": alike(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, mp.mpf(0), mp.mpf("1.001"), 8, 16),
    "erfcx": (Fit(scaled_erfc(2), *ALL, 12), Fit(scaled_erfc(4), *ALL, 24)),
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
    for name, fits in FITS.items():
        print(f'    "{name}": (')
        for fit in fits:
            print("        (")
            for c in interpolant(*fit):
                print(f"            {c!r},")
            print("        ),")
        print("    ),")
    print("}")


if __name__ == "__main__":
    main()
