"""The public models: what the vendor's answers have, and what no answer may lack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from pytest_mcscopes.models import TokenError, TokenResponse, UserInfo, read_permissions

if TYPE_CHECKING:
    from pydantic import BaseModel

TOKEN = {
    "access_token": "made-up",
    "token_type": "Bearer",
    "expires_in": 1079,
    "scope": "email_read offline",
    "soap_instance_url": "https://mcexample.soap.marketingcloudapis.com/",
    "rest_instance_url": "https://mcexample.rest.marketingcloudapis.com/",
}
REFUSAL = {
    "error": "invalid_client",
    "error_description": "Invalid client ID.",
    "error_uri": "https://developer.salesforce.com/docs",
}
ZONE = {"longName": "(GMT-06:00) Example Zone", "shortName": "GMT-6", "offset": -6, "dst": False}
EMAIL_VIEW = {"objectTypeName": "Email", "operationName": "View", "name": "View", "id": 5}
USERINFO: dict[str, Any] = {
    "exp": 1893456000,
    "iss": "https://mc.exacttarget.com",
    "user": {
        "sub": "600000001",
        "name": "Example User",
        "preferred_username": "example.user",
        "email": "user@example.test",
        "locale": "en-US",
        "zoneinfo": "America/Chicago",
        "timezone": ZONE,
    },
    "organization": {
        "member_id": 500000002,
        "enterprise_id": 500000001,
        "enterprise_name": "Example Enterprise",
        "account_type": "enterprise",
        "stack_key": "S0",
        "region": "NA1",
        "locale": "en-US",
        "zoneinfo": "America/Chicago",
        "timezone": ZONE,
    },
    "rest": {
        "rest_instance_url": "https://mcexample.rest.marketingcloudapis.com",
        "soap_instance_url": "https://mcexample.soap.marketingcloudapis.com",
    },
    "application": {
        "id": "00000000-0000-4000-8000-000000000001",
        "name": "Example Package",
        "redirectUrl": ["https://127.0.0.1:80/"],
        "appScopes": ["openid", "offline", "email_read"],
    },
    "permissions": [EMAIL_VIEW],
}


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        pytest.param(TokenResponse, {**TOKEN, "refresh_token": "made-up"}, id="token of an app"),
        pytest.param(TokenError, REFUSAL, id="refusal"),
        pytest.param(UserInfo, USERINFO, id="userinfo"),
        pytest.param(UserInfo, {**USERINFO, "later": {"added": True}}, id="a member of tomorrow"),
    ],
)
def test_an_answer_is_read_whole(model: type[BaseModel], answer: dict[str, Any]) -> None:
    """An answer comes out as it went in, members that nobody has documented included."""
    assert model.model_validate_json(json.dumps(answer)).model_dump() == answer


def test_a_server_s_token_needs_no_refresh_token() -> None:
    """The refresh token is the one member that may be missing."""
    assert TokenResponse.model_validate(TOKEN).refresh_token is None


@pytest.mark.parametrize(
    ("answer", "model"),
    [
        pytest.param(TOKEN, TokenResponse, id="token"),
        pytest.param(REFUSAL, TokenError, id="refusal"),
        pytest.param(USERINFO, UserInfo, id="userinfo"),
    ],
)
def test_no_member_may_be_missing(answer: dict[str, Any], model: type[BaseModel]) -> None:
    """Whatever is left out, at whatever depth, is named."""
    for path in _paths(answer):
        with pytest.raises(ValidationError) as told:
            model.model_validate(_without(answer, path))
        assert [error["loc"] for error in told.value.errors()] == [path]


@pytest.mark.parametrize(
    ("answer", "member"),
    [
        pytest.param({**TOKEN, "expires_in": "1079"}, "expires_in", id="number in quotes"),
        pytest.param({**TOKEN, "expires_in": 0}, "expires_in", id="no life"),
        pytest.param({**TOKEN, "token_type": "bearer"}, "token_type", id="another type"),
        pytest.param({**TOKEN, "scope": ["email_read"]}, "scope", id="list of scopes"),
    ],
)
def test_a_token_answer_of_other_types(answer: dict[str, Any], member: str) -> None:
    """What no token answer looks like is refused."""
    with pytest.raises(ValidationError) as told:
        TokenResponse.model_validate(answer)
    assert [error["loc"] for error in told.value.errors()] == [(member,)]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(USERINFO, id="whole answer"),
        pytest.param({"permissions": [EMAIL_VIEW]}, id="the member alone"),
        pytest.param([EMAIL_VIEW], id="the array alone"),
    ],
)
def test_permissions_are_read(answer: object) -> None:
    """The permissions of a recorded answer can stand alone."""
    text = "\n" + json.dumps(answer)
    assert [each.model_dump() for each in read_permissions(text)] == [EMAIL_VIEW]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("", "Invalid JSON: EOF while parsing a value", id="empty"),
        pytest.param('{"permissions": [', "Invalid JSON: EOF while parsing", id="cut off"),
        pytest.param("[" * 9999, "Invalid JSON: recursion limit exceeded", id="bottomless"),
        pytest.param("{}", "permissions: Field required", id="no permissions"),
        pytest.param('[{"id": 5}]', r"0\.objectTypeName: Field required", id="member missing"),
        pytest.param(
            json.dumps([EMAIL_VIEW | {"id": "5"}]),
            r"0\.id: Input should be a valid integer",
            id="number in quotes",
        ),
    ],
)
def test_permissions_that_cannot_be_read(text: str, complaint: str) -> None:
    """It is told where the text goes wrong, and not what else it says."""
    with pytest.raises(ValueError, match=f"^{complaint}"):
        read_permissions(text)


def _paths(value: object, *path: str | int) -> list[tuple[str | int, ...]]:
    """List the paths of all members, those of the first element of an array included."""
    if isinstance(value, list):
        return _paths(value[0], *path, 0)
    if not isinstance(value, dict):
        return []
    return [each for key in value for each in ((*path, key), *_paths(value[key], *path, key))]


def _without(answer: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - any JSON
    copy = json.loads(json.dumps(answer))
    owner = copy
    for step in path[:-1]:
        owner = owner[step]
    del owner[path[-1]]
    return copy
