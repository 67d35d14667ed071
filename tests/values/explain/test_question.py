"""What somebody typed, and what may be shown of it."""

from __future__ import annotations

import pytest

from pytest_mcscopes.catalogue.nearest import fold_words
from pytest_mcscopes.explain.question import (
    RequestLine,
    join_request_lines,
    read_call,
    scopes_in,
    show,
    soap_words,
    things_in,
)

TENANT = "abc123.rest.marketingcloudapis.com"
BOTH = ("rest", "auth")


@pytest.mark.parametrize(
    ("text", "call"),
    [
        pytest.param("GET /a/b", ("GET", BOTH, "/a/b", ""), id="method and path"),
        pytest.param("get /a", ("GET", BOTH, "/a", ""), id="small letters"),
        pytest.param("POST a/b", ("POST", BOTH, "/a/b", ""), id="no slash before"),
        pytest.param("/a/b?c=d", (None, BOTH, "/a/b", "c=d"), id="a path"),
        pytest.param("/a?u=https://x/y", (None, BOTH, "/a", "u=https://x/y"), id="URL in query"),
        pytest.param("/a#b?c", (None, BOTH, "/a", ""), id="fragment"),
        pytest.param("//a//b", (None, BOTH, "//a//b", ""), id="slashes doubled"),
        pytest.param("GET /a HTTP/1.1", ("GET", BOTH, "/a", ""), id="a line of a log"),
        pytest.param(f"https://{TENANT}/a?b", (None, ("rest",), "/a", "b"), id="URL"),
        pytest.param(f"PUT https://{TENANT.upper()}./a", ("PUT", ("rest",), "/a", ""), id="host"),
        pytest.param(f"{TENANT}/a", (None, ("rest",), "/a", ""), id="no scheme"),
        pytest.param(f"//{TENANT}:443/a", (None, ("rest",), "/a", ""), id="no scheme, a port"),
        pytest.param(f"https://u:p@{TENANT}/a", (None, ("rest",), "/a", ""), id="userinfo"),
        pytest.param(f"https://{TENANT}", (None, ("rest",), "", ""), id="no path"),
        pytest.param(
            "https://x.auth.marketingcloudapis.com/v2/token",
            (None, ("auth",), "/v2/token", ""),
            id="auth host",
        ),
        pytest.param(
            "https://auth.exacttargetapis.com/v1/requestToken",
            (None, ("auth",), "/v1/requestToken", ""),
            id="legacy auth host",
        ),
        pytest.param(
            "https://www.exacttargetapis.com/a", (None, ("rest",), "/a", ""), id="legacy rest host"
        ),
        pytest.param(
            "https://x.soap.marketingcloudapis.com/Service.asmx",
            (None, ("soap",), "/Service.asmx", ""),
            id="soap host",
        ),
        pytest.param(
            "https://webservice.s7.exacttarget.com/Service.asmx",
            (None, ("soap",), "/Service.asmx", ""),
            id="legacy soap host",
        ),
        pytest.param("http://127.0.0.1:8080/a", (None, BOTH, "/a", ""), id="loopback"),
        pytest.param("http://localhost/a", (None, BOTH, "/a", ""), id="localhost"),
        pytest.param("http://[::1]:80/a", (None, BOTH, "/a", ""), id="loopback, IPv6"),
        pytest.param("https://example.com/a", (None, (), "/a", ""), id="a foreign host"),
        pytest.param("https:///a", (None, (), "/a", ""), id="no host"),
    ],
)
def test_a_call_is_taken_apart(
    text: str, call: tuple[str | None, tuple[str, ...], str, str]
) -> None:
    method, hosts, path, query = call
    assert read_call(text) == RequestLine(method=method, hosts=hosts, path=path, query=query)


@pytest.mark.parametrize(
    "text",
    ["email_send", "Email | Send", "TriggeredSend Create", "TriggeredSend/Create", "FETCH /a"],
)
def test_what_is_no_call_is_told_from_one(text: str) -> None:
    assert read_call(text) is None


