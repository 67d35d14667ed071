"""All that is known of a suite, as one JSON document; its schema ships with the package."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..cloud.fingerprints import redact_lookalikes
from ..cloud.tokens import redact_tokens
from ..evidence.gate_result import FindingKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .model import Report

FORMAT = 1
_OF_RUN = (
    *("project", "commit", "dirty", "ci_run", "started", "ended", "versions", "digests", "tests"),
    *("combined", "superseded", "mixed", "shards", "selections"),
)


def write_json(report: Report) -> Iterator[str]:
    """Write the document, piece by piece: of a large suite it is long."""
    run, suite, gate = report.run, report.suite, report.gate
    document = {
        "format": FORMAT,
        "complete": gate.complete,
        "why": gate.why,
        "passed": gate.passed,
        "failures": gate.failures,
        "run": {key: run[key] for key in _OF_RUN},  # type: ignore[literal-required]
        "tests": {
            "judged": suite.judged,
            "not_judged": suite.not_judged,
            "outcomes": suite.outcomes,
            "unmarked": suite.unmarked,
            "failed": suite.failed,
            "rerun": suite.rerun,
        },
        "findings": gate.findings,
        "known": gate.known,
        "gone": gate.gone,
        "undetermined": gate.undetermined,
        "relaxed": gate.relaxed,
        "own_entries": suite.own_entries,
        "packages": [*suite.packages.values()],
        "marks": suite.marks,
    }
    yield from json.JSONEncoder(indent=1).iterencode(_plain(document, cache(_hide)))
    yield "\n"


def read_schema() -> str:
    """Read the JSON Schema of the document."""
    return files(__package__).joinpath("report.schema.json").read_text("utf-8")


def _plain(value: object, hide: Callable[[str], str]) -> Any:  # noqa: ANN401 - what JSON has
    """Turn values into what JSON has: a set into a sorted list, a value into its fields."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, frozenset):
        return sorted(map(hide, value))
    members = _members_of(value)
    if members is not None:
        return {hide(key): _plain(each, hide) for key, each in members.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, hide) for each in value]
    return value


def _members_of(value: object) -> dict[str, object] | None:
    """Give what is an object in JSON by its keys; None: something else."""
    if isinstance(value, dict):
        return {_key(key): each for key, each in value.items()}
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return value._asdict() if isinstance(value, FindingKey) else None


def _key(key: object) -> str:
    """Write a set of scopes as they stand in a request."""
    return " ".join(sorted(key)) if isinstance(key, frozenset) else str(key)


def _hide(text: str) -> str:
    """Leave out what looks as a secret or a token does: a name may hold one."""
    return redact_lookalikes(redact_tokens(text))
