"""`mc_guard`: from when on the real service is out of reach, and that no call of it is unseen."""

from __future__ import annotations

import _socket
import socket
from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

OTHER = "mcx.rest.marketingcloudapis.com"
NOTE = f"note {OTHER} was looked up by name, and that was refused"
LOOK_UP = f"""
import os
import socket
from contextlib import suppress

import httpcore
import httpx
import pytest
import requests
import respx
from asking import CLIENT, ask, send

OTHER = "{OTHER}"
URL = "https://{OTHER}/x"

def look_up():
    try:
        socket.create_connection((OTHER, 443), timeout=5)
    except OSError as error:
        return str(error)

def get(client=CLIENT):
    with pytest.raises(httpx.ConnectError) as failed:
        client.get(URL)
    return str(failed.value)

def in_child(work):
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            work()
        os._exit(0)
    os.waitpid(child, 0)
"""
AT_IMPORT = (
    f"{LOOK_UP}\nREFUSED = look_up()\n\ndef test_it():\n    assert 'MCSCOPES: ' in REFUSED\n"
)
ALWAYS = ("--mc-guard", "always")
OFF = ("--mc-guard", "off")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beneath all guards, every name is that of a closed port of this machine."""
    found = [(2, 1, 6, "", ("127.0.0.1", 9))]
    monkeypatch.setattr(_socket, "getaddrinfo", lambda *_: found)


@pytest.mark.parametrize("arguments", [ALWAYS, ("-o", "mc_guard=always")])
def test_what_is_imported_cannot_log_in(arguments: tuple[str, ...], suite: Suite) -> None:
    """Neither a test file nor a conftest.py; what is swallowed is a note of the summary."""
    suite.pytester.makeconftest(f"{LOOK_UP}\nassert 'MCSCOPES: ' in look_up()\n")
    result = suite.run(AT_IMPORT, *arguments)
    assert suite.told(result) == {"test_it": "passed"}
    header = "mcscopes: enforce documented, trust attested, guard always; *"
    unwrapped(result).fnmatch_lines([header, f"outside of any test: {NOTE}"])


@pytest.mark.parametrize(
    "call",
    [
        "socket.gethostbyname(OTHER)",
        "socket.gethostbyname_ex(OTHER)",
        "socket.gethostbyaddr(OTHER)",
        "sock.connect((OTHER, 443))",
        "sock.connect_ex((OTHER, 443))",
    ],
)
def test_no_way_to_resolve_a_name_leads_past_it(call: str, suite: Suite) -> None:
    """A socket looks up by itself what it is to connect to."""
    calls = f"with socket.socket() as sock, pytest.raises(OSError, match='MCSCOPES: '): {call}"
    suite.pytester.makeconftest(f"{LOOK_UP}\n{calls}\n")
    result = suite.run("def test_it(): pass", *ALWAYS)
    assert suite.told(result) == {"test_it": "passed"}
    unwrapped(result).fnmatch_lines([f"outside of any test: {NOTE}"])


def test_what_is_no_name_of_marketing_clouds_goes_on(suite: Suite) -> None:
    """Addresses, paths of sockets, other names; and what is no address fails as ever."""
    source = f"""{LOOK_UP}
def test_it():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", 9))
        assert sock.connect_ex(("127.0.0.1", 9)) == 0
        with pytest.raises(TypeError):
            sock.connect(())
    with socket.socket(socket.AF_UNIX) as sock, pytest.raises(FileNotFoundError):
        sock.connect("there-is-none")
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
"""
    assert suite.judge(source, *ALWAYS) == {"test_it": "passed"}


def test_a_file_of_settings_guards_too(suite: Suite) -> None:
    """It is read a little later, when conftest.py files have been imported."""
    (suite.pytester.path / "mcscopes.toml").write_text('guard = "always"')
    result = suite.run(AT_IMPORT)
    assert suite.told(result) == {"test_it": "passed"}
    unwrapped(result).fnmatch_lines([f"outside of any test: {NOTE}"])


def test_the_workers_of_xdist_are_guarded(suite: Suite) -> None:
    """Each by itself; what they refused is told once."""
    plugins = ("-p", "xdist", "-p", "pytest_mcscopes.plugin", "-n", "2", *ALWAYS)
    source = AT_IMPORT.replace("from asking import CLIENT, ask, send", "CLIENT = None")
    suite.pytester.makepyfile(test_it=source)
    result = suite.pytester.runpytest_subprocess(*plugins, timeout=120)
    result.stdout.fnmatch_lines(["*1 passed*"])
    assert unwrapped(result).str().count(NOTE) == 1


@pytest.mark.parametrize("arguments", [(), ("--mc-guard", "tests"), OFF])
def test_it_is_left_alone_otherwise(arguments: tuple[str, ...], suite: Suite) -> None:
    """Before the first test that uses us."""
    result = suite.run(
        AT_IMPORT.replace("'MCSCOPES: ' in REFUSED", "'refused' in REFUSED"), *arguments
    )
    assert suite.told(result) == {"test_it": "passed"}
    assert "Marketing Cloud scopes" not in result.stdout.str()


def test_an_early_refusal_says_what_to_do(suite: Suite) -> None:
    """Where the code does not swallow it, the file's import fails by it."""
    result = suite.run(f"{LOOK_UP}\nraise RuntimeError(look_up())", *ALWAYS)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert (
        f'MCSCOPES: {OTHER} was looked up by name and not resolved: mc_guard is "always", and no'
        " tenant of this test run has it. Code that logs in when it is imported should log in when"
        " it is first used, so that mc_tenant answers it."
    ) in result.stdout.str()


