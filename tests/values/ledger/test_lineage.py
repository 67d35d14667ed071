"""What a ledger knows of users: from an access token back to the log-in, and who was compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import pytest
from facts import call_made, findings_of, packaged, scopes, token_requested

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.ledger.facts import CallMade
from pytest_mcscopes.ledger.ledger import Ledger
from pytest_mcscopes.privilege.lineage import by_mark
from pytest_mcscopes.privilege.observed import TenantActivity
from pytest_mcscopes.privilege.rules.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes.ledger.ledger import Entry
    from pytest_mcscopes.privilege.observed import Observed

ASSIGNED = frozenset({"email_read", "email_send", "offline"})
SEND = "POST", "/messaging/v1/email/messages/r-1", "rest"
USERINFO = "GET", "/v2/userinfo", "auth"
USERINFO_AT_REST = "GET", "/v2/userinfo", "rest"
LOST = "GET", "/lost", "auth"


@dataclass(slots=True)
class App:
    """A web app and its users, in the ledger of one tenant."""

    ledger: Ledger = field(default_factory=Ledger)
    window: list[Entry] = field(default_factory=list)
    at: float = 0
    scopes: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of each code and refresh token."""
    _names: count[int] = field(default_factory=lambda: count(1))

    def open(self) -> None:
        self.window.clear()
        self.ledger.stage.window = {self.ledger: self.window}

    def authorize(self, scope: str | None = "email_send", *, user: str = "Ada") -> str:
        """Let a user log in; give the code."""
        code = f"code {next(self._names)}"
        self.ask("authorize", scope, ASSIGNED, user=user, also_issued=code)
        return code

    def exchange(self, code: str, scope: str | None = None, *, error: str | None = None) -> str:
        """Redeem a code; give the access token, and the refresh token by the same number."""
        return self._redeem("authorization_code", code, scope, error)

    def refresh(self, token: str, scope: str | None = None) -> str:
        """Renew an access token by the refresh token that came with it."""
        return self._redeem("refresh_token", token.replace("access", "refresh"), scope, None)

    def log_in(self, scope: str | None = "email_send", *, user: str = "Ada") -> str:
        return self.exchange(self.authorize(scope, user=user))

    def call(
        self,
        token: str | None,
        route: tuple[str, str, str] = SEND,
        *,
        status: int = 200,
        user_denied: bool = False,
        package: str = "integration",
    ) -> None:
        """Make a call with an access token, or without a good one."""
        method, path, host = route
        issued = self.ledger.tokens.get(token or "")
        fact = issued.fact if issued else None
        assert not isinstance(fact, CallMade)
        entry = self.ledger.append(
            call_made(
                packaged(method, path, "auth" if path == USERINFO[1] else host),
                None if fact is None or fact.granted is None else " ".join(fact.granted),
                at=self.at,
                host=host,
                method=method,
                path=path,
                package=package if fact else None,
                token=token,
                user=fact.user if fact else None,
                missing_permissions=("152 TriggeredSendDefinition Create",) if user_denied else (),
                user_denied=user_denied,
                status=status,
            )
        )
        entry.answered = status

    def ask(
        self,
        grant_type: str,
        scope: str | None,
        held: frozenset[str],
        *,
        user: str | None,
        presented: str | None = None,
        token: str | None = None,
        also_issued: str | None = None,
        error: str | None = None,
    ) -> None:
        requested = held if scope is None else frozenset(scope.split())
        if also_issued:
            self.scopes[also_issued] = requested
        entry = self.ledger.append(
            token_requested(
                scope,
                ASSIGNED,
                at=self.at,
                grant_type=grant_type,
                requested=requested,
                granted=requested if token else None,
                token=token,
                also_issued=(also_issued,) if also_issued else (),
                presented=presented,
                user=user,
                expires_in=1000 if token else 0,
                account_id=1 if token else None,
                error=error,
            )
        )
        entry.answered = 400 if error else 200

    def observed(self, declared: str = "email_send") -> Observed:
        packages = {"integration": ASSIGNED, "second": ASSIGNED}
        scene = TenantActivity(ledger=self.ledger, window=tuple(self.window), packages=packages)
        return by_mark([scene], [scopes(declared)])[0][1]

    def findings(self, *rules: str) -> list[str]:
        """Give rule and scopes of what is found."""
        case = Case(
            expectation=scopes("email_send"),
            observed=self.observed(),
            catalogue=load_catalogue(),
        )
        return [" ".join([each.rule, *sorted(each.scopes)]) for each in findings_of(case, *rules)]

    def _redeem(self, grant_type: str, presented: str, scope: str | None, error: str | None) -> str:
        number = next(self._names)
        issuer = self.ledger.tokens.get(presented)
        user = issuer.fact.user if issuer else None
        held = self.scopes.get(presented, frozenset())
        self.ask(
            grant_type,
            scope,
            held,
            user=user,
            presented=presented,
            token=None if error else f"access {number}",
            also_issued=None if error else f"refresh {number}",
            error=error,
        )
        return f"access {number}"


@pytest.fixture
def app() -> App:
    """A web app that nobody has logged in to, in a test that begins."""
    app = App()
    app.open()
    return app


