"""A traced array: answers as a NumPy array does, and records.

It is no subclass of ndarray (np.asarray would strip a subclass silently, and the derivative with it), but says that it
is one when asked by isinstance.
"""

from __future__ import annotations

import operator
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from numpy.lib.array_utils import normalize_axis_index

from ..arraytype import ArrayType
from ..errors import MutationError, Origin, ShapeError, TraceError, user_frame
from ..graph import Variable
from ..ops import Operation, arithmetic, comparison
from ..ops.movement import broadcast_to, concatenate, convert, reshape, transpose
from ..original import np
from . import indexing, layout, python_numbers
from .failing import note_failure
from .formatting import is_formatting
from .leaving import refusal
from .memory import Fillable, Slots
from .trace import Trace, left_its_body
from .views import View, whole

# What an array of no axes is: NumPy's scalars are immutable, its 0-d arrays are not, and Python's numbers are weak.
ARRAY, SCALAR, PYTHON = 0, 1, 2
NUMBERS = (float, int, bool, complex)
SEQUENCES = (list, tuple, deque)  # what NumPy reads as an array, and may hold traced values


class HasNoLength(TypeError, AttributeError):
    """What len() raises of a scalar, and hasattr takes for an answer."""


class PassesForAnother(type):
    """Of a class whose instances pass for those of others: what abstract classes look for is not found in this one.

    So `isinstance(x, collections.abc.Iterable)` goes by x.__class__: true of an array, false of a scalar.
    """

    @property
    def __mro__(cls) -> tuple[type, ...]:  # type: ignore[override]
        return (object,)


