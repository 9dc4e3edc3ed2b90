"""What `fit` needs, made from settings and from what the data are."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError
from ..losses import LOSSES, Loss
from ..nets import Dense
from ..optimizers import SCHEDULES, Configured, averaged, clip_by_global_norm, configured
from ..optimizers.catalogue import REQUIRED
from ..optimizers.schedules import warm_up
from ..regularizers import REGULARIZERS, max_norm
from .dense import dense_objective, starting_buffers
from .loop import Schedule
from .objective import Buffered, Objective, regularized
from .scores import accuracy, r2
from .settings import Choice, Settings


@dataclass(frozen=True)
class Recipe:
    """The parts of a training run.

    Attributes
    ----------
    net : Dense
    loss : Loss
        Its catalogue entry.
    objective : callable
        As `fit` takes it: a `Buffered` where there is dropout or a batch normalization.
    score : callable
        ``score(parameters, x, y)``, with buffers behind the parameters where there are some: accuracy for classes, R2
        for numbers.
    fit : mapping
        Keyword arguments of `fit`.
    """

    net: Dense
    loss: Loss
    objective: Objective
    score: Callable[..., float]
    fit: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Settings, columns: int, classes: int | None, rows: int) -> Recipe:
        """The parts for rows of so many columns, and so many classes (None where the target is a number).

        Raises
        ------
        ArgumentError
            If the loss is for another kind of target, or a setting of an entry is out of bounds.
        """
        # Equal settings give the same functions, so that a second run finds the first one's compiled code.
        chosen = _Chosen(*[getattr(settings, name) for name in _Chosen._fields])
        core = _core(columns, classes, chosen)
        steps = settings.epochs * -(-rows // settings.batch_size)
        fitting = {
            **core.fit,
            "learning_rate": chosen_schedule(settings, steps),
            "epochs": settings.epochs,
            "batch_size": settings.batch_size,
            "patience": settings.patience,
            "seed": order_seed(settings),
        }
        return dataclasses.replace(core, fit=fitting)

    def initial_parameters(self, settings: Settings) -> Any:
        """The first weights, by the seed."""
        weights_seed, _ = np.random.SeedSequence(settings.seed).spawn(2)
        return self.net.initialize(np.random.default_rng(weights_seed), np.dtype(settings.dtype))

    def initial_buffers(self, settings: Settings) -> Any:
        """Those of the objective before the first step; None where it has none."""
        if not isinstance(self.objective, Buffered):
            return None
        return starting_buffers(self.net, settings.dtype, settings.strength, settings.seed)

    def outputs(self, parameters: Any, buffers: Any, x: np.ndarray) -> np.ndarray:
        """The outputs of the net for prepared rows."""
        return self.net.forward(parameters, x, None if buffers is None else buffers["net"])

    def loss_and_penalty(self, parameters: Any, buffers: Any, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Of prepared rows, without dropout."""
        if isinstance(self.objective, Buffered):
            loss, penalty = self.objective.evaluate(parameters, buffers, x, y)[1]
        else:
            loss, penalty = self.objective(parameters, x, y)[1]
        return float(loss), float(penalty)


class _Chosen(NamedTuple):
    """The settings that decide what a step computes; entries of catalogues may come with settings of their own."""

    loss: Choice
    hidden: Sequence[int]
    activation: Any
    normalization: Any
    dropout: float
    weights: Any
    penalty: Choice
    strength: float
    optimizer: Choice
    clip: float | None
    max_norm: float | None
    averaging: float | None

    def __hash__(self) -> int:
        return hash(repr(tuple(self)))


