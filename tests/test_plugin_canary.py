"""A planted secret and a real token appear in nothing that is printed or stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SECRET = "CanarySecretNobodyMaySee"
WRONG = "CanaryWrongSecretOfAClient"
FOREIGN = "CanaryTokenOfAnotherTenant0000"

# The suite leaks in every way that we know of: secrets and tokens in the path, the
# query, the scope parameter, a bearer header, a stub's answer, and a dump of us all.
SUITE = """
import pathlib, httpx, pytest

pytestmark = pytest.mark.mc_package(client_secret="{SECRET}")

def leak(tenant, secret):
    login = {"grant_type": "client_credentials", "client_id": tenant.client_id}
    login["client_secret"] = secret
    url = tenant.auth_url + "v2/token"
    answer = httpx.post(url, json=login | {"scope": "email_send"}).json()
    token = answer.get("access_token", "{FOREIGN}")
    with pathlib.Path("tokens.txt").open("a") as kept:
        kept.write(token + "\\n")
    httpx.post(url, json=login | {"scope": f"email_send {secret} {token}"})
    httpx.post(f"{url}/{secret}", json=login)
    httpx.post(f"{url}?client_secret={secret}", json=login)
    for path in (
        f"hub/v1/campaigns/{token}",
        f"nowhere/{secret}/{token}",
        f"hub/v1/campaigns?access_token={token}",
        "nowhere/{FOREIGN}",
    ):
        for bearer in (token, "{FOREIGN}"):
            httpx.get(tenant.rest_url + path, headers={"Authorization": f"Bearer {bearer}"})
    with pytest.raises(httpx.ConnectError) as refused:
        httpx.get(f"https://mc-old.rest.marketingcloudapis.com/{token}?a={token}&b={secret}")
    print(refused.value)
    print(repr(tenant), tenant.package, tenant.packages, tenant.clock, tenant.stubs)
    print(*tenant.ledger.entries, sep="\\n")

@pytest.mark.mc_scopes("email_read")
def test_excess(mc_tenant):
    leak(mc_tenant, "{SECRET}")

@pytest.mark.mc_scopes("email_read")
def test_refused(mc_tenant):
    leak(mc_tenant, "{WRONG}")

@pytest.mark.mc_least_privilege
def test_fails_by_itself(mc_tenant):
    leak(mc_tenant, "{SECRET}")
    assert mc_tenant.package == "a package"

@pytest.mark.mc_no_token(reason="to be told of the request")
def test_unexpected(mc_tenant):
    leak(mc_tenant, "{SECRET}")

@pytest.mark.mc_scopes("email_send")
def test_two_living_tenants(mc_tenant, mc_cloud):
    with mc_cloud.tenant(client_id=mc_tenant.client_id, client_secret="{SECRET}"):
        pass
"""
for _name, _canary in {"SECRET": SECRET, "WRONG": WRONG, "FOREIGN": FOREIGN}.items():
    SUITE = SUITE.replace("{" + _name + "}", _canary)


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_no_secret_and_no_token_is_shown(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    """Terminal, sections, JUnit file, reprs, facts and error texts hold neither."""
    pytester.makepyfile(test_leaks=SUITE)
    result = pytester.runpytest_subprocess(
        "-p", "pytest_mcscopes.plugin", *(("-p", "xdist") if workers else ()), *workers,
        "-vv", "-rA", "--junitxml=junit.xml", "-o", "junit_logging=all",
        "--mc-suggest", "--mc-suggest-json=suggested.json",
    )  # fmt: skip
    result.assert_outcomes(failed=5)
    written = [path for path in Path(pytester.path).iterdir() if path.suffix in {".json", ".xml"}]
    shown = result.stdout.str() + result.stderr.str() + "".join(map(Path.read_text, written))
    # The suite's own source is shown where a test fails by itself; it holds the secrets as written.
    ours = "\n".join(line for line in shown.splitlines() if not re.match(r"^[ >]    |^E  ", line))
    tokens = (pytester.path / "tokens.txt").read_text().split()
    assert len(tokens) == 4
    for canary in (SECRET, WRONG, FOREIGN, *tokens):
        assert canary not in ours
    assert "<redacted>" in ours
