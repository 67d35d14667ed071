"""How what a package is assigned is written into a manifest, of which all else stays as it is.

Only the statement that changes is written anew, with its comments: a whole file that is parsed
and written again has its tables in another order.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit

from .toml_lines import statement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..config import PackageType
    from .toml_lines import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """What a package of the manifest is to be."""

    number: int | None
    """Which of the manifest's packages it is; None: a new one."""
    name: str
    """Of a new one; that of another stays."""
    type: PackageType | None
    """None: it stays what it is, or is not said."""
    scopes: frozenset[str]
    new_scopes: tuple[str, ...] = ()
    """Those that neither the catalogue nor the manifest knows so far."""


def edit_manifest(text: str, keys: tuple[str, ...], change: PackageChange) -> str:
    """Write a change into a text of good TOML, whose manifest is at *keys*; it may be empty.

    Raises:
        ValueError: the text has a form in which this cannot be done.
    """
    try:
        if change.number is None:
            edited = _append(text, package_text(change, keys))
        else:
            edited = _change_package(text, (*keys, "package", change.number), change)
        for scope in change.new_scopes:
            edited = _append(edited, f'{_heading(keys, "scope")}id = "{scope}"\n')
        if tomllib.loads(edited) == _expected(text, keys, change):
            return edited
    except tomllib.TOMLDecodeError:
        pass
    raise ValueError("what is written there has a form that cannot be changed for sure")


def package_text(change: PackageChange, keys: Iterable[str] = ()) -> str:
    """Write the table of a new package."""
    scopes = "".join(f'    "{scope}",\n' for scope in sorted(change.scopes))
    return (
        _heading(keys, "package")
        + tomlkit.dumps({"name": change.name})
        + (f'type = "{change.type}"\n' if change.type not in {None, "server-to-server"} else "")
        + (f"scopes = [\n{scopes}]\n" if scopes else "scopes = []\n")
    )


def _heading(keys: Iterable[str], table: str) -> str:
    return f"[[{'.'.join([*keys, table])}]]\n"


def _append(text: str, block: str) -> str:
    if not text:
        return block
    end = "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{end}{block}"


def _change_package(text: str, package: Keys, change: PackageChange) -> str:
    scopes = (*package, "scopes")

    def assign(table: Any, key: Any) -> None:  # noqa: ANN401 - whatever tomlkit has there
        old = [*map(str, table[key])]
        for scope in old:
            if scope not in change.scopes:
                table[key].remove(scope)
        for scope in sorted(change.scopes.difference(old)):
            table[key].append(scope)

    def set_type(table: Any, _: Any) -> None:  # noqa: ANN401
        table["type"] = change.type

    edited = _edit(text, scopes, assign)
    said = _value(tomllib.loads(text), package).get("type")
    if change.type in {None, said or "server-to-server"}:
        return edited
    return _edit(edited, (*package, "type") if said else scopes, set_type)


def _edit(text: str, keys: Keys, edit: Callable[[Any, Any], None]) -> str:
    """Let a table of tomlkit's be edited that has a key, within the statement of that key alone."""
    found = statement_of(text, keys)
    document = tomlkit.parse(found.text)
    *way, key = keys[len(found.home) :]
    edit(_value(document, way), key)
    edited = tomlkit.dumps(document).rstrip("\n")
    tomllib.loads(edited)  # or else nothing further would be found in it
    lines = text.split("\n")
    end = found.line + found.text.count("\n")
    lines[found.line - 1 : end] = edited.split("\n")
    return "\n".join(lines)


def _expected(text: str, keys: Iterable[str], change: PackageChange) -> dict[str, Any]:
    """Make what the edited text must say, of what it said before."""
    document = tomllib.loads(text)
    manifest = document
    for key in keys:
        manifest = manifest.setdefault(key, {})
    packages: list[dict[str, Any]] = manifest.setdefault("package", [])
    if change.number is None:
        packages.append({"name": change.name, "scopes": []})
    package = packages[-1 if change.number is None else change.number]
    old = package["scopes"]
    kept = [scope for scope in old if scope in change.scopes]
    package["scopes"] = kept + sorted(change.scopes.difference(old))
    if change.type not in {None, package.get("type", "server-to-server")}:
        package["type"] = change.type
    scopes = manifest.setdefault("scope", []) if change.new_scopes else []
    scopes += [{"id": scope} for scope in change.new_scopes]
    return document


def _value(document: Any, keys: Iterable[str | int]) -> Any:  # noqa: ANN401
    for key in keys:
        document = document[key]
    return document
