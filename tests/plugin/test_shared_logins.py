"""One client with one token for everything: the texts of its tests do not contradict each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

HEAD = """
import pytest
from asking import ask, call

scopes = pytest.mark.mc_scopes
least = pytest.mark.mc_least_privilege
ALL = "campaign_read data_extensions_write email_send"
MAIL = "messaging/v1/email/messages/1"
ROWS = "hub/v1/dataevents/key:orders/rowset"
CAMPAIGNS = "hub/v1/campaigns", "GET"
"""
BOTH = (
    "If it asks with one token for everything: declare the union once, for all tests that share it"
    ' and in place of their own marks, pytestmark = pytest.mark.mc_scopes({}, match="at_most"{}'
)


def failures(suite: Suite, source: str, *args: str) -> dict[str, str]:
    """Give each failed test's text as one line."""
    result = suite.run(HEAD + source, *args)
    _, _, rest = result.stdout.str().partition("= FAILURES =")
    parts = re.split(r"\n_+ ([\w\[\].]+) _+\n", rest.partition("\n=")[0])
    return {
        name: re.sub(r"\s+", " ", text) for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def union(*names: str, more: str = "") -> str:
    return BOTH.format(", ".join(f'"{name}"' for name in names), more)


THREE = ("campaign_read", "data_extensions_write", "email_send")

CLIENT_OF_THE_SESSION = """
@pytest.fixture(scope="session")
def client(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant, ask(tenant, ALL)
"""
CLIENT_OF_EACH_TEST = """
@pytest.fixture
def client(mc_tenant):
    return mc_tenant, ask(mc_tenant, ALL)
"""
EXACT = """
@scopes("email_send")
def test_mail(client):
    call(*client, MAIL)

@scopes("data_extensions_write")
def test_rows(client):
    call(*client, ROWS)

@scopes("campaign_read")
def test_campaigns(client):
    call(*client, *CAMPAIGNS)
"""
PURPOSES = {
    "test_mail": "email_send",
    "test_rows": "data_extensions_write",
    "test_campaigns": "campaign_read",
}


@pytest.mark.parametrize("mode", [(), ("-p", "xdist", "-n", "2")], ids=["plain", "xdist"])
@pytest.mark.parametrize(
    "client",
    [
        pytest.param(CLIENT_OF_THE_SESSION, id="one for the session"),
        pytest.param(CLIENT_OF_EACH_TEST, id="one for each test"),
    ],
)
def test_exact_marks_of_one_client(suite: Suite, client: str, mode: tuple[str, ...]) -> None:
    """Each text names both shapes, the first one's too, and all of them the same union."""
    told = failures(suite, client + EXACT, *mode)
    assert told.keys() == PURPOSES.keys()
    for test, scope in PURPOSES.items():
        assert (
            f'If this client serves one purpose: request scope="{scope}" instead.'
            f" {union(*THREE)}). More: mcscopes explain MCS102"
        ) in told[test]


def test_upper_bounds_of_one_client(suite: Suite) -> None:
    """To ask for less would break the other tests: the union is offered there too."""
    bounds = re.sub(r'@scopes\((".*")\)', r'@scopes(\1, match="at_most")', EXACT)
    told = failures(suite, CLIENT_OF_THE_SESSION + bounds)
    assert told.keys() == PURPOSES.keys()
    for test, scope in PURPOSES.items():
        assert (
            f'If this client serves one purpose: request scope="{scope}" instead.'
            f" {union(*THREE)}). More: mcscopes explain MCS102"
        ) in told[test]


@pytest.mark.measured
def test_a_mark_that_cannot_be_read_is_not_asked(suite: Suite) -> None:
    """One that a conftest adds is refused when its test begins: the texts before do without it."""
    suite.pytester.makeconftest(
        """
        import pytest

        def pytest_collection_modifyitems(items):
            items[-1].add_marker(pytest.mark.mc_scopes("email_read", match="nearly"))
        """
    )
    told = failures(suite, CLIENT_OF_THE_SESSION + EXACT)
    assert told.keys() == {"test_mail", "test_rows"}
    for text in told.values():
        assert union("data_extensions_write", "email_send") in text


def test_a_union_that_is_exact(suite: Suite) -> None:
    """Every test would do with less than its file declares: MCS202 says so, and how to mean it."""
    told = failures(
        suite,
        CLIENT_OF_THE_SESSION
        + re.sub(r"@scopes\(.*\)\n", "", EXACT)
        + "\npytestmark = scopes(*ALL.split())\n",
    )
    for test, scope in PURPOSES.items():
        assert (
            "If this client serves one purpose: narrow the marker to"
            f' @pytest.mark.mc_scopes("{scope}"): the calls of this test need no more. Request'
            f' scope="{scope}" instead. {union(*THREE)}). More: mcscopes explain MCS202'
        ) in told[test]


def test_a_client_that_sends_no_scope(suite: Suite) -> None:
    """It has to begin to, whatever the mark."""
    told = failures(suite, CLIENT_OF_EACH_TEST.replace("ALL", "None") + EXACT)
    for test, scope in PURPOSES.items():
        assert (
            f'serves one purpose: request scope="{scope}"; or, if the client cannot' in told[test]
        )
        assert f'{union(*THREE)}), and request scope="{" ".join(THREE)}".' in told[test]


def test_what_is_declared_nowhere_is_left_out(suite: Suite) -> None:
    """Neither is what another package's mark lists; the union is of this one's."""
    told = failures(
        suite,
        """
        @pytest.mark.mc_package(name="one")
        @pytest.mark.mc_package(name="two")
        class TestIt:
            @scopes("email_send", package="one")
            def test_mail(self, mc_tenant):
                call(mc_tenant, ask(mc_tenant, ALL + " sms_read"), MAIL)

            @scopes("campaign_read", package="one")
            @scopes("data_extensions_write", package="two")
            def test_campaigns(self, mc_tenant):
                packages = mc_tenant.packages
                call(mc_tenant, ask(mc_tenant, ALL + " sms_read", packages["one"]), *CAMPAIGNS)
                token = ask(mc_tenant, "data_extensions_write", packages["two"])
                call(mc_tenant, token, ROWS)
        """.replace("\n        ", "\n"),
    )
    line = union("campaign_read", "email_send", more=', package="one"')
    assert (
        f'{line}), and request scope="campaign_read email_send".' in told["TestIt.test_campaigns"]
    )
    # When this one failed, nothing was known of the other.
    assert 'sms_read Request scope="email_send" instead. More' in told["TestIt.test_mail"]


CLIENT = """
class Client:
    def __init__(self, tenant):
        self.tenant = tenant

    def call(self, *what):
        call(self.tenant, ask(self.tenant, ALL), *what)
"""


@pytest.mark.parametrize(
    ("source", "shared"),
    [
        pytest.param(
            """
@pytest.fixture
def client(mc_tenant):
    return Client(mc_tenant)

@pytest.fixture
def mailer(client):
    return client

@scopes("email_send")
def test_mail(mailer):
    mailer.call(MAIL)

@scopes("campaign_read")
def test_other(client):
    client.call(*CAMPAIGNS)
""",
            True,
            id="a client that logs in when it is used",
        ),
        pytest.param(
            """
@scopes("email_send")
def test_mail(mc_tenant):
    Client(mc_tenant).call(MAIL)

@scopes("campaign_read")
def test_other(mc_tenant):
    Client(mc_tenant).call(*CAMPAIGNS)
""",
            False,
            id="each its own",
        ),
        pytest.param(
            """
@pytest.fixture(scope="module")
def tenant(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

@scopes("email_send")
def test_mail(tenant):
    Client(tenant).call(MAIL)

@scopes("campaign_read")
def test_other(tenant):
    Client(tenant).call(*CAMPAIGNS)
""",
            False,
            id="a tenant alone",
        ),
        pytest.param(
            """
@pytest.fixture
def client(mc_tenant):
    return Client(mc_tenant)

@scopes("email_send")
def test_mail(client):
    client.call(MAIL)

class TestOther:
    @pytest.fixture
    def client(self, mc_tenant):
        return Client(mc_tenant)

    @scopes("campaign_read")
    def test_other(self, client):
        client.call(*CAMPAIGNS)
""",
            False,
            id="another of the same name",
        ),
        pytest.param(
            """
@pytest.fixture(autouse=True)
def stubs(mc_tenant):
    mc_tenant.rest.get("/hub/v1/campaigns").respond(200)

@pytest.fixture
def client(mc_tenant):
    return Client(mc_tenant)

@scopes("email_send")
def test_mail(client):
    client.call(MAIL)

@scopes("campaign_read")
def test_other(mc_tenant):
    Client(mc_tenant).call(*CAMPAIGNS)
""",
            False,
            id="what all tests have",
        ),
        pytest.param(
            """
@pytest.fixture
def token(mc_tenant):
    return ask(mc_tenant, ALL)

@pytest.fixture
def narrow(mc_tenant):
    return ask(mc_tenant, "campaign_read")

@scopes("email_send")
def test_mail(token, mc_tenant):
    call(mc_tenant, token, MAIL)

@scopes("campaign_read")
def test_other(narrow, mc_tenant):
    call(mc_tenant, narrow, *CAMPAIGNS)
""",
            False,
            id="a log-in of another fixture",
        ),
    ],
)
def test_a_test_that_has_not_run_yet(suite: Suite, source: str, *, shared: bool) -> None:
    """It is counted only where it has the fixture of which the log-in came."""
    text = failures(suite, CLIENT + source)["test_mail"]
    assert (union("campaign_read", "email_send") in text) == shared
    assert ('write Request scope="email_send" instead. More' in text) != shared


def test_calls_tell_where_no_mark_lists_scopes(suite: Suite) -> None:
    """Under `mc_least_privilege`, from the second test on; and where a mark cannot be read."""
    told = failures(
        suite,
        CLIENT_OF_THE_SESSION
        + re.sub(r"@scopes\(.*\)", "@least", EXACT)
        + """
@pytest.fixture(autouse=True)
def spoil(request):
    yield
    for item in request.session.items:
        if item.name == "test_last":
            item.add_marker(pytest.mark.mc_scopes())

def test_last(client):
    pass
""",
    )
    assert 'Request scope="email_send" instead. More' in told["test_mail"]
    assert f"{union('data_extensions_write', 'email_send')}), and request" in told["test_rows"]
    assert f"{union(*THREE)})." in told["test_campaigns"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param('@scopes("sms_read")', id="what was not asked for"),
        pytest.param('@scopes("email_send")', id="the same"),
        pytest.param("@pytest.mark.mc_no_token(reason='none')", id="no token"),
        pytest.param("", id="no mark"),
    ],
)
def test_one_purpose_is_told_one_way(suite: Suite, other: str) -> None:
    """Where other tests of the file have nothing to do with what is too much."""
    told = failures(
        suite,
        f"""
@scopes("email_send")
def test_mail(mc_tenant):
    call(mc_tenant, ask(mc_tenant, "email_read email_send"), MAIL)

{other}
def test_other(mc_cloud):
    pass
""",
    )
    assert 'email_read Request scope="email_send" instead. More' in told["test_mail"]


