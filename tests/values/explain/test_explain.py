"""What the catalogue answers: every name that it knows, and what several scopes open."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from measuring import unmeasured

from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.index import packaged_data
from pytest_mcscopes.explain.answers import (
    CallAnswer,
    LabelAnswer,
    NotFound,
    PackageAnswer,
    PermissionAnswer,
    ScopeAnswer,
)
from pytest_mcscopes.explain.explain import explain, explain_line
from pytest_mcscopes.explain.question import LONGEST
from pytest_mcscopes.explain.rows import View, routes_in, rows_in

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.model import Route, Scope
    from pytest_mcscopes.explain.answers import Answer

TODAY = date(2026, 11, 21)
HOSTS = {
    "auth": "https://mc0123456789.auth.marketingcloudapis.com",
    "rest": "https://mc0123456789.rest.marketingcloudapis.com",
}
TOO_LONG = f"it is longer than the {LONGEST:,} characters that are read"
VIEW = View(catalogue=load_catalogue(), trust="attested", on=TODAY)

quick_explain = unmeasured(explain)
"""For each of all names that there are; other tests ask for one of each kind."""

# Made when the tests are collected, so that each has a name of its own.
LABELLED = [scope for scope in VIEW.catalogue.scopes.values() if scope.on_scope_page]
ALWAYS = [row for row in VIEW.catalogue.soap_rows if row.always_available]


def concrete(template: str) -> str:
    """Fill a template's variables in."""
    greedy = re.sub(r"\{\w+\+\}", "7/a", template)
    return re.sub(r"\{\w+\}", "7", greedy)


def query_of(route: Route) -> str:
    query = concrete(route.query) + ("7" if route.query.endswith("=") else "")
    return f"?{query}&secret=hunter2" if query else "?secret=hunter2"


def the_only(answers: tuple[Answer, ...]) -> Answer:
    (answer,) = answers
    return answer


def labels(answer: Answer) -> list[str]:
    assert isinstance(answer, CallAnswer | PermissionAnswer)
    return [rule.label for rule in answer.rules]


def scopes_of(answers: tuple[Answer, ...]) -> list[str]:
    """List the scopes of a label, of one or of several."""
    (answer,) = [each for each in answers if isinstance(each, ScopeAnswer | LabelAnswer)]
    return [each.scope for each in (answer.scopes if isinstance(answer, LabelAnswer) else [answer])]


class TestLabels:
    def test_there_are_as_many_as_the_scope_page_lists(self) -> None:
        assert len(LABELLED) == 52

    @pytest.mark.parametrize("scope", LABELLED, ids=lambda scope: scope.id)
    def test_each_label_of_the_scope_page_leads_to_its_scope(self, scope: Scope) -> None:
        """Family and action, with the category or without it."""
        action = scope.action.capitalize()
        for label in (
            f"{scope.family} {action}",
            f"{scope.family} | {action}",
            f"{scope.category} | {scope.family} | {action}",
            scope.ui_label or scope.family + " " + scope.action.upper(),
        ):
            assert scopes_of(quick_explain([label], VIEW)) == [scope.id], label

    @pytest.mark.parametrize("part", ["family", "category"])
    def test_each_family_and_category_has_its_scopes(self, part: str) -> None:
        for label in sorted({getattr(scope, part) for scope in LABELLED}):
            listed = {scope.id for scope in LABELLED if getattr(scope, part) == label}
            assert listed <= set(scopes_of(quick_explain([label], VIEW))), label

    def test_a_family_is_all_of_its_scopes(self) -> None:
        """In token order; those that the vendor's scope page leaves out as well."""
        assert scopes_of(explain(["Journeys"], VIEW)) == [
            "journeys_execute",
            "journeys_read",
            "journeys_write",
            "journeys_aspr",
            "journeys_delete",
        ]

    @pytest.mark.parametrize(
        ("label", "scope"),
        [
            pytest.param("campaigns read", "campaign_read", id="plural, small letters"),
            pytest.param("List and Subscribers Write", "list_and_subscribers_write", id="singular"),
            pytest.param("Offline Access", "offline", id="offline"),
            pytest.param("Package Manager Deploy", "package_manager_deploy", id="no category"),
            pytest.param(
                "Journeys: Activate/Stop/Pause/Resume/Send/Schedule", "journeys_aspr", id="long"
            ),
        ],
    )
    def test_a_label_need_not_be_spelt_exactly(self, label: str, scope: str) -> None:
        assert scopes_of(explain([label], VIEW)) == [scope]

    def test_a_word_may_be_a_label_and_a_soap_object(self) -> None:
        family, objects = explain(["Email"], VIEW)
        assert isinstance(family, LabelAnswer)
        assert labels(objects) == [
            f"SOAP Email {each}" for each in ("Create", "Delete", "Retrieve", "Update")
        ]


