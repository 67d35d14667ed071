"""A verdict as the text that a person reads when a test fails.

Four parts, always: who speaks, what happened, what was expected, what to do next.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from ..ledger.facts import CallMade
from ..privilege.advice import advise
from ..privilege.findings import Finding
from ..privilege.rules import Case, line
from ..privilege.verdict import Verdict

FEW = 6
"""More scopes than this are told by their number, unless someone wrote them."""
WIDTH = 100
_LABEL, _VALUE = 11, 35

HEADLINES = (
    ("MCS107", "the code under test used a Marketing Cloud that is not this test's."),
    ("MCS109", "the code under test asks Marketing Cloud for a token that nobody expects."),
    ("MCS105", "the code under test was never granted a token, so its scopes cannot be judged."),
    ("MCS201", "the code under test calls what its token does not allow."),
    ("MCS106", "the code under test drops its scopes when it renews, and so asks for more than it needs."),
    ("MCS101", "the code under test asks Marketing Cloud for more than it needs."),
    ("MCS102", "the code under test asks Marketing Cloud for more than it needs."),
    ("MCS103", "the code under test asks Marketing Cloud for less than is declared."),
    ("MCS202", "the marker declares more than the calls of this test need."),
    ("MCS108", "it cannot be told whether the code under test asks for no more than it needs."),
)


def render(verdict: Verdict) -> str:
    """Write the whole text of a verdict that fails a test, or that has notes to tell."""
    lines = [f"MCSCOPES: {headline(verdict)}"]
    several = len(verdict.cases) > 1
    for case in verdict.cases:
        lines += facts(case, several=several)
    for each in verdict.errors:
        lines += _finding(f"  {each.rule}  ", each, several=several)
    for each in verdict.notes:
        lines += _finding(f"  note {each.rule}  ", each, several=several)
    lines += [part for remark in verdict.remarks for part in _wrap(remark, "  note  ", "        ")]
    steps = advise(verdict)
    return "\n".join([*lines, *(part for step in steps for part in _wrap(step, "  "))])


def headline(verdict: Verdict) -> str:
    """Say in one sentence what is wrong, by the gravest finding."""
    fired = {each.rule for each in verdict.errors}
    return next((text for rule, text in HEADLINES if rule in fired), "nothing fails here, but there is more to know.")


def facts(case: Case, *, several: bool) -> Iterator[str]:
    """Tell what was declared, requested, granted and used."""
    observed = case.observed
    if several:
        yield f'  package "{observed.package}"'
    yield from _row("declared", declared(case), case.expectation.origin)
    yield from _row("requested", requested(case), "")
    package = f'package "{observed.package}" is assigned {_count(len(observed.assigned), "scope")}'
    yield from _row("granted", _listed(observed.granted) if observed.granted else "nothing", package)
    yield from used(observed.calls)


def declared(case: Case) -> str:
    """Say what the mark declares."""
    expectation = case.expectation
    if expectation.kind == "no_token":
        return "no token at all"
    if expectation.kind == "least_privilege":
        return "the minimum of the calls"
    bound = {"exact": "", "at_most": "at most ", "at_least": "at least "}[expectation.match]
    return bound + line(expectation.declared)


def requested(case: Case) -> str:
    """Say what was asked for, as it was asked."""
    observed = case.observed
    if not observed.requests:
        return "nothing: no token request"
    named = [each.requested for each in observed.requests if each.scope is not None]
    parts = [line(frozenset().union(*named)) or 'nothing (scope="")'] if named else []
    if observed.omitting:
        parts.append("everything assigned (no scope parameter)")
    return " and ".join(parts) or "nothing (no scope parameter)"


def used(calls: Iterable[CallMade]) -> Iterator[str]:
    """List what the allowed calls needed, a line to a route."""
    allowed = dict.fromkeys(
        (line(call.used), call.need) for call in calls if call.authenticated and not call.lacking
    )
    if not allowed:
        yield from _row("used", "not shown", "no call was allowed")
    for number, (scopes, need) in enumerate(allowed):
        doubt = f", doubtful: {need.doubt}" if need.doubt and need.doubt != need.confidence else ""
        value = scopes or ("no scope" if need.trusted else "unknown")
        yield from _row("" if number else "used", value, f"{need.label} ({need.confidence}{doubt})")


def _row(label: str, value: str, beside: str) -> Iterator[str]:
    head = f"  {label:<{_LABEL}}"
    if len(value) < _VALUE:
        yield f"{head}{value:<{_VALUE}}{beside}".rstrip()
        return
    yield from _wrap(value, head, " " * len(head))
    if beside:
        yield f"{' ' * (len(head) + _VALUE)}{beside}"


def _listed(scopes: frozenset[str]) -> str:
    few = len(scopes) <= FEW
    return line(scopes) if few else _count(len(scopes), "scope")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _finding(head: str, each: Finding, *, several: bool) -> list[str]:
    of = f' [package "{each.package}"]' if several and each.package else ""
    return _wrap(each.text + of, head, " " * len(head))


def _wrap(text: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


