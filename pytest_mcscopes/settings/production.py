"""What an answer of production shows of a package, and how it differs from the manifest.

Nothing but scopes, name and type is read of an answer, and no text repeats any
other part of it: it may hold secrets and tokens.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..cloud.packages import CLIENT_TYPES
from ..errors import ConfigError
from ..privilege.expectation import FLOW_SCOPES
from ..privilege.phrases import line
from ..words import WIDTH, count, did_you_mean, wrap
from .scopes import may_be_scope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from ..config import PackageType
    from .assigned_packages import AssignedPackage

_WANTED = "Save the body of an answer of v2/token or v2/userinfo, and nothing else, in it."
CAVEAT = (
    "A token answer shows what its request asked for. That is all that is assigned only where the"
    " request left `scope` out; an answer of v2/userinfo shows all of it in any case."
)
_ADVICE = (
    "If production is right, mcscopes import FILE puts it into the manifest; if it is not, correct"
    " the package in Setup."
)


class ProductionAnswer(NamedTuple):
    """What an answer shows."""

    file: str
    """As a person types it."""
    kind: Literal["token", "userinfo"]
    scopes: frozenset[str]
    name: str | None
    """Of the package; a token answer does not tell."""
    type: PackageType | None
    """None: the answer does not tell."""

    @property
    def caveat(self) -> str:
        """Say what it cannot show; empty: it shows all."""
        return CAVEAT if self.kind == "token" else ""


def read_production_answer(path: Path, known: Collection[str]) -> ProductionAnswer:
    """Read a saved answer of v2/token or v2/userinfo; *known* are the scopes of the catalogue.

    Raises:
        ConfigError: it cannot be read, or is no such answer.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}. Name the file of a saved answer."
        ) from None
    try:
        return _read(content, str(path), known)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def _read(content: bytes, file: str, known: Collection[str]) -> ProductionAnswer:
    match _parse(content):
        case {"application": {"appScopes": list(words)} as application}:
            name = application.get("name")
            named = isinstance(name, str) and name.strip() and name.isprintable()
            return ProductionAnswer(
                file=file,
                kind="userinfo",
                scopes=_scopes(words, known),
                name=name if named else None,
                type=None,
            )
        case {"scope": str(text), **rest}:
            if not text.strip():
                raise ValueError(
                    "its `scope` is empty: the request asked for no scope, which shows nothing of"
                    " what is assigned. Leave `scope` out of the request."
                )
            return ProductionAnswer(
                file=file,
                kind="token",
                scopes=_scopes(text.split(), known),
                name=None,
                type=_type_in(rest.get("access_token")),
            )
        case {"error": _} | {"errorcode": _}:
            raise ValueError(f"it is a refusal, which shows no scopes. {_WANTED}")
    raise ValueError(
        'it has neither "scope" with a text, as a token answer, nor "application" with a list'
        f' "appScopes", as an answer of v2/userinfo. {_WANTED}'
    )


def _parse(content: bytes) -> object:
    try:
        return json.loads(content)  # in UTF-8, or in UTF-16 as PowerShell writes it
    except json.JSONDecodeError as error:
        where = f" (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError):
        where = ""
    raise ValueError(f"it is no JSON{where}. {_WANTED}")


def _scopes(words: Sequence[object], known: Collection[str]) -> frozenset[str]:
    for number, word in enumerate(words, 1):
        if not isinstance(word, str) or (word not in known and not may_be_scope(word)):
            raise ValueError(
                f"number {number} of its scopes is no scope id. It is not repeated here, as it may"
                " be a secret. Save the answer anew, as production gave it."
            )
    return frozenset(map(str, words))


def _type_in(token: object) -> PackageType | None:
    """Read the type of its client off a token, which tells nothing else that is looked at."""
    try:
        _, payload, *_ = str(token).split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        said = claims["client_type"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None  # an opaque one, or one that was cut out
    return next((known for known, word in CLIENT_TYPES.items() if word == said), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionDifference:
    """How what an answer shows differs from what the manifest says."""

    package: AssignedPackage
    answer: ProductionAnswer

    @property
    def only_in_production(self) -> frozenset[str]:
        """What production assigns and the manifest does not say."""
        return self.answer.scopes - self.package.scopes - FLOW_SCOPES

    @property
    def only_in_manifest(self) -> frozenset[str]:
        """What the manifest says and the answer does not show."""
        return self.package.scopes - self.answer.scopes - FLOW_SCOPES

    @property
    def other_type(self) -> bool:
        """Whether the answer shows another type."""
        return self.answer.type not in {None, self.package.type}

    def __bool__(self) -> bool:
        """Tell whether there is a difference."""
        return bool(self.only_in_production or self.only_in_manifest or self.other_type)

    def lines(self) -> Iterator[str]:
        """Say it, line by line, with what the answer cannot show."""
        package, answer = self.package, self.answer
        renamed = answer.name not in {None, package.name}
        other = f', in production "{answer.name}",' if renamed else ""
        who = f'package "{package.name}" ({package.where}){other}'
        if self:
            yield f"{who} differs from what {answer.file} shows of production:"
        else:
            of = count(len(package.scopes - FLOW_SCOPES), "scope")
            yield f"{who} is assigned what {answer.file} shows of production: {of}"
        yield from _row("only in production", self.only_in_production)
        yield from _row("only in the manifest", self.only_in_manifest)
        if self.other_type:
            yield f"  type in production    {answer.type}"
            yield f"  type in the manifest  {package.type}"
        if flow := (package.scopes ^ answer.scopes) & FLOW_SCOPES:
            yield f"  {line(flow)} not compared: of the log-in itself, and opens no data"
        yield from wrap(answer.caveat, WIDTH, "  ", "  ")
        if self:
            yield from wrap(_ADVICE, WIDTH, "  ", "  ")


def _row(label: str, scopes: frozenset[str]) -> list[str]:
    return wrap(line(scopes), WIDTH, f"  {label:<22}", " " * 24) if scopes else []


def compare_production(
    packages: Sequence[AssignedPackage], answer: ProductionAnswer, name: str | None = None
) -> ProductionDifference:
    """Compare an answer with the package of the manifest that it is of.

    The name says which, where neither the answer nor the manifest tells.

    Raises:
        ConfigError: there is no such package, or it cannot be known which is meant.
    """
    if not packages:
        raise ConfigError(
            f"{answer.file} cannot be compared: there is no [[package]] in a manifest."
            " mcscopes import FILE writes one."
        )
    by_name = {each.name: each for each in packages}
    wanted = name or answer.name
    if wanted in by_name:
        return ProductionDifference(package=by_name[wanted], answer=answer)
    if len(packages) > 1 or name is not None:
        names = ", ".join(f'"{each}"' for each in by_name)
        if name is not None:
            raise ConfigError(
                f'the manifest has no package "{name}", but {names}.{did_you_mean(name, by_name)}'
                f" Say by --package NAME of which of these {answer.file} is."
            )
        of = f'of the package "{wanted}"' if wanted else "of a package that it does not name"
        raise ConfigError(
            f"{answer.file} is {of}, and the manifest has {names}. Say by --package NAME which of"
            " these it is."
        )
    return ProductionDifference(package=packages[0], answer=answer)
