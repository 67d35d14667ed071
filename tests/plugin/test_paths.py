"""How the path of a call is spelt changes no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

CALLED = """
import pytest
from asking import ask, call

@pytest.mark.mc_scopes("tracking_events_read", match="at_most")
def test_it(mc_tenant):
    mc_tenant.rest.get({stub!r}).respond(json={{}})
    call(mc_tenant, ask(mc_tenant, "tracking_events_read"), {path!r}, "GET")
"""


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        pytest.param("data/v1/customobjects", "failed: MCS201", id="as the catalogue has it"),
        pytest.param("data/v1/customObjects", "failed: MCS201", id="as in a live-tenant log"),
        pytest.param("DATA/V1/CUSTOMOBJECTS/", "failed: MCS201", id="capitals"),
        pytest.param("/data//v1/%63ustomobjects", "failed: MCS201", id="slashes and escapes"),
        pytest.param("data%2Fv1%2FcustomObjects", "passed: note MCS108, note MCS203", id="%2F"),
    ],
)
@pytest.mark.parametrize("stub", ["/data/v1/customobjects", "/data/v1/customObjects"])
def test_no_spelling_gets_a_stub_past_the_catalogue(
    path: str, outcome: str, stub: str, suite: Suite
) -> None:
    """A token without data_extensions_read is refused, whatever the test has written."""
    assert suite.judge(CALLED.format(stub=stub, path=path)) == {"test_it": outcome}


def test_a_fault_is_met_in_any_case(suite: Suite) -> None:
    """It is ordered for the row, of which the key is no part."""
    assert suite.judge(
        """
        import pytest
        from asking import ask, call

        @pytest.mark.mc_scopes("data_extensions_write")
        def test_it(mc_tenant):
            mc_tenant.fail_next("PUT /data/v1/async/DataExtensions/key:{key}/rows", "unavailable")
            token = ask(mc_tenant, "data_extensions_write")
            path = "data/v1/async/dataExtensions/KEY:Orders/rows"
            statuses = [call(mc_tenant, token, path, "PUT") for _ in range(2)]
            assert statuses == [503, 200]
        """
    ) == {"test_it": "passed"}


def test_a_doubled_token_path_gives_no_token(suite: Suite) -> None:
    """Real users join the URL twice, and the real host has no such path."""
    result = suite.run(
        """
        import httpx
        import pytest

        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant):
            body = {"client_id": mc_tenant.client_id, "client_secret": mc_tenant.client_secret}
            body |= {"grant_type": "client_credentials", "scope": "email_send"}
            url = mc_tenant.auth_url + "v2/token"
            assert httpx.post(url + "/v2/token", json=body).status_code == 404
        """
    )
    assert suite.told(result) == {"test_it": "failed: MCS105, note MCS203, note"}