class Array(Slots, metaclass=PassesForAnother):
    """A value of the function that is being traced."""

    __slots__ = ()
    __array_priority__ = 1000
    _variable: Variable
    kind: int
    owner: Trace
    body: int  # in which it was made: only there may it be changed
    alias: View | None

    @property
    def __class__(self) -> type:  # type: ignore[override]
        if self._variable.type.shape == () and self.kind:
            dtype = self._variable.type.dtype
            return dtype.type if self.kind == SCALAR else {"f": float, "i": int, "b": bool, "c": complex}[dtype.kind]
        return np.ndarray

    # What it is

    @property
    def variable(self) -> Variable:
        """The variable that holds its value now; a view first looks at what its base has become."""
        view = self.alias
        if view is not None and view.version != view.buffer.version:
            self._variable = view.refreshed()
        return self._variable

    @property
    def type(self) -> ArrayType:
        return self._variable.type

    shape = property(lambda self: self._variable.type.shape)
    dtype = property(lambda self: self._variable.type.dtype)
    ndim = property(lambda self: self._variable.type.ndim)
    size = property(lambda self: self._variable.type.size)
    itemsize = property(lambda self: self._variable.type.dtype.itemsize)
    nbytes = property(lambda self: self._variable.type.size * self._variable.type.dtype.itemsize)

    @property
    def __len__(self) -> Callable[[], int]:  # type: ignore[override]
        """None of a scalar, as hasattr(x, "__len__") is how programs tell the two apart."""
        if not self.shape:
            raise HasNoLength(f"object of type '{self._noun}' has no len()" if self.kind else "len() of unsized object")
        return lambda: self.shape[0]

    @property
    def _noun(self) -> str:
        return f"numpy.{self.dtype}" if self.kind == SCALAR else "float"

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError(f"'{self._noun}' object is not iterable" if self.kind else "iteration over a 0-d array")
        return (self[k] for k in range(self.shape[0]))

    def __repr__(self) -> str:
        if self.owner.recorder is not None:
            self.owner.recorder.shown()
        return f"<traced {self._variable.label} {self.type}>"

    def __str__(self) -> str:
        return str(self._shown()) if self._has_value else repr(self)

    def __format__(self, spec: str) -> str:
        if not self._has_value:
            return repr(self)
        value = self._shown()
        return format(value.item() if not value.shape else value, spec)

    def _shown(self) -> np.ndarray:
        """The value as a text is made of it. That of an integer may name something: in a kept trace it decides."""
        if self.kind and self.dtype.kind in "iub" and self.owner.recorder is not None:
            return self.owner.ask(self.variable)
        return self.value()

    __hash__ = None  # type: ignore[assignment]

    # Values, when Python asks

    @property
    def _has_value(self) -> bool:
        return not (self.owner.symbolic or self.owner.is_open(self.variable))

    def value(self) -> np.ndarray:
        """The value now, for people to look at: no guard."""
        if self.owner.recorder is not None:
            self.owner.recorder.shown()
        return np.asarray(self.owner.evaluate([self.variable])[0])

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
                if self.size
                else "The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is "
                "not empty."
            )
        return bool(self.owner.ask(self.variable).item())

    def __int__(self) -> int:
        return int((np.trunc(self) if self.dtype.kind == "f" else self)._single())  # a guard on no more than it needs

    def __index__(self) -> int:
        if self.dtype.kind not in "iub" or self.shape:
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return operator.index(self.owner.ask(self.variable).item())

    def __float__(self) -> float:
        if not self.shape and self._has_value and is_formatting(sys._getframe(1)):
            return float(self.value())
        self._refuse_to_leave("float()")
        return float(self._single())

    def __complex__(self) -> complex:
        self._refuse_to_leave("complex()")
        return complex(self._single())

    def _single(self) -> Any:
        if self.shape:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return self.owner.ask(self.variable).item()

    def item(self, *index: Any) -> Any:
        """An entry as a Python number: traced, but weak as Python's numbers are."""
        if len(index) == 1 and isinstance(index[0], tuple):
            (index,) = index
        if not index and self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        if len(index) < 2:
            index = np.unravel_index(flat_place(self, index[0] if index else 0), self.shape)
        return wrap(self.owner, self[tuple(index)].variable, PYTHON)

    def tolist(self) -> Any:
        return [each.tolist() for each in self] if self.ndim else self.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        self._refuse_to_leave("code in C")
        return np.asarray(self.owner.ask(self.variable), dtype)

    @property
    def _carries_derivative(self) -> bool:
        return self.owner.carries_derivative(self.variable)

    def _refuse_to_leave(self, taker: str, **parts: str) -> None:
        v = self.variable
        if self.owner.is_open(v):
            self.owner.evaluate([v])  # which says why not
        if self._carries_derivative:
            made = f", made at {Origin(v.origin)}" if v.origin else ""
            self.owner.refused = error = refusal(self.owner, f"{v.label} {v.type}{made}", taker, **parts)
            raise error

    # Indexing and writing

    def __getitem__(self, index: Any) -> Any:
        try:
            return indexing.read(self, index)
        except Exception as error:
            note_failure(error, self.owner, "getitem", (self, index))
            raise

    def __setitem__(self, index: Any, value: Any) -> None:
        try:
            indexing.write(self, index, value)
        except Exception as error:
            note_failure(error, self.owner, "setitem", (self, value))
            raise

    def assign(self, new: Variable) -> None:
        """Become another value of the same shape, in place: views of the same base see it."""
        if self.kind == SCALAR or self.kind == PYTHON:
            raise TypeError("a NumPy scalar cannot be changed in place")
        self.check_body()
        if self.alias is None and len(new.shape) > 1:  # its layout in memory stays
            self.alias = whole(self._variable)
        if self.alias is None:
            self._variable = new
            return
        self.alias.write(new)
        buffer = self.alias.buffer
        if self.owner.turned and len(buffer.made.shape) > 1:
            buffer.variable = layout.kept(self.owner, buffer.made, buffer.variable)

    def check_body(self) -> None:
        """Raise where the body of a loop or a branch changes what was made outside of it.

        Raises
        ------
        MutationError
        """
        if self.body != self.owner.body:
            name = self.owner.bodies[-1].name if self.owner.bodies else "scan"
            raise MutationError(
                f"the body of cr.{name} changes an array that was made outside of it",
                got=f"{self._variable.label} {self.type}",
                wanted="a function without side effects: what changes is a part of what it is given and returns",
                try_="array = array.copy() within the function, or the array as a part of the carry",
            )

    # Shapes

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
        full = indexing.full_shape(self.size, wanted, self.shape)
        if layout.is_turned(self, order):
            return _reshaped(self.transpose(), full[::-1], copy).transpose()
        return _reshaped(self, full, copy)

    def ravel(self, order: str = "C") -> Any:
        """One axis; unlike reshape, a copy of what is not contiguous."""
        if order == "K" and self.ndim > 1:
            flat = self.transpose(layout.order_of(self))
        else:
            flat = self.transpose() if layout.is_turned(self, order) else self
        return _reshaped(flat, (self.size,), copy=None if layout.is_contiguous(flat) else True)

    def flatten(self, order: str = "C") -> Any:
        return self.ravel(order).copy()

    def transpose(self, *axes: Any) -> Any:
        if len(axes) == 1 and not isinstance(axes[0], (int, np.integer)):
            axes = () if axes[0] is None else tuple(axes[0])
        order = tuple(indexing.axis_of(k, self.ndim) for k in axes) if axes else tuple(reversed(range(self.ndim)))
        if len(order) != self.ndim:
            raise ValueError("axes don't match array")
        if len(set(order)) < len(order):
            raise ValueError("repeated axis in transpose")
        inverse = tuple(sorted(range(self.ndim), key=order.__getitem__))
        if self.ndim > 1:
            self.owner.turned = True
        return viewed(
            self,
            lambda v: transpose(v, axes=order),
            lambda base, new: transpose(new, axes=inverse),
            ("transpose", order),
        )

    @property
    def T(self) -> Any:
        return self.transpose()

    @property
    def mT(self) -> Any:
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return self.swapaxes(-1, -2)

    def swapaxes(self, a: int, b: int) -> Any:
        order = list(range(self.ndim))
        a = normalize_axis_index(a, self.ndim, "axis1")
        b = normalize_axis_index(b, self.ndim, "axis2")
        order[a], order[b] = order[b], order[a]
        return self.transpose(*order)

    def squeeze(self, axis: Any = None) -> Any:
        return np.squeeze(self, axis)  # type: ignore[call-overload]

    # Copies and dtypes

    def copy(self, order: str = "C") -> Any:
        return wrap(self.owner, self.variable if self.ndim < 2 else layout.copied(self, order), self.kind)

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self.copy(order) if copy else self
        result = wrap(self.owner, convert(self.variable, dtype=dtype.name), self.kind and SCALAR)
        return result if order == "K" or self.ndim < 2 else result.copy(order)

    @property
    def real(self) -> Any:
        return np.real(self)

    @property
    def imag(self) -> Any:
        return 0.0 if self.kind == PYTHON and self.dtype.kind == "f" else np.imag(self)

    def conj(self) -> Any:
        """Of real numbers the array itself, as in NumPy."""
        if self.dtype.kind != "c":
            return self
        result: Any = np.conj(self)  # type: ignore[call-overload]
        return wrap(self.owner, result.variable, PYTHON) if self.kind == PYTHON else result

    conjugate = conj

    def fill(self, value: Any) -> None:
        self[...] = value

    # What NumPy calls

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        return dispatch_ufunc(ufunc, method, inputs, keywords)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, keywords: Any) -> Any:
        return dispatch_function(function, args, keywords)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self, other) if is_operand(other) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return np.matmul(other, self) if is_operand(other) else NotImplemented

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other


