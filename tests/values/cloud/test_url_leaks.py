"""Secrets and tokens in a URL: seen on any request, wherever they stand, and never told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from clouds import CloudOfOneTenant
from messages import authorized

from pytest_mcscopes.config import Config, PackageConfig

if TYPE_CHECKING:
    from pytest_mcscopes.config import TokenForm
    from pytest_mcscopes.ledger.facts import HostKind

NOW = 1_750_000_000.0
SECRET = "CanarySecretNobodyMaySee"


class Server(CloudOfOneTenant):
    """A tenant, and one token of it and of another tenant."""

    def __init__(self, secret: str = SECRET, form: TokenForm = "segments") -> None:
        config = Config(token_form=form)
        super().__init__(PackageConfig(client_secret=secret), config=config, at=NOW)
        other = PackageConfig(client_secret="another-secret")
        self.own = self.token()
        self.foreign = CloudOfOneTenant(other, config=config, seed=2, at=NOW).token()

    def found(
        self, path: str, query: str = "", *, host: HostKind = "rest", bearer: str = ""
    ) -> list[str]:
        """Send a request and list what its fact says was exposed."""
        request = authorized(bearer or None, path, method="GET", host=host, query=query)
        self.cloud.handle(request, NOW)
        fact = self.ledger.entries[-1].fact
        assert SECRET not in str(fact)
        assert self.own not in str(fact)
        assert self.foreign not in str(fact)
        return [f"{each.what} in {each.where}" for each in fact.exposed]


@pytest.fixture
def server() -> Server:
    return Server()


HOSTS: list[tuple[HostKind, str]] = [
    ("auth", "/v2/token"),
    ("auth", "/v1/requestToken"),
    ("auth", "/v2/userinfo"),
    ("auth", "/v2/discovery"),
    ("auth", "/nowhere"),
    ("rest", "/hub/v1/campaigns"),
    ("rest", "/nowhere"),
    ("rest", "/v2/userinfo"),
    ("soap", "/Service.asmx"),
]


@pytest.mark.parametrize(("host", "path"), HOSTS, ids=[f"{host} {path}" for host, path in HOSTS])
def test_every_request_is_looked_at(server: Server, host: HostKind, path: str) -> None:
    """Whether it is authenticated, refused, or leads nowhere."""
    query = urlencode({"access_token": server.own, "client_secret": SECRET})
    expected = ["token in query parameter access_token", "secret in query parameter client_secret"]
    assert server.found(path, query, host=host) == expected
    assert server.found(path, query, host=host, bearer=server.own) == expected
    assert server.found(path, host=host, bearer=server.own) == []


@pytest.mark.parametrize("form", ["segments", "opaque"])
@pytest.mark.parametrize("what", ["secret", "token", "foreign token"])
@pytest.mark.parametrize(
    ("path", "query", "where"),
    [
        pytest.param("/a/{}/b", "", "the path", id="a segment"),
        pytest.param("/a/x{}y", "", "the path", id="in a segment"),
        pytest.param("/a/{twice}", "", "the path", id="encoded twice"),
        pytest.param("/a", "key={}", "query parameter key", id="a value"),
        pytest.param("/a", "b=1&%24key=Bearer+{}&c", "query parameter $key", id="in a value"),
        pytest.param("/a", "key={odd}", "query parameter key", id="oddly encoded"),
        pytest.param("/a", "key={twice}", "query parameter key", id="value encoded twice"),
        pytest.param("/a", "{}=1", "the query", id="a name"),
        pytest.param("/a", "{}", "the query", id="a name alone"),
        pytest.param("/a", "a%20b={}", "the query", id="value of what is no name"),
    ],
)
def test_what_is_known_is_found_by_its_value(
    what: str, path: str, query: str, where: str, form: TokenForm
) -> None:
    server = Server(form=form)
    value = {"secret": SECRET, "token": server.own, "foreign token": server.foreign}[what]
    odd = f"%{ord(value[0]):02X}{value[1:]}"
    spellings = {"odd": odd, "twice": quote(odd, safe="")}
    sent = [text.format(value, **spellings) for text in (path, query)]
    assert server.found(*sent) == [f"{what.removeprefix('foreign ')} in {where}"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("access_token=x", ["token in query parameter access_token"], id="token"),
        pytest.param("accessToken=x", ["token in query parameter accessToken"], id="camel case"),
        pytest.param("ACCESS-TOKEN=x", ["token in query parameter ACCESS-TOKEN"], id="dash"),
        pytest.param("access%5Ftoken=x", ["token in query parameter access_token"], id="encoded"),
        pytest.param(
            "refresh_token=x&refresh_token=y",
            ["token in query parameter refresh_token"],
            id="refresh token, twice",
        ),
        pytest.param("clientSecret=x", ["secret in query parameter clientSecret"], id="secret"),
        pytest.param(f"access_token={SECRET}", ["both"], id="a secret as a token"),
        pytest.param("access_token=", [], id="empty"),
        pytest.param("access_token", [], id="no value"),
        pytest.param("token=x&code=y&client_id=z&$page=1", [], id="other names"),
    ],
)
def test_a_parameter_is_known_by_its_name(server: Server, query: str, expected: list[str]) -> None:
    """Whatever its value: a wrong or foreign one is exposed in the same way."""
    if expected == ["both"]:
        expected = [f"{what} in query parameter access_token" for what in ("secret", "token")]
    assert server.found("/hub/v1/campaigns", query) == expected


@pytest.mark.parametrize(
    ("secret", "path", "expected"),
    [
        pytest.param("s3cret", "/a/s3cret", ["secret in the path"], id="a word"),
        pytest.param("s3cret", "/a/x-s3cret.", ["secret in the path"], id="among marks"),
        pytest.param("s3cret+/=", "/a/s3cret%2B%2F%3D", ["secret in the path"], id="encoded"),
        pytest.param("my s3cret", "/a/my+s3cret", ["secret in the path"], id="with a plus"),
        pytest.param("s3cret", "/a/s3crets", [], id="part of a word"),
        pytest.param("tiny", "/a/tiny", [], id="too short to be one"),
    ],
)
def test_a_short_secret_is_a_word_of_its_own(secret: str, path: str, expected: list[str]) -> None:
    """A made-up one like `secret` must not be seen in `/secrets`."""
    assert Server(secret).found(path) == expected


def test_what_is_not_like_a_name_is_not_told(server: Server) -> None:
    """It may be a secret itself."""
    assert server.found("/a", f"{'x' * 41}={SECRET}") == ["secret in the query"]
    assert server.found("/a", f"{SECRET}={server.own}") == [
        "secret in the query",
        "token in the query",
    ]
