"""MCS301 to MCS304: how the code handles its secret and its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex

import pytest
from clouds import CloudOfOneTenant
from facts import texts_of
from messages import authorized, credentials, read_json, soap_request, token_request
from user_cases import CREATE, ORIGIN, SEND, ask, call, case

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.ledger.facts import Exposed, TokenRequested
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.privilege.lineage import by_mark
from pytest_mcscopes.privilege.observed import Insisted, Repeated, TenantActivity
from pytest_mcscopes.privilege.rules.case import Case
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes.cloud.packages import Package
    from pytest_mcscopes.ledger.ledger import Entry
    from pytest_mcscopes.privilege.expectation import Kind
    from pytest_mcscopes.privilege.findings import Finding
    from pytest_mcscopes.privilege.verdict import Verdict

CAMPAIGNS = "GET", "/hub/v1/campaigns"
"""Needs campaign_read, as is documented."""
EVENTS = "POST", "/interaction/v1/interactions/contactexit"
"""Needs what nobody is sure of."""
NO_ANSWER = -1


class World(CloudOfOneTenant):
    """One tenant, whose time stands still unless a test moves it."""

    def __init__(self) -> None:
        super().__init__(
            PackageConfig(client_id="one", client_secret="secret-one", business_units=(7,)),
            PackageConfig(name="second", client_id="two", client_secret="secret-two"),
            at=1_750_000_000.0,
        )
        self.window: list[Entry] = []
        self.open()

    def open(self) -> None:
        """Begin what the test answers for."""
        self.window.clear()
        self.ledger.stage.window = {self.ledger: self.window}

    @property
    def packages(self) -> dict[str, Package]:
        return self.cloud.state.packages

    def log_in(
        self,
        scope: str | None = "email_send",
        *,
        package: str = "integration",
        account_id: int | None = None,
        secret: str | None = None,
        query: str = "",
    ) -> str:
        """Ask for a token; give it, or nothing where it is refused."""
        mine = self.packages[package]
        form = credentials(mine, scope) | {"account_id": account_id}
        form |= {} if secret is None else {"client_secret": secret}
        answer = read_json(self.send(token_request(form, query=query)))
        token: str = answer.get("access_token", "")
        return token

    def call(
        self, token: str, route: tuple[str, str] = SEND, *, status: int = 200, query: str = ""
    ) -> None:
        """Make a call that a stub answers with a status, or never."""
        method, path = route
        admitted = self.send(authorized(token or None, path, method=method, query=query))
        if isinstance(admitted, Admitted) and status != NO_ANSWER:
            self.cloud.complete(admitted, Response(status=status))

    def create(self, token: str, *types: str, query: str = "") -> None:
        """Create objects over SOAP; a DataExtension needs data_extensions_write."""
        objects = "".join(f'<Objects xsi:type="{each}"/>' for each in types)
        body = f'<CreateRequest xmlns="http://exacttarget.com/wsdl/partnerAPI">{objects}</CreateRequest>'
        self.send(soap_request(body, token, query=query))

    def send(self, request: Request) -> Response | Admitted:
        return self.cloud.handle(request, self.at)

    def judge(self, declared: str = "email_send", kind: Kind = "scopes") -> Verdict:
        mark = Expectation(kind=kind, declared=frozenset(declared.split()), origin=ORIGIN)
        packages = {name: each.scopes for name, each in self.packages.items()}
        scene = TenantActivity(ledger=self.ledger, window=tuple(self.window), packages=packages)
        return judge(
            [
                Case(expectation=mark, observed=observed, catalogue=load_catalogue())
                for mark, observed in by_mark([scene], [mark])
            ]
        )

    def found(self, rule: str, kind: Kind = "scopes") -> list[Finding]:
        return [each for each in self.judge(kind=kind).findings if each.rule == rule]


@pytest.fixture
def world() -> World:
    """A tenant that nobody has called."""
    return World()


def test_the_secret_belongs_in_the_body(world: World) -> None:
    """The text tells where the secret was, and what it should have read."""
    world.call(world.log_in(query="client_secret=secret-one"))
    assert render(world.judge()) == (
        "MCS301: MCSCOPES: the code under test sends its client secret in a URL.\n"
        f"  declared   email_send                         {ORIGIN}\n"
        "  requested  email_send\n"
        '  granted    email_send                         package "integration" is assigned 86'
        " scopes\n"
        f"{' ' * 48}the default: everything\n"
        "  used       email_send                         POST"
        " /messaging/v1/email/messages/{messageKey} (documented)\n"
        "  MCS301  secret in a URL: a token request has it in query parameter client_secret\n"
        "          It should have read:\n"
        "            POST /v2/token\n"
        '            {"grant_type": "client_credentials", "client_id": "<id>",'
        ' "client_secret": "<secret>"}\n'
        "  URLs end up in logs: if this code has ever run against a real tenant, rotate the secret."
        "\n  More: mcscopes explain MCS301"
    )


def test_a_token_belongs_in_the_header(world: World) -> None:
    """The text tells where the token was, and what it should have read."""
    token = world.log_in()
    world.call(token)
    world.call("", query=f"access_token={token}")
    assert render(world.judge()) == (
        "MCS302: MCSCOPES: the code under test sends a token in a URL.\n"
        f"  declared   email_send                         {ORIGIN}\n"
        "  requested  email_send\n"
        '  granted    email_send                         package "integration" is assigned 86'
        " scopes\n"
        f"{' ' * 48}the default: everything\n"
        "  used       email_send                         POST"
        " /messaging/v1/email/messages/{messageKey} (documented)\n"
        "  MCS302  token in a URL: POST /messaging/v1/email/messages/{messageKey} has it in query"
        " parameter\n"
        "          access_token\n"
        "          It should have read:\n"
        "            POST /messaging/v1/email/messages/{messageKey}\n"
        "            Authorization: Bearer <token>\n"
        "  More: mcscopes explain MCS302"
    )


def test_over_soap_a_token_belongs_in_the_envelope(world: World) -> None:
    token = world.log_in()
    world.create(token, "FrameworkHealthCheck", query=f"access_token={token}")
    (finding,) = world.found("MCS302")
    assert finding.text == (
        "token in a URL: SOAP FrameworkHealthCheck Create has it in query parameter access_token"
    )
    assert finding.should_read == (
        "POST /Service.asmx",
        '<fueloauth xmlns="http://exacttarget.com">...</fueloauth>, in the Header of the envelope',
    )


@pytest.mark.parametrize(
    ("parameter", "line"),
    [
        pytest.param(
            "refresh_token=x",
            '{"grant_type": "refresh_token", "refresh_token": "<token>", ...}',
            id="refresh token",
        ),
        pytest.param(
            "access_token=x",
            "with the client's credentials in its body, and no access token",
            id="access token",
        ),
    ],
)
def test_a_token_request_with_a_token_in_its_url(parameter: str, line: str, world: World) -> None:
    world.log_in(query=parameter)
    (finding,) = world.found("MCS302")
    name = parameter.partition("=")[0]
    assert finding.text == f"token in a URL: a token request has it in query parameter {name}"
    assert finding.should_read == ("POST /v2/token", line)


def exposed_in_set_up(world: World) -> None:
    world.log_in(query="client_secret=secret-one&access_token=x")
    world.open()
    world.call(world.log_in())


def exposed_in_arrange(world: World) -> None:
    with world.ledger.arranging():
        world.log_in(query="client_secret=secret-one&access_token=x")


def exposed_nowhere(world: World) -> None:
    world.call(world.log_in(), query="page=1")


def exposed_by_lineage(world: World) -> None:
    token = world.log_in(query="client_secret=secret-one&access_token=x")
    world.open()
    world.call(token)


def exposed_when_refused(world: World) -> None:
    world.log_in(secret="wrong", query="client_secret=wrong&access_token=x")


def exposed_by_a_call(world: World) -> None:
    world.call("", ("GET", "/nowhere"), query="client_secret=x&access_token=x")


def exposed_by_another_package(world: World) -> None:
    world.log_in(package="second", query="client_secret=secret-two&access_token=x")


@pytest.mark.parametrize("kind", ["scopes", "least_privilege", "no_token"])
@pytest.mark.parametrize(
    ("happened", "fires"),
    [
        pytest.param(exposed_when_refused, True, id="refused request"),
        pytest.param(exposed_by_a_call, True, id="call without a token"),
        pytest.param(exposed_by_lineage, True, id="request whose token is presented"),
        pytest.param(exposed_by_another_package, True, id="package without a mark"),
        pytest.param(exposed_in_set_up, False, id="request whose token is not"),
        pytest.param(exposed_in_arrange, False, id="arrange"),
        pytest.param(exposed_nowhere, False, id="nothing"),
    ],
)
def test_when_a_url_is_judged(
    happened: Callable[[World], None], kind: Kind, world: World, *, fires: bool
) -> None:
    """Under every mark, on all that the test answers for."""
    happened(world)
    for rule in ("MCS301", "MCS302"):
        assert [each.severity for each in world.found(rule, kind)] == ["error"] * fires


def again_at_once(world: World) -> None:
    world.call(world.log_in())
    world.log_in()


def again_unused(world: World) -> None:
    world.log_in()
    world.log_in()


def again_with_half_a_life_and_more(world: World) -> None:
    world.log_in()
    world.at += 539
    world.log_in()


def again_as_others_were_called(world: World) -> None:
    world.log_in("email_read")
    world.call(world.log_in())
    world.log_in(package="second")
    world.log_in()


def again_after_a_failure_that_was_overcome(world: World) -> None:
    token = world.log_in()
    world.call(token, status=500)
    world.call(token)
    world.log_in()


def again_by_a_client_of_a_fixture(world: World) -> None:
    token = world.log_in()
    world.open()
    world.call(token)
    world.log_in()


def again_after_another_client_failed(world: World) -> None:
    token = world.log_in()
    world.call(world.log_in(package="second"), status=500)
    world.call(token)
    world.log_in()


def again_by_omission(world: World) -> None:
    world.log_in(None)
    world.log_in(None)


def once(world: World) -> None:
    token = world.log_in()
    world.call(token)
    world.call(token)


def at_half_of_its_life(world: World) -> None:
    world.log_in()
    world.at += 539.5
    world.log_in()


def other_scopes(world: World) -> None:
    world.log_in()
    world.log_in("email_read")
    world.log_in(None)


def other_account(world: World) -> None:
    world.log_in()
    world.log_in(account_id=7)


def other_client(world: World) -> None:
    world.log_in()
    world.log_in(package="second")


def after_401(world: World) -> None:
    token = world.log_in()
    world.call(token, status=401)
    world.call(token)
    world.log_in()


def after_401_without_a_token(world: World) -> None:
    token = world.log_in()
    world.call("")
    world.call(token)
    world.log_in()


def after_4xx(world: World) -> None:
    world.call(world.log_in(), status=400)
    world.log_in()


def after_5xx(world: World) -> None:
    world.call(world.log_in(), status=503)
    world.log_in()


def after_time_out(world: World) -> None:
    world.call(world.log_in(), status=NO_ANSWER)
    world.log_in()


def after_a_refused_request(world: World) -> None:
    world.log_in()
    world.cloud.state.fault_queue.order("token", "rate_limited")
    world.log_in()
    world.log_in()


def after_a_refused_request_only(world: World) -> None:
    world.cloud.state.fault_queue.order("token", "unavailable")
    world.log_in()
    world.log_in()


def after_a_failure_in_set_up(world: World) -> None:
    token = world.log_in()
    world.call(token, status=500)
    second = world.log_in()
    world.open()
    world.call(token)
    world.call(second)


def first_was_the_test_s_own(world: World) -> None:
    world.token({"email_send"})
    with world.ledger.arranging():
        world.log_in()
    world.log_in()


def first_is_not_presented(world: World) -> None:
    world.log_in()
    world.open()
    world.call(world.log_in())


@pytest.mark.parametrize(
    ("happened", "fires"),
    [
        pytest.param(again_at_once, True, id="at once"),
        pytest.param(again_unused, True, id="without a call between"),
        pytest.param(again_with_half_a_life_and_more, True, id="over half of its life left"),
        pytest.param(again_as_others_were_called, True, id="others between"),
        pytest.param(again_after_a_failure_that_was_overcome, True, id="failure overcome"),
        pytest.param(again_by_a_client_of_a_fixture, True, id="first of a fixture"),
        pytest.param(again_after_another_client_failed, True, id="failure of another client"),
        pytest.param(again_by_omission, True, id="scope omitted"),
        pytest.param(once, False, id="once"),
        pytest.param(at_half_of_its_life, False, id="half of its life left"),
        pytest.param(other_scopes, False, id="other scopes"),
        pytest.param(other_account, False, id="other account"),
        pytest.param(other_client, False, id="other client"),
        pytest.param(after_401, False, id="401"),
        pytest.param(after_401_without_a_token, False, id="401 without a token"),
        pytest.param(after_4xx, False, id="retry after 4xx"),
        pytest.param(after_5xx, False, id="retry after 5xx"),
        pytest.param(after_time_out, False, id="retry after a time-out"),
        pytest.param(after_a_refused_request, False, id="retry of a refused request"),
        pytest.param(after_a_refused_request_only, False, id="first was refused"),
        pytest.param(after_a_failure_in_set_up, False, id="retry in set-up"),
        pytest.param(first_was_the_test_s_own, False, id="first was the test's own"),
        pytest.param(first_is_not_presented, False, id="first is not the test's"),
    ],
)
def test_a_token_is_to_be_reused(
    happened: Callable[[World], None], world: World, *, fires: bool
) -> None:
    """A second one is needless while the first has over half of its advertised life left."""
    happened(world)
    assert [each.severity for each in world.found("MCS303")] == ["note"] * fires


def test_the_text_of_tokens_that_were_not_reused(world: World) -> None:
    """One finding for each set of scopes, with what it should have read."""
    world.log_in()
    world.log_in("")
    world.at += 79.4
    world.log_in()
    world.log_in()
    world.log_in("")
    findings = world.found("MCS303")
    left = "when the first one had 1000 of its 1079 seconds left"
    assert [each.text for each in findings] == [
        f"token not reused: 2 more tokens for email_send, {left}",
        f"token not reused: another token for no scope, {left}",
    ]
    assert {each.should_read for each in findings} == {
        ("Authorization: Bearer <token>, of the first token until its expires_in has run out",)
    }


def asked_again(world: World) -> None:
    world.call(world.log_in(), CAMPAIGNS)
    world.log_in()


def asked_again_and_refused(world: World) -> None:
    world.call(world.log_in(), CAMPAIGNS)
    world.cloud.state.fault_queue.order("token", "rate_limited")
    world.log_in()


def asked_again_after_a_stub_s_403(world: World) -> None:
    world.call(world.log_in(), status=403)
    world.log_in()


def asked_again_in_other_words(world: World) -> None:
    world.call(world.log_in("email_send email_read"), CAMPAIGNS)
    world.log_in("email_read email_send email_read")


def asked_after_a_token_was_handed_over(world: World) -> None:
    world.call(world.token({"email_send"}), CAMPAIGNS)
    world.log_in()


def asked_again_after_a_denial_over_soap(world: World) -> None:
    world.create(world.log_in(), "DataExtension")
    world.log_in()


def asked_again_after_part_was_denied_over_soap(world: World) -> None:
    world.create(world.log_in(), "FrameworkHealthCheck", "DataExtension")
    world.log_in()


def asked_for_more_over_soap(world: World) -> None:
    world.create(world.log_in(), "DataExtension")
    world.log_in("data_extensions_write email_send")


def asked_after_a_doubtful_row_let_it_through(world: World) -> None:
    world.create(world.log_in(), "Subscriber")
    world.at += 700
    world.log_in()


def asked_for_more(world: World) -> None:
    world.call(world.log_in(), CAMPAIGNS)
    world.log_in("email_send campaign_read")


def asked_for_less(world: World) -> None:
    world.call(world.log_in("email_send email_read"), CAMPAIGNS)
    world.log_in()


def asked_elsewhere(world: World) -> None:
    world.call(world.log_in(), CAMPAIGNS)
    world.log_in(account_id=7)


def asked_by_another_client(world: World) -> None:
    world.call(world.log_in(), CAMPAIGNS)
    world.log_in(package="second")


def went_on_before_asking(world: World) -> None:
    token = world.log_in()
    world.call(token, CAMPAIGNS)
    world.call(token)
    world.log_in()


def asked_when_due(world: World) -> None:
    world.call(world.log_in(), CAMPAIGNS)
    world.at += 1079
    world.log_in()


def asked_before(world: World) -> None:
    token = world.log_in()
    world.log_in()
    world.call(token, CAMPAIGNS)


def asked_after_401(world: World) -> None:
    world.call(world.log_in(), status=401)
    world.log_in()


def asked_after_a_made_up_token(world: World) -> None:
    admitted = world.send(authorized("made-up"))
    assert isinstance(admitted, Response)
    world.ledger.entries[-1].answered = 403
    world.log_in()


def asked_after_a_403_in_set_up(world: World) -> None:
    token = world.log_in()
    world.call(token, CAMPAIGNS)
    world.open()
    world.log_in()


@pytest.mark.parametrize(
    ("happened", "fires"),
    [
        pytest.param(asked_again, True, id="again"),
        pytest.param(asked_again_and_refused, True, id="again, and refused"),
        pytest.param(asked_again_after_a_stub_s_403, True, id="stub's 403"),
        pytest.param(asked_again_in_other_words, True, id="in another order"),
        pytest.param(asked_after_a_token_was_handed_over, True, id="token was handed over"),
        pytest.param(asked_again_after_a_denial_over_soap, True, id="SOAP"),
        pytest.param(asked_again_after_part_was_denied_over_soap, True, id="SOAP, in part"),
        pytest.param(asked_for_more_over_soap, False, id="SOAP, more scopes"),
        pytest.param(asked_after_a_doubtful_row_let_it_through, False, id="SOAP, doubtful row"),
        pytest.param(asked_for_more, False, id="more scopes"),
        pytest.param(asked_for_less, False, id="fewer scopes"),
        pytest.param(asked_elsewhere, False, id="other account"),
        pytest.param(asked_by_another_client, False, id="other client"),
        pytest.param(went_on_before_asking, False, id="went on before"),
        pytest.param(asked_when_due, False, id="token has run out"),
        pytest.param(asked_before, False, id="asked before"),
        pytest.param(asked_after_401, False, id="401"),
        pytest.param(asked_after_a_made_up_token, False, id="made-up token"),
        pytest.param(asked_after_a_403_in_set_up, False, id="403 in set-up"),
    ],
)
def test_a_denial_is_not_answered_by_the_same_request(
    happened: Callable[[World], None], world: World, *, fires: bool
) -> None:
    """A token of the same scopes is denied the same; other scopes are step-up."""
    happened(world)
    assert [each.severity for each in world.found("MCS304")] == ["note"] * fires
    if fires:
        assert world.found("MCS303") == []


@pytest.mark.parametrize(
    ("route", "scope", "text", "lines"),
    [
        pytest.param(
            CAMPAIGNS,
            "email_send",
            "GET /hub/v1/campaigns was denied, and then the client asked for the same again,"
            ' scope="email_send"',
            ['or, once campaign_read is approved and declared, scope="campaign_read email_send"'],
            id="trusted row",
        ),
        pytest.param(
            EVENTS,
            "email_send",
            "POST /interaction/v1/interactions/contactexit was denied, and then the client asked"
            ' for the same again, scope="email_send"',
            [],
            id="doubtful row",
        ),
        pytest.param(
            CAMPAIGNS,
            None,
            "GET /hub/v1/campaigns was denied, and then the client asked for the same again,"
            " no scope parameter",
            [],
            id="stub's 403",
        ),
    ],
)
def test_the_text_of_a_request_after_a_403(
    route: tuple[str, str], scope: str | None, text: str, lines: list[str], world: World
) -> None:
    """It should have read nothing, or what a person has approved where the row is sure of it."""
    world.call(world.log_in(scope), route, status=403)
    world.log_in(scope)
    (finding,) = world.found("MCS304")
    assert finding.text == f"token requested after a 403: {text}"
    assert [*finding.should_read] == ["no token request: the same scopes are denied again", *lines]


def test_over_soap_there_is_no_403(world: World) -> None:
    """The text says that the call was denied, which is not to be seen from its status."""
    world.create(world.log_in(), "DataExtension")
    assert world.ledger.entries[-1].answered == 200
    world.log_in()
    (finding,) = world.found("MCS304")
    assert finding.text == (
        "token requested after a denial over SOAP: SOAP DataExtension Create was denied, and then"
        ' the client asked for the same again, scope="email_send"'
    )
    assert [*finding.should_read] == [
        "no token request: the same scopes are denied again",
        (
            "or, once data_extensions_write is approved and declared,"
            ' scope="data_extensions_write email_send"'
        ),
    ]


class Counted(list["Entry"]):
    """A list that knows how often it was read, and cannot be read from end to end."""

    reads = 0
    __iter__ = None  # type: ignore[assignment]

    def __getitem__(self, place: SupportsIndex) -> Entry:  # type: ignore[override]  # no slices
        self.reads += 1
        return super().__getitem__(place)


def test_the_cost_does_not_grow_with_the_ledger(world: World) -> None:
    """Of a long session, a verdict reads its own window, and finds the rest by halving."""
    token = world.log_in()
    for _ in range(1_000):
        world.call(token)
    world.open()
    world.call(token)
    world.log_in()
    counted = [Counted(entries) for entries in world.ledger.doings.values()]
    world.ledger.doings = dict(zip(world.ledger.doings, counted, strict=True))
    world.ledger.entries = Counted(world.ledger.entries)
    assert len(world.found("MCS303")) == 1
    assert sum(entries.reads for entries in counted) <= 16


class TestCodeFlow:
    """The line that a request of the code flow should have read."""

    @pytest.mark.parametrize(
        ("request_", "exposed", "name", "lines"),
        [
            pytest.param(
                ask("email_send", "authorize"),
                Exposed(what="secret", where="query parameter client_secret"),
                "an authorize request",
                ("GET /v2/authorize?response_type=code&client_id=<id>&redirect_uri=<address>",),
                id="secret in an authorize request",
            ),
            pytest.param(
                ask("email_send", "authorize"),
                Exposed(what="token", where="the query"),
                "an authorize request",
                ("GET /v2/authorize?response_type=code&client_id=<id>&redirect_uri=<address>",),
                id="token in an authorize request",
            ),
            pytest.param(
                ask("email_send"),
                Exposed(what="secret", where="the query"),
                "a token request",
                (
                    "POST /v2/token",
                    (
                        '{"grant_type": "authorization_code", "code": "<code>", "redirect_uri":'
                        ' "<address>", "client_id": "<id>", "client_secret": "<secret>"}'
                    ),
                ),
                id="secret in an exchange",
            ),
            pytest.param(
                ask(None, "refresh_token"),
                Exposed(what="secret", where="the query"),
                "a token request",
                (
                    "POST /v2/token",
                    (
                        '{"grant_type": "refresh_token", "refresh_token": "<token>", "client_id":'
                        ' "<id>", "client_secret": "<secret>"}'
                    ),
                ),
                id="secret in a refresh",
            ),
        ],
    )
    def test_in_a_url(
        self, request_: TokenRequested, exposed: Exposed, name: str, lines: tuple[str, ...]
    ) -> None:
        given = case("email_send", request_._replace(exposed=(exposed,)), ask("email_send"))
        (finding,) = judge([given]).findings
        assert finding.text == f"{exposed.what} in a URL: {name} has it in {exposed.where}"
        assert finding.should_read == lines

    def test_a_token_that_is_not_reused_names_the_user(self) -> None:
        first, second = ask("email_send", expires_in=1000), ask("email_send", at=1)
        given = case("email_send", first, second, repeated=(Repeated(first=first, second=second),))
        assert texts_of(given, "MCS303") == [
            (
                'token not reused: another token for email_send for user "Ada", when the first one'
                " had 999 of its 1000 seconds left"
            )
        ]

    def test_no_request_helps_where_the_user_may_not(self) -> None:
        denied = call(SEND, "email_send", CREATE, expected=True)
        again = ask(None, "refresh_token")
        given = case(
            "email_send", ask("email_send"), insisted=(Insisted(denied=denied, again=again),)
        )
        assert [each.should_read for each in judge([given]).findings] == [
            ('no token request: user "Ada" may not do this, whatever the scopes',)
        ]
