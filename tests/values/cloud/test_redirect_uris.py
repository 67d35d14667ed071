"""Which redirect URIs the vendor refuses, and which of those a local test may have all the same."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.redirect_uris import check_redirect_uri, loopback_only
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.errors import ConfigError


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("https://example.com", id="base domain"),
        pytest.param("https://App.example.com:8443/callback?step=2", id="port, path, query"),
        pytest.param("https://127.0.0.1:80/", id="the documented local one"),
        pytest.param("com.example.app:/callback", id="app, by domain"),
        pytest.param("com.example.app:/callback:8", id="app, with a colon in its path"),
        pytest.param("exampleapp://callback", id="app, by name"),
        pytest.param("exampleapp:///callback", id="app, by name, without host"),
        pytest.param("https://example.com/r%C3%BCck", id="percent-encoded"),
    ],
)
def test_what_the_vendor_takes(uri: str) -> None:
    """`https://` with a domain, native app syntax, and the documented loopback address."""
    assert check_redirect_uri(uri) == ""


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        pytest.param("/callback", "it is not absolute", id="path"),
        pytest.param("app.example.com/callback", "it is not absolute", id="no scheme"),
        pytest.param("app.example.com:8443/callback", "it is not absolute", id="host and port"),
        pytest.param("localhost:8000", "it is not absolute", id="localhost and port"),
        pytest.param("https%3A%2F%2Fexample.com", "it is URL-encoded", id="encoded"),
        pytest.param("https:///callback", "it has no host", id="no host"),
        pytest.param("https:callback", "it has no host", id="no slashes"),
        pytest.param("http://:80/", "it has no host", id="port without host"),
        pytest.param("exampleapp:", "nothing comes after its scheme", id="scheme alone"),
        pytest.param("https://*.example.com/", "it has a wildcard", id="wildcard in the host"),
        pytest.param("https://example.com/*", "it has a wildcard", id="wildcard in the path"),
        pytest.param("https://example.com/#top", "it has a fragment", id="fragment"),
        pytest.param("http://127.0.0.1:80/#", "it has a fragment", id="empty fragment"),
        pytest.param("https://example.com/a b", "it has spaces", id="space"),
        pytest.param("http://127.0.0.1/\n", "it has spaces", id="line break"),
        pytest.param("https:\\\\example.com", "it has spaces, backslashes", id="backslashes"),
        pytest.param("https://shop.example.com/r\u00fcck", "it has letters beyond", id="no ASCII"),
        pytest.param("http://127.0.0.1/r\u00fcck", "it has letters beyond", id="no ASCII, local"),
        pytest.param("https://[::1/", "it cannot be read", id="broken address"),
        pytest.param("http://127.0.0.1:port/", "it cannot be read", id="broken port"),
        pytest.param("javascript:alert(1)", "javascript: is neither", id="javascript"),
        pytest.param("data:text/html,x", "data: is neither", id="data"),
        pytest.param("file:///etc/passwd", "file: is neither", id="file"),
        pytest.param("http://example.com/", "it is http://", id="http"),
        pytest.param(
            "http://localhost.example.com/", "it is http://", id="http, a false localhost"
        ),
        pytest.param("http://127.0.0.1.example.com/", "it is http://", id="http, a false address"),
        pytest.param("http://192.168.0.1/", "it is http://", id="http, in the local network"),
        pytest.param("https://intranet/", "its host is no domain", id="no domain"),
    ],
)
def test_what_nobody_takes(uri: str, why: str) -> None:
    """The reason is told, and no setting helps."""
    assert check_redirect_uri(uri).startswith(why)
    assert not loopback_only(uri)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        pytest.param("http://127.0.0.1:8000/callback", "it is http://", id="address"),
        pytest.param("http://127.8.9.1/", "it is http://", id="another of them"),
        pytest.param("HTTP://LOCALHOST:8000/", "it is http://", id="localhost"),
        pytest.param("https://localhost:80/", "its host is localhost", id="localhost by https"),
        pytest.param("http://[::1]:8000/", "it is http://", id="address, version 6"),
        pytest.param("https://[::1]/", "its host is no domain", id="address, version 6, by https"),
    ],
)
def test_what_only_a_local_test_may_have(uri: str, why: str) -> None:
    """The vendor refuses it; it leads to the machine that the test runs on."""
    assert check_redirect_uri(uri).startswith(why)
    assert loopback_only(uri)


def test_an_app_s_scheme_is_not_loopback() -> None:
    """A native scheme leads to an app, whatever comes after it."""
    assert not loopback_only("exampleapp://localhost/callback")


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
