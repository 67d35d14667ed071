"""Who else answers for httpx is told which requests are ours; tests/compat runs the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

import pytest_mcscopes

if TYPE_CHECKING:
    from suites import Suite

# What pytest-httpx does with httpx, under its name.
PYTEST_HTTPX = """
import httpx
import pytest

def pytest_configure(config):
    config.addinivalue_line("markers", "httpx_mock(should_mock=...): as in pytest-httpx")

@pytest.fixture
def httpx_mock(monkeypatch, request):
    options = {}
    for marker in request.node.iter_markers("httpx_mock"):
        options = marker.kwargs | options
    should_mock = options.get("should_mock", lambda request: True)
    below = httpx.HTTPTransport.handle_request

    def mocked_handle_request(transport, request):
        if should_mock(request):
            raise httpx.TimeoutException(f"No response can be found for {request.url}")
        return below(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", mocked_handle_request)
"""

TAKEN = """\
MCSCOPES: pytest-httpx's httpx_mock takes httpx's requests first.
Mark the test @pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud), and \
httpx_mock leaves Marketing Cloud alone.
"""


@pytest.fixture
def beside(suite: Suite) -> Suite:
    """Runs inner suites, where `-p pytest_httpx` finds it."""
    suite.pytester.makepyfile(pytest_httpx=PYTEST_HTTPX)
    return suite


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        pytest.param("https://mcx.auth.marketingcloudapis.com/v2/token", False, id="a tenant's"),
        pytest.param("https://MCX.Rest.MarketingCloudAPIs.com./", False, id="in another spelling"),
        pytest.param("https://www.exacttargetapis.com/", False, id="an old name of the service"),
        pytest.param("https://shop.test/?from=marketingcloudapis.com", True, id="the user's"),
        pytest.param("https://notmarketingcloudapis.com/", True, id="a name that ends alike"),
    ],
)
def test_the_predicate_leaves_ours_alone(url: str, theirs: bool) -> None:  # noqa: FBT001
    """Made for `should_mock` of pytest-httpx: whether the request is to be mocked by it."""
    assert pytest_mcscopes.not_marketing_cloud(httpx.Request("POST", url)) is theirs


def test_with_the_predicate_both_answer(beside: Suite) -> None:
    """In both orders of the fixtures; with ours on top, without the predicate as well."""
    outcomes = beside.judge(
        """
        import httpx
        import pytest
        from asking import CLIENT, ask
        from pytest_mcscopes import not_marketing_cloud

        pytestmark = pytest.mark.mc_scopes("email_send")
        beside = pytest.mark.httpx_mock(should_mock=not_marketing_cloud)

        def both(tenant):
            ask(tenant, "email_send")
            with pytest.raises(httpx.TimeoutException):
                CLIENT.get("https://shop.test/")

        @beside
        def test_ours_first(mc_tenant, httpx_mock):
            both(mc_tenant)

        @beside
        def test_theirs_first(httpx_mock, mc_tenant):
            both(mc_tenant)

        def test_ours_on_top(httpx_mock, mc_tenant):
            both(mc_tenant)
        """,
        "-p",
        "pytest_httpx",
    )
    assert set(outcomes.values()) == {"passed"}


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param(
            """
            @pytest.mark.mc_scopes("email_send")
            def test_it(mc_tenant, httpx_mock):
                ask(mc_tenant, "email_send")
            """,
            "failed: note",
            id="the test fails by it",
        ),
        pytest.param(
            """
            def test_it(mc_tenant, httpx_mock):
                try:
                    ask(mc_tenant, "email_send")
                except httpx.HTTPError as error:
                    raise LookupError("no mail today") from error
            """,
            "failed",
            id="the code wraps it, in a test without a mark",
        ),
        pytest.param(
            """
            @pytest.fixture
            def token(mc_tenant, httpx_mock):
                return ask(mc_tenant, "email_send")

            @pytest.mark.mc_scopes("email_send")
            def test_it(token):
                pass
            """,
            "error",
            id="a fixture fails by it",
        ),
    ],
)
def test_a_failure_by_httpx_mock_comes_with_the_way_out(
    source: str, outcome: str, beside: Suite
) -> None:
    """pytest-httpx's error does not say whose request it was; a section below it does."""
    result = beside.run(IMPORTS + source, "-p", "pytest_httpx")
    assert beside.told(result) == {"test_it": outcome}
    assert result.stdout.str().count(TAKEN) == 1


IMPORTS = """
            import httpx
            import pytest
            from asking import CLIENT, ask
"""


