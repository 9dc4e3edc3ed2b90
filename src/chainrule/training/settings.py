"""What a user may choose about a training run, each choice with its meaning, its default and its bounds.

The same settings are options of the command line, keys of a TOML file, and what a run's folder remembers.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from ..errors import ArgumentError, UnknownNameError
from ..losses import LOSSES
from ..nets import ACTIVATIONS, INITIALIZATIONS
from ..optimizers import OPTIMIZERS, SCHEDULES
from ..regularizers import REGULARIZERS
from .kinds import Entry, Kind, Number, OneOf, Perhaps, Several, Text, Whole, YesOrNo

Choice = str | dict[str, Any]  # a name in a catalogue, or {"name": ...} with settings
DATA, NET, FIT = "the data", "the net", "how to fit"
PENALTIES = {name: each for name, each in REGULARIZERS.items() if each.kind == "penalty"}
RATES = {name: each for name, each in SCHEDULES.items() if name != "warm_up"}  # which wraps another


class Setting(NamedTuple):
    """What is known of one setting besides its value."""

    name: str
    kind: Kind
    default: Any
    help: str
    group: str


def _setting(default: Any, kind: Kind, help: str, group: str) -> Any:
    return dataclasses.field(default=default, metadata={"kind": kind, "help": help, "group": group})


@dataclass(frozen=True)
class Settings:
    """A training run as a user describes it.

    Raises
    ------
    ArgumentError
        If a value is out of bounds.

    Examples
    --------
    >>> Settings(hidden=[32, 16], epochs=5).hidden
    (32, 16)
    """

    data: str = _setting(
        "digits", Text(), "a table (.csv .tsv .parquet .feather .npy), or: digits, fashion-mnist", DATA
    )
    target: str | None = _setting(None, Perhaps(Text("COLUMN")), "the column to predict", DATA)
    task: str = _setting(
        "auto",
        OneOf("auto", "classification", "regression"),
        "auto: classes if the target is text, yes/no or few whole numbers, else a number",
        DATA,
    )
    missing: tuple[str, ...] = _setting(
        ("error",),
        Several(OneOf("error", "mean", "median", "category", "drop")),
        "where a value is missing: refuse, fill in the column's mean or median, make it a category, drop the row; "
        "of several the first that fits the column",
        DATA,
    )
    ignore: tuple[str, ...] = _setting((), Several(Text("COLUMN")), "columns that are not to be used", DATA)
    categories: tuple[str, ...] = _setting(
        (), Several(Text("COLUMN")), "columns whose numbers are names of categories", DATA
    )
    most_categories: int = _setting(256, Whole(2), "how many categories, or classes, a column may have", DATA)
    decimal: str = _setting(".", OneOf(".", ","), "the decimal point in a text file", DATA)
    separator: str | None = _setting(
        None, Perhaps(Text()), "what stands between the fields of a text file; found out by default", DATA
    )
    header: bool | None = _setting(
        None, Perhaps(YesOrNo()), "whether the first line of a text file has the names of the columns", DATA
    )
    encoding: str | None = _setting(None, Perhaps(Text()), "of a text file: cp1252...; UTF-8 by default", DATA)
    missing_values: tuple[str, ...] = _setting(
        (), Several(Text()), "texts that mean, beside NA and the like, that there is no value: ?", DATA
    )
    held_out: float = _setting(0.2, Number(above=0, below=1), "share of the rows that judges the result", DATA)
    validation: float = _setting(0.1, Number(above=0, below=1), "share of the rows that chooses the best epoch", DATA)
    hidden: tuple[int, ...] = _setting((128,), Several(Whole(1, 65536)), "units of each hidden layer", NET)
    activation: Choice = _setting("relu", Entry(ACTIVATIONS), "what the hidden units do", NET)
    normalization: str = _setting(
        "none",
        OneOf("none", "batch", "layer"),
        "of the hidden layers: over the batch, or over their units",
        NET,
    )
    dropout: float = _setting(0.0, Number(least=0, below=1), "share of hidden units that each step leaves out", NET)
    weights: Choice = _setting(
        "suited", Entry(INITIALIZATIONS, "suited"), "how the first weights are drawn; suited: to the activation", NET
    )
    dtype: str = _setting("float64", OneOf("float64", "float32"), "of the weights", NET)
    loss: Choice = _setting("auto", Entry(LOSSES, "auto"), "auto: cross_entropy for classes, squared for numbers", FIT)
    penalty: Choice = _setting("l2", Entry(PENALTIES), "of the weights, added to the loss", FIT)
    strength: float = _setting(2e-3, Number(least=0), "factor of the penalty", FIT)
    max_norm: float | None = _setting(None, Perhaps(Number(above=0)), "bound of each unit's weights in length", FIT)
    optimizer: Choice = _setting("adam", Entry(OPTIMIZERS), "how weights follow their gradients", FIT)
    learning_rate: float = _setting(2e-3, Number(above=0), "of the first steps", FIT)
    schedule: Choice = _setting("constant", Entry(RATES), "how the learning rate changes", FIT)
    warm_up: int = _setting(0, Whole(0), "steps until the learning rate is reached", FIT)
    clip: float | None = _setting(None, Perhaps(Number(above=0)), "bound of the gradient's length", FIT)
    averaging: float | None = _setting(
        None, Perhaps(Number(above=0, below=1)), "judge and keep an average of the weights, which keeps so much", FIT
    )
    batch_size: int = _setting(32, Whole(1), "rows per step", FIT)
    epochs: int = _setting(50, Whole(1), "how often each row is used", FIT)
    patience: int | None = _setting(None, Perhaps(Whole(1)), "stop after so many epochs without a better one", FIT)
    seed: int = _setting(
        0,
        Whole(0, 2**32 - 1),
        "of the first weights, the parts and the order of rows; equal seeds give equal results",
        FIT,
    )

    def __post_init__(self) -> None:
        for each in self.described():
            value = getattr(self, each.name)
            if not each.kind.is_legal(value):
                raise ArgumentError(f"{each.name} is {each.kind.wanted_instead_of(value)}, not {value!r}")
            object.__setattr__(self, each.name, each.kind.kept(value))
        if self.held_out + self.validation >= 1:
            raise ArgumentError(
                "nothing is left to train on: held_out and validation together are a share below 1",
                got=f"held_out={self.held_out:g}, validation={self.validation:g}",
            )

    @classmethod
    def described(cls) -> list[Setting]:
        """All settings, with their kinds, defaults and meanings."""
        return [Setting(field.name, default=field.default, **field.metadata) for field in dataclasses.fields(cls)]

    @property
    def reading(self) -> dict[str, Any]:
        """How text files are read: keyword arguments of `read_table`."""
        return {
            "header": self.header,
            "separator": self.separator,
            "decimal": self.decimal,
            "missing_values": self.missing_values,
            "encoding": self.encoding,
        }

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Self:
        """From a mapping, such as a TOML file.

        Raises
        ------
        UnknownNameError
            If there is no setting of a name.
        ArgumentError
            If a value is out of bounds.

        Examples
        --------
        >>> Settings.of({"epochs": 5}).epochs
        5
        """
        names = [each.name for each in cls.described()]
        for name in chosen:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                raise UnknownNameError(
                    f"there is no setting {name!r}", wanted=", ".join(names), try_=near[0] if near else None
                )
        return cls(**chosen)

    def to_mapping(self) -> dict[str, Any]:
        """All that has a value, ready for TOML and JSON.

        Examples
        --------
        >>> Settings.of(Settings(patience=3).to_mapping()) == Settings(patience=3)
        True
        """
        known = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in known.items()}
