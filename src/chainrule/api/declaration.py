"""`cr.operation`: users declare an operation as we do; `cr.custom_gradient` for black boxes."""

from __future__ import annotations

import collections
import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, final

from .. import tree
from ..arraytype import ArrayType
from ..errors import ArgumentError, DerivativeError, ShapeError, users_frames_only
from ..graph import NAME
from ..locks import new_lock
from ..ops import Operation, elementwise, general, linear
from ..original import np
from ..structure import MatrixFree
from ..tracing import declared_call, quietly, trace_of, variable_of
from .arguments import check_callable, typed
from .transformed import transformed

_serials: collections.Counter[str] = collections.Counter()
_counting = new_lock()


def operation(
    name: str,
    forward: Callable[..., Any],
    *,
    slopes: Any = None,
    maps: Any = None,
    jacobians: Any = None,
    type_rule: Callable[..., Any] | None = None,
    **about: Any,
) -> Callable[..., Any]:
    """Declare an operation: its forward function and its local Jacobian by each argument.

    Give one of `slopes` (it works entry by entry), `maps` (it is linear) and `jacobians` (any other).

    Parameters
    ----------
    name : str
        Unique among all operations; letters, digits and underscores, beginning with a letter.
    forward : callable
        In NumPy.
    slopes : callable, number or None, or a tuple of them
        For each argument dy/dx as ``slope(y, *xs)``, written with operators and declared operations. In a tuple, None
        stands for an argument by which the derivative is zero.
    maps, jacobians : callable or tuple of callable
        For each argument ``rule(y, *xs, **parameters)``, a linear map (see `chainrule.structure`).
    type_rule : callable, optional
        ``type_rule(*types, **parameters)``; by default forward is tried on ones of the arguments' types.
    **about
        `parameters` (names), `notation`, `domain`, `examples`, `kinks`, `source`, `numpy`; `for_complex`, whether the
        rules hold for complex numbers (by default those of slopes and maps do, for complex results); `batch`, a rule of
        `chainrule.ops.batch_axis` for many samples at once, without which `vmap` takes one after the other.

    Returns
    -------
    function : callable
        Computes on arrays and records on traced ones.

    Raises
    ------
    ArgumentError
        If the name is taken or cannot be written, or not exactly one of slopes, maps and jacobians is given.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cube = cr.operation("cube", lambda x: x ** 3, slopes=lambda y, x: 3 * x * x)
    >>> cr.grad(cube)(2.0)
    np.float64(12.0)
    """
    if not isinstance(name, str) or not re.fullmatch(NAME, name):
        raise ArgumentError(
            f"an operation has a name, not {name!r}",
            wanted="letters, digits and underscores, beginning with a letter",
        )
    check_callable(forward)
    forward = quietly(forward)
    unknown = about.keys() - _ABOUT
    if unknown:
        raise ArgumentError(
            f"an operation is not described by {', '.join(sorted(unknown))}", wanted=f"some of {', '.join(_ABOUT)}"
        )
    given = [k for k, v in {"slopes": slopes, "maps": maps, "jacobians": jacobians}.items() if v is not None]
    if len(given) != 1:
        raise ArgumentError(
            f"an operation is declared by one of slopes, maps and jacobians, not by {' and '.join(given) or 'none'}"
        )
    about.setdefault("numpy", ())
    about["declared_by"] = _origin_of(forward)
    if slopes is not None:
        rules = slopes if isinstance(slopes, tuple) else (slopes,)
        about.setdefault("promote", _tried_dtypes(name, forward, len(rules)))
        declared = elementwise(name, forward, *rules, **about)
    else:
        rules = maps if maps is not None else jacobians
        rules = rules if isinstance(rules, tuple) else (rules,)
        declare = linear if maps is not None else general
        declared = declare(name, forward, type_rule or _tried(forward), *rules, **about)

    return DeclaredFunction(declared)


@final
class DeclaredFunction:
    """The function that computes an operation on arrays and records it on traced ones.

    Attributes
    ----------
    operation : chainrule.ops.operation.Operation
        What has been declared.
    """

    def __init__(self, operation: Operation):
        self.operation = operation
        self.__name__ = self.__qualname__ = operation.name
        self.__doc__ = operation.summary or None

    @users_frames_only
    def __call__(self, /, *args: Any, **parameters: Any) -> Any:
        name, wanted = self.operation.name, self.operation.parameter_names
        if parameters.keys() != set(wanted):
            raise ArgumentError(
                f"{name} takes the parameters {', '.join(wanted)}" if wanted else f"{name} takes no parameters",
                got=", ".join(parameters) or "none",
            )
        return declared_call(self.operation, args, parameters)

    def __repr__(self) -> str:
        return f"<function of {self.operation!r}>"

    def __reduce__(self) -> Any:
        return DeclaredFunction, (self.operation,)


_ABOUT = (
    "parameters",
    "for_complex",
    "batch",
    "notation",
    "domain",
    "examples",
    "kinks",
    "source",
    "numpy",
    "promote",
    "summary",
)


def _origin_of(function: Any) -> tuple[str, str]:
    """The module to import where an operation that has been declared there is not known, and the name within it."""
    return getattr(function, "__module__", None) or "", getattr(function, "__qualname__", None) or ""


def _tried(forward: Callable[..., Any]) -> Callable[..., Any]:
    def type_rule(*types: ArrayType, **parameters: Any) -> Any:
        with np.errstate(all="ignore"):
            result = forward(*[np.ones(t.shape, t.dtype) for t in types], **parameters)
        return tuple(map(ArrayType.of, result)) if isinstance(result, tuple) else ArrayType.of(result)

    return type_rule


