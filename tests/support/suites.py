"""Inner test suites: what they import, how they are run, and what is read of their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ASKING = '''
import httpx

CLIENT = httpx.Client(verify=False)  # quick to make: no certificates are read

def ask(tenant, scope=None, package=None):
    """What integrations do: ask for a token."""
    mine = package or tenant.package
    body = {"client_id": mine.client_id, "client_secret": mine.client_secret}
    body |= {"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope})
    return CLIENT.post(tenant.auth_url + "v2/token", json=body).json().get("access_token")

def call(tenant, token, path="messaging/v1/email/messages/1", method="POST"):
    """Call the REST host; sending e-mail, as here, needs email_send."""
    headers = {"Authorization": f"Bearer {token}"}
    return CLIENT.request(method, tenant.rest_url + path, headers=headers).status_code

def send(tenant, scope=None):
    return call(tenant, ask(tenant, scope))
'''


class Suite:
    """An inner test suite, run in this process with our plugin and no other."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def run(self, source: str, *args: str) -> pytest.RunResult:
        """Run one file; what `from asking import ...` gives is there."""
        self.pytester.makepyfile(test_it=source)
        return self.run_files(*args)

    def run_files(self, *args: str) -> pytest.RunResult:
        """Run what the test has written."""
        # By explicit -p, whether or not the outer run found us as an entry point.
        plugin = ("-p", "pytest_mcscopes.plugin", "-p", "no:cacheprovider")
        strict = ("-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning")
        # xdist's workers have the sys.path that it was imported with: asking.py is not on it.
        path = ("-o", "pythonpath=.")
        return self.pytester.runpytest_inprocess(*plugin, *strict, *path, *args)

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


def _outcome(report: pytest.TestReport) -> str:
    outcome: str = "error" if report.when != "call" and report.failed else report.outcome
    if report.skipped and hasattr(report, "wasxfail"):
        outcome = "xfailed"
    findings = [_finding(each) for each in getattr(report, "mcscopes", ())]
    return f"{outcome}: {', '.join(findings)}" if findings else outcome


def _finding(finding: dict[str, str]) -> str:
    return " ".join(filter(None, ["note" * (finding["severity"] == "note"), finding["rule"]]))