def test_a_url_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="IPv6"):
        read_call("https://[::1")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f"https://u:secret@{TENANT}/a/b?access_token=secret", "/a/b?...", id="URL"),
        pytest.param("GET u:secret@host.example/a", "GET /a", id="no scheme"),
        pytest.param("GET //u:secret@host.example/a", "GET /a", id="no scheme, slashes"),
        pytest.param("GET https:/u:secret@host.example/a", "GET /...@host.example/a", id="a slip"),
        pytest.param("/a?secret", "/a?...", id="a query that is no pair"),
        pytest.param("/a#secret", "/a", id="fragment"),
        pytest.param(f"/a/{'secret' * 9}/b", "/a/secretsecr.../b", id="as long as a token"),
        pytest.param("/c/ada.secret@example.com", "/c/...@example.com", id="an address"),
        pytest.param("/c/secret%40example.com", "/c/...@example.com", id="an encoded address"),
        pytest.param("/a/\x1b[31mb", "/a/\\x1b[31mb", id="a control character"),
    ],
)
def test_nothing_secret_of_a_call_is_shown(text: str, shown: str) -> None:
    call = read_call(text)
    assert call
    assert call.shown == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Journeys é", "Journeys é", id="as it is"),
        pytest.param("a" * 61, "a" * 15 + "...", id="as long as a token"),
        pytest.param("a?client_secret=b", "a?...", id="a query"),
        pytest.param("https://u:b@h/a #b", "...@h/a ?...", id="a URL with a space in it"),
        pytest.param("a\n\x07\udc80", "a\\n\\x07\\udc80", id="control characters"),
    ],
)
def test_what_is_shown_of_a_word_harms_no_terminal(text: str, shown: str) -> None:
    assert show(text) == shown


def test_a_list_has_a_thing_a_line() -> None:
    """Empty lines, comments, a byte order mark and line ends are no things."""
    lines = ["\ufeffemail_read", "", "  # which?", " GET /a \r", "\t"]
    assert things_in(lines) == ("email_read", "GET /a")


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        pytest.param(["GET", "/a", "post", "/b"], ("GET /a", "post /b"), id="two calls"),
        pytest.param(["GET", "https://x/y"], ("GET https://x/y",), id="URL"),
        pytest.param(["GET /a", "/b"], ("GET /a", "/b"), id="quoted"),
        pytest.param(["GET", "email_send"], ("GET", "email_send"), id="no path"),
        pytest.param(["/a"], ("/a",), id="a path alone"),
    ],
)
def test_a_method_belongs_to_the_path_behind_it(words: list[str], joined: tuple[str, ...]) -> None:
    assert join_request_lines(words) == joined


@pytest.mark.parametrize(
    ("things", "scopes"),
    [
        pytest.param(["email_read email_send"], ("email_read", "email_send"), id="a scope string"),
        pytest.param(["a_b,c_d", "a_b"], ("a_b", "c_d"), id="commas, each once"),
        pytest.param(["offline", "openid"], ("offline", "openid"), id="flow scopes"),
        pytest.param(["email_read", "Journeys"], (), id="a label among them"),
        pytest.param(["email_read", "GET /a_b"], (), id="a call among them"),
    ],
)
def test_scopes_are_told_from_other_things(things: list[str], scopes: tuple[str, ...]) -> None:
    assert scopes_in(things) == scopes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Journeys (Interactions)", "journey", id="parentheses, plural, case"),
        pytest.param("Hub | Campaigns | Read", "hub > campaign: read", id="separators"),
        pytest.param("Lists and Subscribers", "List and Subscribers", id="a plural within"),
    ],
)
def test_labels_are_compared_without_what_people_forget(one: str, other: str) -> None:
    assert fold_words(one) == fold_words(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("TriggeredSend Create", ("triggeredsend", "create"), id="two words"),
        pytest.param("SOAP TriggeredSend.Create", ("triggeredsend", "create"), id="label and dot"),
        pytest.param(
            "DataExtensionObject[a.b/c] Update", ("dataextensionobject", "update"), id="key"
        ),
        pytest.param("Send Retrieve (also SendSummary)", ("send", "retrieve"), id="remark"),
        pytest.param("(any) Describe", ("(any)", "describe"), id="any"),
        pytest.param("|", (), id="nothing"),
    ],
)
def test_a_soap_operation_is_cut_into_words(text: str, words: tuple[str, ...]) -> None:
    assert soap_words(text) == words
