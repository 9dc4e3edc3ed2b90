"""Whether chainrule differentiates a program as it stands: what it says against what plain NumPy does."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import api
from ...errors import ChainruleError
from .growth import RandomProgram
from .reference import Reference, called, reference

RIGHT, REFUSED, DISCARDED, WRONG = "right", "refused", "discarded", "wrong"
# Of values, and of gradients; the second of each where some of it is computed in single precision.
_VALUES, _GRADIENTS = (1e-9, 2e-4), (1e-5, 3e-3)


class Judgment(NamedTuple):
    """An outcome, and why: the message of a refusal, what fails for a discarded program, what is wrong."""

    outcome: str
    why: str = ""

    @property
    def kind(self) -> str:
        """What goes wrong, without the numbers."""
        return self.why.partition(":")[0]


class Different(Exception):
    """Chainrule and NumPy do not say the same."""


def judged(program: RandomProgram) -> Judgment:
    """Run a program plainly, by differences and in every mode."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            f = program.compiled()
            plain = called(f, program.arguments)
            wide = called(program.compiled(wide=True), program.arguments)
            finite = bool(np.isfinite(plain[0]))
        except Exception as error:  # whatever NumPy says
            return Judgment(DISCARDED, f"plain NumPy raises {type(error).__name__}")
        if not finite:
            return Judgment(DISCARDED, "not finite")
        if program.is_narrow and not _close(plain[0], wide[0], 1e-3):
            return Judgment(DISCARDED, "single precision says something else")
        known = reference(program.compiled(wide=True), program.arguments)
        if known is None:
            return Judgment(DISCARDED, "differences do not converge")
        try:
            for holds in (_gradient, _tangent, _walked, _compiled):
                holds(program, f, plain, known)
        except Different as error:
            return Judgment(WRONG, str(error))
        except ChainruleError as error:
            return Judgment(REFUSED, f"{type(error).__name__}: {error.what}")
        except Exception as error:  # NumPy has run it, so an error is ours
            return Judgment(WRONG, f"{type(error).__name__} {str(error)[:100]}")
    return Judgment(RIGHT)


def _copies(arguments: Sequence[Any]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]


def _gradient(program: RandomProgram, f: Callable[..., Any], plain: Any, known: Reference) -> None:
    """Values and kinds are those of plain NumPy, gradients those of differences, and arguments stay as they are."""
    given = _copies(program.arguments)
    (value, made), gradients = api.value_and_grad(f, argnums=_all(given), has_aux=True)(*given)
    _same_values("value", value, plain[0], program)
    _same_values("made", made, plain[1], program)
    _same_gradients("gradient", gradients, known.gradients, known.scale, program)
    for gradient, argument in zip(gradients, given, strict=True):
        if np.asarray(gradient).dtype != np.asarray(argument).dtype:
            raise Different(f"dtype of a gradient: {np.asarray(gradient).dtype}")
    for before, after in zip(program.arguments, given, strict=True):
        if not np.array_equal(before, after):
            raise Different(f"argument is changed: {after} was {before}")


def _tangent(program: RandomProgram, f: Callable[..., Any], plain: Any, known: Reference) -> None:
    """Forward mode along some direction is the product of the gradient with it."""
    rng = np.random.default_rng(len(program.source))
    primals = tuple(_copies(program.arguments))
    tangents = tuple(np.asarray(rng.normal(size=np.shape(a))) if np.ndim(a) else float(rng.normal()) for a in primals)
    value, slope = api.jvp(lambda *args: f(*args)[0], primals, tangents)
    _same_values("value of jvp", value, plain[0], program)
    wanted = sum(float(np.sum(g * t)) for g, t in zip(known.gradients, tangents, strict=True))
    if not _close(slope, wanted, _GRADIENTS[program.is_narrow] * known.scale):
        raise Different(f"jvp: {slope} where differences say {wanted}")


def _walked(program: RandomProgram, f: Callable[..., Any], plain: Any, known: Reference) -> None:
    """So is the table of gradients of the graph as it has been traced, nothing simplified."""
    graph = api.trace(lambda *args: f(*args)[0], *_copies(program.arguments))
    names = [v.label for v in graph.inputs]
    values = graph.forward(**dict(zip(names, _copies(program.arguments), strict=True)))
    _same_values("value of the graph", values[graph.outputs[0]], plain[0], program)
    table = graph.backward(values)
    found = [table[name] if name in table else 0.0 * known.gradients[k] for k, name in enumerate(names)]
    _same_gradients("gradient of the graph", found, known.gradients, known.scale, program)


def _compiled(program: RandomProgram, f: Callable[..., Any], plain: Any, known: Reference) -> None:
    """Compiled, it says the same, for other arguments too and for the first ones again."""

    def number(*args: Any) -> Any:
        return f(*args)[0]

    both = api.value_and_grad(number, argnums=_all(program.arguments))
    compiled = api.jit(both)
    for arguments in (program.arguments, program.others, program.arguments):
        try:
            wanted = called(f, arguments)[0]
            gradients = known.gradients if arguments is program.arguments else both(*_copies(arguments))[1]
        except Exception:  # not defined there, as plain NumPy finds too or has been told of already
            continue
        scale = max(known.scale, *(float(np.max(np.abs(g), initial=0.0)) for g in gradients))
        if not (np.isfinite(wanted) and np.isfinite(scale)):
            continue
        value, found = compiled(*_copies(arguments))
        _same_values("value of jit", value, wanted, program)
        _same_gradients("gradient of jit", found, gradients, scale, program)


def _all(arguments: Sequence[Any]) -> tuple[int, ...]:
    return tuple(range(len(arguments)))


def _close(a: Any, b: Any, tolerance: float) -> bool:
    return bool(np.all(np.abs(np.asarray(a, float) - np.asarray(b, float)) <= tolerance * (1 + np.abs(b))))


def _same_gradients(what: str, found: Any, wanted: Any, scale: float, program: RandomProgram) -> None:
    for k, (mine, right) in enumerate(zip(found, wanted, strict=True)):
        if np.shape(mine) != np.shape(right):
            raise Different(f"{what}: of argument {k} has shape {np.shape(mine)}")
        if not np.all(np.abs(mine - right) <= _GRADIENTS[program.is_narrow] * scale):
            raise Different(f"{what}: of argument {k} is {_text(mine)} where {_text(right)} is right")


def _same_values(what: str, mine: Any, right: Any, program: RandomProgram) -> None:
    for (place, a), (other, b) in zip(_leaves(what, mine), _leaves(what, right), strict=True):
        if place != other:
            raise Different(f"{what}: {place} stands for {other}")
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype != b.dtype or a.shape != b.shape:
            raise Different(f"type of {what}: {place} is {a.dtype}{a.shape} where NumPy has {b.dtype}{b.shape}")
        same = _close(a, b, _VALUES[program.is_narrow]) if b.dtype.kind == "f" else np.array_equal(a, b)
        if not same:
            raise Different(f"{what}: {place} is {_text(a)} where NumPy has {_text(b)}")


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(f"{place}[{key!r}]", each)
    elif isinstance(value, (list, tuple)):
        yield f"{place} of {len(value)}", float(len(value))
        for k, each in enumerate(value):
            yield from _leaves(f"{place}[{k}]", each)
    else:
        yield place, value


def _text(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=7, threshold=40).replace("\n", "")
