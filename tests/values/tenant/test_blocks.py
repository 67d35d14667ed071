"""What stands in `judged` and `expect_denied` blocks, and what the admin package does."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import httpx
import messages
import pytest
from ledgers import every_word
from tenants import build_tenant, core_of

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config
from pytest_mcscopes.errors import ConfigError, McScopesError, ScopeAssertionError
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.session.conclusion import BodyEnd
from pytest_mcscopes.session.driver import SessionDriver
from pytest_mcscopes.tenant.blocks import shown_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mcscopes.cloud.packages import Package
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.tenant.tenant import Tenant

SEND = "POST", "messaging/v1/email/messages/1"
CAMPAIGNS = "GET", "hub/v1/campaigns"
NOWHERE = "GET", "nowhere"
STILL_OPEN = "  The block was still open when its test, or its tenant, ended: it was judged there."
HERE = re.compile(r"[^ ]*test_blocks\.py:\d+")


@pytest.fixture
def driver() -> Iterator[SessionDriver]:
    """A session's Marketing Cloud, which writes verdicts like the plugin's."""
    driver = SessionDriver(Config(), load_catalogue(), [])
    yield driver
    driver.close()


@pytest.fixture
def tenant(driver: SessionDriver) -> Iterator[Tenant]:
    """A tenant with two packages."""
    with driver.cloud.tenant(packages=[{}, {"name": "second"}]) as tenant:
        yield tenant


def ask(tenant: Tenant, scope: str | None = "email_send", package: Package | None = None) -> str:
    """Ask for a token by httpx; give it."""
    token: str = messages.ask(tenant, scope, package).json()["access_token"]
    return token


def call(tenant: Tenant, token: str, route: tuple[str, str] = SEND) -> int:
    """Call the REST host; give the status."""
    method, path = route
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(verify=False) as client:  # noqa: S501 - never reaches a network
        return client.request(method, tenant.rest_url + path, headers=headers).status_code


def send(tenant: Tenant, scope: str | None = "email_send") -> None:
    call(tenant, ask(tenant, scope))


@contextmanager
def failing(match: str | None = None) -> Iterator[pytest.ExceptionInfo[ScopeAssertionError]]:
    """Expect a block to fail, whose own steps may be several."""
    with pytest.raises(ScopeAssertionError, match=match) as error:
        yield error


def told(error: BaseException) -> str:
    """Give the text, with the place in this file as a word."""
    return HERE.sub("<here>", str(error))


def send_and_fail(tenant: Tenant, scope: str) -> None:
    send(tenant, scope)
    raise KeyError


def found(driver: SessionDriver) -> list[str]:
    """Take what the blocks came to."""
    findings = driver.take_report().blocks
    assert findings is not None
    return [f"{each.rule} {each.severity}" for each in findings.findings]


class TestJudged:
    def test_the_minimum_passes(self, driver: SessionDriver, tenant: Tenant) -> None:
        """Phases come one after the other, each with a list of its own."""
        with tenant.judged("email_send"):
            send(tenant)
        with tenant.judged("email_read", package="second"):
            ask(tenant, "email_read", tenant.packages["second"])
        assert found(driver) == []

    def test_an_excess_fails_at_the_end(self, tenant: Tenant) -> None:
        """The text is a mark's, with the place of the block."""
        with failing() as error, tenant.judged("email_send"):
            send(tenant, "email_send email_read")
        assert told(error.value) == (
            "MCS102 email_read: MCSCOPES: the code under test asks Marketing Cloud for more than it"
            " needs.\n"
            "  declared   email_send                         mc_tenant.judged(...), <here>\n"
            "  requested  email_read email_send\n"
            '  granted    email_read email_send              package "integration" is assigned'
            " 86 scopes\n"
            f"{' ' * 48}the default: everything\n"
            "  used       email_send                         POST"
            " /messaging/v1/email/messages/{messageKey} (documented)\n"
            "  MCS102  excess scope: email_read\n"
            '  Request scope="email_send" instead.\n'
            "  More: mcscopes explain MCS102"
        )

    @pytest.mark.parametrize(
        ("match", "scope", "rules"),
        [
            pytest.param("exact", "email_read", ["MCS103 error"], id="exact, less"),
            pytest.param("at_most", "email_read", [], id="at most, less"),
            pytest.param(
                "at_most",
                "email_read email_send email_write",
                ["MCS102 error"],
                id="at most, more",
            ),
            pytest.param(
                "at_least",
                "email_read email_send email_write",
                ["MCS102 note"],
                id="at least, more",
            ),
            pytest.param("at_least", "email_read", ["MCS103 error"], id="at least, less"),
        ],
    )
    def test_matches(
        self, match: Match, scope: str, rules: list[str], driver: SessionDriver, tenant: Tenant
    ) -> None:
        """As with the mark."""

        def judge() -> None:
            with tenant.judged("email_read", "email_send", match=match):
                ask(tenant, scope)

        if any(rule.endswith("error") for rule in rules):
            with pytest.raises(ScopeAssertionError):
                judge()
        else:
            judge()
        assert found(driver) == rules

    def test_only_the_block_is_judged(self, driver: SessionDriver, tenant: Tenant) -> None:
        """What comes before, after or in arrange() is not."""
        ask(tenant, None)
        with tenant.judged("email_send"):
            send(tenant)
            with tenant.arrange():
                ask(tenant, None)
        ask(tenant, None)
        assert found(driver) == []

    def test_tokens_are_judged_by_lineage(self, tenant: Tenant) -> None:
        """An earlier request counts as soon as its token is presented."""
        token = ask(tenant, "email_send email_read")
        with failing("MCS102  excess scope: email_read"), tenant.judged("email_send"):
            call(tenant, token)

    def test_no_request_fails(self, tenant: Tenant) -> None:
        """Other hosts that the code was seen to call are named."""
        with failing() as error, tenant.judged("email_send"):
            transport = httpx.HTTPTransport(proxy="http://127.0.0.1:9")
            with httpx.Client(transport=transport) as client, pytest.raises(httpx.ConnectError):
                client.get("http://example.test/")
        text = "  MCS105  no token granted: no token request arrived; the code was seen to call"
        assert f"{text} example.test\n" in told(error.value)

    def test_a_package_that_is_not_meant_may_ask_for_nothing(self, tenant: Tenant) -> None:
        """As beside marked packages."""
        with failing("MCS109  unexpected token request"), tenant.judged("email_send"):
            send(tenant)
            ask(tenant, "email_read", tenant.packages["second"])

    def test_what_is_another_tenant_s_is_told(self, driver: SessionDriver, tenant: Tenant) -> None:
        """Its token here, and its host once it has ended."""
        with driver.cloud.tenant() as ended:
            token = ask(ended)
        with failing() as error, tenant.judged("email_send"):
            send(tenant)
            assert call(tenant, token) == 401
            with pytest.raises(httpx.ConnectError):
                call(ended, token)
        text = " ".join(told(error.value).split())
        assert f"the code used host {ended.subdomain}.rest.marketingcloudapis.com" in text
        assert "the code used a token" in text

    def test_what_a_forked_child_calls_is_told(
        self, driver: SessionDriver, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By the block that was open, and by no other."""
        driver.begin_test("test_1")
        with failing() as error, tenant.judged("email_send"):
            send(tenant)
            monkeypatch.setattr("os.getpid", lambda: -1)
            with pytest.raises(httpx.ConnectError):
                ask(tenant)
            monkeypatch.undo()
        text = " ".join(told(error.value).split())
        assert "a process that was forked in test_1 called mc" in text
        with tenant.judged("email_send"):
            send(tenant)

    def test_an_own_exception_wins(self, driver: SessionDriver, tenant: Tenant) -> None:
        """What was found is a note to it; absence proves nothing."""
        with pytest.raises(KeyError) as error, tenant.judged("email_send", "sms_send"):
            send_and_fail(tenant, "email_send email_read sms_send")
        (note,) = error.value.__notes__
        assert "  MCS102  excess scope: email_read\n" in note
        assert "MCS202" not in note
        assert found(driver) == ["MCS102 error"]

    def test_an_own_exception_alone_stays_so(self, driver: SessionDriver, tenant: Tenant) -> None:
        """Without findings there is no note."""
        with pytest.raises(KeyError) as error, tenant.judged("email_send"):
            raise KeyError
        assert not hasattr(error.value, "__notes__")
        assert found(driver) == []

    def test_a_note_is_kept_for_the_report(self, driver: SessionDriver, tenant: Tenant) -> None:
        """Each once, however often the block ran."""
        for _ in range(3):
            with tenant.judged("email_send"):
                token = ask(tenant)
                call(tenant, token)
                call(tenant, token, NOWHERE)
        outcome = driver.take_report().blocks
        assert outcome is not None
        assert [each.rule for each in outcome.findings] == ["MCS203"]
        assert len(outcome.texts) == 1
        assert driver.take_report().blocks is None

    def test_the_test_s_allowances_hold(self, driver: SessionDriver, tenant: Tenant) -> None:
        """That one allows nothing is a question to the whole test."""
        allowances = [Allowance(rule="MCS102", reason="x"), Allowance(rule="MCS201", reason="x")]
        driver.begin_test("test_1", allowances)
        with tenant.judged("email_send"):
            send(tenant, "email_send email_read")
        assert found(driver) == ["MCS102 note"]

    def test_the_project_s_severities_hold(self) -> None:
        """As for marks."""
        driver = SessionDriver(Config(rules=("MCS203=error",)), load_catalogue(), [])
        with driver.cloud.tenant() as tenant, failing("MCS203"), tenant.judged("email_send"):
            token = ask(tenant)
            call(tenant, token)
            call(tenant, token, NOWHERE)
        driver.close()

    def test_a_mark_judges_the_block_too(self, driver: SessionDriver) -> None:
        """A block says more than its test's mark, and never less."""
        driver.begin_test("test_1")
        driver.begin_body(watched=True)
        with driver.cloud.tenant() as tenant:
            with tenant.judged("email_read", "email_send", match="at_most"):
                send(tenant, "email_read email_send")
            mark = Expectation(kind="scopes", declared=frozenset({"email_send"}))
            verdict = driver.conclude(BodyEnd(expectations=[mark])).verdict
        assert verdict is not None
        assert [each.rule for each in verdict.errors] == ["MCS102"]

    def test_blocks_of_two_tenants_may_overlap(self, driver: SessionDriver, tenant: Tenant) -> None:
        """Each judges its own."""
        with (
            driver.cloud.tenant() as other,
            tenant.judged("email_send"),
            other.judged("email_read"),
        ):
            send(tenant)
            ask(other, "email_read")
        assert found(driver) == []


def nested(tenant: Tenant) -> None:
    with tenant.judged("email_send"):
        tenant.judged("email_read").__enter__()


def without_scopes(tenant: Tenant) -> None:
    tenant.judged()


def unknown_scope(tenant: Tenant) -> None:
    tenant.judged("email_sent")


def two_in_one(tenant: Tenant) -> None:
    tenant.judged("email_send email_read")


def unknown_match(tenant: Tenant) -> None:
    tenant.judged("email_send", match="atmost")  # type: ignore[arg-type]


def unknown_package(tenant: Tenant) -> None:
    tenant.judged("email_send", package=["second"])  # type: ignore[arg-type]


def unknown_denial(tenant: Tenant) -> None:
    tenant.expect_denied("sms")


def no_session(_tenant: Tenant) -> None:
    build_tenant().judged("email_send").__enter__()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        pytest.param(
            nested,
            "mc_tenant.judged(...), <here> stands in mc_tenant.judged(...), <here>. Judged blocks"
            " of one tenant come one after the other: leave the first one before.",
            id="nested",
        ),
        pytest.param(
            without_scopes,
            'judged: it names no scope. Write judged("email_send"); or mark the test mc_no_token'
            " or mc_least_privilege, if that is what you mean.",
            id="no scopes",
        ),
        pytest.param(
            unknown_scope,
            'judged: unknown scope "email_sent". Did you mean "email_send"?',
            id="unknown scope",
        ),
        pytest.param(
            two_in_one,
            'judged: "email_send email_read" is 2 scopes in one text. Write'
            ' judged("email_send", "email_read").',
            id="two in one",
        ),
        pytest.param(
            unknown_match,
            'judged: match must be "exact" or "at_most" or "at_least", got \'atmost\'.'
            ' Did you mean "at_most"?',
            id="unknown match",
        ),
        pytest.param(
            unknown_package,
            'judged: the tenant has no package [\'second\'], but "integration", "second".'
            ' Did you mean "second"?',
            id="unknown package",
        ),
        pytest.param(unknown_denial, 'expect_denied: unknown scope "sms".', id="unknown denial"),
        pytest.param(
            no_session,
            "mc_tenant.judged(...), <here>: this tenant is of no test session, where blocks are"
            " judged. Take one of mc_tenant or mc_cloud.",
            id="no session",
        ),
    ],
)
def test_misuse_of_blocks(wrong: Callable[[Tenant], None], complaint: str, tenant: Tenant) -> None:
    """The message says what is wrong and what to write instead."""
    with pytest.raises(McScopesError) as error:
        wrong(tenant)
    assert told(error.value) == f"MCSCOPES: {complaint}"