class TestLineage:
    def test_of_an_exchanged_token(self, app: App) -> None:
        """From the access token to its exchange, and by the code to the authorize request."""
        assert [each.number for each in app.ledger.lineage(app.log_in())] == [1, 0]

    def test_of_a_renewed_token(self, app: App) -> None:
        token = app.refresh(app.refresh(app.log_in()))
        assert [each.number for each in app.ledger.lineage(token)] == [3, 2, 1, 0]

    def test_of_a_refresh_token_that_is_given_out_again(self, app: App) -> None:
        """It stays that of its first request."""
        first = app.log_in()
        for number in (1, 2):
            app.ask(
                "refresh_token",
                None,
                ASSIGNED,
                user="Ada",
                presented="refresh 2",
                token=f"again {number}",
                also_issued="refresh 2",
            )
        assert first == "access 2"
        assert [each.number for each in app.ledger.lineage("again 2")] == [3, 1, 0]


def called_with_it(app: App) -> None:
    token = app.log_in()
    app.open()
    app.call(token)


def exchanged(app: App) -> None:
    code = app.authorize()
    app.open()
    app.exchange(code)


def refused(app: App) -> None:
    code = app.authorize()
    app.open()
    app.exchange(code, error="invalid_grant")


def renewed(app: App) -> None:
    token = app.log_in()
    app.open()
    app.refresh(token)


def renewed_by_arrange(app: App) -> None:
    with app.ledger.arranging():
        token = app.log_in()
    app.open()
    app.refresh(token)


def of_another_user(app: App) -> None:
    app.log_in(user="Bob")
    called_with_it(app)


@pytest.mark.parametrize(
    ("story", "judged"),
    [
        pytest.param(called_with_it, ["authorize", "authorization_code"], id="token presented"),
        pytest.param(exchanged, ["authorize", "authorization_code"], id="code presented"),
        pytest.param(refused, ["authorize", "authorization_code"], id="code presented in vain"),
        pytest.param(
            renewed, ["authorize", "authorization_code", "refresh_token"], id="refresh token"
        ),
        pytest.param(renewed_by_arrange, ["refresh_token"], id="what the test itself got"),
        pytest.param(of_another_user, ["authorize", "authorization_code"], id="of one user only"),
    ],
)
def test_a_log_in_is_judged_once_anything_of_it_is_presented(
    story: Callable[[App], None], judged: list[str], app: App
) -> None:
    """A code and a refresh token count like an access token: no call is needed."""
    story(app)
    assert [each.grant_type for each in app.observed().requests] == judged


class TestEffectiveScopes:
    """MCS101, MCS102 and MCS106 on the way from a log-in to its tokens."""

    RULES = ("MCS101", "MCS102", "MCS106")

    def test_a_refresh_without_scope_asks_for_the_same_again(self, app: App) -> None:
        app.refresh(app.log_in("email_send"))
        assert app.findings(*self.RULES) == []

    def test_a_later_log_in_without_scope_drops_it(self, app: App) -> None:
        app.log_in("email_send")
        app.log_in(None)
        assert app.findings(*self.RULES) == ["MCS106 email_read"]

    def test_a_log_in_without_scope_asks_for_everything(self, app: App) -> None:
        """Once: neither exchange nor refresh add to it."""
        app.refresh(app.log_in(None))
        assert app.findings(*self.RULES) == ["MCS101 email_read"]

    def test_so_it_does_where_only_its_code_is_presented(self, app: App) -> None:
        code = app.authorize(None)
        app.open()
        app.exchange(code)
        assert app.findings(*self.RULES) == ["MCS101 email_read"]

    def test_an_exchange_for_more_asks_for_more(self, app: App) -> None:
        app.exchange(app.authorize("email_send"), "email_send email_read", error="invalid_scope")
        assert app.findings(*self.RULES) == ["MCS102 email_read"]

    def test_a_refresh_for_more_asks_for_more(self, app: App) -> None:
        app.refresh(app.log_in("email_send"), "email_send email_read")
        assert app.findings(*self.RULES) == ["MCS102 email_read"]

    def test_an_exchange_for_less_does_not_make_the_log_in_ask_for_less(self, app: App) -> None:
        app.exchange(app.authorize("email_send email_read"), "email_send")
        assert app.findings(*self.RULES) == ["MCS102 email_read"]

    def test_offline_is_no_excess_where_a_user_logs_in(self, app: App) -> None:
        app.refresh(app.log_in("email_send offline"), "email_send offline")
        assert app.findings(*self.RULES) == []

    def test_offline_is_excess_where_a_client_acts_for_itself(self, app: App) -> None:
        app.ask("client_credentials", "email_send offline", ASSIGNED, user=None, token="own")
        assert app.findings(*self.RULES) == ["MCS102 offline"]


