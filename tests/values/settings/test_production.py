"""Answers of production: what is read of them, and how the manifest differs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from production import CANARIES, token_answer, token_of, userinfo_answer

from pytest_mcscopes.arguments.keywords import Checked
from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.settings.assigned_packages import AssignedPackage
from pytest_mcscopes.settings.production import (
    CAVEAT,
    ProductionAnswer,
    compare_production,
    read_production_answer,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.config import PackageType


def read(path: Path, content: object) -> ProductionAnswer:
    """Save an answer and read it."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    return read_production_answer(path, load_catalogue().wire_ids)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file that an answer is saved in."""
    return tmp_path / "answer.json"


class TestReading:
    """Nothing but scopes, name and type is kept."""

    @pytest.mark.parametrize(
        ("client_type", "expected"),
        [
            pytest.param("ServerToServer", "server-to-server", id="server-to-server"),
            pytest.param("Confidential", "web-app", id="web app"),
            pytest.param("Public", "public-app", id="public app"),
            pytest.param("Another", None, id="a new one"),
        ],
    )
    def test_a_token_answer(
        self, file: Path, client_type: str, expected: PackageType | None
    ) -> None:
        """The type stands in the token."""
        answer = read(file, token_answer("email_send  email_read\n", token_of(client_type)))
        assert answer.caveat == CAVEAT
        assert answer == (
            str(file),
            "token",
            frozenset({"email_send", "email_read"}),
            None,
            expected,
        )

    @pytest.mark.parametrize(
        "token",
        [
            pytest.param("opaque", id="opaque"),
            pytest.param("a.b.c", id="no base64"),
            pytest.param("a.WzFd.c", id="a list"),
            pytest.param("a.e30.c", id="without the claim"),
            pytest.param("a.MQ.c", id="a number"),
            pytest.param("\u00e9.\u00e9.c", id="no ASCII"),
        ],
    )
    def test_a_token_that_tells_no_type(self, file: Path, token: str) -> None:
        """Be it cut out or of another form."""
        assert read(file, token_answer("email_send", token)).type is None

    def test_just_the_scopes(self, file: Path) -> None:
        """Whoever saves an answer may take everything else out."""
        assert read(file, {"scope": "email_send"}).scopes == {"email_send"}

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            pytest.param("Example Package", "Example Package", id="name"),
            pytest.param(None, None, id="null"),
            pytest.param(" ", None, id="spaces"),
            pytest.param("a\n\x1b[2J", None, id="control characters"),
            pytest.param("\ud800", None, id="no text"),
        ],
    )
    def test_userinfo(self, file: Path, name: object, expected: str | None) -> None:
        """It has the scopes of the package, be they none."""
        answer = read(file, userinfo_answer("openid", "offline", "email_read", name=name))
        assert answer[1:] == (
            "userinfo",
            frozenset({"openid", "offline", "email_read"}),
            expected,
            None,
        )
        assert answer.caveat == ""
        assert read(file, userinfo_answer()).scopes == frozenset()

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_as_windows_saves_it(self, file: Path, encoding: str) -> None:
        """With a byte mark, and by PowerShell's > in UTF-16."""
        text = json.dumps(token_answer("email_send"))
        assert read(file, text.encode(encoding)).scopes == {"email_send"}

    def test_a_scope_that_the_catalogue_does_not_know(self, file: Path) -> None:
        """Is taken, where it looks like one."""
        assert read(file, token_answer("loyalty_read")).scopes == {"loyalty_read"}


