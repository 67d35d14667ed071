"""Where in its file a mark was written, for people to go to.

pytest keeps no position for a mark, so the file is read again: decorators,
`pytestmark` assignments and `pytest.param(..., marks=...)`.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .parse import Mark

    _Owner = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def find_place(path: Path, mark: Mark, qualname: str = "") -> tuple[int, int] | None:
    """Find line and column of a mark on a class or function, or else in the module's `pytestmark`.

    Of several with its name, that is the one with its arguments. Where a mark is only known by
    a name, it is the place that it is put on; None where the file tells nothing.
    """
    owners = _read(path)
    owner = owners.get(qualname.replace("<locals>.", "")) or _find_decorated(owners, qualname, mark)
    if owner is None:
        return None
    places = _places(owner)
    found = [*_named_in(owner, mark.name)]
    several = found if len(found) > 1 else []
    exact = [node for node in several if _arguments(node) == (list(mark.args), dict(mark.kwargs))]
    best = next(iter([*exact, *found, *places, owner]))
    return (best.lineno, best.col_offset) if isinstance(best, ast.expr | ast.stmt) else None


def _find_decorated(owners: Mapping[str, ast.AST], qualname: str, mark: Mark) -> ast.AST | None:
    """Find the one function of that name with such a mark.

    Hypothesis's `given` and other decorators make a function of their own, which
    keeps the name of the test and not the place of it.
    """
    name = qualname.rpartition(".")[2]
    found = [
        owner
        for known, owner in owners.items()
        if known.rpartition(".")[2] == name and any(_named_in(owner, mark.name))
    ]
    return found[0] if len(found) == 1 else None


def _named_in(owner: ast.AST, marker: str) -> Iterator[ast.expr]:
    return (node for place in _places(owner) for node in _named(place, marker))


def _read(path: Path) -> Mapping[str, ast.AST]:
    try:
        return _parse(path, path.stat().st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return {}


@lru_cache(maxsize=8)
def _parse(path: Path, _changed_at: int) -> Mapping[str, ast.AST]:
    """Parse a file, which has many marks, once per state of the file.

    By qualified name it gives the class or function, of several the first; the module by "".
    """
    tree = ast.parse(path.read_bytes())
    found: dict[str, ast.AST] = {"": tree}
    for name, node in _definitions(tree, ""):
        found.setdefault(name, node)
    return found


def _definitions(owner: _Owner, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    for node in owner.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield prefix + node.name, node
            yield from _definitions(node, f"{prefix}{node.name}.")


def _places(owner: ast.AST) -> list[ast.expr]:
    """Collect the expressions in which the marks of a class, function or module are written."""
    decorators: list[ast.expr] = getattr(owner, "decorator_list", [])
    if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
        return decorators
    body: list[ast.stmt] = getattr(owner, "body", [])
    return [
        *decorators,
        *(node.value for node in body if isinstance(node, ast.Assign) and _is_pytestmark(node)),
    ]


def _is_pytestmark(node: ast.Assign) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in node.targets)


def _named(place: ast.expr, marker: str) -> Iterator[ast.expr]:
    """Yield each `pytest.mark.<marker>(...)`, and that without the call, calls first."""
    for node in ast.walk(place):
        inner = node.func if isinstance(node, ast.Call) else node
        if isinstance(inner, ast.Attribute) and inner.attr == marker:
            assert isinstance(node, ast.expr)
            yield node


def _arguments(node: ast.expr) -> tuple[list[Any], dict[str | None, Any]] | None:
    if not isinstance(node, ast.Call):
        return [], {}
    try:
        keywords = {each.arg: ast.literal_eval(each.value) for each in node.keywords}
        return [ast.literal_eval(each) for each in node.args], keywords
    except ValueError:
        return None
