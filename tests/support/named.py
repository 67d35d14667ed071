"""Commands, options, marks and settings of ours that a page names and that there are not."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reference_commands import find_commands, find_options

from pytest_mcscopes.config import Config
from pytest_mcscopes.explain.terms import load_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CODE = re.compile(r"^```(?!text)\w*\n(.*?)^```$|(?<!`)`([^`]+)`", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?<![.\w])mcscopes ([a-z]\w*)([^\n`|]*)")
_NAME = re.compile(r"(?<![\w.])mc_[a-z_]*[a-z]\b")


def find_unknown_names(text: str) -> list[str]:
    """List what a page names in code: commands with their options, options of pytest, words."""
    pieces = [found[1] or found[2].replace("\n", " ") for found in _CODE.finditer(text)]
    return sorted({name for piece in pieces for name in unknown_in(piece)})


def unknown_in(piece: str) -> Iterator[str]:
    """Give the names in a piece of code that nothing has."""
    commands = known_commands()
    for command, rest in _COMMAND.findall(piece):
        if command not in commands:
            yield f"mcscopes {command}"
        else:
            options = re.findall(r"(?<!\w)--[a-z-]+", rest)
            yield from (
                f"mcscopes {command} {each}" for each in options if each not in commands[command]
            )
    yield from (each for each in re.findall(r"--mc-[a-z-]+", piece) if each not in known_options())
    yield from (each for each in _NAME.findall(piece) if each not in known_words())


@cache
def known_commands() -> Mapping[str, frozenset[str]]:
    """Give the options of each command of `mcscopes`."""
    return {
        name: frozenset(word for each in command._actions for word in each.option_strings)  # noqa: SLF001
        for name, command in find_commands().choices.items()
    }


@cache
def known_options() -> frozenset[str]:
    """Give the options that pytest has by the plugin."""
    return frozenset(find_options())


@cache
def known_words() -> frozenset[str]:
    """Give the marks, fixtures and settings."""
    return frozenset({*load_terms(), *(f"mc_{name}" for name in Config._fields)})
