"""L-BFGS: whole batches and line searches, for problems small enough that each step can see all of the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import tree
from ..api import ravel, value_and_grad
from ..errors import ArgumentError, DtypeError
from .leafwise import checked_dtypes
from .scipy_loader import optimize


def minimize(
    f: Callable[..., Any],
    parameters: Any,
    *args: Any,
    maxcor: int = 10,
    maxiter: int = 15000,
    maxfun: int = 15000,
    maxls: int = 20,
    ftol: float = 1e7 * 2.0**-52,
    gtol: float = 1e-5,
    callback: Callable[[Any, float], None] | None = None,
    jac: bool = False,
) -> tuple[Any, Any]:
    """The parameters that minimize a function, by SciPy's L-BFGS-B.

    Parameters
    ----------
    f : callable
        ``f(parameters, *args)`` gives one number. It is evaluated in the dtypes of the parameters: with float32 its
        rounding ends the search earlier.
    parameters : tree of arrays of float
        Where to start; never changed.
    *args
        Passed on to f.
    maxcor : int
        How many steps the approximation of the Hessian is made of.
    maxiter, maxfun, maxls : int
        The greatest number of steps, of evaluations, and of evaluations in one line search.
    ftol : float
        Ends when a step lowers f by less than this, relative to f or to 1.
    gtol : float
        Ends when no coordinate of the gradient is larger than this.
    callback : callable, optional
        ``callback(parameters, value)`` after each step; it ends the search by raising StopIteration.
    jac : bool
        Whether f returns its value and its gradients, as `value_and_grad` makes such a function, compiled or not.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes.
    result : scipy.optimize.OptimizeResult
        With success, message, fun, nit, nfev, and the parameters as a vector x.

    Raises
    ------
    ArgumentError
        If f is infinite or nan where it starts, or there is nothing to move.
    DtypeError
        If a parameter is not float32 or float64: the search is in float64.

    Notes
    -----
    PyTorch: `LBFGS` has another line search (none by default, then with steps of the learning rate), so that the paths
    differ; both end at a minimum.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.6.3. Byrd, Lu, Nocedal, Zhu, A Limited Memory Algorithm
    for Bound Constrained Optimization (SIAM Journal on Scientific Computing, 1995).

    Examples
    --------
    For x^2 / 2 the first trial is a step of length 1, from 3 to 2, where the slope has fallen enough. There the slope
    has changed by as much as x, so the second derivative is known, and the next step leads to the minimum:

    >>> import numpy as np
    >>> path = []
    >>> keep = lambda parameters, value: path.append(float(parameters["x"].round(9)))
    >>> found, result = minimize(lambda p: 0.5 * p["x"] ** 2, {"x": np.array(3.0)}, callback=keep)
    >>> path, result.success
    ([2.0, -0.0], True)
    """
    leaves, _ = tree.flatten(parameters)
    for k, dtype in enumerate(checked_dtypes(parameters, leaves)):
        if dtype.itemsize > 8:
            raise DtypeError(
                "L-BFGS searches in float64",
                got=f"parameters{tree.paths(parameters)[k]} of dtype {dtype}",
                wanted="float32 or float64",
            )
    vector, unravel = ravel(parameters)
    if not vector.size:
        raise ArgumentError("there are no parameters to minimize by")
    value_and_gradient = f if jac else value_and_grad(f)

    def on_vector(x: Any) -> tuple[float, Any]:
        value, gradients = value_and_gradient(unravel(x), *args)
        return float(value), ravel(gradients)[0].astype(float, copy=False)

    def after_step(intermediate_result: Any) -> None:
        if callback is not None:
            # A copy: the search goes on in the same memory.
            callback(unravel(intermediate_result.x.copy()), float(intermediate_result.fun))

    start = float(f(parameters, *args)[0] if jac else f(parameters, *args))
    if not math.isfinite(start):
        raise ArgumentError(f"the function to minimize is {start} where it starts", wanted="a finite number")
    options = {"maxcor": maxcor, "maxiter": maxiter, "maxfun": maxfun, "maxls": maxls, "ftol": ftol, "gtol": gtol}
    result = optimize.minimize(
        on_vector, vector.astype(float), jac=True, method="L-BFGS-B", callback=after_step, options=options
    )
    return unravel(result.x.copy()), result
