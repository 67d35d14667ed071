"""Facts in few words: what a client asked for and called, and the cases that rules judge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_mcscopes.catalogue.call_requirements import CallRequirements
from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.find_requirements import find_need
from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.privilege.observed import Dropped, Observed
from pytest_mcscopes.privilege.rules.case import Case
from pytest_mcscopes.privilege.verdict import Verdict, judge

if TYPE_CHECKING:
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.findings import Finding

NO_SCOPE: frozenset[str] = frozenset()
LEAST = Expectation(kind="least_privilege")
NO_TOKEN = Expectation(kind="no_token")


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def scopes(
    declared: str,
    match: Match = "exact",
    **more: Any,  # noqa: ANN401 - of the mark's fields
) -> Expectation:
    return Expectation(kind="scopes", declared=words(declared), match=match, **more)


def token_requested(
    scope: str | None,
    assigned: frozenset[str],
    *,
    grant_type: str | None = "client_credentials",
    error: str | None = None,
    **more: Any,  # noqa: ANN401 - of the fact's fields
) -> TokenRequested:
    """A token request; granted as asked for, unless an error is given."""
    requested = words(scope) if scope is not None else assigned
    fact = TokenRequested(
        at=0,
        tenant="tenant",
        package="integration",
        client="client",
        grant_type=grant_type,
        scope=scope,
        requested=requested,
        assigned=assigned,
        granted=None if error else requested,
        token=None if error else "token",
        account_id=1,
        status=400 if error else 200,
        error=error,
    )
    return fact._replace(**more)


def requirements(
    minimal: str | None,
    *,
    doubt: str = "",
    tolerated: str = "",
    explains: str = "",
    label: str = "",
    **more: Any,  # noqa: ANN401 - of the value's fields
) -> CallRequirements:
    """What a row says: `a b | c` is a and b, or c; `-` is nothing; None is not known."""
    sets = () if minimal is None else minimal.replace("-", "").split("|")
    minimal_sets = tuple(map(words, sets))
    listed = NO_SCOPE.union(*minimal_sets)
    value = CallRequirements(
        label=label or f"GET /test/{minimal}",
        minimal_sets=minimal_sets,
        alternatives=(),
        tolerated=words(tolerated),
        explains=listed | words(explains) | words(tolerated) if doubt else NO_SCOPE,
        mapped=True,
        confidence=doubt or "documented",
        doubt=doubt,
        permission_ids=(),
        near_misses=(),
    )
    return replace(value, **more)


def packaged(method: str, path: str, host: str = "rest") -> CallRequirements:
    """What the packaged catalogue says of a call."""
    path, _, query = path.partition("?")
    return find_need(load_catalogue(), method, path, query, host, "attested")


def call_made(
    need: CallRequirements,
    granted: str | None,
    **more: Any,  # noqa: ANN401 - of the fact's fields
) -> CallMade:
    """A call with a token of these scopes, or with no good token: judged by its row."""
    carried = words(granted or "")
    passes = granted is not None and need.allows(carried)
    fact = CallMade(
        at=0,
        tenant="tenant",
        host="rest",
        method="GET",
        path="/test",
        need=need,
        package="integration",
        token="token",
        granted=None if granted is None else carried,
        used=need.used_with(carried) if passes else NO_SCOPE,
        scope_denied=granted is not None and not passes,
        status=None,
    )
    return fact._replace(**more)


def case(
    mark: Expectation,
    *facts: TokenRequested | CallMade,
    assigned: frozenset[str] | str,
    dropped: bool | tuple[Dropped, ...] = False,
    others: tuple[str, ...] = (),
    **more: Any,  # noqa: ANN401 - of what was observed
) -> Case:
    """A test with this mark that made these requests and calls.

    Args:
        mark: what is expected.
        facts: what happened, in its order.
        assigned: what the package is assigned.
        dropped: what was dropped at a renewal; True: the last request dropped that of the first.
        others: the other packages that have a mark.
        more: fields of `Observed`.
    """
    requests = tuple(each for each in facts if isinstance(each, TokenRequested))
    if dropped is True:
        dropped = (Dropped(named=requests[0], omitted=requests[-1]),)
    observed = Observed(
        package=mark.package or "integration",
        assigned=words(assigned) if isinstance(assigned, str) else assigned,
        requests=requests,
        calls=tuple(each for each in facts if isinstance(each, CallMade)),
        dropped=dropped or (),
    )
    return Case(
        expectation=mark,
        observed=replace(observed, **more),
        catalogue=load_catalogue(),
        others=others,
    )


def findings_of(given: Case | Verdict, *rules: str) -> list[Finding]:
    """What was found, by these rules or by all."""
    verdict = judge([given]) if isinstance(given, Case) else given
    return [each for each in verdict.findings if each.rule in rules or not rules]


def summaries_of(given: Case | Verdict, *rules: str) -> list[str]:
    """Rule, severity and scopes of each finding."""
    return [
        " ".join([each.rule, each.severity, *sorted(each.scopes)])
        for each in findings_of(given, *rules)
    ]


def texts_of(given: Case | Verdict, *rules: str) -> list[str]:
    return [each.text for each in findings_of(given, *rules)]