def never_entered(tenant: Tenant) -> None:
    tenant.judged("email_send")


def never_entered_for_a_denial(tenant: Tenant) -> None:
    tenant.expect_denied()


def never_entered_for_findings(tenant: Tenant) -> None:
    tenant.expect_findings("MCS102")


@pytest.mark.parametrize(
    ("made", "block"),
    [
        pytest.param(never_entered, "judged", id="judged"),
        pytest.param(never_entered_for_a_denial, "expect_denied", id="denial"),
        pytest.param(never_entered_for_findings, "expect_findings", id="findings"),
    ],
)
def test_a_block_that_is_never_entered_is_told(
    made: Callable[[Tenant], None], block: str, driver: SessionDriver
) -> None:
    """Else its test would pass unjudged."""
    with pytest.raises(McScopesError) as error, driver.cloud.tenant() as tenant:
        made(tenant)
    assert told(error.value) == (
        f"MCSCOPES: mc_tenant.{block}(...), <here> was never entered and left. Write it after"
        " `with`."
    )


def never_left(tenant: Tenant, kept: ExitStack) -> None:
    kept.enter_context(tenant.judged("email_send"))
    send(tenant, "email_send email_read")


def never_left_and_clean(tenant: Tenant, kept: ExitStack) -> None:
    kept.enter_context(tenant.judged("email_send"))
    send(tenant)


