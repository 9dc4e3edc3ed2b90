"""Where results lie in memory: whether `ravel` is a view of them, and so what a write through it changes."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

RESULTS = {
    "gathered columns": lambda m: m[:, [0, 1, 0]],
    "gathered rows": lambda m: m[[1, 0]],
    "gathered in another order": lambda m: m.reshape(-1)[np.array([[0, 1, 2], [3, 4, 5]]).T],
    "computed of gathered columns": lambda m: (m[:, [1, 0]] * 2.0).T,
    "masked columns": lambda m: m[:, m[0] > 0],
    "taken columns": lambda m: np.take(m, [0, 1, 0], axis=1),
    "taken of transposed": lambda m: np.take(m.T, [0, 1, 0], axis=1),
    "rolled": lambda m: np.roll(m, (1, 1), axis=(0, 1)),
    "rolled transposed": lambda m: np.roll(m.T, (1, 1), axis=(0, 1)),
    "listed": lambda m: np.array([[value, 2.0 * value] for value in m[0]]),
    "listed transposed": lambda m: np.array([m.T, 2.0 * m.T]),
    "stacked": lambda m: np.stack([m[0], m[1]]),
    "stacked transposed": lambda m: np.stack([m.T, m.T]),
    "joined": lambda m: np.concatenate([m[:, :1], m[:, 1:]], axis=1),
    "joined transposed": lambda m: np.concatenate([m.T, m.T], axis=1),
    "along an axis": lambda m: np.apply_along_axis(lambda row: row * row[0], 1, m),
    "tiled": lambda m: np.tile(m[0], (2, 1)),
    "tiled transposed": lambda m: np.tile(m.T, (1, 2)),
    "repeated": lambda m: np.repeat(m, 2, axis=1),
    "repeated by list": lambda m: np.repeat(m.T, [1, 2, 1], axis=0),
    "inserted": lambda m: np.insert(m, 1, 0.5, axis=1),
    "inserted into transposed": lambda m: np.insert(m.T, 1, 0.5, axis=1),
    "deleted": lambda m: np.delete(m, 0, axis=1),
    "deleted of transposed": lambda m: np.delete(m.T, 0, axis=1),
    **{
        f"padded by {mode}{' transposed' if turned else ''}": lambda m, mode=mode, turned=turned: np.pad(
            m.T if turned else m, ((0, 1), (1, 0)), mode=mode
        )
        for mode in ("edge", "reflect", "wrap", "constant")
        for turned in (False, True)
    },
    "padded by numbers": lambda m: np.pad(m.T, 1, constant_values=2.0),
    "slopes": lambda m: np.gradient(m, axis=1),
    "slopes of transposed": lambda m: np.gradient(np.sin(m.T), axis=0),
    "powers": lambda m: np.vander(m[0], 3),
    "increasing powers": lambda m: np.vander(m[0], 3, increasing=True),
    "grid": lambda m: np.meshgrid(m[0], m[:, 0])[0],
    "other grid": lambda m: np.meshgrid(m[0], m[:, 0], indexing="ij")[1],
    "copied broadcast": lambda m: np.broadcast_to(m[0], (2, 3)).copy(),
    "computed of broadcast": lambda m: np.sin(np.broadcast_to(m[0], (2, 3))),
    "copied by astype": lambda m: m.T.astype(np.float64),
    "narrowed by astype": lambda m: m.T.astype(np.float32),
    "narrowed by astype in an order": lambda m: m.T.astype(np.float32, order="C"),
    "copied by astype in an order": lambda m: m.astype(np.float64, order="F"),
    "astype by name": lambda m: np.astype(m.T, np.float64),
    "real part": lambda m: np.real((m + 1j) ** 2),
    "imaginary part": lambda m: np.exp(1j * m).imag,
    "imaginary part transposed": lambda m: np.imag(np.exp(1j * m)).T,
    "einsum transposed": lambda m: np.einsum("ij->ji", m),
    "einsum summed": lambda m: np.einsum("kij->ji", np.stack([m, m])),
    "einsum of two": lambda m: np.einsum("ij,kj->ik", m, m),
    "einsum of two transposed": lambda m: np.einsum("ij,jk->ki", m, m.T),
    "einsum of outer": lambda m: np.einsum("i,j->ji", m[0], m[:, 0]),
    "einsum of three": lambda m: np.einsum("ij,kj,kl->li", m, m, m, optimize=True),
    "einsum in an order": lambda m: np.einsum("ij,kj->ik", m, m, order="F"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_lie_in_memory_as_those_of_numpy(name):
    """Also where nothing before the result lay in another order than C's, and something after it does."""
    m = np.array([[0.3, -0.7, 1.1], [0.9, 0.2, -0.4]])

    def program(m):
        result = RESULTS[name](m)
        flags = (result.flags.c_contiguous, result.flags.f_contiguous)
        result.T.copy("K").ravel("K")[0] = 1.0
        flat = result.ravel()
        flat[1:3] *= 2.0
        return np.sum(flat[0] * result), (result, *flags)

    value, (result, *flags) = program(m.copy())
    (mine, (found, *mine_flags)), _ = cr.value_and_grad(program, has_aux=True)(m)
    assert mine_flags == flags
    assert np.allclose(found, result, rtol=1e-14) and np.isclose(mine, value, rtol=1e-13)


EINSUMS = {
    "ij->ji": (2, 3),
    "ii->i": (3, 3),
    "...ii->i...": (2, 3, 3),
    "iji->ji": (3, 2, 3),
    "iii->i": (2, 2, 2),
    "ijk->kij": (2, 3, 2),
    "iijj->ji": (2, 2, 3, 3),
}


@pytest.mark.parametrize("spec", EINSUMS)
def test_einsum_that_sums_nothing_is_a_view(spec):
    """NumPy: "views returned from einsum are now writeable whenever the input array is writeable"."""
    x = np.random.default_rng(0).normal(size=EINSUMS[spec])
    f = np.random.default_rng(1).normal(size=x.shape)

    def program(x):
        part = np.einsum(spec, x)
        part[0] = part[-1] ** 2
        part *= np.cos(x[(0,) * x.ndim])
        whole = np.sum(f * x)
        x[...] = 0.5
        return whole + np.sum(part), x

    plain, changed = program(x.copy())
    (value, mine), gradient = cr.value_and_grad(program, has_aux=True)(x)
    assert np.isclose(value, plain, rtol=1e-14) and np.array_equal(mine, changed)
    for place in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[place] += 1e-5
        below[place] -= 1e-5
        slope = (program(above)[0] - program(below)[0]) / 2e-5
        assert np.isclose(gradient[place], slope, atol=1e-8), place


def test_tensordot_over_all_axes_is_an_array():
    def program(m):
        total = np.tensordot(m, m, axes=2)
        same = total
        total += 1.0  # in place
        return same * 1.0

    m = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert program(m) == 31.0
    assert cr.value_and_grad(program)(m)[0] == 31.0
