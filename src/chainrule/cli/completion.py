"""``chainrule completion``: what a shell needs to complete verbs, options and their values."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from .exit_codes import ExitCode
from .output import print_document

SCHEMA = "chainrule/completion/1"

NAME = "completion"
SUMMARY = "completion for your shell"
EXAMPLE = "chainrule completion fish"
DESCRIPTION = """\
A script that lets a shell complete verbs, options and their values. Where it goes:

  bash   chainrule completion bash > ~/.local/share/bash-completion/completions/chainrule
  zsh    chainrule completion zsh > ~/.zfunc/_chainrule        (~/.zfunc being in $fpath)
  fish   chainrule completion fish > ~/.config/fish/completions/chainrule.fish
"""


class Option(NamedTuple):
    """An option of a verb: its names, what it is for, and the values to choose from where it takes one."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    choices: tuple[str, ...]


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("shell", choices=tuple(SCRIPTS), help="bash, zsh or fish")
    parser.add_argument("--json", action="store_true", help="the script in a JSON document")


def run(options: argparse.Namespace) -> ExitCode:
    """Print the script."""
    _, parsers = options.parsers()
    verbs = {name: list(_options(parser)) for name, parser in parsers.items()}
    script = SCRIPTS[options.shell](verbs, _places(parsers))
    if options.json:
        print_document(SCHEMA, True, {"shell": options.shell, "script": script})
    else:
        sys.stdout.write(script)
    return ExitCode.DONE


def _options(parser: argparse.ArgumentParser) -> Iterator[Option]:
    for action in parser._actions:
        if action.option_strings:
            choices = getattr(action, "completed", None) or action.choices or ()
            text = re.sub(r"%\((\w+)\)\w", lambda found, of=action: str(getattr(of, found[1], "")), action.help or "")
            yield Option(tuple(action.option_strings), text, action.nargs != 0, tuple(map(str, choices)))


def _places(parsers: dict[str, argparse.ArgumentParser]) -> dict[str, tuple[str, ...]]:
    """By verb, what its first argument may be, where that is one of a few words."""
    found = {}
    for name, parser in parsers.items():
        words = [action.choices for action in parser._actions if not action.option_strings and action.choices]
        found[name] = tuple(map(str, words[0])) if words else ()
    return found


Verbs = dict[str, list[Option]]
Places = dict[str, tuple[str, ...]]


def _bash(verbs: Verbs, places: Places) -> str:
    cases = []
    for name, options in verbs.items():
        for option in options:
            if option.choices:
                pattern = "|".join(f"{name},{each}" for each in option.names)
                cases.append(f"    {pattern}) _words='{' '.join(option.choices)}' ;;")
        if places[name]:
            cases.append(f"    {name},{name}) _words='{' '.join(places[name])}' ;;")
        names = " ".join(each for option in options for each in option.names)
        cases.append(f"    {name},*) [[ $_current == -* ]] && _words='{names}' ;;")
    return f"""\
# chainrule: completion for bash
_chainrule() {{
  local _current=${{COMP_WORDS[COMP_CWORD]}} _before=${{COMP_WORDS[COMP_CWORD-1]}} _words=
  if [[ $COMP_CWORD -eq 1 ]]; then
    _words='{" ".join(verbs)} --help --version'
  else case ${{COMP_WORDS[1]}},$_before in
{chr(10).join(cases)}
  esac; fi
  if [[ -n $_words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$_words" -- "$_current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$_current")
  fi
}}
complete -o filenames -o default -F _chainrule chainrule
"""


def _zsh(verbs: Verbs, places: Places) -> str:
    cases = []
    for name, options in verbs.items():
        lines = []
        for option in options:
            for each in option.names:
                value = f":value:({' '.join(option.choices)})" if option.choices else ":value:_files"
                lines.append(f"      '{each}[{_zsh_text(option.help)}]{value if option.takes_value else ''}'")
        rest = f"'1:value:({' '.join(places[name])})'" if places[name] else "'*:file:_files'"
        cases.append(f"    {name}) _arguments \\\n" + " \\\n".join([*lines, f"      {rest}"]) + " ;;")
    return f"""\
#compdef chainrule
# chainrule: completion for zsh
_chainrule() {{
  if (( CURRENT == 2 )); then
    compadd -- {" ".join(verbs)} --help --version
    return
  fi
  local verb=${{words[2]}}
  shift words
  (( CURRENT-- ))
  case $verb in
{chr(10).join(cases)}
  esac
}}
if [ "$funcstack[1]" = "_chainrule" ]; then _chainrule "$@"; else compdef _chainrule chainrule; fi
"""


def _zsh_text(text: str) -> str:
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def _fish(verbs: Verbs, places: Places) -> str:
    lines = ["# chainrule: completion for fish"]
    lines += [f"complete -c chainrule -n __fish_use_subcommand -f -a {name}" for name in verbs]
    for name, options in verbs.items():
        condition = f"-n '__fish_seen_subcommand_from {name}'"
        if places[name]:
            lines.append(f"complete -c chainrule {condition} -f -a '{' '.join(places[name])}'")
        for option in options:
            flags = " ".join(f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in option.names)
            value = f" -x -a '{' '.join(option.choices)}'" if option.choices else " -r" if option.takes_value else ""
            lines.append(f"complete -c chainrule {condition} {flags}{value} -d '{_fish_text(option.help)}'")
    return "\n".join(lines) + "\n"


def _fish_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


SCRIPTS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