@pytest.mark.parametrize(
    ("plugin", "taker", "advice", "source"),
    [
        pytest.param(
            "pytest_httpx",
            "pytest-httpx's httpx_mock",
            "@pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud)",
            """
            @pytest.mark.mc_scopes("email_send")
            def test_it(mc_tenant, httpx_mock):
                with pytest.raises(httpx.TimeoutException):
                    ask(mc_tenant, "email_send")
            """,
            id="pytest-httpx",
        ),
        pytest.param(
            "respx",
            'respx.mock(using="httpx")',
            'Leave out using="httpx"',
            """
            @pytest.mark.respx(using="httpx")
            @pytest.mark.mc_scopes("email_send")
            def test_it(mc_tenant, respx_mock):
                with pytest.raises(AssertionError, match="not mocked"):
                    ask(mc_tenant, "email_send")
            """,
            id="respx above httpx's transports",
        ),
    ],
)
def test_a_swallowed_error_is_told_in_mcs105(
    plugin: str, taker: str, advice: str, source: str, beside: Suite
) -> None:
    """Code that lives with a failed login leaves nothing to judge, and the text says why."""
    result = beside.run(IMPORTS + source, "-p", plugin)
    assert beside.told(result) == {"test_it": "failed: MCS105"}
    text = " ".join(result.stdout.str().split())
    told = f"no token granted: no token request arrived; {taker} takes httpx's requests first"
    assert told in text
    assert advice in text
    assert "MCSCOPES: pytest-httpx's" not in text


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param(
            """
            @pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud)
            @pytest.mark.mc_scopes("email_send")
            def test_it(mc_tenant, httpx_mock):
                with pytest.raises(httpx.TimeoutException):
                    CLIENT.get("https://shop.test/")
            """,
            "failed: MCS105",
            id="no token, with the predicate",
        ),
        pytest.param(
            """
            @pytest.mark.mc_scopes("email_send")
            def test_it(httpx_mock, mc_tenant):
                pass
            """,
            "failed: MCS105",
            id="no token, ours on top",
        ),
        pytest.param(
            """
            @pytest.mark.mc_scopes("email_send")
            def test_it(mc_tenant, request):
                ask(mc_tenant, "email_sent")
                request.getfixturevalue("httpx_mock")
            """,
            "failed: MCS104",
            id="a request that was refused",
        ),
        pytest.param(
            """
            def test_it(mc_tenant, httpx_mock):
                CLIENT.get("https://shop.test/")
            """,
            "failed",
            id="a failure by another host",
        ),
        pytest.param(
            """
            def test_it(httpx_mock):
                CLIENT.get("https://mcx.auth.marketingcloudapis.com/")
            """,
            "failed",
            id="a test before any tenant",
        ),
        pytest.param(
            """
            def test_it(mc_tenant):
                raise LookupError(mc_tenant.auth_url)
            """,
            "failed",
            id="nobody takes anything",
        ),
    ],
)
def test_nobody_is_accused_without_cause(source: str, outcome: str, beside: Suite) -> None:
    """httpx_mock took none of ours, or that is not why the test failed."""
    imports = IMPORTS + "            import pytest_mcscopes\n"
    result = beside.run(imports + source, "-p", "pytest_httpx")
    assert beside.told(result) == {"test_it": outcome}
    assert "httpx_mock takes" not in result.stdout.str()


@pytest.mark.parametrize(
    ("tenant", "url", "outcome"),
    [
        ("mc_tenant", "t.auth_url", "failed: MCS109"),
        ("mc_server", "t.auth_url", "failed: MCS109"),
        ("mc_tenant", "'https://mcx.rest.marketingcloudapis.com/'", "failed: MCS109"),
        ("mc_tenant", "'https://shop.test/'", "passed"),
    ],
)
def test_what_httpx_mock_takes_is_no_pass_where_no_token_is_expected(
    tenant: str, url: str, outcome: str, beside: Suite
) -> None:
    """Under mc_no_token it is not known what was asked for, and the text says who knows."""
    result = beside.run(
        f"""
        import pytest
        from asking import CLIENT
        from contextlib import suppress

        @pytest.mark.mc_no_token(reason="asks for none")
        def test_it({tenant}, httpx_mock):
            t = {tenant}
            with suppress(Exception):
                CLIENT.post({url})
        """,
        "-p",
        "pytest_httpx",
    )
    assert beside.told(result) == {"test_it": outcome}
    text = " ".join(result.stdout.str().split())
    failed = outcome != "passed"
    assert ("pytest-httpx's httpx_mock took a request to" in text) is failed
    assert ("httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud)" in text) is failed
