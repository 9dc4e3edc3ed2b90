"""Which operations have native code, for which dtypes: asked of their own recipes, once for each signature."""

from __future__ import annotations

import functools
from typing import Any

from ..graph import Variable
from ..original import np
from .assembly import assembly_of
from .code import Code
from .contraction import Contraction
from .cumulative import is_cumulative
from .draws import is_draw
from .emitter import Module, Value
from .entries import TRIANGLES
from .factorizations import is_factorization
from .fusion import ASSEMBLY, CUMULATIVE, DRAW, LAPACK, LOOPS, NUMPY, ORDERING, PRODUCT, REDUCTION, standard_kind
from .ordering import is_ordering
from .reductions import REDUCTIONS

_KINDS = {("f", 4), ("f", 8), ("b", 1), *[(kind, size) for kind in "iu" for size in (1, 2, 4, 8)]}


def kind_of(v: Variable) -> str:
    """How a variable is computed: in loops, as a reduction, as a product, by moving what is read, or by NumPy."""
    operation: Any = v.operation
    if not has_native_types(v):
        return NUMPY
    if is_factorization(v):
        return LAPACK
    if v.parts is not None:
        return NUMPY
    standard = standard_kind(v)
    if standard is not None:
        return standard
    if operation.name == "convert":
        return LOOPS
    if operation.kind == "elementwise":
        return NUMPY if _recipe_length(operation, tuple([u.type.dtype for u in v.inputs])) is None else LOOPS
    if operation.name in TRIANGLES:
        return LOOPS
    if operation.name == "take":
        return LOOPS if len(v.inputs[1].shape) == 1 and v.inputs[1].dtype.kind in "iu" else NUMPY
    if assembly_of(v) is not None and v.dtype.kind != "b":
        return ASSEMBLY
    if operation.name in ("take_along_axis", "searchsorted"):
        return LOOPS
    if is_cumulative(v):
        return CUMULATIVE
    if is_ordering(v):
        return ORDERING
    if is_draw(v):
        return DRAW
    if operation.name == "einsum":
        return _kind_of_sum(v)
    return REDUCTION if operation.name in REDUCTIONS and v.parameters[0] else NUMPY


def reason_for_numpy(v: Variable) -> str:
    """Why `kind_of` gives "numpy", in the words of a user."""
    operation: Any = v.operation
    involved = (*v.inputs, *v.results)
    foreign = sorted({u.dtype.name for u in involved if not _is_native(u.dtype)})
    if foreign:
        return f"{operation.name} with {', '.join(foreign)} has no native code"
    if not has_native_types(v):
        return "an array is empty: there is nothing to compute"
    dtypes = ", ".join(u.dtype.name for u in v.inputs)
    if operation.kind == "elementwise" and operation.native is not None:
        return f"{operation.name} has no recipe for {dtypes}"
    if operation.name == "take":
        return f"take has native code for one row of integers, not for indices of shape {v.inputs[1].shape}"
    if operation.name == "einsum":
        return "an index of the result stands there twice, or in no operand"
    if operation.name in ("sort", "argsort"):
        return f"{operation.name} has native code for short rows"
    if operation.name in REDUCTIONS:
        return f"{operation.name} over no axis has no native code"
    return f"{operation.name} has no native code"


def has_native_types(v: Variable) -> bool:
    """Whether there is code for all the dtypes that an operation takes and gives, and something to compute."""
    involved = (*v.results, *v.inputs)
    return all(_is_native(u.dtype) and u.size for u in involved)


def _is_native(dtype: np.dtype) -> bool:
    return (dtype.kind, dtype.itemsize) in _KINDS


def instructions_of(v: Variable) -> int:
    """About how many instructions compute an entry of a variable from those of its parents."""
    operation: Any = v.operation
    if operation is None or operation.kind != "elementwise":
        return 1
    return _recipe_length(operation, tuple([u.type.dtype for u in v.inputs])) or 1


@functools.lru_cache(maxsize=4096)
def _recipe_length(operation: Any, dtypes: tuple[np.dtype, ...]) -> int | None:
    """How many instructions its recipe is; None where it has none."""
    if operation.native is None:
        return None
    computed = operation.promote(dtypes)
    if not all(map(_is_native, computed)):
        return None
    function = Module().function("probe", [])
    values = [Value(f"%x{k}", dtype) for k, dtype in enumerate(computed[: len(dtypes)])]
    made = operation.native(Code(function, has_fma=True), *values)
    return None if made is None else len(function.bodies[0].lines)


def _kind_of_sum(v: Variable) -> str:
    """How a sum of products is computed: by the kernel of products, as a reduction, or entry by entry."""
    contraction = Contraction.of(v)
    if any(n not in contraction.sizes for n in contraction.out) or len(set(contraction.out)) < len(contraction.out):
        return NUMPY
    if not contraction.summed:
        return NUMPY
    return PRODUCT if contraction.is_product else REDUCTION
