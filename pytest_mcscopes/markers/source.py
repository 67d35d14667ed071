"""The line on which a mark was written, for people to go to.

pytest keeps no position for a mark, so the file is read again: decorators,
`pytestmark` assignments and `pytest.param(..., marks=...)`. Only errors and
failures ask for it.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import Any

from .parse import Mark


@functools.lru_cache(maxsize=64)
def _tree(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def find_line(path: Path, mark: Mark, qualname: str = "") -> int | None:
    """Find the line of a mark below a class or function, or of the module.

    Args:
        path: the file.
        mark: what to find; of several with its name, the one with its arguments.
        qualname: `TestMailer.test_send`; empty for the module's `pytestmark`.
    """
    tree = _tree(path)
    if tree is None:
        return None
    nodes = _places(tree, [part for part in qualname.split(".") if part and part != "<locals>"])
    found = [node for place in nodes for node in ast.walk(place) if _names(node, mark.name)]
    exact = [node for node in found if _arguments(node) == (list(mark.args), dict(mark.kwargs))]
    best = (exact or found)[:1]
    return best[0].lineno if best else None


def _places(tree: ast.Module, path: list[str]) -> list[ast.expr]:
    """Collect the expressions in which marks of that class, function or module are written."""
    owner: ast.AST = tree
    for name in path:
        owner = next((node for node in _body(owner) if getattr(node, "name", None) == name), ast.Module([], []))
    decorators = list(getattr(owner, "decorator_list", []))
    if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
        return decorators
    return decorators + [
        node.value for node in _body(owner) if isinstance(node, ast.Assign) and _is_pytestmark(node)
    ]


def _body(owner: ast.AST) -> list[ast.stmt]:
    return list(getattr(owner, "body", []))


def _is_pytestmark(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)


def _names(node: ast.AST, marker: str) -> bool:
    """Tell whether a node is `pytest.mark.<marker>(...)`, or that without the call."""
    inner = node.func if isinstance(node, ast.Call) else node
    return isinstance(inner, ast.Attribute) and inner.attr == marker


def _arguments(node: ast.AST) -> tuple[list[Any], dict[str | None, Any]] | None:
    if not isinstance(node, ast.Call):
        return [], {}
    try:
        keywords = {each.arg: ast.literal_eval(each.value) for each in node.keywords}
        return [ast.literal_eval(each) for each in node.args], keywords
    except ValueError:
        return None
