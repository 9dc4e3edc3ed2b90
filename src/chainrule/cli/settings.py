"""Settings of a run as options: on the command line, in a TOML file, or by default, in this order."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from ..training import Settings
from ..training.settings import Setting
from ..training.toml import read_toml

DATA = "data"  # stands without a name


def declare(parser: argparse.ArgumentParser) -> None:
    """Add an option for every setting."""
    parser.add_argument(DATA, nargs="?", metavar="DATA", help=_help(Settings.described()[0]))
    groups: dict[str, Any] = {}
    for setting in Settings.described():
        if setting.name == DATA:
            continue
        if setting.group not in groups:
            groups[setting.group] = parser.add_argument_group(setting.group)
        action = groups[setting.group].add_argument(
            _option(setting),
            dest=setting.name,
            type=_type_of(setting),
            metavar=setting.kind.placeholder,
            help=_help(setting),
        )
        vars(action)["completed"] = setting.kind.choices  # what a shell offers; more than these words may be legal


def chosen(options: argparse.Namespace, config: str | None) -> Settings:
    """The settings that the options and a TOML file make.

    Raises
    ------
    FileError
        If the file cannot be read.
    ArgumentError, UnknownNameError
        If it holds what is no setting.
    """
    given = {each.name: getattr(options, each.name) for each in Settings.described()}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.of({**(read_toml(config) if config else {}), **given})
    except ArgumentError as error:
        if config:
            error.add_note(f"in {config}, or on the command line")
        raise


def _option(setting: Setting) -> str:
    return f"--{setting.name.replace('_', '-')}"


def _type_of(setting: Setting) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = setting.kind.parsed(text)
        if not setting.kind.is_legal(value):
            raise argparse.ArgumentTypeError(f"is {setting.kind.wanted_instead_of(value)}, not {text or 'nothing'}")
        return value

    return parse


def _help(setting: Setting) -> str:
    default = setting.default
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
    names = f" [{' | '.join(setting.kind.choices)}]" if setting.kind.choices else ""
    return setting.help + names + (f" (default: {shown})" if shown not in (None, "") else "")
