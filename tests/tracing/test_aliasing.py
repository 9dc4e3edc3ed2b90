"""Random programs that make views of views and write through them: every array ends as it does in NumPy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import chainrule as cr

from .comparing import same_bits


class Step(NamedTuple):
    """One line of a program: what to do, with which of the arrays so far, and how."""

    kind: str
    target: int
    other: int
    detail: Any


def run(steps: list[Step], x: Any) -> list[Any]:
    arrays = [x * 1.0]
    for kind, target, other, detail in steps:
        a = arrays[target]
        b = arrays[other]
        if kind == "view":
            arrays.append(a[detail])
        elif kind == "transpose":
            arrays.append(a.transpose(detail))
        elif kind == "reshape":
            arrays.append(a.reshape(detail))
        elif kind == "ravel":
            arrays.append(a.ravel(detail))
        elif kind == "einsum":
            arrays.append(np.einsum(detail, a))
        elif kind == "conj":
            arrays.append(a.conj())
        elif kind == "copy":
            arrays.append(a.copy(detail))
        elif kind == "like":
            arrays.append(np.zeros_like(a))
        elif kind == "compute":
            arrays.append(a * 2.0 + 1.0)
        elif kind == "combine":
            arrays.append(a + b.T if a.shape == b.T.shape else a + b)
        elif kind == "write number":
            a[detail] = 7.0 + other
        elif kind == "write part":
            a[detail] = b.reshape(-1)[0] if b.size else 3.0
        elif kind == "write array":
            a[...] = b
        elif kind == "add":
            a += b
        elif kind == "add number":
            a *= 1.5
        elif kind == "add part":
            a[detail] += 0.5
        elif kind == "gather":
            arrays.append(a[detail])
        elif kind == "mask":
            a[a > 2.0] -= 1.0
        elif kind == "scatter":
            np.add.at(a, detail, 0.25)
        elif kind == "into":
            np.multiply(a, 0.5, out=a)
        elif kind == "flat":
            a.flat[detail] = 4.0
    return arrays


@st.composite
def programs(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    order = draw(st.sampled_from("CF"))
    x = np.array(np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape) / 4, order=order)  # sums stay exact
    steps: list[Step] = []
    for _ in range(draw(st.integers(2, 9))):
        arrays = run(steps, x)  # what there is so far, to draw legal steps
        target = draw(st.integers(0, len(arrays) - 1))
        other = draw(st.integers(0, len(arrays) - 1))
        a, b = arrays[target], arrays[other]
        kinds = ["view", "transpose", "reshape", "ravel", "copy", "like", "write number", "write part", "add number"]
        kinds += ["add part", "mask", "into", "einsum", "conj"]
        if a.ndim:  # computing with a 0-d array gives a scalar
            kinds += ["compute"]
            kinds += ["gather", "scatter", "flat"] * (a.size > 0)
            kinds += ["combine"] * (a.shape == b.shape)
        kinds += ["write array", "add"] * fits(b.shape, a.shape)
        kind = draw(st.sampled_from(kinds))
        if kind in ("view", "write number", "write part", "add part"):
            detail: Any = draw_place(draw, a.shape, kind == "view")
        elif kind == "transpose":
            detail = tuple(draw(st.permutations(range(a.ndim))))
        elif kind == "reshape":
            divisors = [n for n in range(1, a.size + 1) if a.size % n == 0] or [0]
            detail = (draw(st.sampled_from(divisors)), -1) if a.size else (0, 1)
        elif kind == "ravel":
            detail = draw(st.sampled_from("CFA"))
        elif kind == "einsum":
            detail = draw_rearrangement(draw, a.shape)
        elif kind == "copy":
            detail = draw(st.sampled_from("CFAK"))
        elif kind in ("gather", "scatter"):
            detail = (
                draw(st.lists(st.integers(-a.shape[0], a.shape[0] - 1), min_size=1, max_size=3)) if (a.shape[0]) else []
            )
        elif kind == "flat":
            detail = draw(st.integers(-a.size, a.size - 1))
        else:
            detail = None
        steps.append(Step(kind, target, other, detail))
    return x, steps


def draw_place(draw, shape, as_array):
    """Integers and slices for some of the axes; where it must be an array, an ellipsis keeps one entry an array."""
    entries: list[Any] = []
    whole = draw(st.booleans())
    for n in shape[: draw(st.integers(0, len(shape)))]:
        entries.append(draw(st.integers(-n, n - 1)) if n and (whole or draw(st.booleans())) else draw(st.slices(n)))
    single = len(entries) == len(shape) and all(isinstance(e, int) for e in entries)
    return (*entries, ...) if not entries or (single and as_array) else tuple(entries)


def draw_rearrangement(draw, shape):
    """Subscripts with nothing to sum: axes in another order, those of one length perhaps as their diagonal."""
    letters = {n: "ijklm"[k] for k, n in enumerate(dict.fromkeys(shape))}
    diagonal = draw(st.booleans())
    labels = [letters[n] if diagonal else "abcde"[k] for k, n in enumerate(shape)]
    return "".join(labels) + "->" + "".join(draw(st.permutations(sorted(set(labels)))))


def fits(small, large):
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


def check(case):
    x, steps = case
    wanted = run(steps, x)
    found, _ = cr.vjp(lambda x: run(steps, x), x)
    for number, (mine, numpys) in enumerate(zip(found, wanted, strict=True)):
        assert np.shape(mine) == np.shape(numpys)
        assert same_bits(mine, numpys), f"array {number} of {steps}: {mine} is not {numpys}"
    return wanted


@settings(max_examples=80)
@given(programs())
def test_values(case):
    check(case)


@settings(max_examples=30)
@given(programs())
def test_gradients(case):
    """The programs are linear but for the masks, so that differences are exact where no mask flips."""
    x, steps = case
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=np.shape(a)) for a in run(steps, x)]
    # Shifted by a number that no program hits, so that no entry is close to the threshold of a mask.
    x = x + 0.01234567

    def total(x):
        return sum(np.sum(w * a) for w, a in zip(weights, run(steps, x), strict=True))

    g = cr.grad(total)(x)
    step = 1e-5
    for place in np.ndindex(x.shape):
        high, low = x.copy(order="K"), x.copy(order="K")
        high[place] += step
        low[place] -= step
        np.testing.assert_allclose(g[place], (total(high) - total(low)) / (2 * step), rtol=1e-5, atol=1e-6)
