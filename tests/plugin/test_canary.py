"""A planted secret and a real token appear in nothing that is printed or stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from measuring import unmeasured

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.cli.report import FORMATS, REVIEWS

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
    print(repr(tenant), tenant.package, tenant.packages, tenant.clock, tenant.rest)
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
@pytest.mark.mc_allow("MCS203", reason="why {SECRET} is there")
def test_what_users_write(mc_tenant, monkeypatch):
    mc_tenant.rest.get("/nowhere/v1/x").respond(json={"secret": "{SECRET}", "wrong": "{WRONG}"})
    monkeypatch.setenv("MC_CLIENT_SECRET", "{SECRET}")
    leak(mc_tenant, "{SECRET}")

@pytest.mark.mc_scopes("email_send")
def test_two_living_tenants(mc_tenant, mc_cloud):
    with mc_cloud.tenant(client_id=mc_tenant.client_id, client_secret="{SECRET}"):
        pass
"""

# The same for what users bring: codes, refresh tokens, verifiers, call-backs; for SOAP
# envelopes, read or not; and for real ports, in the process's own and in late errors.
SUITE_OF_USERS = """
import pathlib, httpx, pytest
from urllib.parse import parse_qs, urlencode, urlsplit

CALLBACK = "https://app.example.com/callback"
pytestmark = [
    pytest.mark.mc_package(
        type="web-app", redirect_uris=[CALLBACK], client_secret="{SECRET}"
    ),
    pytest.mark.mc_scopes("email_read"),
]

def keep(*texts):
    with pathlib.Path("tokens.txt").open("a") as kept:
        kept.write("\\n".join([*texts, ""]))

def log_in(tenant):
    query = {"response_type": "code", "client_id": tenant.client_id, "redirect_uri": CALLBACK}
    back = tenant.authorize(f"{tenant.auth_url}v2/authorize?" + urlencode(query))
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = {"client_id": tenant.client_id, "client_secret": "{SECRET}", "redirect_uri": CALLBACK}
    url = f"{tenant.auth_url}v2/token"
    exchange = form | {"grant_type": "authorization_code", "code": code}
    tokens = httpx.post(url, json=exchange).json()
    keep(code, tokens["access_token"], tokens["refresh_token"])
    for again in (exchange, exchange | {"code": "{FOREIGN}"}, exchange | {"client_id": code}):
        httpx.post(url, json=again)
    refresh = form | {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    for wrong in (
        refresh,
        refresh | {"refresh_token": "{FOREIGN}"},
        refresh | {"client_secret": "{WRONG}"},
        refresh | {"scope": f"{code} {tokens['access_token']} {tokens['refresh_token']}"},
        refresh | {"grant_type": code, "account_id": code, "code_verifier": "{FOREIGN}"},
    ):
        httpx.post(url, json=wrong)
        httpx.post(f"{url}?" + urlencode(wrong), data=wrong)
    return code, tokens["access_token"], tokens["refresh_token"]

def leak(tenant):
    code, token, refresh_token = log_in(tenant)
    for leaked in (code, token, refresh_token, "{SECRET}"):
        link = {"response_type": leaked, "client_id": leaked, "redirect_uri": leaked}
        for each in (link, link | {"client_id": tenant.client_id}):
            with pytest.raises(Exception) as refused:
                tenant.authorize(f"{tenant.auth_url}v2/authorize?" + urlencode(each))
            print(refused.value)
        httpx.get(f"{tenant.auth_url}v2/userinfo/{leaked}?a={leaked}")
        headers = {"Content-Type": "text/xml", "Authorization": f"Bearer {leaked}"}
        for name in ("Retrieve", leaked):
            envelope = ENVELOPE.format(token=leaked, name=name)
            for body in (envelope, envelope[:-9], leaked):
                url = f"{tenant.soap_url}Service.asmx"
                httpx.post(url, content=body, headers=headers)
                httpx.post(f"{url}/{leaked}?token={leaked}", content=body, headers=headers)
    print(repr(tenant), tenant.user, tenant.users, tenant.package, tenant.soap, tenant.rest)
    print(*tenant.soap.calls, *tenant.ledger.entries, sep="\\n")

ENVELOPE = (
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header>'
    '<fueloauth xmlns="http://exacttarget.com">{{token}}</fueloauth></Header><Body>'
    '<RetrieveRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><RetrieveRequest>'
    "<ObjectType>{{name}}</ObjectType></RetrieveRequest></RetrieveRequestMsg></Body></Envelope>"
)

def test_in_process(mc_tenant):
    leak(mc_tenant)

def test_by_ports(mc_server):
    leak(mc_server)

def test_fails_by_itself(mc_server):
    leak(mc_server)
    mc_server.fail_next("token", 503)
    assert mc_server.package == "a package"
"""
CANARIES = {"SECRET": SECRET, "WRONG": WRONG, "FOREIGN": FOREIGN}


def planted(suite: str) -> str:
    """Put the canaries into a suite."""
    for name, canary in CANARIES.items():
        suite = suite.replace("{" + name + "}", canary)
    return suite.replace("{{", "{").replace("}}", "}")


def told_of(data: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What each command that reads data files writes, to its output and to files."""
    combined = data.parent.parent / "all.jsonl"
    baseline = data.parent.parent / "baseline.json"
    commands = [
        ("combine", data, "-o", combined),
        ("suggest", data),
        ("diff", data, data),
        ("diff", data, data, "--format", "markdown"),
        ("check", data),
        ("check", data, "--json"),
        ("check", data, "--write-baseline", baseline),
        *(("report", data, "--format", name) for name in FORMATS),
        *(("report", data, "--for-review", "--format", name) for name in REVIEWS),
    ]
    capsys.readouterr()
    texts = []
    for command in commands:
        assert unmeasured(main)([*map(str, command)]) in {0, 1}, command
        texts.append("".join(capsys.readouterr()))
    return [*texts, combined.read_text()]


@pytest.mark.parametrize(
    ("source", "failing", "issued"),
    [
        pytest.param(SUITE, 6, 5, id="packages"),
        pytest.param(SUITE_OF_USERS, 3, 9, id="users"),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_no_secret_and_no_token_is_shown(
    *,
    pytester: pytest.Pytester,
    workers: tuple[str, ...],
    source: str,
    failing: int,
    issued: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Terminal, sections, JUnit and data file, reprs, facts and error texts hold neither.

    Nor does what our commands make of the data file.
    """
    pytester.makepyfile(test_leaks=planted(source))
    result = pytester.runpytest_subprocess(
        "-p", "pytest_mcscopes.plugin", *(("-p", "xdist") if workers else ()), *workers,
        "-vv", "-rA", "--junitxml=junit.xml", "-o", "junit_logging=all",
        "--mc-suggest", "--mc-data",
    )  # fmt: skip
    result.assert_outcomes(failed=failing)
    [data] = pytester.path.glob(".mcscopes/*.jsonl")
    written = [data, pytester.path / "junit.xml"]
    told = told_of(data, capsys)
    assert min(map(len, told)) > 100
    shown = result.stdout.str() + result.stderr.str() + "".join(map(Path.read_text, written))
    # The suite's own source is shown where a test fails by itself; it holds the secrets as written.
    ours = "\n".join(line for line in shown.splitlines() if not re.match(r"^[ >]    |^E  ", line))
    tokens = (pytester.path / "tokens.txt").read_text().split()
    assert len(tokens) == issued
    for canary in (SECRET, WRONG, FOREIGN, *tokens):
        assert canary not in ours
        assert [each for each in told if canary in each] == []
    assert "<redacted>" in ours
