"""How scopes, rows and requests are named in every text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.call_requirements import UNSTATED
from ..words import MOST_LISTED, shown_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..catalogue.call_requirements import CallRequirements
    from ..catalogue.catalogue import Catalogue
    from ..ledger.facts import TokenRequested
    from .minimum import Scopes

_NAMED = 3

SOAP_DENIAL = (
    'over SOAP such a denial comes as HTTP 200, with OverallStatus "Error: API Permission Failed."'
)
"""What a check of the status misses."""


def line(scopes: Iterable[str]) -> str:
    """Write scopes as a request does: sorted, with spaces between."""
    return " ".join(sorted(map(shown_word, scopes)))


def either(sets: Iterable[Scopes]) -> str:
    """Write sets of scopes of which any one will do."""
    return " or ".join(line(each) or "no scope" for each in sets)


def summary(
    scopes: Scopes,
    catalogue: Catalogue,
    at_most: int = _NAMED,
    uncounted: Scopes = frozenset(),
) -> str:
    """Name scopes where they are few; count them, with their families, where they are many.

    The *uncounted* were left out of them, and are told beside their number.
    """
    if len(scopes) <= at_most:
        return line(scopes)
    families = catalogue.families(scopes)
    if not families:
        return f"{len(scopes)} scopes ({few(map(shown_word, sorted(scopes)))})"
    left = len(families) - _NAMED
    more = f" and {left} more {'family' if left == 1 else 'families'}" if left > 0 else ""
    out = f"; {line(uncounted)} not counted" if uncounted else ""
    return f"{len(scopes)} scopes ({', '.join(families[:_NAMED])}{more}{out})"


def listed(scopes: Scopes, catalogue: Catalogue) -> str:
    """List scopes as a request does; where they would make a long list, count them."""
    return summary(scopes, catalogue, MOST_LISTED)


def few(things: Iterable[str], between: str = ", ") -> str:
    """List a few things, and count the rest."""
    known = list(things)
    if len(known) <= MOST_LISTED:
        return between.join(known)
    return f"{between.join(known[:_NAMED])} and {len(known) - _NAMED} more"


def asked(requests: Iterable[TokenRequested]) -> str:
    """Write what requests asked for, as sent."""
    return few(dict.fromkeys(map(_asked, requests)))


def _asked(request: TokenRequested) -> str:
    if request.unreadable:
        return "a body that cannot be read"
    if request.scope is None:
        return "scope=null" if request.null_scope else "no scope parameter"
    return f'scope="{as_sent(request.scope)}"'


def when_to_name(omitting: Iterable[TokenRequested]) -> str:
    """Say when to name what was left out: a user's consent is renewed without asking for more."""
    at_log_in = {each.grant_type for each in omitting} == {"authorize"}
    return "at each log-in" if at_log_in else "each time, on renewal too"


def as_sent(scope: str) -> str:
    """Write a `scope` parameter in the order sent."""
    return few(map(shown_word, scope.split()), " ")


def standing(need: CallRequirements) -> str:
    """Say how well a row is known: by its source where it is trusted, else that it is doubtful."""
    if need.trusted:
        return need.confidence
    return f"doubtful: {need.confidence if need.doubt in need.confidence else _plain(need)}"


def _plain(need: CallRequirements) -> str:
    """Say in plain words why a row is doubtful."""
    if need.doubt != UNSTATED:
        return need.doubt
    some, all_of_them = ("two scopes", "both") if len(need.listed) == 2 else ("scopes", "all")
    return f"Salesforce lists {some} and does not say whether {all_of_them} are needed"


def describe(need: CallRequirements) -> str:
    """Name a call with how well its row is known."""
    return f"{need.label} ({standing(need)})"


def quoted(scopes: Iterable[str]) -> str:
    """Write scopes as the arguments of a mark."""
    return ", ".join(f'"{scope}"' for scope in sorted(scopes))


_OF_BLOCK = (
    ("@pytest.mark.mc_scopes(", "mc_tenant.judged("),
    ("the marker", "this block"),
    ("this test", "this block"),
)


def of_block(text: str) -> str:
    """Say of a judged block what is said of a test and its mark."""
    for of_test, instead in _OF_BLOCK:
        text = text.replace(of_test, instead)
    return text
