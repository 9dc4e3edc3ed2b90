"""The reference of all settings, generated from their declarations: ``python -m chainrule.training.reference``."""

from __future__ import annotations

import sys

from .kinds import Entry
from .settings import Setting, Settings

HEAD = """# Settings of a training run

Options of `chainrule train` (with `-` for `_` and `--` before), keys of its TOML file, arguments of
`chainrule.training.Settings`. An entry of a catalogue may come with settings of its own: `momentum:momentum=0.8` on the
command line, `{ name = "momentum", momentum = 0.8 }` in a file. Written by `python -m chainrule.training.reference`; a
test compares.

"""
COLUMNS = ("setting", "value", "default", "meaning")


def row(setting: Setting) -> str:
    """One row of the table."""
    default = setting.default
    shown = ", ".join(map(str, default)) if isinstance(default, tuple) else default
    wanted = setting.kind.wanted
    if isinstance(setting.kind, Entry):
        wanted = ", ".join(f"`{name}`" for name in setting.kind.choices)
    cells = (f"`{setting.name}`", wanted, "" if shown in (None, "") else f"`{shown}`", setting.help)
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    """The whole page."""
    described = Settings.described()
    parts = [HEAD]
    for group in dict.fromkeys(setting.group for setting in described):
        rows = [row(setting) for setting in described if setting.group == group]
        head = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
        parts.append(f"## {group.capitalize()}\n\n" + "\n".join([*head, *rows]) + "\n")
    return "\n".join(parts).replace("\n\n\n", "\n\n")


if __name__ == "__main__":
    sys.stdout.write(page())