SECRET = CANARIES[0]
NUMBER = (
    " of its scopes is no scope id. It is not repeated here, as it may be a secret. Save the answer"
    " anew, as production gave it."
)
NEITHER = (
    'it has neither "scope" with a text, as a token answer, nor "application" with a list'
    ' "appScopes", as an answer of v2/userinfo.'
)
WANTED = "Save the body of an answer of v2/token or v2/userinfo, and nothing else, in it."


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(
            f'HTTP/1.1 200 OK\n\n{{"scope": "{SECRET}"}}'.encode(),
            f"it is no JSON (line 1, column 1). {WANTED}",
            id="headers",
        ),
        pytest.param(
            f'{{"client_secret": "{SECRET}",\n"scope": '.encode(),
            f"it is no JSON (line 2, column 10). {WANTED}",
            id="cut off",
        ),
        pytest.param(b"", f"it is no JSON (line 1, column 1). {WANTED}", id="empty"),
        pytest.param(SECRET.encode() + b"\xff", f"it is no JSON. {WANTED}", id="no text"),
        pytest.param(b"[" * 99_999, f"it is no JSON. {WANTED}", id="bottomless"),
        pytest.param(b"9" * 9_999, f"it is no JSON. {WANTED}", id="endless"),
        pytest.param([SECRET], f"{NEITHER} {WANTED}", id="a list"),
        pytest.param({"secret": SECRET}, f"{NEITHER} {WANTED}", id="something else"),
        pytest.param({"scope": [SECRET]}, f"{NEITHER} {WANTED}", id="scopes in a list"),
        pytest.param({"application": {"appScopes": "a_b"}}, f"{NEITHER} {WANTED}", id="a text"),
        pytest.param(
            {"error": "invalid_client", "error_description": SECRET},
            f"it is a refusal, which shows no scopes. {WANTED}",
            id="refusal",
        ),
        pytest.param(
            {"message": SECRET, "errorcode": 1},
            f"it is a refusal, which shows no scopes. {WANTED}",
            id="legacy refusal",
        ),
        pytest.param(
            token_answer(" "),
            "its `scope` is empty: the request asked for no scope, which shows nothing of what is"
            " assigned. Leave `scope` out of the request.",
            id="no scope",
        ),
        pytest.param(token_answer(f"email_send {SECRET}"), f"number 2{NUMBER}", id="secret"),
        pytest.param(token_answer("email_send,email_read"), f"number 1{NUMBER}", id="comma"),
        pytest.param(token_answer("a_" + "b" * 60), f"number 1{NUMBER}", id="long"),
        pytest.param(userinfo_answer("offline", SECRET), f"number 2{NUMBER}", id="userinfo"),
        pytest.param({"application": {"appScopes": [1]}}, f"number 1{NUMBER}", id="no text of ids"),
    ],
)
def test_what_is_no_answer(file: Path, content: object, complaint: str) -> None:
    """It is told by its file, and nothing of what stands in it is repeated."""
    with pytest.raises(ConfigError) as told:
        read(file, content)
    assert str(told.value) == f"MCSCOPES: {file}: {complaint}"
    assert told.value.__cause__ is None


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """It is told with what the system says."""
    for path, why in (
        (tmp_path / "none", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(ConfigError) as told:
            read_production_answer(path, ())
        assert str(told.value) == (
            f"MCSCOPES: {path} cannot be read: {why}. Name the file of a saved answer."
        )


def package(name: str, *scopes: str, line: int = 3) -> AssignedPackage:
    """Make a package of the manifest."""
    return AssignedPackage(
        name=name,
        type="server-to-server",
        scopes=frozenset(scopes),
        exceptions=(),
        projects=(),
        file="mcscopes.toml",
        line=line,
        scope_places={},
        settings=Checked(),
    )


def answer(
    *scopes: str, name: str | None = None, type_: PackageType | None = None
) -> ProductionAnswer:
    """Make an answer: of v2/userinfo where it names the package."""
    return ProductionAnswer(
        file="a.json",
        kind="userinfo" if name else "token",
        scopes=frozenset(scopes),
        name=name,
        type=type_,
    )


SAYS_SO = """\
  A token answer shows what its request asked for. That is all that is assigned only where the
  request left `scope` out; an answer of v2/userinfo shows all of it in any case.
"""
ADVICE = """\
  If production is right, mcscopes import FILE puts it into the manifest; if it is not, correct the
  package in Setup.
"""
MAILER = package("mailer", "email_send", "email_read", "offline")


@pytest.mark.parametrize(
    ("given", "differs", "text"),
    [
        pytest.param(
            answer("email_read", "email_send", "offline"),
            False,
            'package "mailer" (mcscopes.toml:3) is assigned what a.json shows of production: 2'
            f" scopes\n{SAYS_SO}",
            id="the same",
        ),
        pytest.param(
            answer("email_send", "sms_send", "journeys_read"),
            True,
            'package "mailer" (mcscopes.toml:3) differs from what a.json shows of production:\n'
            "  only in production    journeys_read sms_send\n"
            "  only in the manifest  email_read\n"
            "  offline not compared: of the log-in itself, and opens no data\n"
            f"{SAYS_SO}{ADVICE}",
            id="either side",
        ),
        pytest.param(
            answer("email_send", name="mailer"),
            True,
            'package "mailer" (mcscopes.toml:3) differs from what a.json shows of production:\n'
            "  only in the manifest  email_read\n"
            "  offline not compared: of the log-in itself, and opens no data\n"
            f"{ADVICE}",
            id="fewer",
        ),
        pytest.param(
            answer("email_send", "email_read", "openid", name="Mailer of 2026"),
            False,
            'package "mailer" (mcscopes.toml:3), in production "Mailer of 2026", is assigned what'
            " a.json shows of production: 2 scopes\n"
            "  offline openid not compared: of the log-in itself, and opens no data\n",
            id="flow scopes only",
        ),
        pytest.param(
            answer("email_send", "email_read", "offline", type_="web-app"),
            True,
            'package "mailer" (mcscopes.toml:3) differs from what a.json shows of production:\n'
            "  type in production    web-app\n"
            "  type in the manifest  server-to-server\n"
            f"{SAYS_SO}{ADVICE}",
            id="type",
        ),
        pytest.param(
            answer("email_send", "email_read", "offline", type_="server-to-server"),
            False,
            'package "mailer" (mcscopes.toml:3) is assigned what a.json shows of production: 2'
            f" scopes\n{SAYS_SO}",
            id="the same type",
        ),
    ],
)
def test_differences(given: ProductionAnswer, text: str, *, differs: bool) -> None:
    """The scopes of each side, and what the answer cannot show; flow scopes are no difference."""
    found = compare_production([MAILER], given)
    assert bool(found) is differs
    assert "".join(f"{line}\n" for line in found.lines()) == text


def test_one_scope_is_one() -> None:
    first, *_ = compare_production([package("a", "sms_send")], answer("sms_send")).lines()
    assert first.endswith("production: 1 scope")


def test_many_scopes_are_all_listed() -> None:
    """In lines that fit a window."""
    scopes = sorted(load_catalogue().wire_ids - {"offline", "openid"})
    lines = [*compare_production([package("a")], answer(*scopes)).lines()]
    assert " ".join(lines[1:-4]).split()[3:] == scopes
    assert max(map(len, lines)) <= 100


BOTH = (package("mailer", "email_send"), package("loader", "email_send", line=9))


@pytest.mark.parametrize(
    ("packages", "given", "name", "found"),
    [
        pytest.param(BOTH, answer(name="loader"), None, "loader", id="that of the answer"),
        pytest.param(BOTH, answer(name="x"), "loader", "loader", id="that of the option"),
        pytest.param(BOTH, answer(name="mailer"), "loader", "loader", id="option first"),
        pytest.param(BOTH[:1], answer("sms_send"), None, "mailer", id="the only one"),
        pytest.param(BOTH[:1], answer(name="x"), None, "mailer", id="by another name"),
    ],
)
def test_the_package_that_is_meant(
    packages: tuple[AssignedPackage, ...], given: ProductionAnswer, name: str | None, found: str
) -> None:
    assert compare_production(packages, given, name).package.name == found


@pytest.mark.parametrize(
    ("packages", "given", "name", "complaint"),
    [
        pytest.param(
            (),
            answer("sms_send"),
            None,
            "cannot be compared: there is no [[package]] in a manifest. mcscopes import FILE writes"
            " one.",
            id="none",
        ),
        pytest.param(
            BOTH,
            answer("sms_send"),
            None,
            'is of a package that it does not name, and the manifest has "mailer", "loader". Say by'
            " --package NAME which of these it is.",
            id="one of two",
        ),
        pytest.param(
            BOTH,
            answer(name="x"),
            None,
            'is of the package "x", and the manifest has "mailer", "loader". Say by --package NAME'
            " which of these it is.",
            id="neither",
        ),
        pytest.param(
            BOTH[:1],
            answer("sms_send"),
            "x",
            None,
            id="wrong option",
        ),
    ],
)
def test_no_package_is_meant(
    packages: tuple[AssignedPackage, ...],
    given: ProductionAnswer,
    name: str | None,
    complaint: str | None,
) -> None:
    with pytest.raises(ConfigError) as told:
        compare_production(packages, given, name)
    wrong = 'the manifest has no package "x", but "mailer". Say by --package NAME of which of these'
    said = f"a.json {complaint}" if complaint else f"{wrong} a.json is."
    assert str(told.value) == f"MCSCOPES: {said}"


def test_a_name_that_is_misspelt() -> None:
    """The one that is meant is offered."""
    with pytest.raises(ConfigError, match=r'no package "mialer", .* Did you mean "mailer"[?]'):
        compare_production(BOTH, answer("sms_send"), "mialer")