# Set by dispatch.py, which knows the functions.
dispatch_ufunc: Callable[..., Any] = lambda *_: NotImplemented
dispatch_function: Callable[..., Any] = lambda *_: NotImplemented


def is_operand(x: Any) -> bool:
    return type(x) is Array or isinstance(x, (np.ndarray, np.generic, float, int, complex, list, tuple))


def flat_place(x: Any, index: Any) -> int:
    """A place in the flat order of an array, counted from 0."""
    place = operator.index(index)
    if not -x.size <= place < x.size:
        raise IndexError(f"index {place} is out of bounds for size {x.size}")
    return place % x.size


def wrap(trace: Trace, variable: Variable, kind: int = ARRAY) -> Array:
    array = Array.__new__(Array)
    array.owner, array._variable, array.kind, array.alias = trace, variable, kind, None
    array.body = trace.bodies[-1].serial if trace.bodies else 0
    return array


def viewed(
    parent: Array,
    read: Callable[[Variable], Variable],
    put_back: Callable[[Variable, Variable], Variable],
    key: object,
    now: Variable | None = None,
) -> Array:
    """An array that shares its parent's memory: how it reads from the parent, and how a write goes back into it.

    `key` is equal for equal ways to read; `now` is what it reads at present, where that is known without reading.
    """
    if parent.alias is None:
        parent.alias = whole(parent._variable)
    array = wrap(parent.owner, read(parent.variable) if now is None else now)
    array.alias = parent.alias.narrowed(read, put_back, key)
    array.body = parent.body
    return array


