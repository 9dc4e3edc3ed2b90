# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Matrix products, inner and outer products, einsum: all of them sums of products over named indices."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...graph import Variable
from ...ops.contraction import einsum
from ...ops.movement import broadcast_to, convert, reshape, transpose
from ...ops.selection import where
from ...original import np
from ..array import Array, viewed, wrap
from ..dispatch import answers, finish, lifted, refuse, result_of
from ..failing import written_names
from ..indexing import axis_of
from ..layout import einsum_order, laid
from ..ufuncs import GENERALIZED
from .axes import normalize_axis_index
from .manipulation import moveaxis


def _contraction(operands: list[Array], labels: list[tuple[int, ...]], out: tuple[int, ...]) -> Any:
    """A sum of products with NumPy's dtype; batch axes of size 1 are broadcast."""
    sizes: dict[int, int] = {}
    for x, names in zip(operands, labels, strict=True):
        for name, size in zip(names, x.shape, strict=True):
            sizes[name] = max(size, sizes.get(name, 1)) if size != 0 else 0
    dtype = np.result_type(*[x.dtype for x in operands])
    variables, used = [], []
    for x, names in zip(operands, labels, strict=True):
        v = x.variable
        narrow = [k for k, name in enumerate(names) if x.shape[k] == 1 != sizes[name]]
        if narrow:  # an axis of size 1 meets every index: it needs no name
            x = wrap(x.owner, v).reshape(tuple(n for k, n in enumerate(x.shape) if k not in narrow))
            v, names = x.variable, tuple(name for k, name in enumerate(names) if k not in narrow)
        variables.append(v if v.dtype == dtype else convert(v, dtype=dtype.name))
        used.append(names)
    return result_of(operands[0].owner, einsum(*variables, labels=tuple(used), out=out, absorbing=False))


def _mismatch(what: str, a: Array, b: Array, inner: tuple[int, int], transposed: bool) -> ShapeError:
    hint = None
    if a.ndim == b.ndim == 2 and transposed:
        names = written_names(2) or [_name(a.variable) or "a", _name(b.variable) or "b"]
        hint = f"{names[0]} @ {names[1]}.T" if a.shape[1] == b.shape[1] else f"{names[0]}.T @ {names[1]}"
    return ShapeError(
        f"{what} needs inner sizes to agree: {inner[0]} is not {inner[1]}",
        got=f"{_described(a)};  {_described(b)}",
        wanted=f"a second operand of shape ({inner[0]}, ...)",
        try_=hint,
    )


def _name(v: Variable) -> str | None:
    return v.name or (v.origins[0].assigned_name if v.origins else None)


def _described(x: Array) -> str:
    v = x.variable
    made = f", made at {v.origins[0]}" if v.origins else ""
    return f"{_name(v) or 'an array'} {v.shape} {v.dtype}{made}"


def _pair(a: Any, b: Any, *others: Any) -> tuple[Array, Array]:
    return lifted(a, b, *others), lifted(b, a, *others)