def _tried_dtypes(name: str, forward: Callable[..., Any], count: int) -> Callable[..., Any]:
    def promote(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
        known = [kind for kind in kinds if not isinstance(kind, type)]
        common = np.result_type(*known, *[kind(1) for kind in kinds if isinstance(kind, type)])
        dtypes = [common if isinstance(kind, type) else kind for kind in kinds]
        with np.errstate(all="ignore"):
            result = np.asarray(forward(*[np.ones(1, dtype) for dtype in dtypes]))
        if result.shape != (1,):
            raise ShapeError(
                f"{name} is declared by slopes, for functions that work entry by entry",
                got=f"a result of shape {result.shape} for arguments of shape (1,)",
                wanted="jacobians= for other functions",
            )
        return (*dtypes, result.dtype)

    return promote


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Give the gradient of a black box.

    Parameters
    ----------
    f : callable
        ``f(*arrays)`` returns (y, pullback) with y an array and ``pullback(y_bar)`` a tuple of cotangents (or the one),
        of the shapes of the arguments; None stands for zero. It sees arrays of its own, so anything may happen inside.
        It is called again when the gradient is computed, so its results are a function of its arguments. The derivative
        of the pullback is not known. Of complex numbers it is J.T y_bar, without a conjugate; see docs/complex.md.

    Returns
    -------
    function : callable
        ``function(*arrays)`` is y.

    Raises
    ------
    ArgumentError
        If f does not return such a pair, or is called with keyword arguments.
    ShapeError, DtypeError
        If a cotangent does not fit its argument.
    DerivativeError
        In forward mode, and where the gradient is to be differentiated.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> @cr.custom_gradient
    ... def clipped(x):
    ...     return x, lambda y_bar: np.clip(y_bar, -1.0, 1.0)
    >>> cr.grad(lambda x: 10 * clipped(x))(3.0)
    np.float64(1.0)
    """
    check_callable(f)
    title = getattr(f, "__name__", "custom")
    title = title if re.fullmatch(NAME, title) else "custom"
    with _counting:
        _serials[title] += 1
        name = f"{title}_{_serials[title]}"

    computed = quietly(f)

    def called(xs: Sequence[Any]) -> tuple[Any, Callable[..., Any]]:
        pair = computed(*xs)
        if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[1])):
            raise ArgumentError(
                f"{title} has a custom gradient: it returns (y, pullback)", got=tree.outline(pair), wanted="such a pair"
            )
        if tree.structure_of(pair[0]) is not None:
            raise ArgumentError(f"{title} returns {tree.outline(pair[0])} and a pullback", wanted="y as one array")
        return pair

    def forward(*xs: Any, result: str) -> Any:
        y = np.asarray(called([np.array(x) for x in xs])[0])
        if str(ArrayType.of(y)) != result:
            raise ShapeError(
                f"{title} returns an array of another type than before", got=f"{ArrayType.of(y)}", wanted=result
            )
        return y

    def pulled(y_bar: Any, *xs: Any, argument: int) -> Any:
        bars = called([np.array(x) for x in xs])[1](np.array(y_bar))
        bars = bars if isinstance(bars, tuple) else (bars,)
        if len(bars) != len(xs):
            raise ArgumentError(f"the pullback of {title} returned {len(bars)} cotangents for {len(xs)} arguments")
        x, x_bar = xs[argument], bars[argument]
        if x_bar is None:
            return np.zeros(x.shape, x.dtype)
        return typed(x_bar, ArrayType.of(x), f"cotangent {argument} of {title}")

    def jacobian(k: int, y: Any, *xs: Any, result: str) -> MatrixFree:
        return MatrixFree(
            functools.partial(_refuse_forward, title),
            functools.partial(_pulled_back, pullback, xs, k),
            y.shape,
            xs[k].shape,
        )

    declared = general(
        name,
        forward,
        lambda *types, result: ArrayType.parse(result),
        jacobian,
        variadic=True,
        for_complex=True,
        parameters=("result",),
        declared_by=_origin_of(f),
    )
    pullback = general(
        f"{name}_pullback",
        pulled,
        lambda y_bar, *xs, argument: xs[argument],
        lambda k, *rest, **parameters: _refuse_second(title),
        variadic=True,
        for_complex=True,
        parameters=("argument",),
        declared_by=_origin_of(f),
    )

    @transformed(custom_gradient, f)
    def function(*args: Any, **keywords: Any) -> Any:
        if keywords:
            raise ArgumentError(
                f"{title} has a custom gradient and takes its arguments by position", got=f"{', '.join(keywords)}="
            )
        for x in args:
            if not isinstance(x, tree.LEAVES):
                raise ArgumentError(f"{title} has a custom gradient and takes arrays", got=tree.outline(x))
        trace = trace_of(*args)
        if trace is None:
            return called(args)[0]
        xs = [variable_of(x, trace) for x in args]
        if not trace.has_values:
            values = [np.ones(x.shape, x.dtype) for x in xs]
        else:
            values = [np.array(value) for value in trace.evaluate(xs)]
        result = str(ArrayType.of(np.asarray(called(values)[0])))
        return declared_call(declared, args, {"result": result})

    return function


def _pulled_back(pullback: Operation, xs: Sequence[Any], argument: int, y_bar: Any) -> Any:
    return pullback(y_bar, *xs, argument=argument)


def _refuse_forward(name: str, v: Any) -> Any:
    raise DerivativeError(f"{name} has a pullback only: no forward mode", try_="cr.grad or cr.vjp")


def _refuse_second(name: str) -> Any:
    raise DerivativeError(f"the gradient of {name} is a black box: it has no derivative itself")
