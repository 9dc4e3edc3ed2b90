"""One variable on a card: in a notebook a table with small pictures, elsewhere a line of text. It needs no script."""

from __future__ import annotations

from html import escape
from typing import Any, final

from ..errors import Origin
from ..graph import Variable
from .captions import described
from .findings import health
from .outline import Outline
from .png import data_uri
from .rules import RuleTable
from .sources import source
from .words import constant_text, number_text, shape_text, word

_MOST_BACKWARD = 6  # rules of arguments


@final
class Card:
    """What is known of a variable.

    `repr` is one line; `_repr_html_` is what notebooks show.
    """

    def __init__(self, outline: Outline, v: Variable):
        self._outline, self._variable = outline, v

    def __repr__(self) -> str:
        return described(self._outline, self._variable)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left;vertical-align:top">{name}</th>'
            f'<td style="text-align:left">{content}</td></tr>'
            for name, content in self._rows()
        )
        return f'<table class="chainrule-card"><caption>{self._caption()}</caption><tbody>{rows}</tbody></table>'

    def _caption(self) -> str:
        outline, v = self._outline, self._variable
        made = outline.roles[v.number] if v.operation is None else f"= {word(v)}"
        what = f"{shape_text(v.shape) or 'scalar'} {v.dtype}"
        return f"<b>{escape(outline.label(v))}</b> {escape(made)} · {escape(what)}"

    def _rows(self) -> list[tuple[str, str]]:
        outline, v, measured = self._outline, self._variable, self._outline.measured
        rows: list[tuple[str, str]] = []
        mark = health(outline, v)
        if mark is not None:
            rows.append(("Health", f"<b>{escape(mark['kind'])}</b> {escape(mark['message'])}"))
        if v.operation is not None and v.origin is not None:
            rows.append(("Source", _source(Origin(v.origin))))
        known = measured is not None and measured.has_value(v)
        rows.append(("Value", _numbers(measured.value(v), measured.statistics(v)) if measured and known else "–"))
        rows.append(("Gradient", self._gradient() if known else "–"))
        if v.operation is not None:
            rows.append(("Local Jacobian", "<br>".join(self._jacobian(k) for k in range(len(v.inputs))) or "–"))
            rows.append(("Rule", _rule(RuleTable(outline).in_full(v))))
        return rows

    def _gradient(self) -> str:
        v, measured = self._variable, self._outline.measured
        assert measured is not None
        gradient = measured.gradient(v)
        if gradient is None:
            return "–"
        if measured.gradients is None or v.number not in measured.gradients:
            return "0: no path to the loss"
        return _numbers(gradient, measured.gradient_statistics(v))

    def _jacobian(self, k: int) -> str:
        outline, v = self._outline, self._variable
        u, local, gain = v.inputs[k], outline.local(v)[k], outline.gain(v, k)
        argument = constant_text(u, outline.names[u.number]) if u.is_constant else outline.label(u)
        parts = [
            f"∂{outline.label(v)}/∂{argument}: {local.structure}",
            f"{local.stored:,} of {local.full:,} numbers stored",
            *([] if gain is None else [f"gain {number_text(gain)}"]),
        ]
        return escape(", ".join(parts))


def _source(origin: Origin) -> str:
    found = source(origin)
    place = f"{found['file']}:{found['line']} in {found['function']}"
    at = found["line"] - found["first"]
    if at >= len(found["code"]):
        return escape(place)
    text, (start, end) = found["code"][at], found["columns"]
    code = f"{escape(text[:start].lstrip())}<u>{escape(text[start:end])}</u>{escape(text[end:])}"
    return f"{escape(place)}<br><code>{code}</code>"


def _numbers(array: Any, statistics: dict[str, Any]) -> str:
    if array.size == 1:
        return escape(str(array.reshape(-1)[0]))
    words = [f"{name} {number_text(_float(statistics[name]))}" for name in ("min", "mean", "max", "rms")]
    words += [
        f"{statistics[name]:,} {says}"
        for name, says in (("zeros", "zeros"), ("nan", "NaN"), ("inf", "Inf"))
        if statistics[name]
    ]
    text = escape(", ".join(words))
    if not array.ndim or array.size < 2:
        return text
    height = 64 if array.ndim > 1 else 14
    style = f"height:{height}px;min-width:60px;max-width:240px;image-rendering:pixelated"
    return f'<img src="{data_uri(array)}" alt="heat map" style="{style}"><br>{text}'


def _float(x: Any) -> float | None:
    return x if isinstance(x, float) else None


def _rule(rule: dict[str, Any]) -> str:
    found = [rule["forward"], *[each for each in rule["backward"] if "tex" in each][:_MOST_BACKWARD]]
    return "<br>".join(f'<span title="{escape(each["tex"])}">{_inline(each["mathml"])}</span>' for each in found)


def _inline(mathml: str) -> str:
    return mathml.replace(' display="block"', "", 1)
