"""The colors of pictures, for light and for dark surroundings, as rules of CSS that any reader of SVG understands."""

from __future__ import annotations

from typing import Final, Literal

Theme = Literal["auto", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("auto", "light", "dark")
FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"

# Text has a contrast of at least 4.5 to what is behind it.
LIGHT: Final = {
    "ground": "#ffffff",
    "text": "#1b1f24",
    "muted": "#57606a",
    "operation": "#6f2dd8",
    "number": "#0550ae",
    "raised": "#f6f8fa",
    "line": "#d0d7de",
    "accent": "#0057b8",
    "step": "#a3246f",
    "edge": "#8c959f",
    "spine": "#424a53",
    "box": ("#f6f8fa", "#8c959f"),
    "input": ("#e3f1fb", "#0072b2"),
    "parameter": ("#fff3dc", "#a8650a"),
    "constant": ("#eceff2", "#8c959f"),
    "output": ("#e2f4ed", "#00795a"),
    "group": ("#f3f5f8", "#afb8c1"),
    "open": ("#57606a", "#afb8c1"),
    "chip": ("#e7eaee", "#e7eaee"),
    "error": ("#c24e00", "#ffffff"),
    "warning": ("#ffd166", "#1b1f24"),
    "note": ("#cfe8f7", "#1b1f24"),
}
DARK: Final = {
    "ground": "#0d1117",
    "text": "#e6edf3",
    "muted": "#a3adb8",
    "operation": "#c4a5ff",
    "number": "#7cc0ff",
    "raised": "#161b22",
    "line": "#30363d",
    "accent": "#79b8ff",
    "step": "#f790c8",
    "edge": "#6e7681",
    "spine": "#b1bac4",
    "box": ("#1a2029", "#6e7681"),
    "input": ("#0f2a40", "#58a6ff"),
    "parameter": ("#33270d", "#d9a441"),
    "constant": ("#242b34", "#6e7681"),
    "output": ("#0e3127", "#3fb68b"),
    "group": ("#1a2230", "#57606a"),
    "open": ("#8b98a5", "#3d4753"),
    "chip": ("#2b333d", "#2b333d"),
    "error": ("#ff8f4d", "#0d1117"),
    "warning": ("#ffd166", "#0d1117"),
    "note": ("#1d4a66", "#e6edf3"),
}

_SHARED: Final = (
    f"text{{font-family:{FONT};unicode-bidi:plaintext}}"
    ".name{font-weight:600}.math{font-style:italic;font-weight:500}.edge path{fill:none}"
    ".edge,.spine{stroke-linecap:round;stroke-linejoin:round}"
    ".number{font-variant-numeric:tabular-nums}.double,.glyph .line{fill:none}"
)


def style_sheet(theme: Theme) -> str:
    """The rules for a theme; "auto" follows the reader's."""
    rules = _SHARED + _colors(DARK if theme == "dark" else LIGHT)
    if theme == "auto":
        rules += f"@media (prefers-color-scheme:dark){{{_colors(DARK)}}}"
    if theme != "light":
        rules += f"@media print{{{_colors(LIGHT)}}}"
    return rules


def page_colors() -> str:
    """The same colors as variables of a page: by the reader's choice of light or dark, unless the page has one."""

    def variables(palette: dict[str, str | tuple[str, str]]) -> str:
        found = []
        for name, color in palette.items():
            if isinstance(color, str):
                found.append(f"--{name}:{color}")
            else:
                found.append(f"--{name}:{color[0]};--on-{name}:{color[1]}")
        return ";".join(found)

    light, dark = variables(LIGHT), variables(DARK)
    return (
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}@media print{{:root:root{{{light}}}}}"
    )


def _colors(palette: dict[str, str | tuple[str, str]]) -> str:
    def rule(selector: str, **properties: str | tuple[str, str]) -> str:
        return f"{selector}{{{';'.join(f'{name}:{value}' for name, value in properties.items())}}}"

    text, ground = palette["text"], palette["ground"]
    rules = [
        rule(".ground", fill=ground),
        rule("text", fill=text),
        rule(".muted", fill=palette["muted"]),
        rule(".operation", fill=palette["operation"]),
        rule(".number", fill=palette["number"]),
        rule(".edge path", stroke=palette["edge"]),
        rule(".edge.spine path", stroke=palette["spine"]),
        rule(".edge .tip", fill=palette["edge"], stroke="none"),
        rule(".edge.spine .tip", fill=palette["spine"]),
        rule(".glyph .frame", fill=ground, stroke=palette["edge"]),
        rule(".glyph .line", stroke=palette["muted"]),
        rule(".glyph .area", fill=palette["muted"], stroke="none"),
        rule(".halo", stroke=ground),
    ]
    for role in ("box", "input", "parameter", "constant", "output", "group", "chip"):
        fill, stroke = palette[role]
        rules.append(rule(f".{role}>.body", fill=fill, stroke=stroke))
        rules.append(rule(f".{role}>.double", stroke=stroke))
    fill, stroke = palette["open"]
    rules.append(rule(".open>.body", fill=fill, stroke=stroke))
    for severity in ("error", "warning", "note"):
        fill, ink = palette[severity]
        rules.append(rule(f".flag.{severity} .body", fill=fill, stroke="none"))
        rules.append(rule(f".flag.{severity} text", fill=ink))
    return "".join(rules)
