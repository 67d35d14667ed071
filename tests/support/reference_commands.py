"""The command line, as its reference page tells it."""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from markdown_text import code, paragraph, quoted, set_code, table
from reference_members import write_use

from pytest_mcscopes import plugin
from pytest_mcscopes.cli.main import build_parser
from pytest_mcscopes.explain.terms import load_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

    from pytest_mcscopes.cli.shared import Parser


class Options:
    """Stands in for pytest's parser of options, and keeps those that the plugin adds."""

    def __init__(self) -> None:
        self.added: dict[str, Mapping[str, Any]] = {}

    def getgroup(self, *_: str) -> Options:
        """Give the group of options of the plugin."""
        return self

    def addoption(self, name: str, **about: Any) -> None:  # noqa: ANN401 - argparse's keywords
        """Keep an option."""
        self.added[name] = about

    def addini(self, *_: object, **__: object) -> None:
        """Leave settings to their own page."""


def find_commands() -> argparse._SubParsersAction[Parser]:
    """Find the commands of `mcscopes`, with a parser of each."""
    actions = build_parser()._actions  # noqa: SLF001 - argparse has no public way to list them
    (commands,) = (each for each in actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001
    return commands


def find_options() -> Mapping[str, Mapping[str, Any]]:
    """Find the options that pytest has by the plugin."""
    found = Options()
    manager = SimpleNamespace(rewrite_hook=None)
    plugin.pytest_addoption(
        cast("pytest.Parser", found), cast("pytest.PytestPluginManager", manager)
    )
    return found.added


def write_commands() -> Iterator[str]:
    """Write each command of `mcscopes`, then the options that pytest has by the plugin."""
    commands = find_commands()
    yield "## mcscopes"
    yield ""
    yield from paragraph(str(build_parser().description))
    shown = commands._choices_actions  # noqa: SLF001
    rows = ((f"[{quoted(each.dest)}](#mcscopes-{each.dest})", str(each.help)) for each in shown)
    yield from table(("command", "what it does"), rows)
    for name, command in commands.choices.items():
        yield from write_command(name, command)
    yield from write_options()


def write_command(name: str, command: argparse.ArgumentParser) -> Iterator[str]:
    """Write a command: what it is for, its arguments, and what it says at its end."""
    yield f"## mcscopes {name}"
    yield ""
    yield from paragraph(set_code(str(command.description)))
    actions = [each for each in command._actions if each.help != argparse.SUPPRESS]  # noqa: SLF001
    rows = ((shown_argument(each), help_of(each)) for each in actions if each.dest != "help")
    yield from table(("argument", "what it is"), rows)
    epilog = command.epilog or ""
    if "\n" in epilog:
        yield from code("text", epilog)
    else:
        yield from paragraph(epilog)


def help_of(action: argparse.Action) -> str:
    """Write the help of an argument, and whether it must be given."""
    must = " (must be given)" if action.required and action.option_strings else ""
    return set_code(f"{action.help}{must}")


def shown_argument(action: argparse.Action) -> str:
    """Write an argument as it is typed."""
    takes = action.metavar or (
        "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
    )
    if not action.option_strings:
        return quoted(f"{takes} ..." if action.nargs in {"+", "*"} else str(takes))
    value = "" if action.nargs == 0 else f" {takes}"
    return quoted(", ".join(action.option_strings) + value)


def write_options() -> Iterator[str]:
    """Write the options of pytest."""
    yield "## pytest"
    yield ""
    rows = (
        (quoted(f"{name} {about.get('metavar', '')}".strip()), set_code(about["help"]))
        for name, about in sorted(find_options().items())
    )
    yield from table(("option", "what it does"), rows)
    for term in load_terms().values():
        if term.kind == "option":
            yield f"### {term.asked}"
            yield ""
            yield from write_use(term)