@answers(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    a, b = _pair(a, b, out)
    if a.ndim == 0 or b.ndim == 0:
        return finish(np.multiply(a, b), out)
    if b.ndim <= 2 and a.ndim <= 2:
        return finish(matmul(a, b), out)
    rows = tuple(range(a.ndim - 1))
    left, right = (*rows, -1), tuple(range(100, 100 + b.ndim))
    right = (*right[:-2], -1, right[-1]) if b.ndim > 1 else (-1,)
    _check_inner("np.dot", a, b)
    return finish(_contraction([a, b], [left, right], rows + tuple(n for n in right if n != -1)), out)


def _check_inner(what: str, a: Array, b: Array) -> None:
    inner = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if inner[0] != inner[1]:
        fits = a.ndim == b.ndim == 2 and (a.shape[1] == b.shape[1] or a.shape[0] == b.shape[0])
        raise _mismatch(what, a, b, inner, fits)


def matmul(a: Any, b: Any, out: Any = None, dtype: Any = None, axes: Any = None, **ignored: Any) -> Any:
    a, b = _pair(a, b, *(out or ()))
    if axes is not None:
        raise refuse("np.matmul with axes=", "np.moveaxis before and after")
    if not a.ndim or not b.ndim:
        raise ShapeError("matrix product needs arrays, not scalars", got=f"{a.type} and {b.type}", try_="a * b")
    _check_inner("matrix product", a, b)
    row, column, inner = (-1,) if a.ndim > 1 else (), (-2,) if b.ndim > 1 else (), -3
    depth = max(a.ndim, b.ndim, 2) - 2
    batch = tuple(range(depth))
    left = batch[depth - max(a.ndim - 2, 0) :] + row + (inner,)
    right = batch[depth - max(b.ndim - 2, 0) :] + (inner,) + column
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise ShapeError(
            "a batch of matrix products needs batch axes that broadcast", got=f"{_described(a)};  {_described(b)}"
        ) from None
    if dtype is not None:
        a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    return finish(_contraction([a, b], [left, right], batch + row + column), out)


def vecdot(
    a: Any, b: Any, out: Any = None, axis: int = -1, dtype: Any = None, keepdims: bool = False, **ignored: Any
) -> Any:
    a, b = _pair(a, b, *(out or ()))
    if not a.ndim or not b.ndim:
        raise ShapeError("vecdot needs vectors, not scalars", got=f"{a.type} and {b.type}", try_="a * b")
    left, right = moveaxis(a, axis, -1), moveaxis(b, axis, -1)
    if left.shape[-1] != right.shape[-1]:
        raise ShapeError(
            f"vecdot needs vectors of one length: {left.shape[-1]} is not {right.shape[-1]}",
            got=f"{_described(a)};  {_described(b)}",
        )
    if dtype is not None:
        left, right = left.astype(dtype, copy=False), right.astype(dtype, copy=False)
    result = matmul(left.conj().reshape((*left.shape[:-1], 1, -1)), right.reshape((*right.shape, 1)))[..., 0, 0]
    result = result_of(result.owner, result.variable)
    return finish(np.expand_dims(result, axis) if keepdims else result, out)


def matvec(a: Any, b: Any, out: Any = None, **ignored: Any) -> Any:
    a, b = _pair(a, b, *(out or ()))
    _check_inner("np.matvec", a, b.reshape((*b.shape, 1)))
    return finish(matmul(a, b.reshape((*b.shape, 1)))[..., 0], out)


def vecmat(a: Any, b: Any, out: Any = None, **ignored: Any) -> Any:
    a, b = _pair(a, b, *(out or ()))
    return finish(matmul(a.conj().reshape((*a.shape[:-1], 1, -1)), b)[..., 0, :], out)


GENERALIZED[np.matmul] = matmul
GENERALIZED[np.vecdot] = vecdot
for _attribute, _answer in {"matvec": matvec, "vecmat": vecmat}.items():  # since NumPy 2.2
    if hasattr(np, _attribute):
        GENERALIZED[getattr(np, _attribute)] = _answer
answers(np.linalg.matmul)(lambda x1, x2, /: matmul(x1, x2))
answers(np.linalg.vecdot)(lambda x1, x2, /, *, axis=-1: vecdot(x1, x2, axis=axis))


@answers(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    a, b = _pair(a, b)
    if a.size != b.size:
        raise ShapeError(f"vdot needs as many numbers on both sides: {a.size} is not {b.size}")
    return dot(a.conj().reshape(-1), b.reshape(-1))


@answers(np.inner)
def inner(a: Any, b: Any) -> Any:
    a, b = _pair(a, b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise _mismatch("np.inner", a, b, (a.shape[-1], b.shape[-1]), False)
    return tensordot(a, b, (-1, -1)) if a.ndim > 1 or b.ndim > 1 else dot(a, b)


@answers(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    a, b = _pair(a, b, out)
    return finish(a.reshape(-1, 1) * b.reshape(1, -1), out)


@answers(np.linalg.outer)
def outer_of_vectors(x1: Any, x2: Any, /) -> Any:
    a, b = _pair(x1, x2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"Input arrays must be one-dimensional, but they are x1.ndim={a.ndim} and x2.ndim={b.ndim}.")
    return outer(a, b)


@answers(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = _pair(a, b)
    if isinstance(axes, (int, np.integer)):
        axes = (range(a.ndim - int(axes), a.ndim), range(int(axes)))
    of_a, of_b = ([axis_of(k, x.ndim) for k in _axes(each)] for x, each in zip((a, b), axes, strict=True))
    if len(set(of_a)) < len(of_a) or len(set(of_b)) < len(of_b):
        raise ValueError("duplicate axes are not allowed in tensordot")
    left, right = list(range(a.ndim)), list(range(100, 100 + b.ndim))
    sizes = [a.shape[k] for k in of_a], [b.shape[k] for k in of_b]
    if sizes[0] != sizes[1]:
        raise ShapeError(
            f"np.tensordot needs sizes that agree: {sizes[0]} is not {sizes[1]}",
            got=f"{_described(a)};  {_described(b)}",
        )
    for i, j in zip(of_a, of_b, strict=True):
        right[j] = left[i]
    kept = [n for k, n in enumerate(left) if k not in of_a] + [n for k, n in enumerate(right) if k not in of_b]
    return lifted(_contraction([a, b], [tuple(left), tuple(right)], tuple(kept)))  # no scalar


answers(np.linalg.tensordot)(lambda x1, x2, /, *, axes=2: tensordot(x1, x2, axes))


def _axes(axes: Any) -> Any:
    return (axes,) if isinstance(axes, (int, np.integer)) else axes


# Einstein's sum


@answers(np.einsum)
def einsum_(
    *operands: Any, out: Any = None, optimize: Any = False, dtype: Any = None, order: str = "K", casting: str = "safe"
) -> Any:
    if isinstance(operands[0], str):
        spec, *arrays = operands
        arrays = [lifted(x, *arrays, out) for x in arrays]
        labels, result = _parsed(spec, [x.ndim for x in arrays])
    else:
        given = operands[0 : len(operands) // 2 * 2 : 2]
        arrays = [lifted(x, *given, out) for x in given]
        sublists = [
            _filled_ellipsis(tuple(each), x.ndim)
            for each, x in zip(operands[1 : len(operands) // 2 * 2 : 2], arrays, strict=True)
        ]
        labels = sublists
        widest = max((sum(isinstance(n, str) for n in each) for each in labels), default=0)
        hidden = tuple(f"...{k}" for k in range(widest, 0, -1))
        if len(operands) % 2:
            result = tuple(n for each in operands[-1] for n in (hidden if each is Ellipsis else (each,)))
        else:
            result = hidden + _implicit([tuple(n for n in each if not isinstance(n, str)) for each in labels])
    every = {n for each in labels for n in each}
    for n in result:
        if n not in every:
            raise ValueError(
                f"einstein sum subscripts string included output subscript '{n}' which never appeared in an input"
            )
    if len(set(result)) < len(result):
        raise ValueError("einstein sum subscripts string includes an output subscript multiple times")
    if dtype is not None:
        arrays = [x.astype(dtype, copy=False) for x in arrays]
    numbers = {label: k for k, label in enumerate(dict.fromkeys(n for each in labels for n in each))}
    named = [tuple(numbers[n] for n in each) for each in labels]
    if len(arrays) == 1 and out is None and _is_rearranged(arrays[0], named[0], len(result)):
        return _rearranged(arrays[0], named[0], tuple(numbers[n] for n in result))
    wanted = tuple(numbers[n] for n in result)
    total = _contraction(arrays, named, wanted)
    if len(wanted) > 1 and out is None:
        laid(total, einsum_order(arrays, named, wanted, optimize=optimize, order=order))
    return finish(total, out)


def _is_rearranged(x: Array, labels: tuple[int, ...], kept: int) -> bool:
    """Whether nothing is summed: then NumPy gives a view, transposed or a diagonal, which can be written into."""
    sizes = dict(zip(labels, x.shape, strict=True))
    return 0 < kept == len(sizes) and all(sizes[name] == n for name, n in zip(labels, x.shape, strict=True))


def _rearranged(x: Array, labels: tuple[int, ...], out: tuple[int, ...]) -> Any:
    if len(labels) == len(out):
        return x.transpose([labels.index(name) for name in out])
    first = [labels.index(name) for name in out]
    order = tuple(sorted(range(len(out)), key=first.__getitem__))
    spread = tuple(n if labels.index(name) == k else 1 for k, (name, n) in enumerate(zip(labels, x.shape, strict=True)))
    places = np.indices(x.shape, sparse=True)
    met: Any = True  # where the axes of one name meet
    for k, name in enumerate(labels):
        met = met & (places[k] == places[labels.index(name)])

    def put_back(base: Variable, new: Variable) -> Variable:
        given = broadcast_to(reshape(transpose(new, axes=order), shape=spread), shape=base.shape)
        return where(base.graph.constant(met), given, base)

    x.owner.turned = True
    return viewed(x, lambda v: einsum(v, labels=(labels,), out=out, absorbing=False), put_back, ("einsum", labels, out))


def _filled_ellipsis(labels: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    if Ellipsis not in labels:
        return labels
    k = labels.index(Ellipsis)
    hidden = rank - len(labels) + 1
    return (*labels[:k], *(f"...{j}" for j in range(hidden, 0, -1)), *labels[k + 1 :])


def _parsed(spec: str, ranks: list[int]) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
    """Labels of each operand and of the result; an ellipsis stands for as many axes as are left."""
    left, arrow, right = spec.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(ranks):
        raise ValueError(
            f"einstein sum subscripts string {spec!r} names {len(parts)} operands, {len(ranks)} were given"
        )
    labels, widest = [], 0
    for part, rank in zip(parts, ranks, strict=True):
        hidden = rank - len(part.replace("...", ""))
        if hidden < 0 or (hidden and "..." not in part):
            raise ValueError(f"einstein sum subscripts string {spec!r} does not fit an operand of {rank} axes")
        widest = max(widest, hidden)
        before, dots, after = part.partition("...")
        middle = tuple(f"...{k}" for k in range(hidden, 0, -1)) if dots else ()
        labels.append((*before, *middle, *after))
    if not arrow:
        implicit = _implicit([tuple(n for n in each if not n.startswith("...")) for each in labels])
        return labels, (*(f"...{k}" for k in range(widest, 0, -1)), *implicit)
    before, dots, after = right.partition("...")
    return labels, (*before, *(f"...{k}" for k in range(widest, 0, -1) if dots), *after)


def _implicit(labels: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    every = [n for each in labels for n in each]
    return tuple(sorted(n for n in set(every) if every.count(n) == 1))


@answers(np.einsum_path)
def einsum_path(subscripts: Any, *operands: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    shapes = [np.broadcast_to(0.0, np.shape(x)) if type(x) is Array else x for x in operands]
    return np.einsum_path(subscripts, *shapes, optimize=optimize)


# Other products


@answers(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return finish(np.sum(np.diagonal(lifted(a, out), offset, axis1, axis2), axis=-1, dtype=dtype), out)


answers(np.linalg.trace)(lambda x, /, *, offset=0, dtype=None: trace(x, offset, -2, -1, dtype))


@answers(np.kron)
def kron(a: Any, b: Any) -> Any:
    a, b = _pair(a, b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    rank = max(a.ndim, b.ndim)
    shapes = [(1,) * (rank - x.ndim) + x.shape for x in (a, b)]
    left = a.reshape(tuple(n for size in shapes[0] for n in (size, 1)))
    right = b.reshape(tuple(n for size in shapes[1] for n in (1, size)))
    return (left * right).reshape(tuple(m * n for m, n in zip(*shapes, strict=True)))


@answers(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = _pair(a, b)
    if not a.ndim or not b.ndim:
        raise ShapeError("At least one array has zero dimension")
    a = moveaxis(a, normalize_axis_index(axisa, a.ndim, msg_prefix="axisa"), -1)
    b = moveaxis(b, normalize_axis_index(axisb, b.ndim, msg_prefix="axisb"), -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ShapeError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if a.shape[-1] == 2 or b.shape[-1] == 2:
        raise refuse("np.cross of vectors in the plane (deprecated in NumPy 2.0)", "a[0] * b[1] - a[1] * b[0]")
    (a0, a1, a2), (b0, b1, b2) = ([x[..., k] for k in range(3)] for x in (a, b))
    parts = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    return moveaxis(np.stack(parts, -1), -1, normalize_axis_index(axisc, parts[0].ndim + 1, msg_prefix="axisc"))


@answers(np.linalg.cross)
def cross_of_vectors(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    a, b = _pair(x1, x2)
    if a.shape[axis] != 3 or b.shape[axis] != 3:
        raise ShapeError(
            "Both input arrays must be (arrays of) 3-dimensional vectors, but they are "
            f"{a.shape[axis]} and {b.shape[axis]} dimensional instead."
        )
    return cross(a, b, axis=axis)


def _dot(self: Array, b: Any, out: Any = None) -> Any:
    return np.dot(self, b, out=out)


for _attribute, _answer in {"dot": _dot, "trace": trace}.items():
    setattr(Array, _attribute, _answer)