def _reshaped(x: Array, shape: tuple[int, ...], copy: bool | None = None) -> Array:
    before = x.shape
    if x.kind:
        return wrap(x.owner, reshape(x.variable, shape=shape) if shape else x.variable)
    if copy or not layout.can_view(x, shape):
        if copy is False:
            raise ValueError("Unable to avoid creating a copy while reshaping.")
        return wrap(x.owner, reshape(x.variable, shape=shape))
    return viewed(
        x, lambda v: reshape(v, shape=shape), lambda base, new: reshape(new, shape=before), ("reshape", shape)
    )


def variable_of(x: Any, trace: Trace) -> Variable:
    """Any operand as a variable of the trace."""
    if type(x) is Array:
        v = x.variable
        if v.graph is trace.graph:
            return v
        if x.owner is trace:
            raise left_its_body(v)
        raise TraceError(
            f"{v.label} belongs to another trace and cannot be used in this one",
            got=f"{v.type}",
            try_="pass it as an argument, or return it from the function that made it",
        )
    if type(x) in NUMBERS:
        return trace.number(x, np.asarray(x).dtype)
    if isinstance(x, (np.ndarray, np.generic)):
        if x.dtype == object:
            return stacked(x.tolist(), trace)
        return trace.capture(x)
    if isinstance(x, SEQUENCES):
        return stacked(x, trace)
    return trace.keep(np.asarray(x))


def stacked(items: Any, trace: Trace) -> Variable:
    """A nested list that may hold traced arrays, as np.array would read it."""
    if not isinstance(items, SEQUENCES):
        return variable_of(items, trace)
    if not contains_traced(items):
        return trace.keep(np.asarray(items))
    parts = [stacked(item, trace) for item in items]
    shapes = {v.shape for v in parts}
    if len(shapes) > 1:
        raise ShapeError("a list of arrays of different shapes is no array", got=", ".join(map(str, sorted(shapes))))
    (shape,) = shapes
    dtype = np.result_type(*[v.dtype for v in parts])
    from_parts = [v if v.dtype == dtype else convert(v, dtype=dtype.name) for v in parts]
    whole = _stack(from_parts, shape)
    return layout.lying(trace, whole, list(range(len(shape) + 1))) if trace.turned and shape else whole


def _stack(parts: list[Variable], shape: tuple[int, ...]) -> Variable:
    return concatenate(*[reshape(v, shape=(1, *shape)) for v in parts], axis=0)