def never_left_for_a_denial(tenant: Tenant, kept: ExitStack) -> None:
    kept.enter_context(tenant.expect_denied())


def never_left_and_denied(tenant: Tenant, kept: ExitStack) -> None:
    kept.enter_context(tenant.expect_denied())
    call(tenant, ask(tenant), CAMPAIGNS)


def never_left_for_findings(tenant: Tenant, kept: ExitStack) -> None:
    kept.enter_context(tenant.expect_findings("MCS102"))


def never_left_and_found(tenant: Tenant, kept: ExitStack) -> None:
    kept.enter_context(tenant.expect_findings("MCS102"))
    never_left(tenant, kept)


@pytest.mark.parametrize(
    ("made", "complaint"),
    [
        pytest.param(never_left, "  MCS102  excess scope: email_read\n", id="judged"),
        pytest.param(never_left_and_clean, None, id="judged, clean"),
        pytest.param(never_left_for_a_denial, "none was denied.", id="denial"),
        pytest.param(never_left_and_denied, None, id="denial, clean"),
        pytest.param(never_left_for_findings, "no judged block ended in it", id="findings"),
        pytest.param(never_left_and_found, None, id="findings, clean"),
    ],
)
def test_a_block_that_is_never_left_is_judged_at_the_tenant_s_end(
    made: Callable[[Tenant, ExitStack], None], complaint: str | None, driver: SessionDriver
) -> None:
    """Once: leaving it later changes nothing."""
    kept = ExitStack()
    expected = failing(complaint and re.escape(complaint)) if complaint else nullcontext()
    with expected as error, driver.cloud.tenant() as tenant:
        made(tenant, kept)
    if error is not None:
        assert told(error.value).endswith("\n" + STILL_OPEN)
    kept.close()
    assert len(core_of(tenant).links.register.take()) == bool(complaint)