class TestCalls:
    @pytest.mark.parametrize("service", VIEW.catalogue.services)
    def test_every_route_is_found_by_a_concrete_url(self, service: str) -> None:
        """By whole URL, without its host, and by its own label; the secret is not shown."""
        for route in VIEW.catalogue.routes(service):
            path = concrete(route.path)
            for line in (
                f"{route.method} {HOSTS[route.host]}{path}{query_of(route)}",
                f"{route.method} {path}{query_of(route)}",
                route.label,
            ):
                answer = the_only(quick_explain([line], VIEW))
                assert labels(answer) == [route.label], line
                assert "hunter2" not in repr(answer)

    def test_every_route_is_among_those_of_its_path(self) -> None:
        for route in routes_in(VIEW):
            answer = the_only(explain([concrete(route.path) + query_of(route)], VIEW))
            assert route.label in labels(answer)

    def test_a_path_lists_each_method(self) -> None:
        assert labels(the_only(explain(["/hub/v1/campaigns/7"], VIEW))) == [
            "DELETE /hub/v1/campaigns/{id}",
            "GET /hub/v1/campaigns/{id}",
            "PATCH /hub/v1/campaigns/{id}",
            "POST /hub/v1/campaigns/{id}",
        ]

    def test_a_path_needs_no_slash_before_it(self) -> None:
        answer = the_only(explain(["messaging/v1/email/messages/x"], VIEW))
        assert "POST /messaging/v1/email/messages/{messageKey}" in labels(answer)

    def test_the_token_endpoint_needs_nothing(self) -> None:
        """By a tenant's host, and by a path that the other host does not have."""
        for line in (f"POST {HOSTS['auth']}/v2/token", "POST /v2/token"):
            answer = the_only(explain([line], VIEW))
            assert isinstance(answer, CallAnswer)
            (rule,) = answer.rules
            assert (rule.door, rule.enough, rule.trusted) == ("auth", ((),), True)

    @pytest.mark.parametrize(
        ("line", "asked", "near"),
        [
            pytest.param(
                "POST /messaging/v1/email/mesages/x?token=hunter2",
                "POST /messaging/v1/email/mesages/x?...",
                "POST /messaging/v1/email/messages/{messageKey}",
                id="a slip",
            ),
            pytest.param(
                "/hub/v1/campaign", "/hub/v1/campaign", "GET /hub/v1/campaigns", id="a path"
            ),
            pytest.param(
                "https://u:hunter2@api.example/hub/v1/campaigns",
                "/hub/v1/campaigns",
                "GET /hub/v1/campaigns",
                id="a foreign host",
            ),
        ],
    )
    def test_an_unmapped_call_names_near_misses(self, line: str, asked: str, near: str) -> None:
        answer = the_only(explain([line], VIEW))
        assert isinstance(answer, NotFound)
        assert answer.asked == asked
        assert near in answer.did_you_mean
        assert "hunter2" not in repr(answer)

    def test_an_unmapped_call_may_need_the_families_of_its_service(self) -> None:
        answer = the_only(explain(["GET /address/v1/none"], VIEW))
        assert isinstance(answer, NotFound)
        assert answer.families == ("Email",)
        assert answer.may_need == ("email_read", "email_send", "email_write")

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            pytest.param("https://api.example/x/y", "its host is none of", id="foreign, unmapped"),
            pytest.param("https://x.soap.marketingcloudapis.com/", "SOAP calls go by", id="soap"),
            pytest.param("https://hunter2@[::1", "it cannot be read", id="no URL"),
        ],
    )
    def test_a_url_that_leads_nowhere_says_why(self, line: str, why: str) -> None:
        answer = the_only(explain([line], VIEW))
        assert isinstance(answer, NotFound)
        assert answer.why.startswith(why)
        assert answer.did_you_mean == ()
        assert "hunter2" not in repr(answer)


