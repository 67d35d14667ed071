"""A secret or token in a name, a reason or a path is in no page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from made_suites import (
    CATALOGUE,
    DOCUMENTED,
    call,
    exception,
    finding,
    manifest,
    package,
    run,
    scope,
    suite,
    undetermined,
    verdict,
)
from tenants import build_tenant

from pytest_mcscopes.cloud.fingerprints import redact_lookalikes
from pytest_mcscopes.cloud.tokens import redact_tokens
from pytest_mcscopes.evidence.gate_result import Relaxed
from pytest_mcscopes.report.annotations import write_annotations
from pytest_mcscopes.report.html import write_page
from pytest_mcscopes.report.json_document import write_json
from pytest_mcscopes.report.markdown import write_markdown
from pytest_mcscopes.report.model import Report
from pytest_mcscopes.report.review_pack import write_review_page, write_review_text
from pytest_mcscopes.report.sarif import write_sarif

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SECRET = "Zq7WmX2vB9kLp4TnR8sYc3Hd"


def of_report(write: Callable[[Report], Iterable[str]]) -> Callable[..., str]:
    """Call what writes a report as what writes a page is called."""
    return lambda report, **_: "".join(write(report))


WRITERS = {
    "page": write_page,
    "review page": write_review_page,
    "review text": write_review_text,
    "JSON": of_report(write_json),
    "Markdown": of_report(write_markdown),
    "annotations": of_report(write_annotations),
    "SARIF": of_report(write_sarif),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_page_has_neither(write: object) -> None:
    """Wherever it was planted, and in a page that says what stood around it."""
    assert callable(write)
    token = build_tenant().issue_token()
    planted = f"{SECRET}-{token}"
    test = f"tests/{planted}/test_a.py::test_of[{planted}]"
    of_package = package(
        scope(
            "email_send", "used on a documented row", call(DOCUMENTED, "email_send", tests=[test])
        ),
        name=f"package {planted}",
        assigned=["email_send"],
        omitted_by=(test,),
        calls=(call(f"GET /nowhere/{planted}", tests=[test], doubt=planted),),
    )
    expected = replace(
        manifest("email_send"),
        name=of_package.name,
        file=planted,
        projects=(planted,),
        exceptions=(
            replace(exception("email_read", date(2027, 1, 1)), reason=planted, owner=planted),
        ),
    )
    result = verdict(
        finding("MCS402", planted, test=test, text=planted),
        replace(finding("MCS402", planted, text=planted), where=f"{planted}/test_a.py:5"),
        why=(planted,),
        known=(finding("MCS402", planted, text=planted),),
        undetermined=(undetermined(planted, text=planted),),
        relaxed=(
            Relaxed(by="mc_allow", what=planted, reason=planted, where=planted, tests=(test,)),
        ),
    )
    about = run(
        project=f"acme {planted}", ci_run=f"https://ci.example.com/{planted}", commit=planted
    )
    report = Report(run=about, suite=suite(of_package), gate=result)
    text = write(report, manifest=[expected], catalogue=CATALOGUE)
    assert SECRET not in text
    assert token not in text
    assert token[:60] not in text
    assert "redacted" in text
    assert "test_of[" in text


@pytest.mark.parametrize(
    "name",
    [
        "TestCustomerJourney2024Activation",
        "TestOAuth2TokenRequestV2Again",
        "9f3c2d7a8b1e4c5d6f7a8b9c0d1e2f3a4b5c6d7e",
        f"test_{'of_a_long_name_' * 13}",
        "TestX" * 40,
        "list_and_subscribers_read",
    ],
)
def test_names_are_left_alone(name: str) -> None:
    """Camel case with a number, a commit, a long name: none of them looks random."""
    assert redact_tokens(redact_lookalikes(name)) == name


def test_a_secret_is_seen() -> None:
    """Also between other characters."""
    assert redact_lookalikes(f"a[{SECRET}]-{SECRET}") == "a[<redacted>]-<redacted>"
