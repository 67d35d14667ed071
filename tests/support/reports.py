"""Suites as reports have them, and the tools of others that read what is written of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from facts import call_made, packaged, scopes, token_requested
from gates import check, run_record
from markdown_it import MarkdownIt
from records import EVERYTHING, result

from pytest_mcscopes.evidence.gate_result import GateFinding, Relaxed, Undetermined
from pytest_mcscopes.evidence.read_suite import read_suite
from pytest_mcscopes.privilege.expectation import Allowance
from pytest_mcscopes.report.model import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markdown_it.token import Token

    from pytest_mcscopes.evidence.results import ResultRecord

SEND = packaged("POST", "/messaging/v1/email/messages/1")
HOSTILE = (
    "<script>alert(1)</script> | `x` ``y`` *b* _i_ [a](javascript:b) ![i](http://x.test) \\| &amp;"
    "\n::error::no,b:c%0A\r\n# head\n- list\x1b[31m\u202e@me #1 $x$ www.x.test https://x.test"
)

SPECIAL = "`|\\*_<>[](){}#~&!:;,%=$@/ \n\r\tab1.-+\x1b\u202e"
"""Characters that mean something somewhere."""
SHOWN = " ".join(HOSTILE.split()).replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")
"""The same as people see it: in a line, with nothing in it that moves a cursor."""


def sends(test: str, scope: str = "email_send", **more: Any) -> ResultRecord:  # noqa: ANN401
    """A test of a mark at its file's fifth line whose code asks for these scopes, and sends."""
    origin = f"@pytest.mark.mc_scopes, {test.partition('::')[0]}:5"
    mark = scopes("email_send", origin=origin)
    asked = token_requested(scope, EVERYTHING)
    return result(test, mark, asked, call_made(SEND, scope), **more)


def report(*records: ResultRecord, why: Sequence[str] = (), **more: Any) -> Report:  # noqa: ANN401
    """A report of these tests; *more* is of the run, or findings in place of those of the gate."""
    findings = more.pop("findings", None)
    if findings is not None and not records:
        records = (sends("tests/test_quiet.py::test_quiet"),)
    run = run_record(*why, **{"selections": [], "tests": len(records)} | more)
    gate = check(*records, run=run)
    if findings is not None:
        gate = replace(gate, findings=findings)
    return Report(run=run, suite=read_suite(records), gate=gate)


def finding(number: int, **more: Any) -> GateFinding:  # noqa: ANN401
    """One of many findings."""
    given: dict[str, Any] = {
        "rule": "MCS102",
        "severity": "error",
        "text": "excess-scope",
        "scopes": ("email_read",),
        "package": "integration",
        "test": f"tests/test_{number}.py::test_it",
        "where": f"tests/test_{number}.py:{number + 1}",
    }
    return GateFinding(**given | more)


def hostile_report() -> Report:
    """A report in which everything that a user can name is as bad as it gets."""
    test = f"tests/test_a.py::test_it[{HOSTILE}]"
    record = sends(
        test,
        "email_send email_read",
        package=HOSTILE,
        allowances=[Allowance(rule="MCS303", reason=HOSTILE, origin=f"mc_allow, {HOSTILE}:1")],
    )
    record["findings"].append(
        {"rule": "MCS203", "severity": "note", "scopes": [HOSTILE], "package": HOSTILE}
    )
    made = report(
        record,
        why=[HOSTILE],
        project=HOSTILE,
        commit=HOSTILE,
        ci_run=HOSTILE,
        combined=[HOSTILE],
        selections=[{"expression": HOSTILE, "reason": HOSTILE}],
        seen={"not_selected": [HOSTILE]},
    )
    gate = made.gate
    told: dict[str, Any] = {"text": HOSTILE, "scopes": (HOSTILE,)}
    told |= {"package": HOSTILE, "where": HOSTILE}
    return replace(
        made,
        gate=replace(
            gate,
            undetermined=(Undetermined(rule="MCS402", **told),),
            relaxed=(Relaxed(by="xfail", what=HOSTILE, reason=HOSTILE, where=HOSTILE),),
            findings=(*gate.findings, finding(0, test="", **told)),
        ),
    )


class Annotation(NamedTuple):
    """A workflow command of GitHub Actions."""

    level: str
    properties: dict[str, str]
    message: str


def read_annotations(text: str) -> list[Annotation]:
    """Read commands as GitHub's runner does (ActionCommand.TryParseV2); what is none is left out.

    It takes a line that begins with `::`, up to the next `::`: the command, a space, properties
    with commas between; all after that is the message. Percent signs escape.
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        if line.lstrip().startswith("::") and "::" in line.lstrip()[2:]:
            command, _, message = line.lstrip()[2:].partition("::")
            level, _, properties = command.partition(" ")
            pairs = (each.partition("=") for each in properties.split(",") if "=" in each)
            given = {key: _unescape(value, ":", ",") for key, _, value in pairs}
            found.append(Annotation(level, given, _unescape(message)))
    return found


def _unescape(text: str, *more: str) -> str:
    for each in ("\r", "\n", *more):
        text = text.replace(f"%{ord(each):02X}", each)
    return text.replace("%25", "%")


def read_markdown(text: str) -> list[Token]:
    """Read a page as GitHub does, and give all that is in it, one after another."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return [each for block in parser.parse(text) for each in (block, *(block.children or ()))]


def kinds_of(tokens: Iterable[Token]) -> set[str]:
    """What a page consists of."""
    return {each.type.removesuffix("_open").removesuffix("_close") for each in tokens}
