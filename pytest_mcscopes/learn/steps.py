"""What has to happen before a test passes with the lines that are suggested for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..privilege.expectation import FLOW_SCOPES
from ..privilege.wording import line
from .choice import allowed, join, named, omits
from .suggestion import assigned, package_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..evidence.record import CallRecord, PartRecord, Record
    from ..privilege.minimum import Scopes
    from .choice import Choice

DENIED = (
    "; get the scope, drop the call or, if the denial is what you test, add"
    ' @pytest.mark.mc_allow("MCS201", reason="...")'
)


def steps(record: Record, chosen: Sequence[tuple[PartRecord, Choice]]) -> Iterator[str]:
    """Say what a person must do first; nothing where the test passes with the lines."""
    several = len(chosen) > 1
    for part, choice in chosen:
        of = f' [package "{part["package"]}"]' if several else ""
        yield from (step + of for step in _named_too_much(part, choice))
        yield from (step + of for step in _omitted(record, part, choice))
    for each in record["errors"]:
        if each["rule"] != "MCS106":  # told above, as what to request each time
            yield f"{each['rule']} {each['text']}{DENIED if each['rule'] == 'MCS201' else ''}"


def package_line(record: Record, part: PartRecord, choice: Choice) -> Iterator[str]:
    """Write the mark for a package whose client never sends a scope, where a mark can do it."""
    marked = part["package"] in record["own_packages"]
    if _narrows_package(part, choice) and record["set_by_marks"] and not marked:
        yield package_mark(choice.scopes, part["package"])


def _narrows_package(part: PartRecord, choice: Choice) -> bool:
    """Tell whether the package has to be as narrow as the calls: the client cannot be."""
    alone = all(each["omitted"] for each in part["requests"]) and not part["dropped"]
    return alone and bool(_surplus(part, choice))


def _surplus(part: PartRecord, choice: Choice) -> Scopes:
    """Find what a request without `scope` asks for beyond the line."""
    beyond = frozenset(part["assigned"]) - choice.scopes - FLOW_SCOPES
    return beyond if omits(part) else frozenset()


def _named_too_much(part: PartRecord, choice: Choice) -> Iterator[str]:
    excess = named(part) - choice.scopes - (FLOW_SCOPES - _idle(part))
    doubts = [(call, excess.intersection(call["may_need"])) for call in _open(choice)]
    left = excess.difference(*(scopes for _, scopes in doubts))
    if left:
        keep = choice.scopes | (excess - left)
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
            yield (
                f"{line(new)} is requested too, and {call['call']} ({call['standing']}) may need"
                " it: add it to the line if your own tenant shows so, or else stop requesting it"
            )


def _open(choice: Choice) -> list[CallRecord]:
    """List the calls, of all that share the client, that leave open what they need."""
    calls = [call for each in choice.kin for call in each["calls"] if call["authenticated"]]
    return [call for call in calls if not (call["trusted"] and call["lacking"])]


def _idle(part: PartRecord) -> Scopes:
    """Find scopes of the flow itself that were named where that flow has no use for them."""
    requests = [each for each in part["requests"] if each["grant_type"] == "client_credentials"]
    return FLOW_SCOPES & join(each["requested"] for each in requests if not each["omitted"])


def _omitted(record: Record, part: PartRecord, choice: Choice) -> Iterator[str]:
    if not (_surplus(part, choice) or part["dropped"]):
        return
    ask = f'request scope="{line(choice.scopes)}"'
    if not _narrows_package(part, choice):
        yield f"{ask} each time, on renewal too: without scope everything assigned is asked for"
        return
    if not record["set_by_marks"]:
        yield f"{ask}, or build the tenant with mc_cloud.tenant({assigned(choice.scopes)})"
    elif part["package"] in record["own_packages"]:
        yield f"{ask}, or change the test's mc_package to {assigned(choice.scopes)}"
    doubtful = [call for call in allowed(part) if call["needs"] and not call["trusted"]]
    for call in doubtful:
        if not any(choice.scopes.issuperset(each) for each in call["needs"]):
            yield (
                f"{call['call']} ({call['standing']}) may need more than the package would have:"
                " add what your own tenant shows that it needs"
            )
