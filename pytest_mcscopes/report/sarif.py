"""Findings as SARIF 2.1.0, which code scanning services and editors read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..explain.terms import load_terms
from ..privilege.findings import RULES
from ..words import count
from .model import find_caveats, find_place, one_line, order_by_gravity, say_finding, say_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..evidence.gate_result import GateFinding
    from ..explain.terms import Term
    from .model import Report

    Json = dict[str, Any]

MOST_RESULTS = 5_000
"""So many results of a run are shown by GitHub."""
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
INCOMPLETE = "incomplete-evidence"
"""What stands in place of a rule where the evidence does not show enough to go by."""
_ROOT = "%SRCROOT%"
_NOWHERE = "mcscopes.toml"
"""Where packages are written down: the place of what is about a suite and stands nowhere else."""
_LEVELS = {"error": "error", "note": "note"}
_WHOLE = "Whatever is not shown is not shown to be unneeded: run the whole suite, and report again."


def write_sarif(report: Report) -> str:
    """Write the document."""
    findings = order_by_gravity(dict.fromkeys(report.gate.findings))
    gaps = "; ".join(report.gate.gaps)
    shown = findings[: MOST_RESULTS - bool(gaps)]
    rules = [_incomplete()] if gaps else []
    rules += _rules(sorted({each.rule for each in shown}))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    nowhere = report.in_repository(_NOWHERE)
    results = [_gap(gaps, nowhere, "warning" if report.gate.passed else "error")] if gaps else []
    results += [_result(report, each, index) for each in shown]
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [_run(report, rules, results, left=len(findings) - len(shown))],
    }
    return json.dumps(document, indent=1) + "\n"


def _run(report: Report, rules: list[Json], results: list[Json], left: int) -> Json:
    run = report.run
    return {
        "tool": {
            "driver": {
                "name": "pytest-mcscopes",
                "version": run["versions"]["mcscopes"],
                "rules": rules,
            }
        },
        "automationDetails": {
            "id": f"mcscopes/{one_line(run['project'])}/",
            "description": {"text": f"Marketing Cloud scopes: {say_verdict(report)}"},
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "startTimeUtc": _time(run["started"]),
                "endTimeUtc": _time(run["ended"]),
                "toolExecutionNotifications": [*_notifications(report, left)],
            }
        ],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "complete": report.gate.complete,
            "passed": report.gate.passed,
            "commit": run["commit"] and one_line(run["commit"]),
            "resultsLeftOut": left,
        },
    }


def _notifications(report: Report, left: int) -> Iterator[Json]:
    """Say what is no finding, and what else a reader of the results should know."""
    for text in find_caveats(report):
        yield _notification("warning", text)
    if left:
        text = (
            f"{count(left, 'result')} left out, the least grave ones: services show"
            f" {MOST_RESULTS} of a run. mcscopes report --format json has all of them."
        )
        yield _notification("warning", text)
    if known := len(report.gate.known):
        yield _notification("note", f"{count(known, 'finding')} of the baseline left out")
    for each in report.gate.undetermined[:MOST_RESULTS]:
        yield _notification("note", f"{each.rule} undetermined: {each.text}")


def _notification(level: str, text: str) -> Json:
    return {"level": level, "message": {"text": one_line(text)}}


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rules(used: Iterable[str]) -> Iterator[Json]:
    terms = load_terms()
    for rule in used:
        name = RULES[rule].name if rule in RULES else rule
        level = _LEVELS[RULES[rule].severity] if rule in RULES else "warning"
        yield {"id": rule, "name": name} | _words(terms, rule, name) | _defaults(level)


def _words(terms: Mapping[str, Term], rule: str, name: str) -> Json:
    """Say what a rule means, why it matters and how to be rid of what it finds."""
    short = {"shortDescription": {"text": name.replace("-", " ")}}
    if rule not in terms:  # of a newer version
        return short
    term = terms[rule]
    text = f"{term.means}\n\n{term.why}\n\n{term.fix}\n\nMore: mcscopes explain {rule}"
    passes = f"\n\n**A test that passes**\n\n```python\n{term.passes}\n```" if term.passes else ""
    markdown = (
        f"**What it means**\n\n{term.means}\n\n**Why it matters**\n\n{term.why}\n\n"
        f"**How to be rid of it**\n\n{term.fix}{passes}\n\nMore: `mcscopes explain {rule}`"
    )
    return short | {
        "fullDescription": {"text": term.means},
        "help": {"text": text, "markdown": markdown},
    }


def _defaults(level: str) -> Json:
    return {
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["least-privilege", "oauth", "security"]},
    }


def _incomplete() -> Json:
    words = {
        "id": INCOMPLETE,
        "name": INCOMPLETE,
        "shortDescription": {"text": "the evidence is not complete"},
        "fullDescription": {"text": f"The evidence is not of the whole suite. {_WHOLE}"},
        "help": {"text": _WHOLE, "markdown": _WHOLE},
    }
    return words | _defaults("error")


def _gap(text: str, path: str, level: str) -> Json:
    return {
        "ruleId": INCOMPLETE,
        "ruleIndex": 0,
        "level": level,
        "message": {"text": one_line(text)},
        "locations": [{"physicalLocation": _address(path)}],
        # Not of its text, in which numbers and names change from run to run.
        "partialFingerprints": _fingerprints(INCOMPLETE),
    }


def _result(report: Report, found: GateFinding, index: Mapping[str, int]) -> Json:
    place = find_place(found)
    path = report.in_repository(place.file or _NOWHERE)
    where: Json = {"physicalLocation": _address(path)}
    if place.line:
        where["physicalLocation"]["region"] = {"startLine": place.line}
    if found.test:
        where["logicalLocations"] = [
            {"fullyQualifiedName": one_line(found.test), "kind": "function"}
        ]
    said = say_finding(found)
    text = f"{said}; {found.test}" if found.test else said
    scopes, union = sorted(found.scopes), sorted(found.union)
    return {
        "ruleId": found.rule,
        "ruleIndex": index[found.rule],
        "level": _LEVELS[found.severity],
        "message": {"text": one_line(text)},
        "locations": [where],
        "partialFingerprints": _fingerprints(
            found.rule, found.test, found.package, *scopes, "", *union
        ),
        "properties": {
            "package": one_line(found.package),
            "scopes": [*map(one_line, scopes)],
        },
    }


def _address(path: str) -> Json:
    return {"artifactLocation": {"uri": quote(one_line(path)), "uriBaseId": _ROOT}}


def _fingerprints(*parts: str) -> dict[str, str]:
    """Tell a result again in a later run: by what it is about, and not by its line."""
    known = sha256(json.dumps(parts).encode()).hexdigest()[:32]
    # GitHub makes one of the line unless there is one by this name.
    return {"mcscopes/v1": known, "primaryLocationLineHash": f"{known[:16]}:1"}