def send_and_fail_in_an_open_block(tenant: Tenant, kept: ExitStack) -> None:
    never_left(tenant, kept)
    raise KeyError


def test_an_open_block_of_a_tenant_whose_own_block_raised(driver: SessionDriver) -> None:
    """The exception goes on; what was found stays to be told."""
    kept = ExitStack()
    with pytest.raises(KeyError), driver.cloud.tenant() as tenant:
        send_and_fail_in_an_open_block(tenant, kept)
    (failure,) = core_of(tenant).links.register.take()
    assert "MCS102  excess scope: email_read" in failure.text
    assert failure.rules == ("MCS102",)


def call_and_fail(tenant: Tenant) -> None:
    call(tenant, ask(tenant), CAMPAIGNS)
    raise KeyError


def two_blocks(tenant: Tenant, *scopes: str) -> None:
    for scope in scopes:
        mark = tenant.judged("email_send", "email_read", match="at_most")
        with suppress(ScopeAssertionError), mark:
            send(tenant, scope)


class TestExpectFindings:
    @pytest.mark.parametrize(
        ("named", "scope"),
        [
            pytest.param(["MCS102"], "email_send email_read", id="one"),
            pytest.param(["MCS102", "MCS103"], "email_read email_write", id="several"),
        ],
    )
    def test_what_is_named_is_taken(
        self, named: list[str], scope: str, driver: SessionDriver, tenant: Tenant
    ) -> None:
        """The block's error goes no further, and nothing of it is reported."""
        declared = ["email_send"] if len(named) == 1 else ["email_read", "sms_send"]
        with tenant.expect_findings(*named), tenant.judged(*declared):
            ask(tenant, scope)
        assert found(driver) == []
        assert core_of(tenant).links.register.take() == []

    def test_what_the_test_does_with_the_error_is_its_own_business(self, tenant: Tenant) -> None:
        with tenant.expect_findings("MCS102"):
            two_blocks(tenant, "email_send email_read email_write")
            with pytest.raises(ScopeAssertionError, match="excess"), tenant.judged("email_send"):
                send(tenant, "email_send email_write")
        assert core_of(tenant).links.register.take() == []

    def test_a_note_may_be_named(self, driver: SessionDriver, tenant: Tenant) -> None:
        """It fails nothing, and comes or does not come."""
        with tenant.expect_findings("MCS203"), tenant.judged("email_send"):
            token = ask(tenant)
            call(tenant, token)
            call(tenant, token, NOWHERE)
        assert found(driver) == []

    def test_notes_that_are_not_named_are_told(self, driver: SessionDriver, tenant: Tenant) -> None:
        with tenant.expect_findings("MCS102"), tenant.judged("email_send"):
            token = ask(tenant, "email_send email_read")
            call(tenant, token)
            call(tenant, token, NOWHERE)
        assert found(driver) == ["MCS203 note"]

    def test_a_block_that_an_exception_ended(self, tenant: Tenant) -> None:
        """What it found is taken, the exception is not."""
        with (
            pytest.raises(KeyError),
            tenant.expect_findings("MCS102"),
            tenant.judged("email_send"),
        ):
            send_and_fail(tenant, "email_send email_read")
        assert core_of(tenant).links.register.take() == []

    @pytest.mark.parametrize("other", [[], [ValueError()]])
    def test_errors_in_a_group(self, other: list[Exception], tenant: Tenant) -> None:
        """As a TaskGroup raises them: taken if there is nothing else among them."""
        expected = pytest.raises(ExceptionGroup) if other else nullcontext()
        with expected, tenant.expect_findings("MCS102"):
            try:
                with tenant.judged("email_send"):
                    send(tenant, "email_send email_read")
            except ScopeAssertionError as error:
                msg = "of a task group"
                raise ExceptionGroup(msg, [error, *other]) from None

    def test_it_takes_what_a_thread_finds(self, tenant: Tenant) -> None:
        """Which has no context of the test's."""
        with tenant.expect_findings("MCS102"), ThreadPoolExecutor() as pool:
            pool.submit(two_blocks, tenant, "email_send email_read email_write").exception()
        assert core_of(tenant).links.register.take() == []

    def test_it_does_not_take_what_another_task_finds(self, tenant: Tenant) -> None:
        """One that had begun before."""
        entered, done = asyncio.Event(), asyncio.Event()

        async def other() -> None:
            await entered.wait()
            two_blocks(tenant, "email_send email_read email_write")
            done.set()

        async def expecting() -> None:
            with tenant.expect_findings("MCS102"):
                entered.set()
                await done.wait()

        async def both() -> None:
            await asyncio.gather(other(), expecting())

        with failing("no judged block ended in it"):
            asyncio.run(both())
        assert len(core_of(tenant).links.register.take()) == 1 + 1

    def test_blocks_of_another_tenant_are_not_meant(
        self, driver: SessionDriver, tenant: Tenant
    ) -> None:
        with (
            driver.cloud.tenant() as other,
            failing("no judged block ended in it"),
            tenant.expect_findings("MCS102"),
        ):
            two_blocks(other, "email_send email_read email_write")
        assert len(core_of(tenant).links.register.take()) == 1 + 1

    @pytest.mark.parametrize(
        ("scopes", "expected"),
        [
            pytest.param(
                [],
                "  happened   no judged block ended in it\n"
                "  Write the block that is to find it within: with mc_tenant.judged(...):",
                id="nothing",
            ),
            pytest.param(
                ["email_send email_read"],
                "  happened   a judged block without findings\n"
                "  MCS102 did not come. If the code has been fixed, take that id away.",
                id="clean",
            ),
        ],
    )
    def test_what_did_not_come(self, scopes: list[str], expected: str, tenant: Tenant) -> None:
        with failing() as error, tenant.expect_findings("MCS102"):
            two_blocks(tenant, *scopes)
        assert told(error.value) == (
            "MCSCOPES: the judged blocks did not find what the test expects of them.\n"
            f"  expected   MCS102; mc_tenant.expect_findings(...), <here>\n{expected}"
        )

    def test_what_came_and_was_not_named(self, driver: SessionDriver, tenant: Tenant) -> None:
        """Each block's own text is there, once, and not told a second time by its test."""
        with failing() as error, tenant.expect_findings("MCS102"):
            two_blocks(tenant, "email_send email_read email_write", "email_send")
            with tenant.judged("email_send"):
                ask(tenant, "email_read")
        lines = told(error.value).splitlines()
        assert lines[2:6] == [
            "  happened   MCS102",
            "             a judged block without findings",
            "             MCS102, MCS103",
            "  MCS103 was not expected. Fix what it says, or name it too.",
        ]
        assert told(error.value).count("MCSCOPES: the code under test") == 1 + 1
        assert error.value.__cause__ is None
        assert found(driver) == ["MCS102 error", "MCS102 error", "MCS103 error"]
        assert [each.text for each in core_of(tenant).links.register.take()] == [str(error.value)]

    def test_an_exception_is_no_finding(self, tenant: Tenant) -> None:
        with pytest.raises(ScopeAssertionError) as error, tenant.expect_findings("MCS102"):
            raise KeyError
        assert isinstance(error.value.__cause__, KeyError)

    def test_an_exception_that_must_go_on(self, tenant: Tenant) -> None:
        """A cancellation, say: what did not come is kept for the test's end."""
        with pytest.raises(asyncio.CancelledError) as error, tenant.expect_findings("MCS102"):
            raise asyncio.CancelledError
        (failure,) = core_of(tenant).links.register.take()
        assert [*shown_by(error.value)] == [failure.text]

    @pytest.mark.parametrize(
        ("rules", "complaint"),
        [
            pytest.param(
                [],
                'it names no finding. Write expect_findings("MCS102"), with the ids that the'
                " judged blocks in it are to find.",
                id="none",
            ),
            pytest.param(
                ["MCS100"],
                "unknown rule 'MCS100'. Did you mean \"MCS110\"? Write an id, as in"
                ' expect_findings("MCS102").',
                id="unknown",
            ),
            pytest.param(
                [["MCS102"]],
                "unknown rule ['MCS102']. Write an id, as in expect_findings(\"MCS102\").",
                id="a list",
            ),
        ],
    )
    def test_misuse(self, rules: list[str], complaint: str, tenant: Tenant) -> None:
        with pytest.raises(ConfigError) as error:
            tenant.expect_findings(*rules)
        assert str(error.value) == f"MCSCOPES: expect_findings: {complaint}"