def contains_traced(items: Any) -> bool:
    if type(items) is Array:
        return True
    if not isinstance(items, SEQUENCES):
        return False
    types = set(map(type, items))  # fast, also for a list of a million numbers
    return Array in types or (not types <= _NO_LISTS and any(map(contains_traced, items)))


_NO_LISTS = {float, int, bool, complex, str, type(None), slice, np.float64, np.int64, Fillable}


def trace_of(*operands: Any) -> Trace | None:
    """The trace of the first traced array among the operands, lists included."""
    for x in operands:
        t = type(x)
        if t is Array:
            return x.owner
        if t in _NO_LISTS:
            continue
        if isinstance(x, SEQUENCES):
            found = trace_of(*x) if not _NO_LISTS.issuperset(map(type, x)) else None
            if found is not None:
                return found
        elif isinstance(x, np.ndarray) and x.dtype == object:
            found = trace_of(*x.ravel())
            if found is not None:
                return found
    return None


# Element-wise operations: the way that nearly all code takes


def apply_elementwise(operation: Operation, operands: tuple[Any, ...], trace: Trace) -> Array:
    """Record an element-wise operation on traced arrays, arrays and numbers, with NumPy's promotion."""
    kind = PYTHON
    weak = False
    variables = []
    for x in operands:
        t = type(x)
        if t is Array:
            variables.append(x.variable)
            if x.kind == PYTHON:
                weak = True
            else:
                kind = SCALAR
        elif t in NUMBERS:
            weak = True
            variables.append(x)
        else:
            v = variable_of(x, trace)
            variables.append(v)
            kind = SCALAR
    if weak:
        variables = _promoted(operation, operands, variables, trace)
    graph = trace.graph
    result = graph.append(operation, tuple(variables), (), user_frame(2))
    array = Array.__new__(Array)
    array.owner, array._variable, array.alias = trace, result, None
    array.body = trace.bodies[-1].serial if trace.bodies else 0
    array.kind = ARRAY if result.type.shape else kind
    return array


def _operated(operation: Operation, operands: tuple[Any, ...], trace: Trace) -> Array:
    """The same for an operator, which Python's numbers have too."""
    try:
        result = apply_elementwise(operation, operands, trace)
    except Exception as error:
        note_failure(error, trace, operation.name, operands)
        raise
    if result.kind == SCALAR and result.type.dtype.char == "D" and _is_pythons(*operands):
        result.kind = PYTHON
    if result.kind == PYTHON and trace.recorder is not None:
        python_numbers.check(result.variable, trace)
    return result


def _is_pythons(left: Any, *right: Any) -> bool:
    """Python's complex numbers take a np.float64 on their right for the float that it is, and stay Python's."""
    of_python = left.kind == PYTHON and left.type.dtype.kind == "c" if type(left) is Array else type(left) is complex
    return of_python and all(isinstance(x, np.float64) for x in right)


def _promoted(operation: Operation, operands: tuple[Any, ...], variables: list[Any], trace: Trace) -> list[Variable]:
    """Python numbers, traced or not, take the dtype that NumPy would give them (NEP 50)."""
    kinds = []
    for x, v in zip(operands, variables, strict=True):
        if type(x) in NUMBERS:
            kinds.append(type(x))
        elif type(x) is Array and x.kind == PYTHON:
            kinds.append({"f": float, "i": int, "b": bool, "c": complex}[v.dtype.kind])
        else:
            kinds.append(v.dtype)
    assert operation.promote is not None
    dtypes = operation.promote(tuple(kinds))
    result = []
    for v, kind, dtype in zip(variables, kinds, dtypes, strict=False):
        if not isinstance(kind, type):
            result.append(v)
        elif type(v) is Variable:
            result.append(v if v.dtype == dtype else convert(v, dtype=dtype.name))
        else:
            result.append(trace.number(v, dtype))
    return result