class TestSoap:
    def test_there_are_as_many_always_available_pairs_as_the_scope_page_lists(self) -> None:
        assert len(ALWAYS) == 28

    @pytest.mark.parametrize("pair", [f"{row.object_type} {row.operation}" for row in ALWAYS])
    def test_an_always_available_pair_says_so(self, pair: str) -> None:
        answer = the_only(explain([pair], VIEW))
        assert isinstance(answer, CallAnswer)
        (rule,) = answer.rules
        assert rule.label == f"SOAP {pair}"
        assert (rule.always_available, rule.trusted, rule.enough) == (True, True, ((),))

    def test_every_row_is_found_by_its_label(self) -> None:
        for row in VIEW.catalogue.soap_rows:
            pair = f"{row.object_type} {row.operation}"
            assert labels(the_only(quick_explain([f"SOAP {pair}"], VIEW))) == [f"SOAP {pair}"]

    @pytest.mark.parametrize(
        ("asked", "label"),
        [
            pytest.param("create triggeredsend", "TriggeredSend Create", id="order and case"),
            pytest.param("TriggeredSend/Create", "TriggeredSend Create", id="slash"),
            pytest.param(
                "DataExtensionObject[My.DE] Update", "DataExtensionObject Update", id="key"
            ),
            pytest.param("Send Retrieve", "Send Retrieve", id="of two like names"),
            pytest.param("SaveOption Create", "SaveOption (any)", id="row of any operation"),
            pytest.param("Describe List", "(any) Describe", id="row of any object"),
            pytest.param("SOAP Unheard Describe", "(any) Describe", id="object without a row"),
            pytest.param("SOAP Describe", "(any) Describe", id="no object"),
        ],
    )
    def test_an_operation_may_be_written_in_many_ways(self, asked: str, label: str) -> None:
        assert labels(the_only(explain([asked], VIEW))) == [f"SOAP {label}"]

    def test_what_may_create_or_update_is_both(self) -> None:
        """A Create with UpdateAdd stands in reports as one call."""
        (answer,) = explain_line(["SOAP", "List", "Create", "and", "Update"], VIEW)
        assert labels(answer) == ["SOAP List Create", "SOAP List Update"]

    @pytest.mark.parametrize(
        ("on", "enough"),
        [
            pytest.param(date(2026, 6, 18), ("email_send",), id="before"),
            pytest.param(
                date(2026, 6, 19), ("email_read", "email_send", "email_write"), id="since"
            ),
        ],
    )
    def test_the_rule_in_force_on_the_day_is_told_with_its_change(
        self, on: date, enough: tuple[str, ...]
    ) -> None:
        answer = the_only(explain(["TriggeredSend Create"], replace(VIEW, on=on)))
        assert isinstance(answer, CallAnswer)
        (rule,) = answer.rules
        assert rule.enough == (enough,)
        assert rule.change
        assert rule.change.effective_from == date(2026, 6, 19)
        assert rule.change.enough_before == ("email_send",)