@pytest.mark.measured
def test_a_test_without_a_tenant_is_guarded_too(suite: Suite) -> None:
    """It uses nothing of ours; the note names it."""
    result = suite.run(f"{LOOK_UP}\ndef test_it():\n    look_up()\n", *ALWAYS)
    unwrapped(result).fnmatch_lines([f"test_it.py::test_it: {NOTE}"])


def test_the_resolver_is_given_back(suite: Suite) -> None:
    """At the end of the run, in whatever order it was put on; other names are resolved."""
    below = _socket.getaddrinfo, socket.gethostbyname, socket.socket.connect
    source = f"{LOOK_UP}\ndef test_it(mc_tenant):\n    socket.getaddrinfo('shop.test', 80)\n"
    assert suite.judge(source, *ALWAYS) == {"test_it": "passed"}
    assert (_socket.getaddrinfo, socket.gethostbyname, socket.socket.connect) == below
    suite.run("", *ALWAYS, "--mc-enforce", "x")  # a usage error
    assert (_socket.getaddrinfo, socket.gethostbyname, socket.socket.connect) == below


@pytest.mark.measured
def test_what_lies_over_it_goes_on(suite: Suite) -> None:
    """Whatever a test has put there and left is called as ever, and reaches the resolver."""
    source = f"""{LOOK_UP}
import _socket

def test_it():
    below = _socket.getaddrinfo
    _socket.getaddrinfo = lambda *arguments: below(*arguments)
"""
    assert suite.judge(source, *ALWAYS) == {"test_it": "passed"}
    assert _socket.getaddrinfo(OTHER, 443)[0][4] == ("127.0.0.1", 9)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("--mc-guard=alwais", "got 'alwais'. Did you mean \"always\"?"),
        ("-omc_guard=on", "got 'on'."),
    ],
)
def test_a_wrong_word_is_a_usage_error(line: str, complaint: str, suite: Suite) -> None:
    """As with every setting."""
    result = suite.run("", line)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    expected = f'MCSCOPES: mc_guard must be "tests" or "always" or "off", {complaint}'
    assert expected in result.stderr.str()


def test_a_value_that_is_no_word_is_a_usage_error(suite: Suite) -> None:
    """It is read early, before it can be told."""
    suite.pytester.makepyprojecttoml("[tool.pytest]\nmc_guard = 3")
    result = suite.run("")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "MCSCOPES: mc_guard: " in result.stderr.str()


@pytest.mark.measured("httpx with an own transport", "a forked child without a door")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("assert 'refused' in get()", id="httpx"),
        pytest.param(
            "with httpx.Client(transport=httpx.HTTPTransport(verify=False)) as client:\n"
            "        assert 'refused' in get(client)",
            id="httpx with an own transport",
        ),
        pytest.param(
            "with pytest.raises(requests.ConnectionError, match='refused'):\n"
            "        requests.get(URL, timeout=5)",
            id="requests",
        ),
        pytest.param("assert 'refused' in look_up()", id="what has no door"),
        pytest.param("in_child(get)", id="a forked child"),
        pytest.param("in_child(look_up)", id="a forked child without a door"),
    ],
)
@pytest.mark.parametrize("mark", ["mc_scopes('email_send')", "mc_no_token(reason='none')", ""])
def test_off_lets_pass_and_fails_what_is_marked(body: str, mark: str, suite: Suite) -> None:
    """The real service was called: what it was asked for nobody has judged."""
    first = "send(mc_tenant, 'email_send')" if "scopes" in mark else "pass"
    decorator = f"@pytest.mark.{mark}\n" if mark else ""
    source = f"{LOOK_UP}\n{decorator}def test_it(mc_tenant):\n    {first}\n    {body}\n"
    result = suite.run(source, *OFF)
    assert suite.told(result) == {"test_it": "failed: MCS107" if mark else "passed"}
    assert "was refused" not in result.stdout.str()
    assert f" {OTHER}" in result.stdout.str() or not mark


@pytest.mark.measured
def test_off_still_answers_tenants_and_refuses_what_was_one(suite: Suite) -> None:
    """And what can be no real host."""
    source = f"""{LOOK_UP}
kept = []

@pytest.mark.mc_scopes("email_send")
def test_tenant(mc_tenant):
    assert send(mc_tenant, "email_send") == 200
    kept.append(mc_tenant.auth_url)

def test_ended(mc_tenant):
    for url in (*kept, URL.replace("/x", "v2")):
        with pytest.raises(httpx.ConnectError, match="MCSCOPES: "):
            CLIENT.get(url)
    with pytest.raises(socket.gaierror, match="MCSCOPES: "):
        socket.create_connection((mc_tenant.auth_url.split("/")[2], 443))
"""
    assert suite.judge(source, *OFF) == {"test_tenant": "passed", "test_ended": "passed"}


def test_off_leaves_the_users_mocks_alone(suite: Suite) -> None:
    """What respx answers for a Marketing Cloud has not reached the real one."""
    source = f"""{LOOK_UP}
@pytest.mark.mc_scopes("email_send")
def test_mocked(mc_tenant):
    with respx.mock() as router:
        router.get(URL).respond(text="mocked")
        router.get("https://shop.test/").respond(text="mocked")
        assert CLIENT.get(URL).text == "mocked"
        assert CLIENT.get("https://shop.test/").text == "mocked"
        assert httpcore.ConnectionPool().request("GET", URL).content == b"mocked"
    assert send(mc_tenant, "email_send") == 200
"""
    assert suite.judge(source, *OFF) == {"test_mocked": "passed"}
