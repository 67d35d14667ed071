"""Suites as values, short and long, for the pages that are made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from data_files import digests, run_record

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.evidence.gate_result import GateFinding, GateResult, Undetermined
from pytest_mcscopes.evidence.suite_evidence import (
    CallEvidence,
    MarkEvidence,
    PackageEvidence,
    ScopeEvidence,
    SuiteEvidence,
    TestFinding,
)
from pytest_mcscopes.settings.assigned_packages import AssignedPackage, ScopeException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.evidence.data_file import RunRecord
    from pytest_mcscopes.evidence.suite_evidence import Rung
    from pytest_mcscopes.privilege.expectation import Match

CATALOGUE = load_catalogue()
DOCUMENTED = "POST /messaging/v1/email/messages/{messageKey}"
ATTESTED = "SOAP DataExtensionObject Create"
DOUBTFUL = "POST /interaction/v1/interactions/pause/{definitionID}?versionNumber={versionNumber}"
SENDING = ("tests/test_mailer.py::test_receipt", "tests/test_mailer.py::test_reminder")
IMPORTING = ("tests/test_contacts.py::TestImport::test_rows[empty]",)
PAUSING = ("tests/test_journeys.py::test_pause",)
OMITTING = ("tests/test_journeys.py::test_entry",)
HOSTILE = "<script>alert('x')</script>&amp;\"`|*_[a](javascript:b)\u202e\x1b\u6f22"
LONG_NAME = f"test_{'of_a_long_name_' * 13}"


def run(**differently: Any) -> RunRecord:  # noqa: ANN401 - any field
    """The first line of a data file."""
    record: dict[str, Any] = {
        "id": "0123456789abcdef",
        "project": "acme-mailer",
        "commit": "9f3c2d7a8b1e4c5d6f7a8b9c0d1e2f3a4b5c6d7e",
        "ci_run": "https://ci.example.com/runs/42",
        "started": "2026-11-28T20:30:00+00:00",
        "ended": "2026-11-28T20:35:12+00:00",
        "versions": {
            "mcscopes": "0.1.0",
            "pytest": "9.2.0",
            "python": "3.11.7",
            "catalogue": "2026-11-28",
        },
        "digests": digests(settings="0" * 64),
        "tests": 10,
    }
    return run_record(**record | differently)


def call(
    label: str, *scopes: str, tests: Iterable[str], confidence: str = "documented", doubt: str = ""
) -> CallEvidence:
    """An allowed call."""
    return CallEvidence(
        label=label,
        confidence=confidence,
        doubt=doubt,
        used=frozenset(scopes),
        minimal_sets=(frozenset(scopes),),
        may_need=frozenset(),
        tests=tuple(tests),
    )


def scope(name: str, rung: Rung, *calls: CallEvidence, tests: Iterable[str] = ()) -> ScopeEvidence:
    """A scope; *tests* have it in their marks and, from the second rung on, ask for it."""
    named = (*tests, *(test for each in calls for test in each.tests))
    return ScopeEvidence(
        scope=name,
        rung=rung,
        declared_by=named,
        requested_by=() if rung == "declared only" else named,
        calls=calls,
    )


def package(
    *scopes: ScopeEvidence,
    name: str = "integration",
    assigned: Iterable[str] | None = None,
    omitted_by: tuple[str, ...] = (),
    calls: tuple[CallEvidence, ...] = (),
) -> PackageEvidence:
    """A package; without *assigned* nothing says what it has."""
    made = {each.label: each for some in scopes for each in some.calls}
    named = tuple(sorted({test for each in scopes for test in each.requested_by}))
    return PackageEvidence(
        name=name,
        assigned=CATALOGUE.default_scopes if assigned is None else frozenset(assigned),
        assignments=() if assigned is None else (frozenset(assigned),),
        by_default=named if assigned is None else (),
        omitted_by=omitted_by,
        named_by=named,
        logins={frozenset({each.scope}): each.requested_by for each in scopes if each.requested_by},
        scopes={each.scope: each for each in scopes},
        calls=(*made.values(), *calls),
    )


def suite(*packages: PackageEvidence, judged: int = 8) -> SuiteEvidence:
    """The evidence of a suite."""
    return SuiteEvidence(
        packages={each.name: each for each in packages},
        marks=(),
        outcomes={"passed": judged},
        judged=judged,
        not_judged={},
        unmarked=(),
        findings=(),
        relaxed=(),
        own_entries=(),
        failed=(),
        xfailed=(),
        rerun={},
    )


def finding(
    rule: str,
    *scopes: str,
    test: str = "",
    severity: str = "error",
    text: str = "as it is",
    where: str = "",
) -> GateFinding:
    """A finding of the gate."""
    return GateFinding(
        rule=rule,
        severity=cast("Any", severity),
        scopes=scopes,
        test=test,
        package="integration",
        where=where,
        text=text,
    )


def of_test(rule: str, *scopes: str, **differently: Any) -> TestFinding:  # noqa: ANN401 - any field
    """What a rule found in one test."""
    found = TestFinding(
        test="t.py::test_1",
        rule=rule,
        severity="error",
        scopes=scopes,
        package="integration",
        where="",
        expected=False,
    )
    return replace(found, **differently)


def mark(
    *scopes: str,
    judged: tuple[str, ...] = ("t.py::test_1",),
    match: Match = "exact",
    package: str | None = None,
) -> MarkEvidence:
    """An `mc_scopes` mark of one test."""
    return MarkEvidence(
        package=package,
        declared=frozenset(scopes),
        match=match,
        places=("t.py:1",),
        tests=("t.py::test_1",),
        judged=judged,
        calls=dict.fromkeys(scopes, ()),
        perhaps=dict.fromkeys(scopes, ()),
    )


def undetermined(*scopes: str, rule: str = "MCS402", text: str = "not known") -> Undetermined:
    """What the gate cannot decide."""
    return Undetermined(rule=rule, text=text, scopes=scopes, package="integration")


def verdict(*findings: GateFinding, why: tuple[str, ...] = (), **more: Any) -> GateResult:  # noqa: ANN401
    """What the gate says: what did not run fails it, unless *more* has no failures."""
    return GateResult(complete=not why, why=why, findings=findings, **{"failures": why} | more)


def short_suite() -> SuiteEvidence:
    """A scope of each kind."""
    return suite(
        package(
            scope(
                "email_send",
                "used on a documented row",
                call(DOCUMENTED, "email_send", tests=SENDING),
            ),
            scope("email_read", "requested", tests=SENDING[:1]),
            scope(
                "data_extensions_write",
                "used on an attested row",
                call(ATTESTED, "data_extensions_write", tests=IMPORTING, confidence="attested B"),
            ),
            scope(
                "journeys_aspr",
                "used on a doubtful row",
                call(
                    DOUBTFUL,
                    "journeys_aspr",
                    tests=PAUSING,
                    confidence="inferred, strong",
                    doubt="inferred",
                ),
            ),
            scope("list_and_subscribers_read", "declared only", tests=OMITTING),
            assigned=SHORT_ASSIGNED,
            omitted_by=OMITTING,
        )
    )


SHORT_ASSIGNED = (
    *("automations_execute", "automations_read", "data_extensions_write", "email_read"),
    *("email_send", "journeys_aspr", "list_and_subscribers_read"),
)


def manifest(*scopes: str, projects: tuple[str, ...] = ()) -> AssignedPackage:
    """What the manifest says of the package, with one exception that holds and one that does not.

    Args:
        scopes: what it is assigned; none: as in the short suite.
        projects: those that share it.
    """
    return AssignedPackage(
        name="integration",
        type="server-to-server",
        scopes=frozenset(scopes or SHORT_ASSIGNED),
        exceptions=(
            exception("automations_execute", date(2027, 1, 31)),
            exception("automations_read", date(2026, 11, 27)),
        ),
        projects=projects,
        file="mcscopes.toml",
        line=3,
        scope_places={},
        settings=cast("Any", {}),
    )


def exception(name: str, expires: date) -> ScopeException:
    """An exception of the manifest."""
    return ScopeException(
        scope=name,
        reason="the nightly import, whose tests come with #812",
        owner="ada@example.com",
        expires=expires,
        where="mcscopes.toml:9",
    )


def long_suite(tests: int) -> SuiteEvidence:
    """A suite with every scope, and with names as bad as they get."""
    ids = [_id_of(number) for number in range(tests)]
    labels: dict[str, str] = {}
    for service in CATALOGUE.services:
        for route in CATALOGUE.routes(service):
            for name in route.all_of or ():
                labels.setdefault(name, route.label)
    names = sorted([*CATALOGUE.wire_ids, "x" * 40, HOSTILE])
    scopes = [
        _scope_of(name, ids[number :: len(names)], labels.get(name))
        for number, name in enumerate(names)
    ]
    return suite(
        package(*scopes, assigned=names, omitted_by=tuple(ids[::7]), name=f"integration {HOSTILE}"),
        judged=tests,
    )


def _id_of(number: int) -> str:
    name = f"test_{number}"
    if number % 3 == 0:
        name = f"TestOfThings::{LONG_NAME}{number}"
    elif number % 97 == 1:
        name += f"[{HOSTILE}]"
    return f"tests/area_{number % 7}/test_file_{number % 120}.py::{name}"


def _scope_of(name: str, tests: list[str], label: str | None) -> ScopeEvidence:
    if label is None:
        return scope(name, "requested", tests=tests)
    return scope(name, "used on a documented row", call(label, name, tests=tests))
