"""`cr.explain_plan`: what runs when a compiled function is called: kernels, memory, what NumPy does and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...compile import GraphExplanation, KernelExplanation, explained, is_available, machine
from ...errors import TraceError, users_frames_only
from ...graph import extract
from ...simplify import simplify
from ...tracing import active
from ..arguments import check_callable
from ..transformed import transformed
from .function import Compiled, jit
from .paths import Segment
from .report import place_of


@dataclass(frozen=True, slots=True)
class Stage:
    """What is computed between two answers that Python asks for, or after the last of them.

    Attributes
    ----------
    graph : GraphExplanation
    asked, source : str
        For a stage that answers, `file:line` and the line that asks; empty for the last one.
    """

    graph: GraphExplanation
    asked: str = ""
    source: str = ""

    def __str__(self) -> str:
        question = f"to answer {self.asked}: {self.source}\n" if self.asked else ""
        return question + str(self.graph)


@dataclass(frozen=True, slots=True)
class PlanExplanation:
    """What runs when a function is called with arguments like these. Print it.

    Attributes
    ----------
    name : str
        Of the function.
    stages : tuple of Stage
        One for each answer that Python asks for, computed by NumPy, and the last.
    as_it_is : str
        Why the function is called as it is, without any graph; empty where it is not.
    """

    name: str
    stages: tuple[Stage, ...]
    as_it_is: str = ""

    @property
    def kernels(self) -> tuple[KernelExplanation, ...]:
        """Of all stages, in the order in which they run."""
        return tuple([kernel for stage in self.stages for kernel in stage.graph.kernels])

    @property
    def by_numpy(self) -> tuple[KernelExplanation, ...]:
        """The kernels that NumPy runs; each has a `reason`."""
        return tuple([kernel for kernel in self.kernels if kernel.reason])

    @property
    def bytes_moved(self) -> int:
        """Read and written, each array once in each kernel."""
        return sum(stage.graph.bytes_moved for stage in self.stages)

    @property
    def flops(self) -> int:
        return sum(stage.graph.flops for stage in self.stages)

    @property
    def arena_bytes(self) -> int:
        """Of the largest arena: stages do not run at once."""
        return max((stage.graph.arena_bytes for stage in self.stages), default=0)

    @property
    def arena_bound(self) -> int:
        return max((stage.graph.arena_bound for stage in self.stages), default=0)

    def __str__(self) -> str:
        if self.as_it_is:
            return f"{self.name} is called as it is: {self.as_it_is}"
        return "\n\n".join(map(str, self.stages)) if self.stages else f"{self.name}: nothing to compute"

    def __repr__(self) -> str:
        return f"<plan of {self.name}: {len(self.kernels)} kernels, {len(self.by_numpy)} of them by NumPy>"


def explain_plan(f: Callable[..., Any]) -> Callable[..., PlanExplanation]:
    """What native code does for a function: its kernels, what each fuses, reads, writes and costs.

    The function is called once, so that it is known which path it takes. What is told is what `cr.jit` runs from the
    call on in which that path is compiled.

    Parameters
    ----------
    f : callable
        A function of arrays, numbers and trees of them; or one that `cr.jit` has compiled.

    Returns
    -------
    explain : callable
        Takes the arguments of f and gives a PlanExplanation. Its text is a table of at most 120 columns (more where
        loops lie deep within each other); its attributes are `stages`, `kernels`, `by_numpy`, `bytes_moved` [bytes],
        `flops`, `arena_bytes` and `arena_bound` [bytes].

    Raises
    ------
    TraceError
        If it is called within a function that is being traced.
    Exception
        What f raises.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def f(x, w, b):
    ...     return np.tanh(x @ w + b)
    >>> plan = cr.explain_plan(f)(np.ones((64, 20)), np.ones((20, 30)), np.ones(30))
    >>> plan.flops  # 2 * 64 * 20 * 30 of the product, 64 * 30 of the sum, and as many of tanh
    80640
    >>> [step.operation for kernel in plan.kernels for step in kernel.computes]
    ['einsum', 'add', 'tanh']
    """
    check_callable(f)

    @transformed(explain_plan, f)
    def explain(*args: Any, **keywords: Any) -> PlanExplanation:
        return _explain(f, args, keywords)

    return explain


@users_frames_only
def _explain(f: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> PlanExplanation:
    if active.trace is not None:
        raise TraceError(
            "cr.explain_plan looks at what runs, and within a function that is being traced nothing runs yet",
            try_="cr.explain_plan outside, of the function as a whole",
        )
    compiled = f if isinstance(f, Compiled) else jit(f)
    name = getattr(f, "__name__", type(f).__name__)
    taken = compiled.path(args, keywords)
    if isinstance(taken, str):
        return PlanExplanation(name, (), taken)
    stages = [_stage(segment, taken.names, name) for segment in taken.segments]
    return PlanExplanation(name, tuple([each for each in stages if each is not None]))


def _stage(segment: Segment, names: dict[int, str], name: str) -> Stage | None:
    program = segment.program
    if program is None or not program.given:
        return None
    numbered = segment.numbered
    taken, given = ([numbered.by_number[n] for n in numbers] for numbers in (program.taken, program.given))
    graph = extract(numbered.graph, taken, given, name)
    for v, number in zip(graph.inputs, program.taken, strict=True):
        v.name = v.name or names.get(number)
    if segment.asked is not None:
        return Stage(explained(graph, None, "it decides the path"), *place_of(segment.asked.origin))
    return Stage(explained(simplify(graph), machine() if is_available() else None))
