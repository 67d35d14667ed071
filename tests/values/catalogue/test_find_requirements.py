"""What a call needs, and how far the catalogue can be trusted in that."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest
from catalogues import routes_of
from hypothesis import given
from hypothesis import strategies as st
from measuring import unmeasured

from pytest_mcscopes.catalogue.call_requirements import CallRequirements, least_power_key, power
from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.find_requirements import find_need, need_of, need_of_unmapped
from pytest_mcscopes.catalogue.model import Alternative, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes.catalogue.model import Confidence, Grade, Semantics
    from pytest_mcscopes.config import Trust

    MakeNeed = Callable[..., CallRequirements]


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue()


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def row(
    all_of: str | None = "email_read",
    *,
    any_of: str = "",
    semantics: Semantics = "single",
    confidence: Confidence = "documented",
    attestation_grade: Grade | None = None,
    tolerated: str = "",
    alternatives: tuple[str, ...] = (),
    suspect: bool = False,
) -> Route:
    """Build a row of the messaging service out of words."""
    return Route(
        host="rest",
        method="GET",
        path="/messaging/v1/test",
        all_of=None if all_of is None else words(all_of),
        any_of=words(any_of),
        semantics=semantics,
        confidence=confidence,
        inference_strength="weak" if confidence == "inferred" else None,
        attestation_grade=attestation_grade,
        tolerated=words(tolerated),
        alternatives=tuple(
            Alternative(all_of=words(other), confidence="inferred", source=("test",), why="test")
            for other in alternatives
        ),
        suspect=suspect,
        permission_ids=(5,),
        basis="test",
        source=("test",),
    )


@cache
def all_routes() -> tuple[Route, ...]:
    return tuple(routes_of(load_catalogue()))


@cache
def all_needs(trust: Trust) -> tuple[CallRequirements, ...]:
    return tuple(need_of(route, load_catalogue(), trust) for route in all_routes())


class TestTrust:
    @pytest.mark.parametrize(
        ("route", "doubt", "told"),
        [
            pytest.param(row(), "", "documented", id="documented"),
            pytest.param(row("email_read email_send", semantics="all"), "", "documented", id="and"),
            pytest.param(
                row(None, any_of="email_read sms_read", semantics="any"), "", "documented", id="or"
            ),
            pytest.param(row("", semantics="none-required"), "", "documented", id="none"),
            pytest.param(
                row(confidence="community-attested", attestation_grade="A"),
                "",
                "attested A",
                id="grade A",
            ),
            pytest.param(
                row(confidence="community-attested", attestation_grade="B"),
                "",
                "attested B",
                id="grade B",
            ),
            pytest.param(
                row(confidence="community-attested", attestation_grade="C"),
                "attested C",
                "attested C",
                id="grade C",
            ),
            pytest.param(row(suspect=True), "suspect", "documented", id="suspect"),
            pytest.param(row(confidence="inferred"), "inferred", "inferred, weak", id="inferred"),
            pytest.param(
                row(confidence="inferred", attestation_grade="A"),
                "inferred",
                "inferred, weak",
                id="a grade is but a hint on an inferred row",
            ),
            pytest.param(
                row("email_read email_send", semantics="assumed-and"),
                "AND/OR unstated",
                "documented",
                id="assumed and",
            ),
            pytest.param(
                row("email_read email_send", semantics="comma-unstated"),
                "AND/OR unstated",
                "documented",
                id="comma",
            ),
            pytest.param(
                row(None, semantics="unknown", confidence="unknown"),
                "scope unknown",
                "unknown",
                id="unknown",
            ),
            pytest.param(
                row(alternatives=("email_read email_send",)),
                "",
                "documented",
                id="an alternative that asks for more",
            ),
            pytest.param(
                row(alternatives=("email_read sms_read", "email_send")),
                "an alternative contradicts it",
                "documented",
                id="an alternative that asks for something else",
            ),
            pytest.param(
                row("email_read email_send", semantics="all", alternatives=("email_read",)),
                "an alternative contradicts it",
                "documented",
                id="an alternative that asks for less",
            ),
            pytest.param(
                row(
                    None,
                    any_of="email_read sms_read",
                    semantics="any",
                    alternatives=("sms_read sms_send",),
                ),
                "",
                "documented",
                id="an alternative that asks for more than one of several",
            ),
        ],
    )
    def test_a_row_is_trusted_or_doubted_for_a_reason(
        self, route: Route, doubt: str, told: str, catalogue: Catalogue
    ) -> None:
        need = need_of(route, catalogue, "attested")
        assert (need.doubt, need.confidence) == (doubt, told)
        assert need.trusted is (doubt == "")
        assert need.mapped

    @pytest.mark.parametrize(
        ("grade", "doubt"), [("A", ""), ("B", "attested B"), ("C", "attested C")]
    )
    def test_the_documented_bar_asks_for_grade_a(
        self, grade: Grade, doubt: str, catalogue: Catalogue
    ) -> None:
        route = row(confidence="community-attested", attestation_grade=grade)
        assert need_of(route, catalogue, "documented").doubt == doubt

    @pytest.mark.parametrize(
        ("trust", "trusted", "grade_b"),
        [("attested", 208, {}), ("documented", 187, {"attested B": 21})],
    )
    def test_how_many_rows_are_doubted_and_why(
        self, trust: Trust, trusted: int, grade_b: dict[str, int]
    ) -> None:
        assert Counter(need.doubt for need in all_needs(trust)) == {
            "": trusted,
            "inferred": 172,
            "suspect": 29,
            "scope unknown": 49,
            "AND/OR unstated": 13,
            "attested C": 7,
            "an alternative contradicts it": 7,
            **grade_b,
        }

    def test_what_the_law_doubts_beyond_the_kind_of_evidence(self) -> None:
        """Of 235 rows that are documented or attested and not suspect, 27 stay doubtful."""
        sound = [
            need.doubt
            for route, need in zip(all_routes(), all_needs("attested"), strict=True)
            if route.confidence in {"documented", "community-attested"} and not route.suspect
        ]
        assert len(sound) == 235
        assert Counter(doubt for doubt in sound if doubt) == {
            "AND/OR unstated": 13,
            "attested C": 7,
            "an alternative contradicts it": 7,
        }


class TestContent:
    def test_a_trusted_row_explains_nothing_and_tolerates_its_alternatives(
        self, catalogue: Catalogue
    ) -> None:
        route = row(tolerated="sms_read", alternatives=("email_read email_send",))
        need = need_of(route, catalogue, "attested")
        assert need == CallRequirements(
            label="GET /messaging/v1/test",
            minimal_sets=(frozenset({"email_read"}),),
            alternatives=(frozenset({"email_read", "email_send"}),),
            tolerated=frozenset({"sms_read", "email_read", "email_send"}),
            explains=frozenset(),
            mapped=True,
            confidence="documented",
            doubt="",
            permission_ids=(5,),
            near_misses=(),
        )
        assert need.trusted
        assert need.listed == {"email_read"}

    def test_a_doubtful_row_explains_whatever_it_names(self, catalogue: Catalogue) -> None:
        route = row(tolerated="sms_read", alternatives=("email_send",), suspect=True)
        need = need_of(route, catalogue, "attested")
        assert need.explains == {"email_read", "sms_read", "email_send"}
        assert need.tolerated == {"sms_read"}

    def test_any_of_gives_a_minimal_set_each(self, catalogue: Catalogue) -> None:
        route = row(None, any_of="sms_send email_read", semantics="any", confidence="inferred")
        need = need_of(route, catalogue, "attested")
        assert need.minimal_sets == (frozenset({"email_read"}), frozenset({"sms_send"}))
        assert need.listed == need.explains == {"email_read", "sms_send"}

    def test_nothing_needed_is_one_empty_set(self, catalogue: Catalogue) -> None:
        need = need_of(row("", semantics="none-required"), catalogue, "attested")
        assert need.minimal_sets == (frozenset(),)

    def test_an_unknown_row_explains_the_families_of_its_service(
        self, catalogue: Catalogue
    ) -> None:
        route = row(None, semantics="unknown", confidence="unknown")
        need = need_of(route, catalogue, "attested")
        assert need.minimal_sets == ()
        assert need.explains == catalogue.scopes_under("/messaging")
        assert {"sms_write", "push_send"} <= need.explains < catalogue.wire_ids

    def test_a_call_without_a_row(self, catalogue: Catalogue) -> None:
        need = need_of_unmapped("PUT", "/hub/v1/campaigns", "", catalogue)
        assert need == CallRequirements(
            label="PUT /hub/v1/campaigns",
            minimal_sets=(),
            alternatives=(),
            tolerated=frozenset(),
            explains=catalogue.scopes_under("/hub"),
            mapped=False,
            confidence="not in the catalogue",
            doubt="not in the catalogue",
            permission_ids=(),
            near_misses=(
                "GET /hub/v1/campaigns",
                "PATCH /hub/v1/campaigns",
                "POST /hub/v1/campaigns",
            ),
        )
        assert not need.trusted
        assert need.listed == frozenset()


class TestFinding:
    def test_by_row(self, catalogue: Catalogue) -> None:
        path = "//messaging/v1/email/messages/r-1/"
        need = find_need(catalogue, "POST", path, "", "rest", "attested")
        assert need.label == "POST /messaging/v1/email/messages/{messageKey}"
        assert need.minimal_sets == (frozenset({"email_send"}),)
        assert need.trusted

    def test_by_query(self, catalogue: Catalogue) -> None:
        path = "/messaging/v1/email/messages"
        assert find_need(catalogue, "GET", path, "type=notSent", "rest", "attested").mapped
        assert not find_need(catalogue, "GET", path, "", "rest", "attested").mapped

    def test_by_host(self, catalogue: Catalogue) -> None:
        need = find_need(catalogue, "GET", "/v2/userinfo", "", "auth", "attested")
        assert (need.trusted, need.minimal_sets) == (True, (frozenset(),))
        assert not find_need(catalogue, "GET", "/v2/userinfo", "", "rest", "attested").mapped

    def test_is_worked_out_once_for_each_bar_of_trust(self, catalogue: Catalogue) -> None:
        path = "/automation/v1/automations/1/actions/start"
        first = find_need(catalogue, "POST", path, "", "rest", "attested")
        again = find_need(catalogue, "POST", path + "/", "", "rest", "attested")
        strict = find_need(catalogue, "POST", path, "", "rest", "documented")
        assert again is first
        assert (first.trusted, strict.trusted) == (True, False)


TRUSTED = row("email_read email_send", semantics="all", tolerated="sms_read")
TRUSTED_ANY = row(None, any_of="email_send email_read sms_read", semantics="any")
NOTHING = row("", semantics="none-required")
DOUBTFUL = row(
    "email_read email_send",
    semantics="all",
    tolerated="sms_read",
    alternatives=("push_read push_send", "sms_write"),
    suspect=True,
)
UNKNOWN = row(None, semantics="unknown", confidence="unknown")


@pytest.mark.parametrize(
    ("route", "granted", "verdict", "used"),
    [
        pytest.param(
            TRUSTED, "email_read email_send x", "satisfied", "email_read email_send", id="all"
        ),
        pytest.param(TRUSTED, "email_read sms_read", "denied", "", id="all, one lacks"),
        pytest.param(TRUSTED, "", "denied", "", id="all, none granted"),
        pytest.param(
            TRUSTED_ANY,
            "email_send sms_read email_read",
            "satisfied",
            "email_read",
            id="any: reading, by name",
        ),
        pytest.param(
            TRUSTED_ANY,
            "email_send sms_read",
            "satisfied",
            "sms_read",
            id="any: reading before sending",
        ),
        pytest.param(TRUSTED_ANY, "email_send", "satisfied", "email_send", id="any: what there is"),
        pytest.param(TRUSTED_ANY, "email_write", "denied", "", id="any: none of them"),
        pytest.param(NOTHING, "", "satisfied", "", id="nothing needed"),
        pytest.param(NOTHING, "email_read", "satisfied", "", id="nothing needed, nothing used"),
        pytest.param(
            DOUBTFUL,
            "email_read email_send sms_write",
            "satisfied",
            "email_read email_send",
            id="doubtful: minimal set",
        ),
        pytest.param(
            DOUBTFUL,
            "push_read push_send email_read",
            "let through",
            "push_read push_send",
            id="doubtful: alternative before one of the list",
        ),
        pytest.param(
            DOUBTFUL,
            "push_read push_send sms_write",
            "let through",
            "sms_write",
            id="doubtful: least alternative",
        ),
        pytest.param(
            DOUBTFUL,
            "email_send push_read",
            "let through",
            "email_send",
            id="doubtful: one of the list",
        ),
        pytest.param(
            DOUBTFUL, "sms_read push_read", "denied", "", id="doubtful: tolerated is not enough"
        ),
        pytest.param(UNKNOWN, "", "let through", "", id="unknown lets all through"),
        pytest.param(UNKNOWN, "email_read", "let through", "", id="unknown uses nothing"),
    ],
)
def test_what_a_call_is_allowed_and_uses(
    route: Route, granted: str, verdict: str, used: str, catalogue: Catalogue
) -> None:
    """A call is satisfied by a minimal set, or let through by a doubtful row, or denied."""
    need = need_of(route, catalogue, "attested")
    scopes = frozenset(words(granted))
    assert need.satisfied_by(scopes) is (verdict == "satisfied")
    assert need.allows(scopes) is (verdict != "denied")
    assert need.used_with(scopes) == set(words(used))


def grants() -> st.SearchStrategy[frozenset[str]]:
    """Few scopes, or all but a few."""
    every = load_catalogue().wire_ids
    few = st.frozensets(st.sampled_from(sorted(every)))
    return few | few.map(lambda some: every - some)


@pytest.mark.parametrize("trust", ["attested", "documented"])
@given(granted=grants())
def test_used_is_within_granted_and_what_is_denied_lacks_every_minimal_set(
    trust: Trust, granted: frozenset[str]
) -> None:
    """The invariant over all rows, and over a call without one."""
    unmapped = need_of_unmapped("GET", "/hub/v1/none", "", load_catalogue())
    needs = (*all_needs(trust), unmapped)
    check_use(granted, *needs[::50])
    unmeasured(check_use)(granted, *needs)


def check_use(granted: frozenset[str], *needs: CallRequirements) -> None:
    for need in needs:
        used = need.used_with(granted)
        assert used <= granted
        if need.allows(granted):
            assert not need.trusted or used in need.minimal_sets
        else:
            assert not any(needed <= granted for needed in need.minimal_sets)
            assert not used


@pytest.mark.parametrize("trust", ["attested", "documented"])
@given(granted=grants(), more=grants())
def test_more_scopes_never_take_a_call_away(
    trust: Trust, granted: frozenset[str], more: frozenset[str]
) -> None:
    needs = all_needs(trust)
    check_with_more(granted, more, *needs[::50])
    unmeasured(check_with_more)(granted, more, *needs)


def check_with_more(
    granted: frozenset[str], more: frozenset[str], *needs: CallRequirements
) -> None:
    for need in needs:
        assert need.allows(granted | more) or not need.allows(granted)


def test_every_row_explains_nothing_or_is_doubtful() -> None:
    for need in all_needs("attested"):
        assert not (need.trusted and need.explains), need.label
        assert need.trusted or need.listed | need.tolerated <= need.explains, need.label


class TestPower:
    def test_the_wire_ids_by_power(self, catalogue: Catalogue) -> None:
        """To look, to change, to destroy, to act on the outside world."""
        actions: dict[int, set[str]] = {}
        for scope in catalogue.wire_ids:
            actions.setdefault(power(scope), set()).add(catalogue.scopes[scope].action)
        assert actions == {
            0: {"read", "view", "offline", "openid"},
            1: {"write", "create", "update", "configure", "package"},
            2: {"delete", "rotate", "revoke"},
            3: {"send", "execute", "publish", "post", "aspr", "deploy"},
        }

    def test_an_unknown_action_is_taken_for_the_most_powerful(self) -> None:
        assert power("email_conquer") == 3

    def test_sets_are_sorted_by_size_then_power_then_name(self) -> None:
        ascending = [
            (),
            ("email_read",),
            ("sms_read",),
            ("email_write",),
            ("journeys_delete",),
            ("email_send",),
            ("email_read", "sms_read"),
            ("email_read", "email_write"),
            ("email_write", "sms_write"),
            ("email_read", "email_send"),
        ]
        assert sorted(set(ascending), key=least_power_key) == ascending


LIVE = """
GET /automation/v1/queries/abc/actions/isrunning automations_read
GET /automation/v1/queries/abc/log -
POST /automation/v1/queries/actions/validate -
GET /automation/v1/queries/category/7 automations_read
GET /automation/v1/filterdefinitions/abc -
GET /interaction/v1/interactions/status/key:k?AllVersions=true -
GET /interaction/v1/interactions/abc/summary -
POST /interaction/v1/interactions/journeyhistory/summary -
GET /messaging/v1/messageSends -
GET /messaging/v1/jobs/12/stats/sends -
GET /messaging/v1/emailstatstracking/sends/12 -
GET /messaging/v1/eventNotificationCallbacks -
GET /messaging/v1/eventNotificationCallbacks/abc/subscriptions -
POST /guide/v1/emails/12/preview?kind=html -
POST /guide/v1/emails/12/contacts/key:ada/preview -
POST /guide/v1/emails/12/dataExtension/key:orders/row/3/preview?kind=html -
POST /guide/v1/emails/12/dataExtension/7/contacts/key:ada/preview -
POST /guide/v1/emails/12/lists/7/contacts/key:ada/preview -
POST /data/v1/async/import -
GET /data/v1/async/import/abc/summary -
GET /data/v1/async/import/abc/validationresult -
POST /hub/v1/dataevents/key:k/rowset/delete -
POST /contacts/v1/addresses/email/search list_and_subscribers_read
POST /interaction/v1/events journeys_read list_and_subscribers_read
PATCH /automation/v1/queries/abc automations_write
POST /automation/v1/scripts automations_write
GET /data/v1/customobjectdata/abc/rowset data_extensions_read
GET /asset/v1/content/assets -
POST /asset/v1/content/assets/query -
GET /asset/v1/content/categories -
PATCH /asset/v1/content/assets/7 -
POST /interaction/v1/interactions/contactexit -
"""
"""Calls that real clients make, and what they need; `-` where nobody is sure."""


@pytest.mark.parametrize("line", LIVE.strip().splitlines())
def test_calls_of_real_clients_have_their_rows(line: str, catalogue: Catalogue) -> None:
    method, address, *scopes = line.split()
    path, _, query = address.partition("?")
    need = find_need(catalogue, method, path, query, "rest", "attested")
    assert need.mapped
    assert need.trusted is (scopes != ["-"])
    assert not need.trusted or need.minimal_sets == (frozenset(scopes),)


@pytest.mark.parametrize(
    ("method", "path", "held"),
    [
        ("GET", "/asset/v1/content/assets", "saved_content_read email_read"),
        ("POST", "/asset/v1/content/assets/query", "saved_content_read email_read web_read"),
        ("GET", "/asset/v1/content/categories", "saved_content_read email_read web_read"),
        ("PATCH", "/asset/v1/content/assets/7", "saved_content_write email_write web_write"),
        ("POST", "/interaction/v1/interactions/contactexit", "journeys_read journeys_write"),
    ],
)
def test_a_client_that_contradicts_a_row_is_let_through(
    method: str, path: str, held: str, catalogue: Catalogue
) -> None:
    """What it holds is never called excess, and never denied."""
    need = find_need(catalogue, method, path, "", "rest", "attested")
    assert need.doubt == "an alternative contradicts it"
    assert need.allows(frozenset(held.split()))
    assert frozenset(held.split()) <= need.explains
