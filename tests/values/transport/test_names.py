"""Which names are Marketing Cloud's, as resolvers are asked for them."""

from __future__ import annotations

import pytest

from pytest_mcscopes.transport.names import find_marketing_cloud

REST = "mcx.rest.marketingcloudapis.com"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        pytest.param(REST, REST, id="as it is"),
        pytest.param("MCX.Rest.MarketingCloudAPIs.com.", REST, id="capitals, and the root's dot"),
        pytest.param(REST.encode(), REST, id="bytes"),
        pytest.param(bytearray(REST.encode()), REST, id="bytes that can be changed"),
        pytest.param(
            "mcx.rest.\uff4darketingcloudapis\u3002com", REST, id="letters that IDNA folds"
        ),
        pytest.param("www.exacttargetapis.com", "www.exacttargetapis.com", id="an old domain"),
        pytest.param(f"{REST}v2", f"{REST}v2", id="without a slash"),
        pytest.param("127.0.0.1", "", id="an address"),
        pytest.param("::1", "", id="an address of version 6"),
        pytest.param("shop.test", "", id="another host"),
        pytest.param("notmarketingcloudapis.com", "", id="another domain with the same end"),
        pytest.param("bücher.example", "", id="another host of IDNA's"),
        pytest.param(f"{'ü' * 70}.marketingcloudapis.com", "", id="what no resolver takes"),
        pytest.param(None, "", id="any host"),
        pytest.param(7, "", id="no host at all"),
    ],
)
def test_find_marketing_cloud(host: object, name: str) -> None:
    """However it is spelled; all else is none of ours."""
    assert find_marketing_cloud(host) == name