def test_files_that_share_a_tenant(suite: Suite) -> None:
    """A client of `conftest.py` is shared by name; tests of other files with tenants are not."""
    suite.pytester.makeconftest(HEAD + CLIENT_OF_THE_SESSION)
    suite.pytester.makepyfile(
        test_a=f'{HEAD}\n@scopes("email_send")\ndef test_mail(client):\n    call(*client, MAIL)',
        test_b=f'{HEAD}\n@scopes("data_extensions_write")\ndef test_rows(client):\n    pass',
        test_c=f'{HEAD}\n@scopes("campaign_read")\ndef test_other(mc_tenant):\n    pass',
    )
    text = re.sub(r"\s+", " ", suite.run_files().stdout.str())
    assert f"{union('data_extensions_write', 'email_send')}), and request" in text
    assert '"campaign_read", "data' not in text


def test_what_is_no_function_has_no_client(suite: Suite) -> None:
    """As an item of a type checker's plugin, for the same file."""
    suite.pytester.makeconftest(
        """
        import pytest

        class Check(pytest.Item):
            def runtest(self):
                pass

        class File(pytest.File):
            def collect(self):
                return [Check.from_parent(self, name="check")]

        def pytest_collect_file(file_path, parent):
            return File.from_parent(parent, path=file_path)
        """
    )
    told = failures(suite, CLIENT_OF_THE_SESSION + EXACT)
    assert told.keys() == PURPOSES.keys()
    for text in told.values():
        assert union(*THREE) in text
