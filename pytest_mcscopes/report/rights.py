"""What the catalogue says of scopes, in the words of those who assign them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..catalogue.call_requirements import power
from ..explain.explain import label_of
from ..explain.rows import View, describe_row, rows_in
from ..explain.text import DOUBTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from ..catalogue.catalogue import Catalogue
    from ..catalogue.model import Scope
    from ..explain.answers import CallRequirement

_MOST_TELLING = 5
"""Of the calls that a scope opens beside those that tests make, so many are named."""
_MOST_SOURCES = 3
_VERBS = {
    "read": "look things up",
    "view": "look things up",
    "write": "create and change things",
    "create": "create things",
    "update": "change things",
    "delete": "delete things",
    "send": "send",
    "execute": "run things",
    "publish": "publish",
    "post": "post",
    "aspr": "activate, stop, pause and resume things",
    "configure": "configure things",
    "deploy": "deploy packages",
    "package": "build packages",
    "rotate": "rotate keys",
    "revoke": "revoke keys",
}
_FLOWS = {
    "offline": "It can go on for a user who has left, by refresh tokens.",
    "openid": "It can ask who the user is.",
}
_KINDS = (
    "looking things up",
    "creating and changing things",
    "deleting and revoking",
    "acting: sending, running, publishing",
)
"""What scopes are for, by their power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a statement of the catalogue comes from, as a reader can look it up."""

    text: str
    address: str
    """Empty where there is none that can be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The calls of the catalogue that a scope opens and no test makes."""

    trusted: int
    doubtful: int
    telling: tuple[str, ...]
    """The first of the trusted ones: those that need no other scope, and of these those that
    change something."""


_ON_GITHUB = re.compile(
    r"github:(?P<repository>[\w.-]+/[\w.-]+)"
    r"(?:@(?P<commit>[0-9a-f]{7,40})(?::(?P<path>[\w./-]+(?:\.\w+|/)(?![^\s,])))?)?"
)
"""A source as the catalogue names it: a file's name has an ending, a folder's a slash; prose and
names without either lead to the whole."""


class Rights:
    """The catalogue as it was on the day of a run."""

    def __init__(self, catalogue: Catalogue, on: date) -> None:
        self._catalogue = catalogue
        self._view = View(catalogue=catalogue, trust="attested", on=on)
        self._rows: dict[str, CallRequirement] = {}
        self._opened: defaultdict[str, list[CallRequirement]] = defaultdict(list)
        self._may_open: defaultdict[str, list[str]] = defaultdict(list)
        for row in rows_in(self._view):
            self._add(describe_row(row, self._view))

    def _add(self, rule: CallRequirement) -> None:
        self._rows[rule.label] = rule
        for scope in {scope for some in rule.enough for scope in some}:
            if rule.trusted:
                self._opened[scope].append(rule)
            else:
                self._may_open[scope].append(rule.label)

    def ordered(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """List scopes as a token answer does."""
        return self._catalogue.in_token_order(scopes)

    def label(self, scope: str) -> str:
        """Write a scope as the vendor's page for Installed Packages labels it."""
        known = self._catalogue.scopes.get(scope)
        return label_of(known).replace(" | ", " > ") if known else ""

    def listed(self, scope: str) -> bool:
        """Tell whether the vendor's scope page has this label."""
        known = self._catalogue.scopes.get(scope)
        return known is not None and (known.on_scope_page or scope == "offline")

    def plain(self, scope: str) -> str:
        """Say in plain words what a scope lets its holder do."""
        known = self._catalogue.scopes.get(scope)
        if known is None:
            return "The catalogue does not know it."
        return _FLOWS.get(scope) or f"It can {self._does(known)} in {known.family}."

    def _does(self, scope: Scope) -> str:
        verb = _VERBS.get(scope.action, scope.action)
        deletes = any(
            re.match(r"DELETE |SOAP \S+ Delete", rule.label) for rule in self._opened[scope.id]
        )
        return f"{verb}, and delete them," if deletes and scope.action != "delete" else verb

    def opened(self, scope: str, made: Collection[str]) -> Opened:
        """Say what a scope would allow beside the calls that tests make."""
        rules = [rule for rule in self._opened[scope] if rule.label not in made]
        rules.sort(
            key=lambda rule: (
                (scope,) not in rule.enough,
                rule.reads,
                rule.confidence != "documented",
                rule.label,
            )
        )
        return Opened(
            trusted=len(rules),
            doubtful=sum(label not in made for label in self._may_open[scope]),
            telling=tuple(rule.label for rule in rules[:_MOST_TELLING]),
        )

    def citations(self, label: str) -> tuple[Citation, ...]:
        """Name where the catalogue's entry for a call comes from; what can be opened first."""
        rule = self._rows.get(label)
        sources = [source.address for source in rule.sources] if rule else []
        cited = sorted(map(cite, sources), key=lambda each: not each.address)
        if any(each.address for each in cited):
            cited = [each for each in cited if each.address]
        return tuple(dict.fromkeys(cited))[:_MOST_SOURCES]

    def remarks(self, label: str, doubt: str) -> tuple[str, ...]:
        """Say why the catalogue's entry for a call is doubtful, and what other sources say."""
        rule = self._rows.get(label)
        others = [
            f"{', '.join(other.all_of) or 'nothing'} would do by another source: {other.why}"
            for other in (rule.elsewhere if rule else ())
        ]
        note = [rule.note] if rule and rule.note else []
        return (DOUBTS.get(doubt, doubt), *note, *others)

    def not_among(self, scopes: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """List the other scopes that exist, by what they are for."""
        others = self.ordered(self._catalogue.default_scopes.difference(scopes))
        groups = {
            kind: tuple(scope for scope in others if power(scope) == rank)
            for rank, kind in enumerate(_KINDS)
        }
        return tuple((kind, group) for kind, group in reversed(groups.items()) if group)

    def kinds_without(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """List what none of some scopes is for."""
        ranks = {power(scope) for scope in scopes}
        return tuple(kind for rank, kind in enumerate(_KINDS) if rank not in ranks)


def cite(address: str) -> Citation:
    """Write a source of the catalogue so that a person can open it."""
    if found := re.match(r"https?://[^\s,]+", address):
        return Citation(text=address, address=found[0])
    if found := _ON_GITHUB.match(address):
        text = address.replace("github:", "github.com/", 1)
        return Citation(text=text, address=_address_on_github(**found.groupdict()))
    return Citation(text=address, address="")


def _address_on_github(repository: str, commit: str | None, path: str | None) -> str:
    """Write where a source was at the commit that was read; without one, its repository."""
    top = f"https://github.com/{repository}"
    if not commit:
        return top
    return f"{top}/{'blob' if path and path[-1] != '/' else 'tree'}/{commit}/{path or ''}".rstrip(
        "/"
    )