def _repeats(number: Array, other: Any) -> bool:
    """A list times an integer is repeated, by one of NumPy's scalars too."""
    return type(other) in (list, tuple) and bool(number.kind) and number.dtype.kind in "iu"


def _binary(operation: Operation) -> Callable[[Array, Any], Any]:
    def method(self: Array, other: Any) -> Any:
        if not is_operand(other):
            return NotImplemented
        if operation is arithmetic.multiply and _repeats(self, other):
            return other * operator.index(self)
        return _operated(operation, (self, other), self.owner)

    return method


def _reflected(operation: Operation) -> Callable[[Array, Any], Any]:
    def method(self: Array, other: Any) -> Any:
        if not is_operand(other):
            return NotImplemented
        if operation is arithmetic.multiply and _repeats(self, other):
            return other * operator.index(self)
        return _operated(operation, (other, self), self.owner)

    return method


def _unary(operation: Operation) -> Callable[[Array], Any]:
    def method(self: Array) -> Any:
        return _operated(operation, (self,), self.owner)

    return method


def _in_place(operation: Operation) -> Callable[[Array, Any], Any]:
    def method(self: Array, other: Any) -> Any:
        result = _operated(operation, (self, other), self.owner)
        if self.kind:  # a scalar is immutable: the name is bound to a new one
            return result
        write_into(self, result)
        return self

    return method


def write_into(target: Array, result: Array) -> None:
    """Let a target become a result: NumPy's rule for `out=` and `+=`."""
    v = result.variable
    if _joint_shape(v.shape, target.shape) != target.shape:
        raise ShapeError(
            f"non-broadcastable output operand with shape {target.shape} doesn't match the broadcast shape {v.shape}"
        )
    if v.dtype != target.dtype:
        if not np.can_cast(v.dtype, target.dtype, "same_kind"):
            raise MutationError(
                f"a result of dtype {v.dtype} cannot be written into an array of dtype {target.dtype}",
                wanted=f"a target of dtype {v.dtype}",
                try_=f"x = x.astype({v.dtype.name!r}) before",
            )
        v = convert(v, dtype=target.dtype.name)
    target.assign(v if v.shape == target.shape else broadcast_to(v, shape=target.shape))


def _joint_shape(*shapes: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def _power(self: Array, other: Any) -> Any:
    """NumPy takes a short way for the exponents 2, 1, 0.5 and -1 of floating arrays; so the bits stay the same."""
    if type(other) in (int, float) and self.dtype.kind == "f" and other in _SHORT_POWERS:
        return _operated(_SHORT_POWERS[other], (self,), self.owner)
    if not is_operand(other):
        return NotImplemented
    return _operated(arithmetic.power, (self, other), self.owner)


_SHORT_POWERS = {2: arithmetic.square, 1: arithmetic.positive, 0.5: arithmetic.sqrt, -1: arithmetic.reciprocal}

_ARITHMETIC = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": comparison.floor_divide,
    "mod": arithmetic.remainder,
    "pow": arithmetic.power,
}
_COMPARISONS = {
    "gt": comparison.greater,
    "ge": comparison.greater_equal,
    "lt": comparison.less,
    "le": comparison.less_equal,
    "eq": comparison.equal,
    "ne": comparison.not_equal,
}
for _name, _operation in _ARITHMETIC.items():
    setattr(Array, f"__{_name}__", _binary(_operation))
    setattr(Array, f"__r{_name}__", _reflected(_operation))
    setattr(Array, f"__i{_name}__", _in_place(_operation))
for _name, _operation in _COMPARISONS.items():
    setattr(Array, f"__{_name}__", _binary(_operation))
Array.__pow__ = _power  # type: ignore[attr-defined]
for _name, _operation in {"neg": arithmetic.negative, "pos": arithmetic.positive, "abs": arithmetic.absolute}.items():
    setattr(Array, f"__{_name}__", _unary(_operation))
