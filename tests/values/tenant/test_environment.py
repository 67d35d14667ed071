"""A tenant's settings as environment variables: of each package, and past any proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tenants import build_tenant, core_of

from pytest_mcscopes.cloud.http import Urls
from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.tenant.environment import infixes_of, without_proxy
from pytest_mcscopes.tenant.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = {
    *("AUTH_URL", "REST_URL", "SOAP_URL", "SUBDOMAIN"),
    *("CLIENT_ID", "CLIENT_SECRET", "ACCOUNT_ID", "ENTERPRISE_ID"),
}
AT_PORTS = Urls(
    auth_url="http://127.0.0.1:9001/",
    rest_url="http://127.0.0.1:9002/",
    soap_url="http://127.0.0.1:9003/",
)


def build(*names: str) -> Tenant:
    return build_tenant(*(PackageConfig(name=name) for name in names))


@pytest.fixture
def tenant() -> Tenant:
    """A tenant with three packages."""
    return build("jobs", "web", "Mail-2 go")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


class TestPackages:
    def test_the_first_has_the_plain_names_and_the_others_their_own(self, tenant: Tenant) -> None:
        prefixes = {"jobs": "MC_", "web": "MC_WEB_", "Mail-2 go": "MC_MAIL_2_GO_"}
        given = tenant.environment()
        assert given.keys() == {f"{each}{name}" for each in prefixes.values() for name in SETTINGS}
        for name, prefix in prefixes.items():
            package = tenant.packages[name]
            assert given[f"{prefix}CLIENT_ID"] == package.client_id
            assert given[f"{prefix}CLIENT_SECRET"] == package.client_secret
            assert given[f"{prefix}AUTH_URL"] == tenant.auth_url

    @pytest.mark.parametrize("name", ["jobs", "web", "Mail-2 go", "admin"])
    def test_one_alone_has_the_plain_names(self, name: str, tenant: Tenant) -> None:
        given = tenant.environment(package=name)
        package = tenant.admin if name == "admin" else tenant.packages[name]
        assert given.keys() == {f"MC_{each}" for each in SETTINGS}
        assert given["MC_CLIENT_ID"] == package.client_id

    def test_a_prefix_of_the_users_own(self, tenant: Tenant) -> None:
        assert {"SFMC_CLIENT_ID", "SFMC_WEB_CLIENT_ID"} < tenant.environment("SFMC_").keys()
        assert tenant.environment("", package="web").keys() == SETTINGS

    def test_an_unknown_one_is_an_error(self, tenant: Tenant) -> None:
        with pytest.raises(ConfigError) as refused:
            tenant.environment(package="wep")
        assert str(refused.value) == (
            'MCSCOPES: environment: the tenant has no package "wep", but "jobs", "web",'
            ' "Mail-2 go". Did you mean "web"? Add it by @pytest.mark.mc_package(name="wep"), or,'
            " where mc_cloud.tenant(...) makes the tenant, by packages=[{...}]."
        )

    @pytest.mark.parametrize(
        ("names", "infixes"),
        [
            pytest.param(["web"], [""], id="one"),
            pytest.param(["jobs", "web"], ["", "WEB_"], id="two"),
            pytest.param(["jobs", "web-app.v2"], ["", "WEB_APP_V2_"], id="signs"),
            pytest.param(["jobs", "größe"], ["", "GR_SSE_"], id="other letters"),
            pytest.param(["jobs", "2nd"], ["", "2ND_"], id="a digit first"),
            pytest.param(["web", "web_web"], ["", "WEB_WEB_"], id="one in the other"),
        ],
    )
    def test_how_names_are_spelt(self, names: list[str], infixes: list[str]) -> None:
        assert infixes_of(names) == dict(zip(names, infixes, strict=True))

    @pytest.mark.parametrize(
        ("names", "spelt"),
        [
            pytest.param(["jobs", "web-app", "web app"], "WEB_APP", id="signs"),
            pytest.param(["jobs", "web", "Web"], "WEB", id="case"),
            pytest.param(["web", "WEB"], "WEB", id="the first too"),
        ],
    )
    def test_names_that_become_the_same_are_an_error(self, names: list[str], spelt: str) -> None:
        *_, one, two = names
        with pytest.raises(ConfigError) as refused:
            build(*names).environment()
        assert str(refused.value) == (
            f'MCSCOPES: environment: the packages "{one}" and "{two}" would both become {spelt}.'
            f' Rename one, or write environment(package="{two}").'
        )
        assert "MC_CLIENT_ID" in build(*names).environment(package=two)


class TestProxies:
    def test_in_process_nothing_is_said_of_proxies(self, tenant: Tenant) -> None:
        assert {"NO_PROXY", "no_proxy"}.isdisjoint(tenant.environment())

    @pytest.mark.parametrize("package", [None, "web"])
    def test_at_a_port_no_proxy_stands_before_it(
        self, package: str | None, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_PROXY", "intranet.example.com")
        given = Tenant(core_of(tenant), AT_PORTS).environment(package=package)
        assert given["MC_AUTH_URL"] == "http://127.0.0.1:9001/"
        assert given["NO_PROXY"] == given["no_proxy"] == "intranet.example.com,127.0.0.1"

    @pytest.mark.parametrize(
        ("before", "capitals", "small"),
        [
            pytest.param({}, "127.0.0.1", "127.0.0.1", id="none"),
            pytest.param({"NO_PROXY": "", "no_proxy": ""}, "127.0.0.1", "127.0.0.1", id="empty"),
            pytest.param({"NO_PROXY": "a"}, "a,127.0.0.1", "a,127.0.0.1", id="capitals"),
            pytest.param({"no_proxy": "a, b"}, "a,b,127.0.0.1", "a,b,127.0.0.1", id="small"),
            pytest.param(
                {"NO_PROXY": "a", "no_proxy": "b,"}, "a,127.0.0.1", "b,127.0.0.1", id="both"
            ),
            pytest.param(
                {"NO_PROXY": "127.0.0.1,a"}, "127.0.0.1,a", "127.0.0.1,a", id="there already"
            ),
            pytest.param({"NO_PROXY": "*"}, "*", "*", id="no host at all by a proxy"),
            pytest.param({"NO_PROXY": "127.0.0.10"}, *["127.0.0.10,127.0.0.1"] * 2, id="longer"),
        ],
    )
    def test_what_the_user_lists_stays(
        self, before: Mapping[str, str], capitals: str, small: str
    ) -> None:
        assert without_proxy(AT_PORTS, before) == {"NO_PROXY": capitals, "no_proxy": small}
