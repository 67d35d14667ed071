"""Inner test suites: what they import, how they are run, and what is read of their reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ASKING = '''
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

CLIENT = httpx.Client(verify=False)  # quick to make: no certificates are read

def ask(tenant, scope=None, package=None):
    """What integrations do: ask for a token."""
    named = {} if scope is None else {"scope": scope}
    answer = post(tenant, package, grant_type="client_credentials", **named)
    return answer.get("access_token")

def post(tenant, package=None, /, **form):
    """Send a package's credentials and this to the token endpoint; give the answer."""
    mine = package or tenant.package
    body = {"client_id": mine.client_id, "client_secret": mine.client_secret} | form
    return CLIENT.post(tenant.auth_url + "v2/token", json=body).json()

def consent(tenant, user=None, /, **query):
    """Let a user of a web app log in; give the code."""
    query = {"response_type": "code", "client_id": tenant.client_id} | query
    query["redirect_uri"] = tenant.package.redirect_uris[0]
    back = tenant.authorize(tenant.auth_url + "v2/authorize?" + urlencode(query), user)
    return parse_qs(urlsplit(back).query)["code"][0]

def exchange(tenant, code, /, **form):
    """Redeem a code; give the answer."""
    form["redirect_uri"] = tenant.package.redirect_uris[0]
    return post(tenant, grant_type="authorization_code", code=code, **form)

def refresh(tenant, tokens, /, **form):
    """Redeem the refresh token of an answer; give the new one."""
    renewed = tokens["refresh_token"]
    return post(tenant, grant_type="refresh_token", refresh_token=renewed, **form)

def call(tenant, token, path="messaging/v1/email/messages/1", method="POST"):
    """Call the REST host; sending e-mail, as here, needs email_send."""
    headers = {"Authorization": f"Bearer {token}"}
    return CLIENT.request(method, tenant.rest_url + path, headers=headers).status_code

def send(tenant, scope=None):
    return call(tenant, ask(tenant, scope))

API = 'xmlns="http://exacttarget.com/wsdl/partnerAPI"'

def soap(tenant, token, body, query="", **headers):
    """Post the content of a SOAP Body; give the answer."""
    text = (
        '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Header>'
        f'<fueloauth xmlns="http://exacttarget.com">{token}</fueloauth></Header>'
        f'<Body>{body}</Body></Envelope>'
    )
    headers = {"Content-Type": "text/xml"} | headers
    return CLIENT.post(f"{tenant.soap_url}Service.asmx{query}", content=text, headers=headers)

def retrieving(kind):
    """The content of a Body that retrieves objects of a kind."""
    what = f"<ObjectType>{kind}</ObjectType><Properties>ID</Properties>"
    return (
        f"<RetrieveRequestMsg {API}><RetrieveRequest>{what}</RetrieveRequest></RetrieveRequestMsg>"
    )
'''


class Suite:
    """An inner test suite, run in this process with our plugin and no other."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def run(self, source: str, *args: str, plugins: Sequence[object] = ()) -> pytest.RunResult:
        """Run one file; what `from asking import ...` gives is there."""
        self.pytester.makepyfile(test_it=source)
        return self.run_files(*args, plugins=plugins)

    def run_files(self, *args: str, plugins: Sequence[object] = ()) -> pytest.RunResult:
        """Run what the test has written, with these plugins too."""
        # By explicit -p, whether or not the outer run found us as an entry point.
        plugin = ("-p", "pytest_mcscopes.plugin", "-p", "no:cacheprovider")
        strict = ("-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning")
        # xdist's workers have the sys.path that it was imported with: asking.py is not on it.
        path = ("-o", "pythonpath=.")
        return self.pytester.runpytest_inprocess(*plugin, *strict, *path, *args, plugins=plugins)

    def judge(self, source: str, *args: str) -> dict[str, str]:
        """Run one file and give each test's outcome with what was found, by its name."""
        return self.told(self.run(source, *args))

    def told(self, result: pytest.RunResult, *, of_one_file: bool = True) -> dict[str, str]:
        """Write `failed: MCS102, note MCS203` for each test, the last attempt's."""
        reports = result.reprec.getreports("pytest_runtest_logreport")  # type: ignore[attr-defined]
        return {
            report.nodeid.partition("::")[2] if of_one_file else report.nodeid: _outcome(report)
            for report in reports
            if report.when == "call" or not report.passed
        }


def workers_for(source: str) -> tuple[str, ...]:
    """Name the options for two workers of xdist, or for one where one test would leave one idle."""
    return ("-p", "xdist", "-n", str(min(2, max(1, source.count("def test_")))))


def unwrapped(result: pytest.RunResult) -> pytest.LineMatcher:
    """Give what a run printed, with lines of the summary that were wrapped as one again."""
    text = re.sub(r"(?<=\n)(\S.*(?:\n {4}\S.*)+)", _join, result.stdout.str())
    return pytest.LineMatcher(text.splitlines())


def _join(found: re.Match[str]) -> str:
    return found[0].replace("\n    ", " ")


def _outcome(report: pytest.TestReport) -> str:
    outcome: str = "error" if report.when != "call" and report.failed else report.outcome
    if report.skipped and hasattr(report, "wasxfail"):
        outcome = "xfailed"
    findings = [_finding(each) for each in getattr(report, "mcscopes", ())]
    return f"{outcome}: {', '.join(findings)}" if findings else outcome


def _finding(finding: dict[str, str]) -> str:
    return " ".join(filter(None, ["note" * (finding["severity"] == "note"), finding["rule"]]))


def refuse_own_fixtures(test: str, fixtures: Iterable[str]) -> None:
    """Refuse a test of ours that asks the run which it is in for a tenant.

    The doors of that run's own session would answer until it ends, beside those that tests open,
    and keep look-ups of names from the check that there are none.
    """
    if own := [name for name in fixtures if name.startswith("mc_")]:
        raise pytest.UsageError(
            f"{test} asks for {own[0]} of the run that it is in. Let it build a tenant, as by"
            " tenants.build_tenant, or run an inner suite."
        )
