"""A verdict as the text that a person reads when a test fails.

Four parts, always: who speaks, what happened, what was expected, what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..words import MOST_LISTED, count, wrap
from .advice import advise
from .phrases import asked, describe, either, line, listed, of_block
from .rules.calls import idle_logins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .findings import Finding
    from .observed import Observed
    from .rules.case import Case
    from .verdict import Verdict

FEW = 6
"""More scopes than this are told by their number, unless someone wrote them."""
_FEW_PERMISSIONS = 3
_FIRST = 3
"""So many of a long list are shown, beside the number of the others."""
WIDTH = 100
_ASIDES = 2
_TELLING = frozenset({"MCS104", "MCS110", "MCS201", "MCS203", "MCS204"})
"""Notes that may say why a test fails by itself."""
_UNANSWERED = ". What no stub of mc_tenant.rest answers there is a 404"
_LABEL, _VALUE = 11, 35

_TOO_MUCH = "the code under test asks Marketing Cloud for more than it needs."
_TOO_MUCH_AT_ONCE = "a log-in of the code under test asks for more than its own calls need."
HEADLINES = (
    ("MCS107", "the code under test used a tenant, client or token that is not this test's."),
    ("MCS301", "the code under test sends its client secret in a URL."),
    ("MCS302", "the code under test sends a token in a URL."),
    ("MCS305", "the code under test writes its secret or a token to the log."),
    ("MCS109", "the code under test asks Marketing Cloud for a token that nobody expects."),
    ("MCS110", "the code under test sends a token request that cannot be read, or judged."),
    ("MCS105", "the code under test was never granted a token, so its scopes cannot be judged."),
    ("MCS201", "the code under test calls what its token does not allow."),
    ("MCS204", "the code under test calls what its user may not do."),
    ("MCS106", "the code under test drops its scopes when it renews, and so asks for more."),
    ("MCS101", _TOO_MUCH),
    ("MCS102", _TOO_MUCH),
    ("MCS103", "the code under test asks Marketing Cloud for less than is declared."),
    ("MCS202", "the marker declares more than the calls of this test need."),
    ("MCS108", "it cannot be told whether the code under test asks for no more than it needs."),
    ("MCS304", "the code under test answers a denial by asking for the same scopes again."),
    ("MCS303", "the code under test asks for another token while it has a good one."),
    ("MCS205", "the code under test acts for a user without asking what the user may do."),
    ("MCS104", "the code under test asks for a scope that Marketing Cloud is not known to have."),
    ("MCS203", "the code under test calls what Marketing Cloud is not known to have."),
)
"""By rule, the gravest first. Never changed."""
_GRAVITY = {rule: number for number, (rule, _) in enumerate(HEADLINES)}
_OF_REFUSALS = {
    "MCS109": "the test expects that every token request is refused, and one was not.",
    "MCS105": "the test expects that token requests are refused, and none came.",
}
"""Those under mc_no_token(refused=True)."""


def gravity(rule: str) -> tuple[int, str]:
    """Give the place of a rule among all, the gravest first; those of suites are the last."""
    return _GRAVITY.get(rule, len(_GRAVITY)), rule


def render(verdict: Verdict, steps: Iterable[str] | None = None) -> str:
    """Write the whole text of a verdict that fails a test, or that has notes to tell.

    *steps* are what there is to do next; None: what the test alone shows of that.
    """
    several = len(verdict.cases) > 1
    lines = [f"{_lead(verdict)}MCSCOPES: {headline(verdict)}"]
    for case in verdict.cases:
        lines += facts(case, several=several)
    lines += _findings(verdict.errors, "  ", several=several)
    lines += _findings(verdict.notes, "  note ", several=several)
    for remark in verdict.remarks:
        lines += wrap(remark, WIDTH, "  note  ", "        ")
    for step in advise(verdict) if steps is None else steps:
        lines += wrap(step, WIDTH, "  ", "  ")
    if verdict.errors:
        rules = dict.fromkeys(each.rule for each in verdict.errors)
        lines.append(f"  More: mcscopes explain {' '.join(rules)}")
    return "\n".join(lines)


def aside(verdict: Verdict) -> str:
    """Say under a test's own failure what may lie behind it, in two lines at most."""
    notes = (
        f"{each.rule} {each.text}{_UNANSWERED if _of_rest(each) else ''}"
        for each in verdict.notes
        if each.rule in _TELLING
    )
    told = [*verdict.remarks, *notes][:_ASIDES]
    return "\n".join(f"MCSCOPES: {each}" for each in told)


def _of_rest(note: Finding) -> bool:
    """Tell of a call that the catalogue does not know whether it came to the REST host."""
    return note.rule == "MCS203" and not note.text.startswith("unmapped call: SOAP ")


def _lead(verdict: Verdict) -> str:
    """Begin a failure with rule and scopes: a CI log's short summary shows the first line alone."""
    rule = next((rule for rule, _ in HEADLINES if rule in {e.rule for e in verdict.errors}), "")
    scopes = frozenset(
        scope for each in verdict.errors if each.rule == rule for scope in each.scopes
    )
    return f"{' '.join(filter(None, [rule, _few(scopes)]))}: " if rule else ""


def headline(verdict: Verdict) -> str:
    """Say in one sentence what is wrong, by the gravest finding."""
    fired = {each.rule for each in verdict.errors}
    refusals = any(case.expectation.refused for case in verdict.cases)
    texts = dict(HEADLINES) | (_OF_REFUSALS if refusals else {})
    if any(map(idle_logins, verdict.cases)):
        texts["MCS202"] = _TOO_MUCH_AT_ONCE
    told = (text for rule, text in texts.items() if rule in fired)
    said = next(told, "nothing here fails the test; these are notes.")
    return of_block(said) if all(each.expectation.of_block for each in verdict.cases) else said


