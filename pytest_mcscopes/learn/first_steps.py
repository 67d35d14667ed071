"""What has to happen before a test passes with the lines that are suggested for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.catalogue import load_catalogue
from ..config import FIRST_PACKAGE
from ..privilege.expectation import FLOW_SCOPES, Expectation
from ..privilege.mark_text import assigned, package_mark
from ..privilege.phrases import describe, line, when_to_name
from ..privilege.rules.calls import idle_logins
from ..privilege.rules.case import Case
from .error_texts import error_texts
from .scope_choice import enough

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..evidence.read_record import Part, TestedCode
    from ..ledger.facts import CallMade
    from ..privilege.minimum import Scopes
    from ..privilege.observed import Observed
    from .scope_choice import Choice

_WAYS_OUT = {
    "MCS201": (
        "; get the scope, drop the call or, if the denial is what you test, add"
        ' @pytest.mark.mc_allow("MCS201", reason="...")'
    ),
    "MCS204": (
        "; hide what the user may not do, let a user make the call who may or, if the denial is"
        ' what you test, add @pytest.mark.mc_allow("MCS204", reason="...")'
    ),
}


def steps(
    test: TestedCode, chosen: Sequence[tuple[Part, Choice]], skip: Iterable[str] = ("MCS106",)
) -> Iterator[str]:
    """Say what a person must do first; nothing where the test passes with the lines.

    Args:
        test: what it did.
        chosen: the scopes of the line of each of its parts.
        skip: rules whose errors are explained in another way: what to request each time, for one.
    """
    several = len(chosen) > 1
    for part, choice in chosen:
        of = f' [package "{part.observed.package}"]' if several else ""
        yield from (step + of for step in _named_too_much(part.observed, choice))
        yield from (step + of for step in _omitted(test, part, choice))
        yield from (step + of for step in _idle_logins(part.observed, choice))
    for rule in sorted({each["rule"] for each in test.errors}.difference(skip)):
        for text in error_texts(test, [rule]):
            yield f"{rule} {text}{_WAYS_OUT.get(rule, '')}"


def package_line(test: TestedCode, part: Part, choice: Choice) -> Iterator[str]:
    """Write the mark for a package whose client never sends a scope, where a mark can do it."""
    package = part.observed.package
    marked = package in test.own_packages
    if _narrows_package(part, choice) and test.set_by_marks and not marked:
        yield package_mark(choice.to_request, None if package == FIRST_PACKAGE else package)


def _narrows_package(part: Part, choice: Choice) -> bool:
    """Tell whether the package has to be as narrow as the calls: the client cannot be."""
    requests = part.observed.requests
    named = any(each.scope is not None or each.null_scope for each in requests)
    return not (named or part.dropped) and bool(_surplus(part.observed, choice))


def _surplus(observed: Observed, choice: Choice) -> Scopes:
    """Find what a request without `scope` asks for beyond the line."""
    beyond = observed.assigned - choice.scopes - FLOW_SCOPES
    return beyond if observed.omitting else frozenset()


def _named_too_much(observed: Observed, choice: Choice) -> Iterator[str]:
    excess = observed.named - choice.scopes - (FLOW_SCOPES - observed.idle_flow)
    doubts = choice.family.doubts(excess)
    left = excess.difference(*(scopes for _, scopes in doubts))
    if left:
        keep = choice.to_request | (excess - left)
        also = (
            f"; tests of other files that ask for the same used {line(choice.elsewhere)}: if they"
            ' share the client, list all that they use together, match="at_most"'
        )
        yield (
            f'request scope="{line(keep)}": no call used {line(left)}'
            f"{also if choice.elsewhere else ''}"
        )
    doubted: set[str] = set()
    for call, scopes in doubts:
        if new := scopes - doubted:
            doubted |= new
            yield f"{line(new)} is requested too, and {_perhaps(call)}, or else stop requesting it"


def _idle_logins(observed: Observed, choice: Choice) -> Iterator[str]:
    """Name the log-ins that ask for what only another log-in's calls use, as MCS202 does."""
    mark = Expectation(kind="scopes", declared=choice.scopes, match=choice.match)
    case = Case(expectation=mark, observed=observed, catalogue=load_catalogue())
    for idle in idle_logins(case):
        yield (
            f"the log-in that asks for {line(idle.login.named)} needs {line(idle.scopes)} for no"
            " call of its own: leave it out, or, if it is one token for everything, add"
            ' match="at_most"'
        )


def _perhaps(call: CallMade) -> str:
    """Say why it is not known whether a call needs a scope, and how to find out."""
    described = describe(call.need)
    if call.user_denied:
        return f'user "{call.user}" may not do {described}: let a user make that call who may'
    return f"{described} may need it: add it to the line if your own tenant shows so"


def _omitted(test: TestedCode, part: Part, choice: Choice) -> Iterator[str]:
    observed = part.observed
    if not (_surplus(observed, choice) or part.dropped):
        return
    ask = f'request scope="{line(choice.to_request)}"'
    if not _narrows_package(part, choice):
        when = when_to_name(observed.omitting)
        yield f"{ask} {when}: without scope everything assigned is asked for"
        return
    if not test.set_by_marks:
        yield f"{ask}, or build the tenant with mc_cloud.tenant({assigned(choice.to_request)})"
    elif observed.package in test.own_packages:
        yield f"{ask}, or change the test's mc_package to {assigned(choice.to_request)}"
    yield from _fall_short(observed, choice)


def _fall_short(observed: Observed, choice: Choice) -> Iterator[str]:
    """Name the calls for which a package as narrow as the line may not be enough."""
    for call in observed.authenticated:
        if call.need.satisfied_by(choice.scopes) or call.scope_denied:
            continue
        described = describe(call.need)
        if call.need.trusted and call.user_denied:
            yield (
                f"{described} needs more than the package would have, and would be denied for that:"
                f' add {line(enough(call)[0])} if the denial to user "{call.user}" is what you test'
            )
        elif call.need.minimal_sets and not call.need.trusted:
            yield (
                f"{described} may need more than the package would have: add what your own tenant"
                " shows that it needs"
            )