class TestScopes:
    def test_every_wire_scope_is_found_with_its_calls(self) -> None:
        """Each call that lists a scope is among its uses; trusted rows come first."""
        needs = [VIEW.need_of(row) for row in rows_in(VIEW)]
        for name in VIEW.catalogue.wire_ids:
            answer = the_only(quick_explain([name], VIEW))
            assert isinstance(answer, ScopeAnswer)
            assert answer.use_instead is None
            uses = [use.rule.label for use in answer.uses]
            assert {need.label for need in needs if name in need.listed} <= set(uses), name
            trusted = [use.rule.trusted for use in answer.uses]
            assert trusted == sorted(trusted, reverse=True)

    @pytest.mark.parametrize(
        ("scope", "label", "role"),
        [
            pytest.param(
                "email_send", "POST /messaging/v1/email/messages", "needed", id="the only one"
            ),
            pytest.param("email_read", "SOAP TriggeredSend Create", "needed", id="one of all"),
            pytest.param(
                "email_read",
                "POST /messaging/v1/messageDefinitionSends/key:{key}/send",
                "tolerated",
                id="tolerated",
            ),
            pytest.param("email_read", "SOAP Link Retrieve", "may be needed", id="doubtful"),
        ],
    )
    def test_what_a_scope_is_to_a_call(self, scope: str, label: str, role: str) -> None:
        answer = the_only(explain([scope], VIEW))
        assert isinstance(answer, ScopeAnswer)
        assert [use.role for use in answer.uses if use.rule.label == label] == [role]

    def test_a_scope_of_several_that_are_enough_is_told_from_one_that_is_needed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By a row that is trusted for once: so far none with a choice is."""
        catalogue = Catalogue(packaged_data())
        rows = tuple(
            replace(row, confidence="documented") if row.object_type == "Link" else row
            for row in catalogue.soap_rows
        )
        monkeypatch.setattr(catalogue, "soap_rows", rows)
        answer = the_only(explain(["tracking_events_read"], replace(VIEW, catalogue=catalogue)))
        assert isinstance(answer, ScopeAnswer)
        roles = {use.rule.label: use.role for use in answer.uses}
        assert roles["SOAP Link Retrieve"] == "one of several"

    @pytest.mark.parametrize(
        ("spelling", "status", "instead"),
        [
            pytest.param("contacts_read", "rejected", "list_and_subscribers_read", id="mistake"),
            pytest.param("tags_edit", "doc-alias", "tags_write", id="alias"),
        ],
    )
    def test_another_spelling_says_what_to_use(
        self, spelling: str, status: str, instead: str
    ) -> None:
        answer = the_only(explain([spelling], VIEW))
        assert isinstance(answer, ScopeAnswer)
        assert (answer.status, answer.use_instead) == (status, instead)
        right = the_only(explain([instead], VIEW))
        assert isinstance(right, ScopeAnswer)
        assert spelling in (*right.aliases, *right.mistakes)


class TestPermissions:
    def test_every_permission_is_found(self) -> None:
        for number, permission in VIEW.catalogue.permissions.items():
            answer = the_only(quick_explain([str(number)], VIEW))
            assert isinstance(answer, PermissionAnswer)
            assert (answer.object_type, answer.observed) == (permission.object_type, True)

    def test_a_permission_has_its_scopes_and_calls(self) -> None:
        answer = the_only(explain(["152"], VIEW))
        assert isinstance(answer, PermissionAnswer)
        assert [link.scope for link in answer.links] == ["email_send", "email_write"]
        assert "POST /messaging/v1/email/messages" in labels(answer)

    def test_a_permission_of_the_table_that_no_sample_has_says_so(self) -> None:
        answer = the_only(explain(["600"], VIEW))
        assert isinstance(answer, PermissionAnswer)
        assert (answer.object_type, answer.observed) == ("General", False)
        assert answer.rules[0].permissions[1].object_type == "General"


class TestPackage:
    def test_reads_and_writes_are_grouped_by_family(self) -> None:
        """A call belongs to the family of the most powerful scope that it would use."""
        answer = the_only(explain(["campaign_write", "email_read", "campaign_read"], VIEW))
        assert isinstance(answer, PackageAnswer)
        assert answer.scopes == ("email_read", "campaign_read", "campaign_write")
        assert [family.family for family in answer.families] == ["Email", "Campaign"]
        campaign = answer.families[1]
        assert "GET /hub/v1/campaigns/{id}" in [rule.label for rule in campaign.reads]
        assert "DELETE /hub/v1/campaigns/{id}" in [rule.label for rule in campaign.writes]
        assert "POST /hub/v1/campaigns/{id}" in [rule.label for rule in campaign.doubtful]

    def test_a_search_by_post_only_looks(self) -> None:
        answer = the_only(explain(["list_and_subscribers_read", "offline"], VIEW))
        assert isinstance(answer, PackageAnswer)
        reads = [rule.label for rule in answer.families[0].reads]
        assert "POST /contacts/v1/addresses/email/search" in reads
        assert answer.idle == ("offline",)

    def test_a_call_that_needs_more_is_not_within_reach(self) -> None:
        answer = the_only(explain(["email_send offline"], VIEW))
        assert isinstance(answer, PackageAnswer)
        assert "SOAP TriggeredSend Create" not in repr(answer)

    def test_another_spelling_is_read_as_the_scope_that_it_stands_for(self) -> None:
        answer = the_only(explain(["contacts_read", "email_read"], VIEW))
        assert isinstance(answer, PackageAnswer)
        assert answer.read_as == (("contacts_read", "list_and_subscribers_read"),)
        assert "list_and_subscribers_read" in answer.scopes
        assert answer.found

    def test_an_unknown_scope_is_told_beside_the_others(self) -> None:
        answer = the_only(explain(["email_send", "emial_read"], VIEW))
        assert isinstance(answer, PackageAnswer)
        assert [each.did_you_mean[:1] for each in answer.unknown] == [("email_read",)]
        assert not answer.found

    def test_every_scope_together_opens_every_trusted_call(self) -> None:
        """Nothing is lost between the families."""
        answer = the_only(explain(sorted(VIEW.catalogue.wire_ids), VIEW))
        assert isinstance(answer, PackageAnswer)
        told = [rule for family in answer.families for rule in (*family.reads, *family.writes)]
        trusted = [need for need in map(VIEW.need_of, rows_in(VIEW)) if need.trusted]
        assert len(told) + answer.open_to_all == len(trusted)


class TestQuestions:
    @pytest.mark.parametrize(
        ("words", "kinds"),
        [
            pytest.param(["email_send"], ["scope"], id="one"),
            pytest.param(["email_send", "email_send"], ["scope"], id="the same twice"),
            pytest.param(["email_read", "email_send"], ["package"], id="scopes"),
            pytest.param(["TriggeredSend", "Create"], ["call"], id="SOAP without quotes"),
            pytest.param(["Data", "Extensions", "Read"], ["scope"], id="label without quotes"),
            pytest.param(["POST", "/v2/token"], ["call"], id="call without quotes"),
            pytest.param(["GET", "/v2/userinfo", "152"], ["call", "permission"], id="two things"),
            pytest.param(["email_read", "152"], ["scope", "permission"], id="a scope among others"),
        ],
    )
    def test_a_command_line_needs_no_quotes(self, words: list[str], kinds: list[str]) -> None:
        assert [answer.kind for answer in explain_line(words, VIEW)] == kinds

    def test_a_list_is_one_thing_a_line(self) -> None:
        """Unlike words of a command line, lines are not joined."""
        kinds = [answer.kind for answer in explain(["TriggeredSend", "Retrieve"], VIEW)]
        assert kinds == ["call", "not found"]

    @pytest.mark.parametrize(
        ("word", "meant"),
        [
            pytest.param("emial_send", "email_send", id="scope"),
            pytest.param("Email_Send", "email_send", id="scope in another case"),
            pytest.param("Jurneys", "Journeys (Interactions)", id="label"),
            pytest.param("TrigeredSend Create", "TriggeredSend Create", id="SOAP object"),
            pytest.param("TriggeredSend Perform", "TriggeredSend Create", id="SOAP operation"),
        ],
    )
    def test_did_you_mean(self, word: str, meant: str) -> None:
        answer = the_only(explain([word], VIEW))
        assert isinstance(answer, NotFound)
        assert meant in answer.did_you_mean

    @pytest.mark.parametrize(
        "word", ["xyzzy", "99999", "9" * 5000, "/", "|", "??", "\udc80", "a b c d", "é" * 100_000]
    )
    def test_nonsense_is_not_found(self, word: str) -> None:
        answer = the_only(explain([word], VIEW))
        assert isinstance(answer, NotFound)
        assert answer.did_you_mean == ()
        assert len(answer.asked) < 80


class TestLongQuestions:
    """What is longer than any question is not read; what is as long as one may be is no trap."""

    @pytest.mark.parametrize(
        "thing", ["a", "(", "[", "/", "@", "%40", "a_b ", "/ ", "x/", "(also "]
    )
    @pytest.mark.parametrize("head", ["", "GET /", "https://x/", "SOAP "])
    def test_they_are_answered(self, head: str, thing: str) -> None:
        """The first is read to its end, the second not at all."""
        filled = head + thing * (LONGEST + 1)
        *_, read = quick_explain([filled[:LONGEST]], VIEW)
        assert getattr(read, "why", "") != TOO_LONG
        (unread,) = explain([filled], VIEW)
        assert isinstance(unread, NotFound)
        assert (unread.why, unread.found) == (TOO_LONG, False)
        assert len(unread.asked) < 100

    def test_words_that_nobody_quoted_are_not_joined_to_a_question_too_long(self) -> None:
        answers = explain_line(["email", "x" * LONGEST + "!"], VIEW)
        assert [answer.found for answer in answers] == [True, True, False]

    def test_of_many_unknown_scopes_the_first_are_looked_up(self) -> None:
        answer = the_only(explain([f"emial_read{number}" for number in range(30)], VIEW))
        assert isinstance(answer, PackageAnswer)
        guessed = [bool(each.did_you_mean) for each in answer.unknown]
        assert guessed == [True] * 20 + [False] * 10