@functools.lru_cache(maxsize=64)
def _core(columns: int, classes: int | None, chosen: _Chosen) -> Recipe:
    """The parts of a run that do not depend on its length."""
    loss = chosen_loss(chosen.loss, classes)
    units = loss.units(1 if classes is None or loss.task == "binary" else classes)
    weights = None if chosen.weights == "suited" else chosen.weights
    net = Dense(
        [columns, *chosen.hidden, units],
        activations=chosen.activation,
        weights=weights,
        normalizations=None if chosen.normalization == "none" else chosen.normalization,
        dropout=chosen.dropout,
    )
    name, options = _parts(chosen.penalty)
    penalty = REGULARIZERS[name].configured(**options).function
    optimizer = chosen_optimizer(chosen.optimizer)
    fitting = {
        "optimizer": optimizer if chosen.averaging is None else averaged(optimizer, decay=chosen.averaging),
        "clip": bounded_by(clip_by_global_norm, chosen.clip),
        "project": bounded_by(max_norm, chosen.max_norm),
    }

    if chosen.dropout or net.takes_statistics:
        objective: Objective = dense_objective(net, loss.function, penalty, shared=False)
    else:
        objective = regularized(net.forward, loss.function, penalty, chosen.strength)

    def score(parameters: Any, *buffers_and_rows: Any) -> float:
        *buffers, x, y = buffers_and_rows
        outputs = recipe.outputs(parameters, buffers[0] if buffers else None, x)
        return (
            r2(loss.predict(outputs), y) if loss.decide is None else accuracy(loss.decide(outputs).reshape(y.shape), y)
        )

    recipe = Recipe(net, loss, objective, score, fitting)
    return recipe


def order_seed(settings: Settings) -> np.random.SeedSequence:
    """Of the order of rows; not that of the weights, so that the two are independent."""
    return np.random.SeedSequence(settings.seed).spawn(2)[1]


def _parts(choice: Choice) -> tuple[Any, dict[str, Any]]:
    """A name, and the settings that came with it."""
    if isinstance(choice, str):
        return choice, {}
    settings = dict(choice)
    return settings.pop("name", None), settings


def bounded_by(bound: Callable[[Any, Any], Any], limit: float | None) -> Callable[[Any], Any] | None:
    """A bound with its limit; None where there is none."""
    return None if limit is None else lambda tree: bound(tree, limit)


def chosen_loss(choice: Choice, classes: int | None) -> Loss:
    """The loss that is meant, and fits the target."""
    if choice == "auto":
        choice = "squared" if classes is None else "cross_entropy"
    name, options = _parts(choice)
    loss = LOSSES[name].configured(**options)
    kind = "numbers" if classes is None else "two classes" if classes == 2 else f"{classes} classes"
    tasks = ("regression", "counts") if classes is None else ("classification", "binary")[: 2 if classes == 2 else 1]
    if loss.task not in tasks:
        names = [each.name for each in LOSSES.values() if each.task in tasks]
        raise ArgumentError(f"the loss {name} is not for a target of {kind}", wanted=f"one of {', '.join(names)}")
    return loss


def chosen_optimizer(choice: Choice) -> Configured:
    """The optimizer that is meant, its settings bound."""
    name, options = _parts(choice)
    return configured(name, **options)


def chosen_schedule(settings: Settings, steps: int) -> Schedule:
    """The schedule that is meant; what it has to know and is not told follows from the length of the run.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.3.1, for a last rate of about 1 % of the first.
    """
    schedule = named_schedule(settings.schedule, settings.learning_rate, steps)
    return warm_up(schedule, settings.warm_up) if settings.warm_up else schedule


def named_schedule(choice: Choice, rate: float, steps: int) -> Schedule:
    """The schedule of a name, or of a name with settings; those that are not given suit a run of so many steps.

    Raises
    ------
    ArgumentError
        If there is no such schedule or no such setting.
    """
    name, options = _parts(choice)
    if name not in SCHEDULES:
        raise ArgumentError(f"there is no schedule {name!r}", wanted=", ".join(SCHEDULES))
    check_settings(name, options)
    known = {"rate": rate, "last": rate / 100, "steps": steps, "every": max(1, steps // 3), "factor": 0.1}
    needed = {setting for setting, value in SCHEDULES[name].settings.items() if value is REQUIRED} | {"rate"}
    return SCHEDULES[name].make(**{key: value for key, value in known.items() if key in needed} | options)


def check_settings(schedule: str, options: Iterable[str]) -> None:
    """Refuse settings that a schedule does not have."""
    for option in options:
        if option not in SCHEDULES[schedule].settings:
            raise ArgumentError(f"{schedule} has no setting {option}", wanted=", ".join(SCHEDULES[schedule].settings))