class TestExpectDenied:
    @pytest.mark.parametrize("scopes", [("campaign_read",), ("sms_send", "campaign_read"), ()])
    def test_a_denial_is_expected(
        self, scopes: tuple[str, ...], driver: SessionDriver, tenant: Tenant
    ) -> None:
        """For want of one of the scopes; without a list, of any. It is no MCS201 then."""
        with tenant.judged("email_send"):
            token = ask(tenant)
            call(tenant, token)
            with tenant.expect_denied(*scopes):
                assert call(tenant, token, CAMPAIGNS) == 403
        assert found(driver) == []

    def test_it_may_stand_around_a_judged_block(
        self, driver: SessionDriver, tenant: Tenant
    ) -> None:
        with tenant.expect_denied("campaign_read"), tenant.judged("email_send"):
            token = ask(tenant)
            call(tenant, token)
            call(tenant, token, CAMPAIGNS)
        assert found(driver) == []

    def test_a_denial_elsewhere_is_still_one(self, driver: SessionDriver, tenant: Tenant) -> None:
        """After the block, and in it for want of another scope."""
        with failing(), tenant.judged("email_read"):
            token = ask(tenant, "email_read")
            with tenant.expect_denied("campaign_read"):
                call(tenant, token, CAMPAIGNS)
                call(tenant, token)
        assert found(driver) == ["MCS201 error"]

    def test_a_declared_scope_must_still_be_requested(
        self, driver: SessionDriver, tenant: Tenant
    ) -> None:
        """An expected denial stands for nothing else."""
        with failing(), tenant.judged("email_send", "campaign_read"):
            token = ask(tenant)
            call(tenant, token)
            with tenant.expect_denied():
                call(tenant, token, CAMPAIGNS)
        assert found(driver) == ["MCS103 error"]

    def test_the_row_counts_and_not_the_status(self) -> None:
        """With enforcement off the call is let through, and lacks its scope all the same."""
        driver = SessionDriver(Config(enforce="off"), load_catalogue(), [])
        with driver.cloud.tenant() as tenant, tenant.expect_denied("campaign_read"):
            assert call(tenant, ask(tenant), CAMPAIGNS) == 200
        driver.close()

    def test_an_own_exception_wins(self, tenant: Tenant) -> None:
        """Where a call was denied; code that raises for it is what such a test is about."""
        with pytest.raises(KeyError), tenant.expect_denied("campaign_read"):
            call_and_fail(tenant)

    def test_an_exception_is_no_denial(self, tenant: Tenant) -> None:
        """A test that expects one would pass by any other failure."""
        with pytest.raises(ScopeAssertionError) as error, tenant.expect_denied("campaign_read"):
            raise KeyError
        assert isinstance(error.value.__cause__, KeyError)

    def test_all_that_lacks_must_be_named(self, driver: SessionDriver, tenant: Tenant) -> None:
        """A denial for want of two scopes is not one for want of either."""
        with failing(), tenant.judged("email_send"):
            token = ask(tenant)
            call(tenant, token)
            with failing(), tenant.expect_denied("automations_read"):
                call(tenant, token, ("POST", "automation/v1/queries"))
            with tenant.expect_denied("automations_read", "automations_write"):
                call(tenant, token, ("POST", "automation/v1/queries"))
        assert found(driver) == ["MCS201 error"]

    def test_a_block_may_decorate(self, tenant: Tenant) -> None:
        """Each call of the function is a block."""

        @tenant.expect_denied("campaign_read")  # type: ignore[operator]  # contextlib gives it
        def denied() -> None:
            call(tenant, ask(tenant), CAMPAIGNS)

        denied()
        denied()

    @pytest.mark.parametrize(
        ("scopes", "routes", "expected"),
        [
            pytest.param(
                ("campaign_read",),
                [],
                "  expected   a call denied because its token lacks campaign_read;"
                " mc_tenant.expect_denied(...), <here>\n"
                "  happened   no call was made\n"
                "  Let the block make a call that needs campaign_read, with a token that lacks it;"
                "\n",
                id="no call",
            ),
            pytest.param(
                (),
                [("email_send", SEND), ("email_send", SEND), (None, SEND), ("", NOWHERE)],
                "  expected   a denied call; mc_tenant.expect_denied(...), <here>\n"
                "  happened   POST /messaging/v1/email/messages/{messageKey} (documented): allowed,"
                " the token has email_send\n"
                "             POST /messaging/v1/email/messages/{messageKey} (documented): allowed,"
                " the token has 86 scopes\n"
                "             GET /nowhere (doubtful: not in the catalogue): allowed, the token has"
                " no scope\n"
                "  Let the block make a call that its token does not allow;\n",
                id="allowed",
            ),
            pytest.param(
                ("sms_send", "sms_read"),
                [("email_send", CAMPAIGNS), ("none", CAMPAIGNS)],
                "  expected   a call denied because its token lacks sms_read or sms_send;"
                " mc_tenant.expect_denied(...), <here>\n"
                "  happened   GET /hub/v1/campaigns (documented): denied because its token lacks"
                " campaign_read\n"
                "             GET /hub/v1/campaigns (documented): no good token was presented\n"
                "  Let the block make a call that needs sms_read or sms_send, with a token that"
                " lacks it;\n",
                id="denied otherwise",
            ),
        ],
    )
    def test_without_a_denial_it_fails(
        self,
        scopes: tuple[str, ...],
        routes: list[tuple[str | None, tuple[str, str]]],
        expected: str,
        tenant: Tenant,
    ) -> None:
        """The text tells what there was instead."""
        with failing() as error, tenant.expect_denied(*scopes):
            for scope, route in routes:
                call(tenant, "made-up" if scope == "none" else ask(tenant, scope), route)
        assert told(error.value) == (
            "MCSCOPES: the test expects a denied call, and none was denied.\n"
            f"{expected}"
            "  or, if the code may make its calls by now, take expect_denied away."
        )

    def test_what_the_test_itself_arranges_does_not_count(self, tenant: Tenant) -> None:
        """Nor does a call of the admin's, which has every scope."""
        with failing("no call was made"), tenant.expect_denied():
            with tenant.arrange():
                assert call(tenant, ask(tenant), CAMPAIGNS) == 403
            assert call(tenant, ask(tenant, None, tenant.admin), CAMPAIGNS) == 200
            assert call(tenant, ask(tenant, "", tenant.admin), CAMPAIGNS) == 403


