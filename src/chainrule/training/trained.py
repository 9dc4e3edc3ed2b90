"""A fitted net with all that it takes to use it: how tables are prepared for it, and what its outputs mean."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from .. import files
from ..data import Preparation, Table, read_table
from ..errors import ChainruleError, DataError, FileError
from ..losses import Loss
from ..nets import Dense
from .leaves import Refusal, named_leaves, tree_of
from .recipe import Recipe
from .scores import confusion_table
from .settings import Settings

MODEL, WEIGHTS = "model.json", "weights.safetensors"
SCHEMA = "chainrule/model/1"
STATISTICS = "statistics"  # name of the running ones among the weights


@final
@dataclass(frozen=True)
class Judged:
    """What some rows say of a net.

    Parameters
    ----------
    rows : int
    loss : float
        Mean over the rows, without the penalty.
    score : float
        Accuracy for classes, R2 for numbers.
    confusion : list of lists of int, or None
        For classes: how many rows of each (downwards) were taken for which.
    """

    rows: int
    loss: float
    score: float
    confusion: list[list[int]] | None


@final
@dataclass(frozen=True)
class Trained:
    """A net for tables.

    Attributes
    ----------
    settings : Settings
    preparation : Preparation
        From a table to the arrays that the net takes.
    recipe : Recipe
        The net, its loss and its objective.
    parameters : tree of arrays
    buffers : tree of arrays or None
        Those of the objective, where it has some: running statistics among them.
    """

    settings: Settings
    preparation: Preparation
    recipe: Recipe
    parameters: Any
    buffers: Any = None

    @property
    def net(self) -> Dense:
        return self.recipe.net

    @property
    def loss(self) -> Loss:
        return self.recipe.loss

    @property
    def classes(self) -> list[str] | None:
        """The names of the classes; None where a number is predicted."""
        return classes_of(self.preparation)

    @property
    def knows_probabilities(self) -> bool:
        """Whether the outputs say how probable each class is."""
        return self.classes is not None and self.loss.name in ("cross_entropy", "logistic")

    @property
    def score_name(self) -> str:
        return "R2" if self.classes is None else "accuracy"

    def read(self, path: str | os.PathLike[str]) -> Table:
        """A table in a file, read the way that the one in training was."""
        return read_table(path, kinds=self.preparation.kinds, **self.settings.reading)

    def outputs(self, table: Table) -> np.ndarray:
        """The outputs of the net, for every row of a table.

        Returns
        -------
        outputs : array of float, shape (n, units)
        """
        return self.outputs_of(self._typed(self.preparation.inputs(table)))

    def predict(self, table: Table) -> np.ndarray:
        """What the net says of each row, as the training table has it: the name of a class, or a number.

        Parameters
        ----------
        table : Table
            With the columns that there were in training; the target may be missing.

        Returns
        -------
        predicted : array of str or float, shape (n,)

        Raises
        ------
        DataError
            If the columns differ from those in training.
        """
        return self.preparation.in_own_units(self.decided(self.outputs(table)))

    def probabilities(self, table: Table) -> np.ndarray | None:
        """The probability of each class, shape (n, classes); None where the loss knows none."""
        if not self.knows_probabilities:
            return None
        of_rows = self.loss.predict(self.outputs(table))
        return of_rows if of_rows.shape[1] > 1 else np.hstack([1 - of_rows, of_rows])

    def judged(self, x: np.ndarray, y: np.ndarray) -> Judged:
        """Loss and score on prepared rows."""
        with np.errstate(all="ignore"):
            loss, _ = self.recipe.loss_and_penalty(self.parameters, self.buffers, x, y)
            score = self.recipe.score(self.parameters, *[] if self.buffers is None else [self.buffers], x, y)
            confusion = None
            if self.classes is not None:
                decided = self.decided(self.outputs_of(x))
                confusion = confusion_table(decided, y, len(self.classes)).tolist()
        return Judged(len(y), loss, score, confusion)

    def evaluate(self, table: Table) -> Judged:
        """Loss and score on the rows of a table that has the target.

        Raises
        ------
        DataError
            If the columns differ from those in training, a class was not there, or there are no rows.
        """
        x, y = self.preparation(table)
        if not len(y):
            raise DataError(
                f"{table.source} has no row to judge a net by", got=f"{len(table)} rows, none of them whole"
            )
        return self.judged(self._typed(x), y if self.classes is not None else self._typed(y))

    def outputs_of(self, x: np.ndarray) -> np.ndarray:
        """The outputs of the net, for prepared rows."""
        return self.recipe.outputs(self.parameters, self.buffers, x)

    def decided(self, outputs: np.ndarray) -> np.ndarray:
        """What outputs say of each row: the label of a class, or a scaled number."""
        return (self.loss.predict if self.loss.decide is None else self.loss.decide)(outputs).reshape(len(outputs))

    def _typed(self, x: np.ndarray) -> np.ndarray:
        return x.astype(self.settings.dtype, copy=False)

    # In a folder

    def describe(self, folder: Path) -> None:
        """Write model.json: all but the weights."""
        document = {
            "schema": SCHEMA,
            "settings": self.settings.to_mapping(),
            "net": self.net.to_document(),
            "preparation": self.preparation.to_document(),
        }
        files.write_json(folder / MODEL, document)

    def save_weights(self, folder: Path) -> None:
        """Write weights.safetensors: the weights, and running statistics where there are some."""
        statistics = {} if self.buffers is None else named_leaves(self.buffers["net"], STATISTICS)
        files.save(folder / WEIGHTS, named_leaves(self.parameters) | statistics, {"kind": "weights"})

    @classmethod
    def load(cls, folder: Path, weights: bool = True) -> Trained:
        """Read what `describe` and `save_weights` wrote.

        Raises
        ------
        FileError
            If it is not there, is damaged, or of another version.
        """
        document = files.read_json(folder / MODEL)
        if document.get("schema") != SCHEMA:
            raise FileError(
                f"{folder / MODEL} describes no net that this version can read",
                got=f"schema {document.get('schema')!r}",
                wanted=SCHEMA,
            )
        try:
            settings = Settings.of(document["settings"])
            preparation = Preparation.from_document(document["preparation"])
            classes = classes_of(preparation)
            recipe = Recipe.of(settings, len(preparation.labels), None if classes is None else len(classes), rows=1)
            described = Dense.from_document(document["net"])
        except (ChainruleError, KeyError, TypeError) as error:
            reason = error.what if isinstance(error, ChainruleError) else f"{type(error).__name__}: {error}"
            raise FileError(f"{folder / MODEL} is damaged: {reason}") from error
        if described.to_document() != recipe.net.to_document():
            raise FileError(f"{folder / MODEL} is damaged: the net is not the one of its settings and columns")
        parameters, buffers = recipe.initial_parameters(settings), recipe.initial_buffers(settings)
        if weights:
            arrays, refused = files.load(folder / WEIGHTS)[0], _refusal(folder / WEIGHTS)
            parameters = tree_of(arrays, parameters, refused)
            if buffers is not None:
                buffers = buffers | {"net": tree_of(arrays, buffers["net"], refused, STATISTICS)}
        return cls(settings, preparation, recipe, parameters, buffers)


def classes_of(preparation: Preparation) -> list[str] | None:
    """The names of the classes of a target; None for a number."""
    classes = getattr(preparation.target, "classes", None)
    return None if classes is None else list(classes)


def _refusal(path: Path) -> Refusal:
    def refused(name: str, array: np.ndarray | None, wanted: np.ndarray) -> FileError:
        return FileError(
            f"{path} holds the weights of another net: {name}",
            got="nothing" if array is None else f"shape {array.shape}, {array.dtype}",
            wanted=f"shape {wanted.shape}, {wanted.dtype}",
        )

    return refused