class TestUncompared:
    """The calls for a user before the code had read v2/userinfo with a token of that user."""

    @pytest.mark.parametrize(
        ("route", "status", "left"),
        [
            pytest.param(USERINFO, 200, 0, id="read"),
            pytest.param(USERINFO_AT_REST, 200, 0, id="read at the REST host"),
            pytest.param(USERINFO, 503, 1, id="not answered"),
            pytest.param(SEND, 200, 2, id="another call"),
            pytest.param(LOST, 404, 1, id="something else on the auth host"),
        ],
    )
    def test_by_what_was_read_before(
        self, route: tuple[str, str, str], status: int, left: int, app: App
    ) -> None:
        token = app.log_in()
        app.call(token, route, status=status)
        app.call(token)
        assert [each.path for each in app.observed().uncompared] == [SEND[1]] * left

    def test_what_is_read_later_does_not_count(self, app: App) -> None:
        token = app.log_in()
        app.call(token)
        app.call(token, USERINFO)
        app.call(token)
        assert len(app.observed().uncompared) == 1

    def test_what_was_read_in_an_earlier_test_counts(self, app: App) -> None:
        """With another token of the same user."""
        app.call(app.log_in(), USERINFO)
        app.open()
        app.call(app.log_in())
        assert app.observed().uncompared == ()

    def test_what_was_read_for_another_user_does_not_count(self, app: App) -> None:
        app.call(app.log_in(user="Bob"), USERINFO)
        app.call(app.log_in())
        assert [each.user for each in app.observed().uncompared] == ["Ada"]

    def test_what_another_package_read_does_not_count(self, app: App) -> None:
        token = app.log_in()
        app.call(token, USERINFO, package="second")
        app.call(token)
        assert len(app.observed().uncompared) == 1

    def test_what_the_test_itself_read_does_not_count(self, app: App) -> None:
        token = app.log_in()
        with app.ledger.arranging():
            app.call(token, USERINFO)
        app.call(token)
        assert len(app.observed().uncompared) == 1

    def test_a_call_of_another_package_is_laid_at_its_own_door(self, app: App) -> None:
        app.call(app.log_in(), package="second")
        assert app.observed().uncompared == ()

    def test_a_call_for_no_user_needs_no_comparison(self, app: App) -> None:
        app.ask("client_credentials", "email_send", ASSIGNED, user=None, token="own")
        app.call("own")
        app.call(None)
        assert app.observed().uncompared == ()


@pytest.mark.parametrize(
    ("scope", "wanted", "found"),
    [
        pytest.param("email_send", [], 1, id="the user may not, any denial"),
        pytest.param("email_send", ["email_send"], 0, id="the user may not, one for want of this"),
        pytest.param("email_read", ["email_send"], 1, id="scope and user, one for want of this"),
        pytest.param("email_read", [], 1, id="scope and user, any denial"),
    ],
)
def test_an_expected_denial(scope: str, wanted: list[str], found: int, app: App) -> None:
    """What bars a user is no want of a scope; without named scopes it is a denial like any."""
    token = app.log_in(scope)
    with app.ledger.expecting(frozenset(wanted)) as denials:
        app.call(token, user_denied=True)
    assert len(denials.here) == found
    assert [each.expected for each in app.observed().calls] == [bool(found)]


class TestReuse:
    """MCS303 and MCS304 tell users apart."""

    def test_a_second_log_in_of_the_same_user_may_be_another_browser(self, app: App) -> None:
        app.log_in()
        app.log_in()
        assert app.findings("MCS303") == []

    def test_a_renewal_of_a_good_token_is_not_reuse(self, app: App) -> None:
        app.refresh(app.log_in())
        assert app.findings("MCS303") == ["MCS303 email_send"]

    def test_each_user_has_a_token_of_their_own(self, app: App) -> None:
        app.log_in(user="Ada")
        app.log_in(user="Bob")
        assert app.findings("MCS303") == []

    def test_each_user_is_told(self, app: App) -> None:
        for user in ("Ada", "Bob"):
            app.refresh(app.log_in(user=user))
        assert app.findings("MCS303") == ["MCS303 email_send"] * 2

    def test_a_log_in_after_a_403_asks_for_the_same_again(self, app: App) -> None:
        """Once: its exchange is a second step of the same request."""
        app.call(app.log_in(), status=403)
        app.log_in()
        assert [each.again.grant_type for each in app.observed().insisted] == ["authorize"]

    def test_a_refresh_after_a_403_does_too(self, app: App) -> None:
        token = app.log_in()
        app.call(token, status=403)
        app.refresh(token)
        assert [each.again.grant_type for each in app.observed().insisted] == ["refresh_token"]

    def test_an_exchange_does_where_the_test_itself_logged_the_user_in(self, app: App) -> None:
        app.call(app.log_in(), status=403)
        with app.ledger.arranging():
            code = app.authorize()
        app.exchange(code)
        assert [each.again.grant_type for each in app.observed().insisted] == ["authorization_code"]

    @pytest.mark.parametrize(
        ("user", "scope"),
        [
            pytest.param("Bob", "email_send", id="another user"),
            pytest.param("Ada", "email_send email_read", id="step-up"),
        ],
    )
    def test_what_is_no_insisting(self, user: str, scope: str, app: App) -> None:
        app.call(app.log_in(), status=403)
        app.log_in(scope, user=user)
        assert app.observed().insisted == ()
