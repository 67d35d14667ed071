"""Rules on what is asked for: too much, too little, misspelt, or dropped at a renewal."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ...ledger.facts import INHERITING_GRANTS
from ...words import LONGEST_WORD
from ..expectation import FLOW_SCOPES
from ..phrases import as_sent, line, listed, summary
from .case import NONE, make_finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ...catalogue.catalogue import Catalogue
    from ...ledger.facts import TokenRequested
    from ..findings import Finding, Severity
    from ..minimum import Scopes
    from .case import Case

_NO_ID = re.compile(r"[^A-Za-z0-9_-]+")
"""What separates ids in a word that holds several: commas, quotes, brackets."""
_LOOKED_UP = 100
"""So many unknown words are compared with the known ids; a client may send thousands."""


def excess_severity(case: Case) -> Severity:
    """Asking for more is a note where the mark sets a lower bound only."""
    return "note" if case.expectation.match == "at_least" else "error"


def surplus(case: Case, scopes: Scopes) -> Scopes:
    """Take from requested scopes what may be requested, and what must stay undetermined."""
    if not case.comparable:
        return NONE
    least = case.expectation.kind == "least_privilege"
    return (scopes - case.limit - FLOW_SCOPES).difference(case.reasons if least else NONE)


def scope_omitted(case: Case) -> Iterator[Finding]:
    """MCS101: a request without `scope` asks for everything assigned, and that is too much."""
    than = "declared" if case.expectation.kind == "scopes" else "the calls need"
    for each in case.observed.omitting:
        if excess := surplus(case, each.assigned):
            uncounted = (each.assigned & FLOW_SCOPES) - case.expectation.declared
            text = (
                "scope omitted: the request asks for everything that is assigned,"
                f" {summary(excess, case.catalogue, uncounted=uncounted)} more than {than}"
            )
            severity = excess_severity(case)
            yield make_finding("MCS101", case, text, excess, severity, causes=[each])


def excess_scope(case: Case) -> Iterator[Finding]:
    """MCS102: a scope was requested by name that is not in the minimum.

    So it is where a request renews what the test itself had asked for: nobody
    else names those scopes.
    """
    excess = surplus(case, case.observed.named)
    excess |= case.observed.idle_flow - case.expectation.declared
    if excess:
        text = partial(_excess, case)
        yield make_finding("MCS102", case, text, excess, excess_severity(case))


def _excess(case: Case, scopes: Scopes) -> str:
    return f"excess scope: {listed(scopes, case.catalogue)}"


def missing_scope(case: Case) -> Iterator[Finding]:
    """MCS103: a declared scope was not requested."""
    observed = case.observed
    if case.lacks_token and _is_open(observed.requests):  # MCS105 fails the test, and says why
        return
    # What a block judged in the set-up is asked for no second time.
    before = NONE if observed.requests else case.judged_in_set_up or NONE
    missing = case.missing - before
    if absent := missing - observed.assigned:
        yield make_finding("MCS103", case, partial(_absent, case), absent)
    if unasked := missing & observed.assigned:
        yield make_finding("MCS103", case, partial(_unasked, case), unasked)


def _is_open(requests: Collection[TokenRequested]) -> bool:
    """Tell whether all that was presented is unknown here, and with it what it stands for."""
    return bool(requests) and all(
        each.error
        and each.scope is None
        and each.grant_type in INHERITING_GRANTS
        and not each.requested
        for each in requests
    )


def _absent(case: Case, scopes: Scopes) -> str:
    return f'{_unasked(case, scopes)} (not assigned to package "{case.observed.package}")'


def _unasked(case: Case, scopes: Scopes) -> str:
    missing = f"missing scope: {listed(scopes, case.catalogue)}"
    before = case.judged_in_set_up
    if before is None or case.observed.requests:
        return missing
    asked_for = listed(before, case.catalogue) or "no scope"
    return f"{missing}; the block that judged this test's set-up saw {asked_for} requested"


def unrecognised_scope(case: Case) -> Iterator[Finding]:
    """MCS104: a requested scope is not in the catalogue; an error where a near one is."""
    meant = slips(case)
    for scope in sorted(case.unrecognised):
        if ids := meant.get(scope):
            severity = excess_severity(case)
            text = f"did you mean {listed(ids, case.catalogue)}? {_unrecognised(scope)}"
            causes = _refused_for(scope, meant, case.observed.requests)
            finding = make_finding(
                "MCS104", case, text, {scope}, severity, causes=causes, meant=ids
            )
            yield replace(finding, by_mark=severity == "note")
        else:
            yield make_finding("MCS104", case, _unrecognised(scope), {scope})


def _unrecognised(scope: str) -> str:
    hint = "; scopes are separated by spaces, not commas" if "," in scope else ""
    return f"unrecognised scope: {line([scope])}{hint}"


def slips(case: Case) -> dict[str, Scopes]:
    """Find the unknown words of the requests that come near known ids, and those ids."""
    unknown = sorted(case.unrecognised)
    near = {word: nearest_ids(word, case.catalogue) for word in unknown[:_LOOKED_UP]}
    return {word: ids for word, ids in near.items() if ids}


def nearest_ids(word: str, catalogue: Catalogue) -> Scopes:
    """Find what an unknown word may stand for: several ids where it has commas or the like."""
    parts = _NO_ID.split(word)
    if len(parts) == 1 or len(parts) > _LOOKED_UP:
        parts = [word]
    known = (part if part in catalogue.wire_ids else _guess(part, catalogue) for part in parts)
    return frozenset(filter(None, known))


def _guess(word: str, catalogue: Catalogue) -> str | None:
    return catalogue.did_you_mean(word) if 0 < len(word) <= LONGEST_WORD else None


def _refused_for(
    scope: str, meant: Mapping[str, Scopes], requests: Iterable[TokenRequested]
) -> Iterator[TokenRequested]:
    """Find the requests for a word whose slips are the only reason that they were refused."""
    for each in requests:
        if each.error == "invalid_scope" and scope in each.requested:
            refused = each.requested - each.assigned
            if all(word in meant and meant[word] <= each.assigned for word in refused):
                yield each


def scope_dropped(case: Case) -> Iterator[Finding]:
    """MCS106: the client named scopes once and renews without them."""
    for drop in case.observed.dropped[:1]:
        more = drop.omitted.assigned - drop.named.requested
        excess, flow = more - FLOW_SCOPES, more & FLOW_SCOPES
        text = (
            f'scope dropped on renewal: the client asked for "{as_sent(drop.named.scope or "")}"'
            " first and left scope out later, which asks for"
            f" {summary(excess, case.catalogue, uncounted=flow)} more"
        )
        causes = [each.omitted for each in case.observed.dropped]
        yield make_finding("MCS106", case, text, excess, excess_severity(case), causes=causes)
