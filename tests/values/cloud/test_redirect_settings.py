"""Which redirect URIs a tenant's packages may have, by the setting of the session."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.errors import ConfigError

WITH_HOST = "https://app.example.com/callback"
LOCAL = "http://127.0.0.1:5000/callback"


def redirect_uris(setting: Any, **package: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Build a tenant with one package, and give what it may be called back at."""
    config = Config(redirect_uris=setting)
    state = build_state(config, (PackageConfig(**package),), 1, load_catalogue())
    return state.packages["integration"].redirect_uris


@pytest.mark.parametrize("setting", ["loopback", "vendor"])
@pytest.mark.parametrize(
    ("package", "has"),
    [
        pytest.param({"type": "web-app"}, ("https://127.0.0.1:80/",), id="web app"),
        pytest.param({"type": "public-app"}, ("https://127.0.0.1:80/",), id="public app"),
        pytest.param({}, (), id="server-to-server"),
        pytest.param(
            {"type": "web-app", "redirect_uris": (WITH_HOST, "exampleapp://back")},
            (WITH_HOST, "exampleapp://back"),
            id="given ones",
        ),
    ],
)
def test_what_an_app_has(setting: str, package: dict[str, Any], has: tuple[str, ...]) -> None:
    """Those that are given, in their order; an app without has the documented local one."""
    assert redirect_uris(setting, **package) == has


def test_a_local_address_is_taken_by_default() -> None:
    """A test has to be called back somewhere."""
    assert redirect_uris("loopback", type="web-app", redirect_uris=(LOCAL,)) == (LOCAL,)


def test_a_local_address_is_refused_where_the_vendor_s_rules_hold() -> None:
    """The error names the package, the address, the reason and both ways out."""
    with pytest.raises(ConfigError) as refused:
        redirect_uris("vendor", type="web-app", redirect_uris=(WITH_HOST, LOCAL))
    assert str(refused.value) == (
        'MCSCOPES: package "integration": Marketing Cloud refuses the redirect URI'
        f" {LOCAL}: it is http:// and not https://. Use one like https://app.example.com/callback,"
        ' or let mc_redirect_uris be "loopback".'
    )
