"""How an answer of production becomes what the manifest says of a package."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, NamedTuple

from ..catalogue.catalogue import Catalogue
from ..catalogue.index import packaged_data
from ..config import FIRST_PACKAGE
from ..errors import ConfigError
from ..privilege.phrases import line
from ..words import WIDTH, count, did_you_mean, meant, wrap
from .edit_manifest import PackageChange, edit_manifest
from .manifest import read_manifest
from .manifest_file import OWN_FILE, ManifestFile, find_manifest_above, open_manifest
from .production import read_production_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .assigned_packages import AssignedPackage
    from .manifest import Manifest
    from .production import ProductionAnswer


class Imported(NamedTuple):
    """What is to be written, and what is to be said of it."""

    path: Path
    text: str | None
    """The whole file; None: nothing changes."""
    lines: list[str]


def find_target(folder: Path) -> ManifestFile:
    """Find the manifest of a folder or the nearest one above, or the file that is to be it.

    Raises:
        ConfigError: there are two, or it cannot be read.
    """
    return find_manifest_above(folder) or open_manifest(folder / OWN_FILE)


def import_answer(
    target: ManifestFile, answer_file: Path, name: str | None, packaged: Catalogue
) -> Imported:
    """Write into a manifest what an answer of production shows a package to be assigned.

    Args:
        target: the manifest; it need not be there yet.
        answer_file: a saved answer.
        name: which package it is of; None: as the answer and the manifest say.
        packaged: the catalogue without the manifest's own entries.

    Raises:
        ConfigError: one of them makes no sense, or it cannot be known which package is meant.
    """
    manifest = read_manifest(target, packaged)
    answer = read_production_answer(answer_file, packaged.wire_ids)
    package = _choose(manifest.packages, answer, name)
    if package:
        _refuse_lost_exceptions(package, answer)
    catalogue = Catalogue(packaged_data(), manifest.overlay)
    change = PackageChange(
        number=manifest.packages.index(package) if package else None,
        name=name or answer.name or FIRST_PACKAGE,
        type=answer.type,
        scopes=answer.scopes,
        new_scopes=tuple(sorted(answer.scopes - catalogue.wire_ids)),
    )
    text = _edit(target, change)
    written = _read_written(target, text, packaged)
    index = len(written.packages) - 1 if change.number is None else change.number
    lines = [*_describe(package, written.packages[index], answer, change, catalogue)]
    if name and manifest.packages and not package:
        hint = did_you_mean(name, [each.name for each in manifest.packages])
        lines += _paragraph(
            f'"{name}" is a further package, beside {_quoted(manifest.packages)}.{hint} If one of'
            " these is meant, undo this and import with its name."
        )
    if package and name is None and answer.name not in {None, package.name}:
        lines += _paragraph(
            f'Production calls it "{answer.name}". Where that is another package, undo this and'
            f' import with --package "{answer.name}".'
        )
    return Imported(target.path, None if text == target.text else text, lines)


def _choose(
    packages: tuple[AssignedPackage, ...], answer: ProductionAnswer, name: str | None
) -> AssignedPackage | None:
    """Choose the package that an answer is of; None: a new one."""
    wanted = name or answer.name
    for each in packages:
        if each.name == wanted:
            return each
    if name or not packages:
        return None
    if len(packages) == 1:  # production may well call it otherwise
        return packages[0]
    known = _quoted(packages)
    of = f'of the package "{answer.name}"' if answer.name else "of a package that it does not name"
    new = f', or --package "{answer.name}" if it is a further one' if answer.name else ""
    raise ConfigError(
        f"{answer.file} is {of}, and the manifest has {known}. Say by --package NAME which of these"
        f" it is{new}."
    )


def _quoted(packages: Iterable[AssignedPackage]) -> str:
    return ", ".join(f'"{each.name}"' for each in packages)


def _refuse_lost_exceptions(package: AssignedPackage, answer: ProductionAnswer) -> None:
    lost = [each for each in package.exceptions if each.scope not in answer.scopes]
    if lost:
        where = "\n".join(f"{each.where}: the exception for {each.scope}" for each in lost)
        raise ConfigError(
            f"{answer.file} does not show what the manifest makes an exception for. Where"
            f" production assigns it no longer, take the exception out and import again.\n{where}"
        )


def _edit(target: ManifestFile, change: PackageChange) -> str:
    try:
        return edit_manifest(target.text, target.keys, change)
    except ValueError as error:
        raise ConfigError(
            f"{target.shown} was left as it is: {error}. Write each package as a table of its own,"
            f" below a line [[{'.'.join((*target.keys, 'package'))}]], with its scopes in a plain"
            " list, and import again."
        ) from None


def _read_written(target: ManifestFile, text: str, packaged: Catalogue) -> Manifest:
    """Read what is about to be written, which must be a manifest."""
    table = tomllib.loads(text)
    for key in target.keys:
        table = table[key]
    try:
        return read_manifest(target._replace(text=text, table=table), packaged)
    except ConfigError as error:
        lines = "\n".join(str(error).splitlines()[1:])
        raise ConfigError(
            f"{target.shown} was left as it is: it would be no manifest with that.\n{lines}"
        ) from None


def _describe(
    before: AssignedPackage | None,
    now: AssignedPackage,
    answer: ProductionAnswer,
    change: PackageChange,
    catalogue: Catalogue,
) -> Iterator[str]:
    of = count(len(now.scopes), "scope")
    yield f'package "{now.name}" ({now.where}) is assigned {of}, as {answer.file} shows'
    if before is None:
        yield from _row("new", now.scopes)
    else:
        yield from _row("added", now.scopes - before.scopes)
        yield from _row("removed", before.scopes - now.scopes)
        if now.type != before.type:
            yield f"  {'type':<9}{now.type}, before {before.type}"
        if before.scopes == now.scopes and now.type == before.type:
            yield "  nothing changes"
    for scope in change.new_scopes:
        hint = meant(catalogue.did_you_mean(scope))
        yield from _paragraph(
            f"{scope} is not in the catalogue: a [[scope]] was added for it, without which it"
            f" would be an unknown scope.{hint}"
        )
    if answer.type is None and before is None:
        yield from _paragraph(
            "The answer does not tell the package's type, so server-to-server is taken. Where it"
            ' acts for users, add type = "web-app" or type = "public-app".'
        )
    yield from _paragraph(answer.caveat)
    if answer.kind == "token":
        yield f"  Delete {answer.file} where it holds a token: nothing else of it was read."


def _row(label: str, scopes: Iterable[str]) -> list[str]:
    text = line(scopes)
    return wrap(text, WIDTH, f"  {label:<9}", " " * 11) if text else []


def _paragraph(text: str) -> list[str]:
    return wrap(text, WIDTH, "  ", "  ")
