"""The mean of the parameters that an optimizer passes through, which noise moves less than any of them."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple, final

import numpy as np

from ..errors import ArgumentError
from .configured import configured
from .leafwise import leafwise, zeros


class State(NamedTuple):
    """What is remembered between steps: the mean is that of the parameters before the last step."""

    step: int
    optimizer: Any
    mean: Any


@final
@dataclass(frozen=True, repr=False)
class Averaged:
    """What `averaged` makes: the steps of an optimizer, and a mean of where they led."""

    optimizer: Any
    decay: float | None
    start: int

    @property
    def learning_rate(self) -> float | None:
        """The optimizer's default, or None if it has none."""
        return getattr(self.optimizer, "learning_rate", None)

    def initialize(self, parameters: Any) -> State:
        """The state before the first step."""
        return State(0, self.optimizer.initialize(parameters), zeros(parameters))

    def update(self, parameters: Any, gradients: Any, state: State, learning_rate: Any) -> tuple[Any, State]:
        """One step of the optimizer.

        The parameters that it starts from enter the mean, and not those that it leads to: so the mean is one of
        parameters as they were used, within the bounds into which something else may have brought them.
        """
        mean = self.judged(parameters, state)
        moved, inner = self.optimizer.update(parameters, gradients, state.optimizer, learning_rate)
        return moved, State(state.step + 1, inner, mean)

    def judged(self, parameters: Any, state: State) -> Any:
        """The mean with the parameters after the last step; they alone as long as nothing else counts.

        Parameters
        ----------
        parameters : tree of arrays of float
            After the last step.
        state : State

        Returns
        -------
        mean : tree of arrays of float
            New arrays, of the same dtypes.
        """
        count = state.step - self.start
        n = np.maximum(count, 1)
        # The share of the newest in a mean of n. It divides by 1 - decay^n as Adam does, but in place: a mean of equal
        # parameters then has their very bits.
        share = 1 / n if self.decay is None else (1 - self.decay) / (1 - self.decay**n)

        def include(p: Any, _: Any, mean: Any, share: Any) -> list[Any]:
            return [np.where(count > 1, mean + share * (p - mean), p), mean]

        return leafwise(include, [share], parameters, parameters, state.mean)[0]

    def __repr__(self) -> str:
        return f"averaged({self.optimizer!r}, decay={self.decay!r}, start={self.start!r})"


def averaged(optimizer: Any, decay: float | None = None, start: int = 0) -> Averaged:
    """An optimizer, and a mean of the parameters that its steps lead to.

    Its steps are those of the optimizer. `judged` gives the mean, and `chainrule.training.fit` judges epochs by it and
    keeps it.

    Parameters
    ----------
    optimizer : str, module or optimizer
        A name of the catalogue, or anything with `initialize` and `update`.
    decay : float, optional
        What the mean keeps at each step, 0 < decay < 1: it looks back over about 1 / (1 - decay) steps. Without, all
        steps count alike (Polyak, Ruppert).
    start : int
        The number of the first step that counts, from 0. Until then `judged` gives the parameters themselves.

    Returns
    -------
    averaged : Averaged
        With ``initialize(parameters)``, ``update(parameters, gradients, state, learning_rate)`` and
        ``judged(parameters, state)``.

    Raises
    ------
    ArgumentError
        If there is no such optimizer, it is averaged already, or a value has no meaning.

    Notes
    -----
    After step t of those that count, n = t - start + 1 of them, the mean is

    - without decay (p_1 + ... + p_n) / n,
    - with decay d (1 - d) (p_n + d p_(n-1) + ... + d^(n-1) p_1) / (1 - d^n), whose weights add to 1 from the first step
      on. PyTorch's `AveragedModel` with `get_ema_multi_avg_fn` gives the first parameters the weight d^(n-1) instead.

    It has the dtypes of the parameters. In float32 a step that changes a mean by less than 6e-8 of it does not change
    it: from some 10^5 steps on let the mean begin late, or decay.

    Running statistics of batch normalization are those of the parameters that were used, not of the mean: what is kept
    for prediction should be found anew by a pass over the rows.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.7.3. Polyak, Juditsky, Acceleration of Stochastic
    Approximation by Averaging (SIAM Journal on Control and Optimization, 1992). With decay: Kingma, Ba, Adam (ICLR
    2015), sec. 7.2.

    Examples
    --------
    Steps to 3, 2 and 1, of which the last two count:

    >>> optimizer = averaged("sgd", start=1)
    >>> w, g = np.array([4.0]), np.array([1.0])
    >>> state = optimizer.initialize(w)
    >>> for _ in range(3):
    ...     w, state = optimizer.update(w, g, state, 1.0)
    >>> w, optimizer.judged(w, state)
    (array([1.]), array([1.5]))
    """
    if isinstance(optimizer, (str, ModuleType)):
        optimizer = configured(optimizer)
    if hasattr(optimizer, "judged"):
        raise ArgumentError("an optimizer is averaged once", got=repr(optimizer))
    is_number = isinstance(decay, (int, float, np.integer, np.floating))
    if decay is not None and not (is_number and 0 < decay < 1):
        raise ArgumentError(
            "decay is what a mean keeps at each step, above 0 and below 1",
            got=f"decay={decay!r}",
            wanted="0.999, say; or None for a mean of all",
        )
    if not isinstance(start, (int, np.integer)) or isinstance(start, bool) or start < 0:
        raise ArgumentError("start is the number of a step, a whole number, 0 or more", got=f"start={start!r}")
    return Averaged(optimizer, decay if decay is None else float(decay), int(start))