class TestAdmin:
    def test_it_has_every_scope_and_is_none_of_the_packages(self, tenant: Tenant) -> None:
        """The same one each time, in the tenant's business units."""
        admin = tenant.admin
        assert (admin.name, admin.type) == ("admin", "server-to-server")
        assert admin.scopes == load_catalogue().default_scopes
        assert admin.account_id == tenant.account_id
        assert admin is tenant.admin
        assert list(tenant.packages) == ["integration", "second"]
        assert admin.client in core_of(tenant).clients

    def test_it_may_work_wherever_another_one_may(self, driver: SessionDriver) -> None:
        with driver.cloud.tenant(account_id=500, business_units=[600]) as tenant:
            assert tenant.admin.account_id == 500
            assert tenant.admin.business_units == {500, 600}

    def test_its_traffic_is_recorded_and_never_judged(
        self, driver: SessionDriver, tenant: Tenant
    ) -> None:
        """Requests and calls, allowed, denied or refused, and its issued tokens too."""
        with tenant.judged("email_send"):
            send(tenant)
            call(tenant, ask(tenant, None, tenant.admin), CAMPAIGNS)
            call(tenant, ask(tenant, "", tenant.admin))
            call(tenant, tenant.issue_token([], package="admin"))
            expired = ask(tenant, None, tenant.admin)
            tenant.clock.advance(hours=1)
            assert call(tenant, expired) == 401
        assert found(driver) == []
        origins = [entry.origin for entry in tenant.ledger.entries]
        assert origins == ["code"] * 2 + ["admin"] * 4 + ["issue_token"] + ["admin"] * 3

    def test_its_calls_count_for_nothing(self, tenant: Tenant) -> None:
        """What only the admin used is not exercised by the code."""
        with failing("MCS105"), tenant.judged("campaign_read"):
            call(tenant, ask(tenant, None, tenant.admin), CAMPAIGNS)

    def test_its_secret_is_never_told(self, tenant: Tenant) -> None:
        admin = tenant.admin
        call(tenant, ask(tenant, None, admin), ("GET", f"nowhere/{admin.client_secret}"))
        assert admin.client_secret not in every_word(tenant.ledger)

    def test_it_is_foreign_once_its_tenant_has_ended(
        self, driver: SessionDriver, tenant: Tenant
    ) -> None:
        with driver.cloud.tenant() as ended:
            stale = ended.admin
        with failing("MCS107"), tenant.judged("email_send"):
            send(tenant)
            with pytest.raises(KeyError):
                ask(tenant, None, stale)

    def test_its_name_is_taken(self, driver: SessionDriver) -> None:
        with pytest.raises(ConfigError) as error:
            driver.cloud.tenant(name="admin").__enter__()
        assert str(error.value) == (
            'MCSCOPES: mc_cloud.tenant: the name "admin" is taken, by mc_tenant.admin, whose'
            " traffic is never judged. Choose another name."
        )
