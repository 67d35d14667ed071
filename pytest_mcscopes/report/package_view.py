"""What a suite shows of one Installed Package, as the pages lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..evidence.grouping import group_by
from ..evidence.suite_evidence import RUNGS, PackageEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..evidence.suite_evidence import CallEvidence
    from ..settings.assigned_packages import AssignedPackage, ScopeException
    from .rights import Citation, Opened, Rights

_DOUBTFUL = RUNGS.index("used on a doubtful row") + 1
_NOT_EXERCISED = "not exercised"
"""What an assigned scope is of which the tests show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call that needed a scope, or may have."""

    label: str
    confidence: str
    doubt: str
    """Why its entry in the catalogue is doubtful; empty where it is trusted."""
    remarks: tuple[str, ...]
    """The same in full, and what other sources say; nothing where it is trusted."""
    tests: tuple[str, ...]
    level: int
    """Its place on the ladder, from 1."""
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeView:
    """A scope, what shows that it is needed, and what it opens."""

    scope: str
    label: str
    listed: bool
    """Whether the vendor's scope page has this label."""
    plain: str
    assigned: bool
    level: int
    """Its place on the ladder, from 1; 0: nothing shows it."""
    calls: tuple[CallView, ...]
    requested_by: tuple[str, ...]
    declared_by: tuple[str, ...]
    opened: Opened
    exception: ScopeException | None

    @property
    def word(self) -> str:
        """How well it is shown."""
        return RUNGS[self.level - 1] if self.level else _NOT_EXERCISED

    @property
    def used(self) -> bool:
        """Whether an allowed call needed it, or may have."""
        return self.level >= _DOUBTFUL

    @property
    def certain(self) -> bool:
        """Whether a call on a trusted entry of the catalogue needed it."""
        return self.level > _DOUBTFUL


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageView:
    """A package and its scopes, as a token answer orders them."""

    name: str
    manifest: AssignedPackage | None
    assigned_by: str
    """By what it is known what it is assigned, as `mcscopes.toml:1 says`; empty where nobody says
    so, and tests ran with every scope."""
    scopes: tuple[ScopeView, ...]
    omitted_by: tuple[str, ...]
    named_by: tuple[str, ...]
    logins: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """What log-ins named, with their tests; what most tests named comes first."""
    doubtful_calls: tuple[CallView, ...]
    others: tuple[tuple[str, tuple[str, ...]], ...]
    """Scopes that exist and are neither assigned nor asked for, by what they let one do."""
    powerless: tuple[str, ...]
    """What nothing that is assigned, or asked for, lets one do."""

    @property
    def exceptions(self) -> tuple[ScopeException, ...]:
        """Those that the manifest has."""
        return self.manifest.exceptions if self.manifest else ()

    @property
    def assigned(self) -> tuple[ScopeView, ...]:
        """The scopes that the package has."""
        return tuple(each for each in self.scopes if each.assigned)

    @property
    def used(self) -> tuple[ScopeView, ...]:
        """The scopes that calls needed, or may have, the best shown first."""
        used = (each for each in self.scopes if each.used)
        return tuple(sorted(used, key=lambda each: -each.level))

    @property
    def idle(self) -> tuple[ScopeView, ...]:
        """The assigned scopes that no call of any test needed."""
        return tuple(each for each in self.assigned if not each.used)

    @property
    def only_named(self) -> tuple[ScopeView, ...]:
        """The scopes that are not assigned, and are named though no allowed call needed them."""
        return tuple(each for each in self.scopes if not (each.assigned or each.used))


def view_packages(
    packages: Mapping[str, PackageEvidence], manifest: Sequence[AssignedPackage], rights: Rights
) -> tuple[PackageView, ...]:
    """Lay out the packages that tests use, and those that only the manifest has."""
    assigned = {each.name: each for each in manifest}
    names = dict.fromkeys([*packages, *assigned])
    return tuple(
        _view(packages.get(name) or PackageEvidence(name=name), assigned.get(name), rights)
        for name in names
    )


def _view(
    package: PackageEvidence, manifest: AssignedPackage | None, rights: Rights
) -> PackageView:
    # Where tests differ, or some of them had every scope, they do not say what it has.
    agreed = package.assignments if len(package.assignments) == 1 and not package.by_default else ()
    assigned = manifest.scopes if manifest else frozenset[str]().union(*agreed)
    by_tests = "each judged test gave it (no manifest says it)" if agreed else ""
    known = assigned.union(package.scopes)
    logins = {rights.ordered(scopes): tests for scopes, tests in package.logins.items() if scopes}
    return PackageView(
        name=package.name,
        manifest=manifest,
        assigned_by=f"{manifest.where} says" if manifest else by_tests,
        scopes=tuple(_scopes(rights.ordered(known), package, assigned, manifest, rights)),
        omitted_by=package.omitted_by,
        named_by=package.named_by,
        logins=tuple(sorted(logins.items(), key=lambda each: (-len(each[1]), each[0]))),
        doubtful_calls=tuple(_calls((each for each in package.calls if each.doubt), rights)),
        others=rights.not_among(known),
        powerless=rights.kinds_without(known),
    )


def _scopes(
    scopes: Iterable[str],
    package: PackageEvidence,
    assigned: frozenset[str],
    manifest: AssignedPackage | None,
    rights: Rights,
) -> Iterator[ScopeView]:
    made = {call.label for call in package.calls}
    exceptions = {each.scope: each for each in manifest.exceptions} if manifest else {}
    for scope in scopes:
        shown = package.scopes.get(scope)
        yield ScopeView(
            scope=scope,
            label=rights.label(scope),
            listed=rights.listed(scope),
            plain=rights.plain(scope),
            assigned=scope in assigned,
            level=RUNGS.index(shown.rung) + 1 if shown else 0,
            calls=tuple(_calls(shown.calls if shown else (), rights)),
            requested_by=shown.requested_by if shown else (),
            declared_by=shown.declared_by if shown else (),
            opened=rights.opened(scope, made),
            exception=exceptions.get(scope),
        )


def _calls(calls: Iterable[CallEvidence], rights: Rights) -> Iterator[CallView]:
    """Lay out calls; one that needed other scopes in other tests is one all the same."""
    alike = group_by(calls, lambda call: (call.label, call.confidence, call.doubt))
    for (label, confidence, doubt), some in alike.items():
        yield CallView(
            label=label,
            confidence=confidence,
            doubt=doubt,
            remarks=rights.remarks(label, doubt) if doubt else (),
            tests=tuple(sorted({test for call in some for test in call.tests})),
            level=RUNGS.index(some[0].rung) + 1,
            citations=rights.citations(label),
        )
