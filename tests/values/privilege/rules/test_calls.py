"""MCS108 and MCS201 to MCS203: what the calls needed, and what they would do without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from facts import LEAST, NO_TOKEN, findings_of, packaged, scopes, summaries_of, texts_of, words
from facts import requirements as need
from hypothesis import given
from hypothesis import strategies as st
from rule_cases import ASSIGNED, INFERRED, TOLERANT, UNKNOWN, UNMAPPED, ask, call, case

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.privilege.observed import Login

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.catalogue.call_requirements import CallRequirements
    from pytest_mcscopes.ledger.facts import CallMade
    from pytest_mcscopes.privilege.expectation import Expectation
    from pytest_mcscopes.privilege.rules.case import Case


class TestUndetermined:
    """MCS108: an error under least privilege, a note beside a list."""

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(LEAST, ask("email_send"), call(INFERRED)),
                ["MCS108 error email_send"],
                id="nothing trusted to judge by",
            ),
            pytest.param(
                case(LEAST, ask("email_send push_read"), call(INFERRED), call(UNKNOWN)),
                ["MCS108 error email_send", "MCS108 error push_read"],
                id="nothing trusted, two doubtful rows",
            ),
            pytest.param(
                case(LEAST, ask(""), call(UNMAPPED, "")),
                ["MCS108 error"],
                id="nothing trusted, even where no scope was requested",
            ),
            pytest.param(case(LEAST, ask("email_send")), ["MCS108 error"], id="no call"),
            pytest.param(
                case(LEAST, ask(""), call("email_read", "")),
                ["MCS108 error"],
                id="no call was allowed",
            ),
            pytest.param(
                case(LEAST, ask("email_read"), call("email_read", None)),
                ["MCS108 error"],
                id="only a 401",
            ),
            pytest.param(
                case(LEAST, ask("email_read", error="invalid_scope")), [], id="refused: MCS105"
            ),
            pytest.param(
                case(LEAST, ask(""), call("-")), [], id="a trusted row that needs nothing"
            ),
            pytest.param(
                case(LEAST, ask("email_read"), call("email_read"), call(UNKNOWN)),
                [],
                id="a doubtful call that explains nothing requested",
            ),
            pytest.param(
                case(LEAST, ask("email_read push_read"), call("email_read"), call(UNKNOWN)),
                ["MCS108 error push_read"],
                id="requested, explained only by a doubtful call",
            ),
            pytest.param(
                case(LEAST, ask("push_read"), call("push_read"), call(UNKNOWN)),
                [],
                id="explained by a doubtful call and needed by a trusted one",
            ),
            pytest.param(
                case(LEAST, ask("email_read email_write"), call(TOLERANT)),
                ["MCS108 error email_write"],
                id="requested, only tolerated",
            ),
            pytest.param(
                case(
                    LEAST, ask("email_read email_write"), call(TOLERANT, None), call("email_read")
                ),
                [],
                id="tolerated by a call that was not allowed: MCS102",
            ),
            pytest.param(
                case(
                    LEAST,
                    ask("email_read push_read push_write"),
                    call("email_read"),
                    call(UNKNOWN),
                    call(UNMAPPED),
                ),
                ["MCS108 error push_read push_write"],
                id="one finding for each call, the first that explains",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send"), call(INFERRED)),
                ["MCS108 note email_send"],
                id="a list, doubtful",
            ),
            pytest.param(
                case(
                    scopes("email_read email_write"), ask("email_read email_write"), call(TOLERANT)
                ),
                ["MCS108 note email_write"],
                id="a list, tolerated",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send"), call(INFERRED), call("email_send")),
                [],
                id="a list, needed for sure",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_read"), call(INFERRED)),
                [],
                id="a list, declared and not requested",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_read email_send"), call(INFERRED)),
                [],
                id="a list, requested and not declared: MCS102",
            ),
            pytest.param(
                case(scopes("email_send", "at_most"), ask("email_send"), call(INFERRED)),
                ["MCS108 note email_send"],
                id="at_most",
            ),
            pytest.param(
                case(
                    scopes("offline"),
                    ask("offline"),
                    call(need("offline", doubt="inferred"), "offline"),
                ),
                [],
                id="a flow scope",
            ),
            pytest.param(case(NO_TOKEN, ask("email_send"), call(INFERRED)), [], id="no token"),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given, "MCS108") == findings

    @pytest.mark.parametrize(
        ("given", "text", "settled_by"),
        [
            pytest.param(
                case(LEAST, ask("email_send"), call(INFERRED)),
                "the minimum of the calls is shown by no trusted catalogue entry: POST"
                " /test/inferred"
                " (doubtful: inferred)",
                ('method = "POST"', 'path = "/test/inferred"', 'all_of = ["email_send"]'),
                id="nothing trusted",
            ),
            pytest.param(
                case(LEAST, ask("email_read")),
                "the minimum of the calls is not shown, as no call was allowed",
                (),
                id="no call",
            ),
            pytest.param(
                case(LEAST, ask("email_read email_write"), call(TOLERANT)),
                "whether email_write is needed: GET /test/tolerant (documented) may need it, though"
                " its catalogue entry does not list it",
                (
                    'method = "GET"',
                    'path = "/test/tolerant"',
                    'all_of = ["email_read"]',
                ),
                id="tolerated",
            ),
            pytest.param(
                case(
                    scopes("email_send"),
                    ask("email_send"),
                    call(replace(INFERRED, label='GET /test/q?$name="x"')),
                ),
                'whether email_send is needed: GET /test/q?$name="x" (doubtful: inferred)',
                (
                    'method = "GET"',
                    'path = "/test/q"',
                    'query = "$name=\\"x\\""',
                    'all_of = ["email_send"]',
                ),
                id="a row with a query",
            ),
            pytest.param(
                case(
                    LEAST,
                    ask(None, assigned=" ".join(load_catalogue().default_scopes)),
                    call("-"),
                    call(
                        packaged("GET", "/nowhere"),
                        " ".join(load_catalogue().default_scopes),
                    ),
                ),
                "whether 85 scopes (Documents and Images, Saved Content, Automations and 31 more"
                " families) is needed: GET /nowhere (doubtful: not in the catalogue)",
                (),
                id="everything was asked for and anything may have been needed",
            ),
        ],
    )
    def test_it_tells_the_row_and_the_fact_that_would_settle_it(
        self, given: Case, text: str, settled_by: tuple[str, ...]
    ) -> None:
        [finding] = findings_of(given, "MCS108")
        assert finding.text == f"undetermined: {text}"
        heading = ("# mcscopes.toml", "[[route]]") if settled_by else ()
        assert finding.settled_by == (*heading, *settled_by)


class TestDeniedCall:
    """MCS201: needed is not within granted, by the row."""

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(scopes("email_read"), call("email_send", "email_read")),
                ["MCS201 error email_send"],
                id="a trusted row",
            ),
            pytest.param(
                case(scopes("email_read"), call(INFERRED, "email_read")),
                ["MCS201 note email_send"],
                id="a doubtful row",
            ),
            pytest.param(case(scopes("email_read"), call("email_read")), [], id="allowed"),
            pytest.param(
                case(scopes("email_read"), call("email_send", None)), [], id="a 401: no good token"
            ),
            pytest.param(
                case(scopes("email_read"), call(UNMAPPED, "")), [], id="an unmapped route"
            ),
            pytest.param(
                case(scopes("email_read"), call("email_send push_read", "email_send")),
                ["MCS201 error push_read"],
                id="names what is lacking only",
            ),
            pytest.param(
                case(scopes("email_read"), call("email_send | push_read", "")),
                ["MCS201 error email_send push_read"],
                id="either would do",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    call("email_send", ""),
                    call("email_send", ""),
                    call("email_send", "email_read"),
                ),
                ["MCS201 error email_send"] * 2,
                id="once for each row and token's scopes",
            ),
            pytest.param(
                case(LEAST, call("email_send", "")), ["MCS201 error email_send"], id="least"
            ),
            pytest.param(
                case(NO_TOKEN, call("email_send", "")), ["MCS201 error email_send"], id="no token"
            ),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given, "MCS201") == findings

    @pytest.mark.parametrize(
        ("made", "text"),
        [
            pytest.param(
                call("email_send push_read", "email_read"),
                "denied call: GET /test/email_send push_read (documented) needs email_send"
                " push_read; the token has email_read",
                id="all of",
            ),
            pytest.param(
                call("email_send | push_read", ""),
                "denied call: GET /test/email_send | push_read (documented) needs email_send or"
                " push_read; the token has no scope",
                id="any of",
            ),
            pytest.param(
                call(INFERRED, ""),
                "call that production may deny: POST /test/inferred (doubtful: inferred) needs"
                " email_send; the token has no scope",
                id="doubtful, let through",
            ),
            pytest.param(
                call(INFERRED, "")._replace(status=403),
                "denied call: POST /test/inferred (doubtful: inferred) needs email_send; the token"
                " has no scope",
                id="doubtful, and refused as mc_enforce says",
            ),
        ],
    )
    def test_its_text(self, made: CallMade, text: str) -> None:
        assert texts_of(case(scopes("email_read"), made), "MCS201") == [text]


class TestUnusedScope:
    """MCS202: the allowed calls would do without a declared and requested scope."""

    BOTH = (scopes("email_read email_send"), ask("email_read email_send"))

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(*BOTH, call("email_read")), ["MCS202 error email_send"], id="one is not used"
            ),
            pytest.param(
                case(*BOTH, call("email_read"), call("email_send")), [], id="both are used"
            ),
            pytest.param(case(*BOTH), [], id="no calls"),
            pytest.param(case(*BOTH, call("-")), [], id="no call needs a scope"),
            pytest.param(case(*BOTH, call("email_read", "")), [], id="no call was allowed"),
            pytest.param(case(*BOTH, call("email_read", None)), [], id="only a 401"),
            pytest.param(case(*BOTH, call(UNMAPPED)), [], id="only an unmapped call"),
            pytest.param(
                case(*BOTH, call("email_read"), call("email_send", None)),
                ["MCS202 error email_send"],
                id="a 401 uses nothing",
            ),
            pytest.param(
                case(*BOTH, call("email_read email_send")), [], id="a row that needs both"
            ),
            pytest.param(
                case(*BOTH, call("email_read | email_send")),
                ["MCS202 error email_read email_send"],
                id="a row for which either will do",
            ),
            pytest.param(
                case(*BOTH, call("email_read | email_send"), call("email_send")),
                ["MCS202 error email_read"],
                id="either will do, and one is needed",
            ),
            pytest.param(
                case(*BOTH, call("email_read"), call(INFERRED)),
                [],
                id="a doubtful call explains it",
            ),
            pytest.param(
                case(*BOTH, call("email_read"), call(INFERRED, "email_read")),
                [],
                id="a doubtful call that was let through explains it",
            ),
            pytest.param(
                case(*BOTH, call("email_read"), call(INFERRED, None)),
                ["MCS202 error email_send"],
                id="a doubtful call with a 401 explains nothing",
            ),
            pytest.param(
                case(*BOTH, call(INFERRED)),
                ["MCS202 error email_read"],
                id="only a doubtful call, which does not explain it",
            ),
            pytest.param(
                case(
                    scopes("email_read email_write"), ask("email_read email_write"), call(TOLERANT)
                ),
                [],
                id="a trusted row tolerates it",
            ),
            pytest.param(
                case(
                    scopes("email_read email_write"),
                    ask("email_read email_write"),
                    call("email_read"),
                    call(TOLERANT, ""),
                ),
                ["MCS202 error email_write"],
                id="a denied call tolerates nothing",
            ),
            pytest.param(
                case(scopes("email_read email_send"), ask("email_read"), call("email_read")),
                [],
                id="not requested: MCS103",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_read email_send"), call("email_read")),
                [],
                id="not declared: MCS102",
            ),
            pytest.param(
                case(scopes("email_read email_send"), ask(None), call("email_read")),
                ["MCS202 error email_send"],
                id="requested by leaving scope out",
            ),
            pytest.param(
                case(scopes("email_read offline"), ask("email_read offline"), call("email_read")),
                [],
                id="a flow scope",
            ),
            pytest.param(
                case(
                    scopes("email_read email_send", "at_most"),
                    ask("email_read email_send"),
                    call("email_read"),
                ),
                [],
                id="at_most",
            ),
            pytest.param(
                case(
                    scopes("email_read email_send", "at_least"),
                    ask("email_read email_send"),
                    call("email_read"),
                ),
                ["MCS202 error email_send"],
                id="at_least",
            ),
            pytest.param(
                case(
                    scopes("email_read email_send", "at_least"),
                    ask("email_read email_send push_read"),
                    call("push_read"),
                    call("email_read push_read"),
                ),
                ["MCS202 error email_send"],
                id="at_least, and calls that need more than declared",
            ),
            pytest.param(
                case(
                    scopes("email_read", "at_least"),
                    ask("email_read email_send push_read"),
                    call("email_read push_read | email_send"),
                ),
                ["MCS202 error email_read"],
                id="at_least, and what is not declared would have done alone",
            ),
            pytest.param(
                case(LEAST, ask("email_read email_send"), call("email_read")), [], id="least"
            ),
            pytest.param(case(NO_TOKEN, call("email_read")), [], id="no token"),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given, "MCS202") == findings

    @pytest.mark.parametrize(
        ("made", "text"),
        [
            pytest.param([call("email_read email_send")], "push_read", id="one"),
            pytest.param(
                [call("email_read email_send | push_read")],
                "any one of email_read email_send push_read can be left out",
                id="several, one of them",
            ),
            pytest.param([call("email_read")], "no call needs email_send push_read", id="all"),
            pytest.param(
                [call("email_read | email_send")],
                "no call needs push_read; email_read or email_send would do alone",
                id="one, and one of two",
            ),
            pytest.param(
                [call("email_read | email_send"), call("push_read")],
                "email_read or email_send would do alone",
                id="one of two",
            ),
            pytest.param(
                [call("email_read | email_send"), call("email_send | push_read")],
                "any one of email_read email_send push_read can be left out",
                id="not each of them would do alone",
            ),
            pytest.param(
                [call("email_read | email_send"), call("email_read")],
                "no call needs email_send push_read",
                id="a choice that another call has made",
            ),
            pytest.param(
                [call("email_read"), call("email_read | sms_read")],
                "no call needs email_send push_read",
                id="a choice of what is not declared",
            ),
        ],
    )
    def test_its_text(self, made: list[CallMade], text: str) -> None:
        three = "email_read email_send push_read"
        assert texts_of(case(scopes(three), ask(three), *made), "MCS202") == [
            f"unused scope: {text}"
        ]

    def test_its_text_of_many(self) -> None:
        """More than ten are counted, whichever would do."""
        many = " ".join(sorted(load_catalogue().default_scopes - {"offline"})[:12])
        made = call(" | ".join(many.split()), many)
        (text,) = texts_of(case(scopes(many), ask(many), made), "MCS202")
        assert text.startswith("unused scope: any one of 12 scopes (")

    @given(data=st.data())
    def test_each_is_removable_and_the_rest_is_not(self, data: st.DataObject) -> None:
        """By the definition: without it every allowed call would still be allowed."""
        ids = ("email_read", "email_send", "email_write", "push_read")
        some = st.frozensets(st.sampled_from(ids), min_size=1, max_size=3)
        declared = data.draw(some)
        choices = st.lists(st.frozensets(st.sampled_from(sorted(declared))), min_size=1, max_size=3)
        rows = data.draw(st.lists(choices, min_size=1, max_size=4))
        asked = " ".join(declared)
        calls = [
            call(need("|".join(" ".join(each) or "-" for each in sets)), asked) for sets in rows
        ]
        removable = {
            scope
            for scope in declared
            if all(each.need.satisfied_by(declared - {scope}) for each in calls)
        }
        shown = any(all(each.need.minimal_sets) for each in calls)
        found = findings_of(case(scopes(asked), ask(asked), *calls), "MCS202")
        assert [each.scopes for each in found] == ([removable] if shown and removable else [])


class TestUnusedByALogin:
    """MCS202 login by login: one client's calls do not excuse another client's scopes."""

    DECLARED = "email_read email_send"
    BOTH = Login(
        scopes=words("email_read email_send"),
        named=words("email_read email_send"),
        tokens=frozenset({"both"}),
    )
    READ = Login(scopes=words("email_read"), named=words("email_read"), tokens=frozenset({"read"}))
    OMITTED = Login(scopes=words(ASSIGNED), named=frozenset(), tokens=frozenset({"omitted"}))

    @staticmethod
    def of(token: str, row: CallRequirements | str, granted: str | None = ASSIGNED) -> CallMade:
        return call(row, granted, token=token)

    def given(self, mark: Expectation, *calls: CallMade, logins: tuple[Login, ...]) -> Case:
        requests = [ask(" ".join(sorted(login.scopes))) for login in logins]
        return case(mark, *requests, *calls, logins=logins)

    @pytest.mark.parametrize(
        ("calls", "findings"),
        [
            pytest.param(
                [of("both", "email_send"), of("read", "email_read")],
                ["MCS202 error email_read"],
                id="one client's calls use what the other asks for too",
            ),
            pytest.param(
                [of("both", "email_send"), of("both", "email_read"), of("read", "email_read")],
                [],
                id="its own calls use both",
            ),
            pytest.param([of("read", "email_read")], ["MCS202 error email_send"], id="no call"),
            pytest.param(
                [of("both", "-"), of("read", "email_read"), of("read", "email_send")],
                [],
                id="no call of its own needs a scope",
            ),
            pytest.param(
                [of("both", "email_send", ""), of("read", "email_read"), of("read", "email_send")],
                [],
                id="no call of its own was allowed",
            ),
            pytest.param(
                [of("both", "email_send"), of("both", TOLERANT, ""), of("read", "email_read")],
                ["MCS202 error email_read"],
                id="a denied call of its own shows nothing",
            ),
            pytest.param(
                [
                    of("both", "email_send"),
                    of("both", need("email_read", doubt="inferred")),
                    of("read", "email_read"),
                ],
                [],
                id="a doubtful call of its own explains it",
            ),
            pytest.param(
                [of("both", need("email_send", tolerated="email_read")), of("read", "email_read")],
                [],
                id="a trusted row of its own tolerates it",
            ),
            pytest.param(
                [of("both", "email_send"), of("read", need("email_read", doubt="inferred"))],
                ["MCS202 error email_read"],
                id="a doubtful call of the other log-in excuses nothing",
            ),
            pytest.param(
                [of("both", "email_send | email_read"), of("read", "email_read")],
                ["MCS202 error email_send"],
                id="either would do for it: said once, of all calls",
            ),
        ],
    )
    def test_fires(self, calls: list[CallMade], findings: list[str]) -> None:
        given = self.given(scopes(self.DECLARED), *calls, logins=(self.BOTH, self.READ))
        assert summaries_of(given, "MCS202") == findings

    @pytest.mark.parametrize(
        ("mark", "findings"),
        [
            pytest.param(scopes(DECLARED), ["MCS202 error email_read"], id="exact"),
            pytest.param(scopes(DECLARED, "at_least"), ["MCS202 error email_read"], id="at_least"),
            pytest.param(scopes(DECLARED, "at_most"), [], id="at_most"),
            pytest.param(LEAST, ["MCS202 error email_read"], id="least privilege"),
            pytest.param(NO_TOKEN, [], id="no token"),
        ],
    )
    def test_by_mark(self, mark: Expectation, findings: list[str]) -> None:
        calls = self.of("both", "email_send"), self.of("read", "email_read")
        given = self.given(mark, *calls, logins=(self.BOTH, self.READ))
        assert summaries_of(given, "MCS202") == findings

    def test_a_log_in_that_names_nothing_is_another_rules_business(self) -> None:
        calls = self.of("omitted", "email_send"), self.of("read", "email_read")
        given = self.given(scopes(self.DECLARED), *calls, logins=(self.OMITTED, self.READ))
        assert summaries_of(given, "MCS202") == []

    def test_a_log_in_that_is_not_declared_is_too(self) -> None:
        calls = self.of("both", "email_send"), self.of("read", "email_read")
        given = self.given(scopes("email_send"), *calls, logins=(self.BOTH, self.READ))
        assert summaries_of(given) == ["MCS102 error email_read"]

    @pytest.mark.parametrize(
        ("row", "what"),
        [
            pytest.param("email_send", "email_read", id="one"),
            pytest.param("push_read", "any one of email_read email_send, or all of them", id="two"),
            pytest.param(
                "push_read | email_read email_send",
                "any one of email_read email_send push_read",
                id="not all at once",
            ),
        ],
    )
    def test_its_text(self, row: str, what: str) -> None:
        three = words("email_read email_send push_read")
        login = Login(scopes=three, named=three, tokens=frozenset({"both"}))
        calls = [self.of("both", row)]
        calls += [self.of("read", each) for each in three if each not in row or "|" in row]
        if row == "email_send":
            login = self.BOTH
        given = self.given(scopes(" ".join(three)), *calls, logins=(login, self.READ))
        asks = " ".join(sorted(login.scopes))
        assert texts_of(given, "MCS202")[-1] == (
            f"unused scope: {what}, in the log-in that asks for {asks}: its own calls would do"
            " without, and another log-in has it for its calls"
        )


class TestTokensOfTheTestsOwn:
    """What the test looks up for itself excuses nothing that the code asks for."""

    BOTH = (scopes("email_read email_send"), ask("email_read email_send"), call("email_send"))

    @staticmethod
    def own(row: CallRequirements | str, granted: str | None = ASSIGNED) -> CallMade:
        return call(row, granted, own=True)

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(*BOTH, own("email_read")), ["MCS202 error email_read"], id="uses nothing"
            ),
            pytest.param(
                case(*BOTH, own(need("email_read", doubt="inferred"))),
                ["MCS202 error email_read"],
                id="explains nothing",
            ),
            pytest.param(
                case(*BOTH, own(need("push_read", tolerated="email_read"))),
                ["MCS202 error email_read"],
                id="tolerates nothing",
            ),
            pytest.param(
                case(LEAST, ask("email_read email_send"), call("email_send"), own("email_read")),
                ["MCS102 error email_read"],
                id="is no part of the minimum",
            ),
            pytest.param(
                case(LEAST, ask("email_read"), own("email_read")),
                ["MCS108 error"],
                id="is no minimum by itself",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send"), own("email_read", "")),
                ["MCS201 error email_read"],
                id="is denied as any other",
            ),
            pytest.param(
                case(NO_TOKEN, own("email_read", "")),
                ["MCS201 error email_read"],
                id="is denied where the code asks for none",
            ),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given) == findings

    def test_the_text_says_whose_calls_do_not_count(self) -> None:
        assert texts_of(case(LEAST, ask("email_read"), self.own("email_read"))) == [
            (
                "undetermined: the minimum of the calls is not shown, as no call with a token that"
                " the code itself asked for was allowed"
            )
        ]


class TestUnmappedCall:
    """MCS203: the catalogue does not know the route."""

    NEAR = packaged("GET", "/asset/v1/content/asset")

    @pytest.mark.parametrize(
        ("calls", "texts"),
        [
            pytest.param([call("email_read")], [], id="mapped"),
            pytest.param(
                [call(UNMAPPED), call(UNMAPPED, None)],
                ["unmapped call: GET /nowhere is not in the catalogue"],
                id="once for each route",
            ),
            pytest.param(
                [call(UNMAPPED, None)],
                ["unmapped call: GET /nowhere is not in the catalogue"],
                id="also without a good token",
            ),
            pytest.param(
                [call(NEAR)],
                [
                    (
                        "unmapped call: GET /asset/v1/content/asset is not in the catalogue; near:"
                        " GET /asset/v1/content/assets, POST /asset/v1/content/assets"
                    )
                ],
                id="with near misses",
            ),
        ],
    )
    @pytest.mark.parametrize("mark", [scopes("email_read"), LEAST, NO_TOKEN], ids=lambda m: m.kind)
    def test_fires_under_every_mark(
        self, calls: Iterable[CallMade], texts: list[str], mark: Expectation
    ) -> None:
        given = case(mark, *calls)
        assert texts_of(given, "MCS203") == texts
        assert {each.severity for each in findings_of(given, "MCS203")} <= {"note"}