def facts(case: Case, *, several: bool) -> Iterator[str]:
    """Tell what was declared, requested, granted and used."""
    observed = case.observed
    if several:
        yield f'  package "{observed.package}"'
    yield from _row("declared", declared(case), case.expectation.origin)
    yield from _row("requested", requested(case), "")
    yield from _row("granted", granted(observed), _assigned(observed))
    if not observed.assigned_in and observed.assigned == case.catalogue.default_scopes:
        yield from _row("", "", "the default: everything")
    yield from users(observed)
    yield from used(observed)


def declared(case: Case) -> str:
    """Say what the mark declares, or what the calls come to where they are the measure."""
    expectation = case.expectation
    if expectation.kind == "no_token":
        return "every token request is refused" if expectation.refused else "no token at all"
    if expectation.kind == "least_privilege":
        known = f": {either(case.minima)}" if case.observed.trusted else ""
        return f"the minimum of the calls{known}"
    bound = {"exact": "", "at_most": "at most ", "at_least": "at least "}[expectation.match]
    return bound + listed(expectation.declared, case.catalogue)


def requested(case: Case) -> str:
    """Say what was asked for, as it was asked."""
    observed = case.observed
    if not observed.requests:
        return "nothing: no token request"
    named = [each for each in observed.requests if each.scope is not None]
    scopes = frozenset[str]().union(*(each.requested for each in named))
    parts = [listed(scopes, case.catalogue) or f"nothing ({asked(named)})"] if named else []
    if observed.omitting:
        parts.append(f"everything assigned ({asked(observed.omitting)})")
    elif held := observed.requested - scopes:
        parts.append(f"{_few(held)} (by its code or refresh token)")
    return " and ".join(parts) or f"nothing ({asked(observed.requests)})"


def granted(observed: Observed) -> str:
    """Say what the tokens of the judged requests carry; many scopes by their number."""
    if observed.granted is None:
        return "nothing: no token"
    return _few(observed.granted) or "a token without any scope"


def _assigned(observed: Observed) -> str:
    if not observed.package:
        return "the test had no tenant"
    place = f", {observed.assigned_in}" if observed.assigned_in else ""
    return (
        f'package "{observed.package}" is assigned {count(len(observed.assigned), "scope")}{place}'
    )


def users(observed: Observed) -> Iterator[str]:
    """Name the users that the calls acted for, with what each lacked."""
    lacked: dict[str, dict[str, None]] = {}
    for call in observed.calls:
        if call.user is not None:
            lacked.setdefault(call.user, {}).update(dict.fromkeys(call.missing_permissions))
    for number, (user, permissions) in enumerate([*lacked.items()][:MOST_LISTED]):
        left = len(permissions) - _FEW_PERMISSIONS
        told = [f"lacks {each}" for each in permissions][:_FEW_PERMISSIONS]
        told += [f"and {left} more permissions"] if left > 0 else []
        yield from _row("" if number else "user", user, told[0] if told else "")
        for each in told[1:]:
            yield from _row("", "", each)
    if (more := len(lacked) - MOST_LISTED) > 0:
        yield from _row("", f"and {more} more users", "")


def used(observed: Observed) -> Iterator[str]:
    """List what the allowed calls needed, a line to a route, with how well that is known."""
    shown = dict.fromkeys((call.used, call.need) for call in observed.allowed)
    if not shown:
        why = "no call was allowed" if observed.calls else "no call was made"
        if observed.calls and all(call.own for call in observed.calls):
            why = "the only calls were made with tokens of the test's own"
        yield from _row("used", "not shown", why)
    first = shown if len(shown) <= MOST_LISTED else [*shown][:_FIRST]
    for number, (scopes, need) in enumerate(first):
        value = line(scopes) or ("no scope" if need.trusted else "unknown")
        yield from _row("" if number else "used", value, describe(need))
    if left := len(shown) - len(first):
        yield from _row("", f"and {left} more calls", "")
    if shown and any(call.own for call in observed.authenticated):
        yield from _row("", "", "calls with tokens of the test's own do not count")


def _few(scopes: frozenset[str]) -> str:
    return count(len(scopes), "scope") if len(scopes) > FEW else line(scopes)


def _row(label: str, value: str, beside: str) -> Iterator[str]:
    head = f"  {label:<{_LABEL}}"
    if len(value) < _VALUE:
        yield f"{head}{value:<{_VALUE}}{beside}".rstrip()
        return
    yield from wrap(value, WIDTH, head, " " * len(head))
    if beside:
        yield f"{' ' * (len(head) + _VALUE)}{beside}"


def _findings(findings: Sequence[Finding], head: str, *, several: bool) -> Iterator[str]:
    """Tell the findings; where those of one rule would make a long list, the first and a count."""
    for rule in dict.fromkeys(each.rule for each in findings):
        same = [each for each in findings if each.rule == rule]
        shown = same if len(same) <= MOST_LISTED else same[:_FIRST]
        for each in shown:
            yield from _finding(f"{head}{rule}  ", each, several=several)
        if left := len(same) - len(shown):
            yield f"{head}{rule}  and {left} more of this kind"


def _finding(head: str, each: Finding, *, several: bool) -> Iterator[str]:
    of = f' [package "{each.package}"]' if several and each.package else ""
    rest = " " * len(head)
    yield from wrap(each.text + of, WIDTH, head, rest)
    if each.settled_by:
        ask = "If your tenant shows what the sources state, add it to your own catalogue entries:"
        yield f"{rest}{ask}"
        yield from (f"{rest}  {fact}" for fact in each.settled_by)
    if each.should_read:
        yield f"{rest}It should have read:"
        yield from (f"{rest}  {part}" for part in each.should_read)
