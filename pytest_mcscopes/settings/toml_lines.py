"""On which line of a TOML file something stands, which Python's parser does not say."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Keys = tuple[str | int, ...]


def line_of(text: str, keys: Keys) -> int:
    """Tell the line of a key, or of the nearest table around it.

    Args:
        text: good TOML.
        keys: names, and numbers of array members, that lead to a value.
    """
    lines = _lines(text)
    return next((lines[keys[:end]] for end in range(len(keys), 0, -1) if keys[:end] in lines), 1)


@lru_cache(maxsize=1)  # of one file, line by line
def _lines(text: str) -> Mapping[Keys, int]:
    return dict(reversed([*_places(text)]))


def _places(text: str) -> Iterator[tuple[Keys, int]]:
    """Yield what each statement defines, and where."""
    home: Keys = ()
    members = Counter[Keys]()
    for number, statement in _statements(text):
        table = tomllib.loads(statement)
        if not statement.lstrip().startswith("["):
            yield from ((home + keys, line) for keys, line in _within(table, number, statement))
        else:
            home = _resolved(_names(table), members, is_array=statement.lstrip()[1] == "[")
            yield home, number


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into whole statements: a line, or as many as a value takes."""
    start, pending = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        start, pending = (start, f"{pending}\n{line}") if pending else (number, line)
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


def _within(value: Any, line: int, statement: str) -> Iterator[tuple[Keys, int]]:  # noqa: ANN401
    """Yield the way to each value in a statement; texts in a list of many lines have their own."""
    named = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in named:
        if isinstance(inner, dict | list):
            yield (key,), line
            for keys, inner_line in _within(inner, line, statement):
                yield (key, *keys), inner_line
        else:
            # 0 where it is spelt with escapes: find() gives -1.
            start = statement.find(str(inner)) + 1 if isinstance(key, int) else 0
            yield (key,), line + statement.count("\n", 0, start)
