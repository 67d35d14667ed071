"""What has to happen before a test passes with the lines that are suggested for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import FIRST_PACKAGE
from ..privilege.expectation import FLOW_SCOPES
from ..privilege.mark_text import assigned, package_mark
from ..privilege.phrases import line
from .scope_choice import join, named, omits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..evidence.record import CallRecord, PartRecord, Record
    from ..privilege.minimum import Scopes
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


def steps(record: Record, chosen: Sequence[tuple[PartRecord, Choice]]) -> Iterator[str]:
    """Say what a person must do first; nothing where the test passes with the lines."""
    several = len(chosen) > 1
    for part, choice in chosen:
        of = f' [package "{part["package"]}"]' if several else ""
        yield from (step + of for step in _named_too_much(part, choice))
        yield from (step + of for step in _omitted(record, part, choice))
        yield from (step + of for step in _idle_logins(part, choice))
    for each in record["errors"]:
        if each["rule"] != "MCS106":  # told above, as what to request each time
            yield f"{each['rule']} {each['text']}{_WAYS_OUT.get(each['rule'], '')}"


def package_line(record: Record, part: PartRecord, choice: Choice) -> Iterator[str]:
    """Write the mark for a package whose client never sends a scope, where a mark can do it."""
    marked = part["package"] in record["own_packages"]
    if _narrows_package(part, choice) and record["set_by_marks"] and not marked:
        name = None if part["package"] == FIRST_PACKAGE else part["package"]
        yield package_mark(choice.to_ask, name)


def _narrows_package(part: PartRecord, choice: Choice) -> bool:
    """Tell whether the package has to be as narrow as the calls: the client cannot be."""
    named = any(each["scope"] is not None or each["null"] for each in part["requests"])
    return not (named or part["dropped"]) and bool(_surplus(part, choice))


def _surplus(part: PartRecord, choice: Choice) -> Scopes:
    """Find what a request without `scope` asks for beyond the line."""
    beyond = frozenset(part["assigned"]) - choice.scopes - FLOW_SCOPES
    return beyond if omits(part) else frozenset()


def _named_too_much(part: PartRecord, choice: Choice) -> Iterator[str]:
    excess = named(part) - choice.scopes - (FLOW_SCOPES - _idle(part))
    doubts = [(call, excess.intersection(call["may_need"])) for call in _open(choice)]
    left = excess.difference(*(scopes for _, scopes in doubts))
    if left:
        keep = choice.to_ask | (excess - left)
        also = (
            f"; tests of other files that ask for the same used {line(choice.elsewhere)}: if they"
            ' share the client, list all that they use together, match="at_most"'
        )
        yield (
            f'request scope="{line(keep)}": no call used {line(left)}'
            f"{also if choice.elsewhere else ''}"
        )
    told: set[str] = set()
    for call, scopes in doubts:
        if new := scopes - told:
            told |= new
            yield f"{line(new)} is requested too, and {_perhaps(call)}, or else stop requesting it"


def _idle_logins(part: PartRecord, choice: Choice) -> Iterator[str]:
    """Tell the log-ins that ask for what only another log-in's calls use."""
    for number, names in enumerate(part["logins"] if choice.match == "exact" else ()):
        mine = [call for call in part["calls"] if call["login"] == number and call["authenticated"]]
        if spare := _spare(choice.scopes, names, mine):
            yield (
                f"the log-in that asks for {line(names)} needs {line(spare)} for no call of its"
                ' own: leave it out, or, if it is one token for everything, add match="at_most"'
            )


def _spare(declared: Scopes, names: Iterable[str], calls: Sequence[CallRecord]) -> Scopes:
    """Find what a log-in names and its own calls would do without, as MCS202 does."""
    made = [call for call in calls if not (call["scope_denied"] or call["user_denied"])]
    if not any(call["needs"] and all(call["needs"]) for call in made):
        return frozenset()
    perhaps = join(call["may_need"] for call in calls)
    sure = [call for call in made if call["trusted"]]
    return frozenset(
        scope
        for scope in declared.intersection(names) - FLOW_SCOPES - perhaps
        if all(_does_without(call, declared - {scope}) for call in sure)
    )


def _does_without(call: CallRecord, scopes: Scopes) -> bool:
    return any(scopes.issuperset(each) for each in call["needs"])


def _perhaps(call: CallRecord) -> str:
    """Say why it is open whether a call needs a scope, and how to find out."""
    told = f"{call['call']} ({call['standing']})"
    if call["user_denied"]:
        return f'user "{call["user"]}" may not do {told}: let a user make that call who may'
    return f"{told} may need it: add it to the line if your own tenant shows so"


def _open(choice: Choice) -> list[CallRecord]:
    """List the calls, of all that share the client, that leave open what they need."""
    calls = [call for each in choice.kin for call in each["calls"] if call["authenticated"]]
    return [call for call in calls if not (call["trusted"] and call["scope_denied"])]


def _idle(part: PartRecord) -> Scopes:
    """Find scopes of the flow itself that were named where that flow has no use for them."""
    requests = [each for each in part["requests"] if each["grant_type"] == "client_credentials"]
    return FLOW_SCOPES & join(each["requested"] for each in requests if not each["omitted"])


def _omitted(record: Record, part: PartRecord, choice: Choice) -> Iterator[str]:
    if not (_surplus(part, choice) or part["dropped"]):
        return
    ask = f'request scope="{line(choice.to_ask)}"'
    if not _narrows_package(part, choice):
        yield f"{ask} {_whenever(part)}: without scope everything assigned is asked for"
        return
    if not record["set_by_marks"]:
        yield f"{ask}, or build the tenant with mc_cloud.tenant({assigned(choice.to_ask)})"
    elif part["package"] in record["own_packages"]:
        yield f"{ask}, or change the test's mc_package to {assigned(choice.to_ask)}"
    yield from _fall_short(part, choice)


def _whenever(part: PartRecord) -> str:
    """Say when to name scopes: a user's consent is renewed without asking for more."""
    omitting = {each["grant_type"] for each in part["requests"] if each["omitted"]}
    return "at each log-in" if omitting == {"authorize"} else "each time, on renewal too"


def _fall_short(part: PartRecord, choice: Choice) -> Iterator[str]:
    """Tell the calls that a package as narrow as the line may not be enough for."""
    for call in part["calls"]:
        enough = any(choice.scopes.issuperset(each) for each in call["needs"])
        if enough or call["scope_denied"] or not call["authenticated"]:
            continue
        told = f"{call['call']} ({call['standing']})"
        if call["trusted"] and call["user_denied"]:
            yield (
                f"{told} needs more than the package would have, and would be denied for that: add"
                f' {line(call["enough"][0])} if the denial to user "{call["user"]}" is what you'
                " test"
            )
        elif call["needs"] and not call["trusted"]:
            yield (
                f"{told} may need more than the package would have: add what your own tenant shows"
                " that it needs"
            )
