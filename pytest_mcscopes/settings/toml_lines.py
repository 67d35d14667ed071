"""Where in a TOML file something stands, which Python's parser does not say."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Keys = tuple[str | int, ...]
"""Names, and numbers of array members, that lead to a value."""
_CLOSES = re.compile(r"""[]}]|\"{3}|'{3}""")
"""What the last line of a value has that takes several."""


class Statement(NamedTuple):
    """A line of a file, or as many as a value takes."""

    line: int
    text: str
    home: Keys
    """The table that it stands in; that which it opens, where it is a header."""
    is_header: bool


def line_of(text: str, keys: Keys) -> int:
    """Tell the line of a key in good TOML, or of the nearest table around it."""
    lines = _lines(text)
    return next((lines[keys[:end]] for end in range(len(keys), 0, -1) if keys[:end] in lines), 1)


@lru_cache(maxsize=1)  # of one file, line by line
def _lines(text: str) -> Mapping[Keys, int]:
    return dict(reversed([*_places(text)]))


def statement_of(text: str, keys: Keys) -> Statement:
    """Find the statement of good TOML that gives a key its value, which is there."""
    return next(
        each
        for each in _statements(text)
        if not each.is_header
        and any(each.home + below == keys for below, _ in _within(tomllib.loads(each.text), each))
    )


def _places(text: str) -> Iterator[tuple[Keys, int]]:
    """Yield what each statement defines, and where."""
    for each in _statements(text):
        if each.is_header:
            yield each.home, each.line
        else:
            inside = _within(tomllib.loads(each.text), each)
            yield from ((each.home + keys, line) for keys, line in inside)


def _statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a text with the tables that they stand in."""
    home: Keys = ()
    members = Counter[Keys]()
    for line, statement in _cut(text):
        start = statement.lstrip()
        if is_header := start.startswith("["):
            names = _names(tomllib.loads(statement))
            home = _resolved(names, members, is_array=start[1] == "[")
        yield Statement(line, statement, home, is_header)


def _cut(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into whole statements."""
    start, pending = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        goes_on = bool(pending)
        start, pending = (start, f"{pending}\n{line}") if pending else (number, line)
        if goes_on and not _CLOSES.search(line):
            continue  # each line of a long list would be read anew with all before it
        try:
            tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        yield start, pending
        pending = ""


def _names(table: dict[str, Any]) -> Iterator[str]:
    """Yield the names of a header, from what it defines."""
    inner: Any = table
    while inner:
        ((name, value),) = inner.items()
        yield name
        inner = value[0] if isinstance(value, list) else value


def _resolved(names: Iterator[str], members: Counter[Keys], *, is_array: bool) -> Keys:
    """Put in which member of each array of tables is meant: the last one, or a new one."""
    keys: Keys = ()
    *outer, last = names
    for name in outer:
        keys = (*keys, name)
        if keys in members:
            keys = (*keys, members[keys] - 1)
    keys = (*keys, last)
    if not is_array:
        return keys
    members[keys] += 1
    return (*keys, members[keys] - 1)


def _within(value: Any, of: Statement) -> Iterator[tuple[Keys, int]]:  # noqa: ANN401
    """Yield the way to each value in a statement; texts in a list of many lines have their own."""
    named = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in named:
        if isinstance(inner, dict | list):
            yield (key,), of.line
            for keys, inner_line in _within(inner, of):
                yield (key, *keys), inner_line
        else:
            # 0 where it is spelt with escapes: find() gives -1.
            start = of.text.find(str(inner)) + 1 if isinstance(key, int) else 0
            yield (key,), of.line + of.text.count("\n", 0, start)
