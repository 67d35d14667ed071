"""The packages of the manifest, as values: what the file may say of them, and what comes of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cli.main import main
from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.settings.manifest import read_manifest
from pytest_mcscopes.settings.manifest_file import find_manifest
from pytest_mcscopes.settings.packages import package_kinds

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.settings.assigned_packages import AssignedPackage


pytestmark = pytest.mark.usefixtures("here")


def read(here: Path, text: str, name: str = "mcscopes.toml") -> tuple[AssignedPackage, ...]:
    """Read the packages of a text as the folder's manifest."""
    (here / name).write_text(text)
    file = find_manifest([here])
    assert file
    return read_manifest(file, load_catalogue()).packages


MAILER = """\
[[package]]
name = "mailer"
type = "web-app"
scopes = [
    "email_send",
    "email_read",
    "offline",
]
account_id = 500000002
business_units = [500000003]
redirect_uris = ["https://app.example.com/callback"]
pkce = "require"
published = true
unassigned = "drop"
projects = ["shop", "billing", "shop"]

[[package.exception]]
scope = "email_read"
reason = "the report of next quarter"
owner = "ada@example.com"
expires = 2027-03-31

[[package.exception]]
scope = "offline"
reason = "refresh over night"
owner = "bob"
expires = 2027-01-01

[[package]]
scopes = []
"""


class TestValues:
    """What a good file says."""

    def test_all_that_is_written(self, here: Path) -> None:
        """Is there, each with its place."""
        mailer, other = read(here, MAILER)
        assert (mailer.name, mailer.type, mailer.where) == ("mailer", "web-app", "mcscopes.toml:1")
        assert mailer.scopes == {"email_send", "email_read", "offline"}
        assert mailer.scope_places == {
            "email_send": "mcscopes.toml:5",
            "email_read": "mcscopes.toml:6",
            "offline": "mcscopes.toml:7",
        }
        assert mailer.projects == ("shop", "billing")
        first, second = mailer.exceptions
        assert (first.scope, first.reason) == ("email_read", "the report of next quarter")
        assert (first.owner, first.expires) == ("ada@example.com", date(2027, 3, 31))
        assert (first.where, second.where) == ("mcscopes.toml:17", "mcscopes.toml:23")
        assert (other.name, other.scopes, other.line) == ("integration", frozenset(), 29)
        assert (other.type, other.exceptions, other.projects) == ("server-to-server", (), ())

    def test_the_keywords_of_a_package(self, here: Path) -> None:
        """Are what the `mc_package` mark would be given."""
        mailer, other = read(here, MAILER)
        assert PackageConfig(**mailer.settings) == PackageConfig(
            name="mailer",
            scopes=frozenset({"email_send", "email_read", "offline"}),
            type="web-app",
            account_id=500000002,
            business_units=(500000003,),
            unassigned="drop",
            redirect_uris=("https://app.example.com/callback",),
            pkce="require",
            published=True,
            assigned_in="mcscopes.toml:1",
        )
        assert PackageConfig(**other.settings) == PackageConfig(
            scopes=frozenset(), assigned_in="mcscopes.toml:29"
        )

    def test_in_the_table_of_pyproject(self, here: Path) -> None:
        """The places are those in that file."""
        text = "[project]\nname = 'x'\n" + MAILER.replace("[[package", "[[tool.mcscopes.package")
        mailer, _ = read(here, text, "pyproject.toml")
        assert mailer.where == "pyproject.toml:3"
        assert mailer.exceptions[0].where == "pyproject.toml:19"

    def test_a_scope_of_the_file_itself(self, here: Path) -> None:
        """Is known wherever it stands in the file."""
        (mailer,) = read(here, '[[package]]\nscopes = ["own_read"]\n[[scope]]\nid = "own_read"\n')
        assert mailer.scopes == {"own_read"}

    @pytest.mark.parametrize(
        ("day", "expired"),
        [
            pytest.param(date(2027, 3, 30), False, id="before"),
            pytest.param(date(2027, 3, 31), False, id="the last day"),
            pytest.param(date(2027, 4, 1), True, id="the day after"),
        ],
    )
    def test_an_exception_counts_through_its_day(
        self, here: Path, day: date, *, expired: bool
    ) -> None:
        mailer, _ = read(here, MAILER)
        assert mailer.exceptions[0].has_expired(day) is expired


PACKAGE = '[[package]]\nscopes = ["email_send"]\n'
EXCEPTION = '[[package.exception]]\nscope = "email_send"\nreason = "r"\nowner = "o"\n'
KEYS = (
    "There are name, type, scopes, account_id, business_units, redirect_uris, pkce, published,"
    " unassigned, projects, exception."
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            f"{PACKAGE}scope = 1",
            f'3: package.scope: unknown key. Did you mean "scopes"? {KEYS}',
            id="unknown key",
        ),
        pytest.param(
            f"{PACKAGE}{EXCEPTION}expires = 2027-01-01\nexpiry = 1",
            '8: package.exception.expiry: unknown key. Did you mean "expires"? There are scope,'
            " reason, owner, expires.",
            id="unknown key of an exception",
        ),
        pytest.param(
            "[[package]]\nname = 'x'",
            "1: package.scopes: is missing. List what production assigns; or write scopes = [], and"
            " let the command mcscopes import FILE read it off an answer of production.",
            id="no scopes",
        ),
        pytest.param(
            "[[package]]\nscopes = ['email_sned']",
            '2: package.scopes: unknown scope "email_sned". Did you mean "email_send"? A new one'
            " needs a [[scope]] with that id.",
            id="unknown scope",
        ),
        pytest.param(
            "[[package]]\nscopes = 'email_send'",
            "2: package.scopes: must be a list, got 'email_send'.",
            id="scopes in a text",
        ),
        pytest.param(
            f"{PACKAGE}type = 'web'",
            '3: package.type: must be "server-to-server" or "web-app" or "public-app", got \'web\'.'
            ' Did you mean "web-app"?',
            id="type",
        ),
        pytest.param(
            f"{PACKAGE}name = ' '",
            "3: package.name: must be a text that is not empty.",
            id="name of spaces",
        ),
        pytest.param(
            f"{PACKAGE}name = 'admin'",
            '3: package.name: "admin" is taken, by mc_tenant.admin, whose traffic is never judged.'
            " Choose another name.",
            id="the admin's name",
        ),
        pytest.param(
            f"{PACKAGE}account_id = '5'",
            "3: package.account_id: must be a positive number, got '5'.",
            id="MID in quotes",
        ),
        pytest.param(
            f"{PACKAGE}business_units = [0]",
            "3: package.business_units: must be a positive number, got 0.",
            id="no MID",
        ),
        pytest.param(
            f"{PACKAGE}redirect_uris = ['ftp://x/']",
            "3: package.redirect_uris: Marketing Cloud refuses 'ftp://x/': ",
            id="redirect URI",
        ),
        pytest.param(
            f"{PACKAGE}projects = ['']",
            "3: package.projects: must be a text that is not empty.",
            id="nameless project",
        ),
        pytest.param(
            f"{PACKAGE}client_secret = 'Xq9sEcReT'",
            "3: package.client_secret: a secret does not belong in a file of a repository, and"
            " tests need none: each tenant has one of its own, mc_tenant.client_secret. Take the"
            " line out.",
            id="secret",
        ),
        pytest.param(
            f"{PACKAGE}client_id = 'abc'",
            "3: package.client_id: is not for a manifest: each tenant of a test run has one of its"
            " own. Where a test needs a certain one, give it in the test's mc_package mark.",
            id="client id",
        ),
        pytest.param(
            f"{PACKAGE}enabled = false",
            "3: package.enabled: is not for a manifest, which says what production is like. Give it"
            " in the mc_package mark of the test that needs it.",
            id="what a test is about",
        ),
        pytest.param(
            "[[package]]\nname = 'x'\nscopes = []\n[[package]]\nname = 'x'\nscopes = []",
            '5: package.name: an earlier package has the name "x". Give each a name of its own.',
            id="twin packages",
        ),
        pytest.param(
            f"{PACKAGE}{PACKAGE}",
            '3: package.name: an earlier package has the name "integration". Give each a name of'
            " its own.",
            id="twins without a name",
        ),
        pytest.param(
            "[package]\nscopes = []",
            "1: package: must be a list of tables. Write [[package]].",
            id="one table",
        ),
        pytest.param(
            f"{PACKAGE}exception = 'x'",
            "3: package.exception: must be a list of tables. Write [[package.exception]].",
            id="no table",
        ),
        pytest.param(
            f"{PACKAGE}{EXCEPTION}expires = 2027-01-01\n{EXCEPTION}expires = 2028-01-01\n",
            '9: package.exception.scope: an earlier exception is for "email_send" already. Keep one'
            " of them.",
            id="twin exceptions",
        ),
        pytest.param(
            f"{PACKAGE}{EXCEPTION.replace('_send', '_sent')}expires = 2027-01-01",
            '4: package.exception.scope: "email_sent" is not among the scopes of this package, so'
            ' there is nothing to except. Did you mean "email_send"? Take the exception out, or'
            " correct its scope.",
            id="exception for what is not assigned",
        ),
        pytest.param(
            f"{PACKAGE}{EXCEPTION}",
            "3: package.exception.expires: is missing. Write the last day, in UTC, on which the"
            " exception counts, as expires = 2027-03-31.",
            id="no end",
        ),
        pytest.param(
            f"{PACKAGE}[[package.exception]]\nexpires = 2027-03-31",
            "3: package.exception.owner: is missing. Say who answers for the exception.\n"
            "mcscopes.toml:3: package.exception.reason: is missing. Say why the scope is assigned"
            " and not exercised.\n"
            "mcscopes.toml:3: package.exception.scope: is missing.",
            id="nothing but an end",
        ),
        pytest.param(
            f"{PACKAGE}{EXCEPTION}expires = '2027-03-31'",
            "7: package.exception.expires: must be a date without quotes, as 2027-03-31, got"
            " '2027-03-31'.",
            id="date in quotes",
        ),
        pytest.param(
            f"{PACKAGE}{EXCEPTION}expires = 2027-03-31T10:00:00Z",
            "7: package.exception.expires: must be a date without quotes, as 2027-03-31, got"
            " 2027-03-31 10:00:00+00:00.",
            id="date and time",
        ),
    ],
)
def test_what_makes_no_sense(here: Path, text: str, complaint: str) -> None:
    """It is told with file, line and key, and what to write; a secret is not."""
    with pytest.raises(ConfigError) as told:
        read(here, text)
    said = str(told.value)
    assert said.startswith(f"MCSCOPES: the manifest cannot be used.\nmcscopes.toml:{complaint}")
    assert "sEcReT" not in said


def test_an_exception_is_checked_by_its_own_package(here: Path) -> None:
    """What another package is assigned does not matter; where scopes are wrong, that is all."""
    other = EXCEPTION.replace("email_send", "sms_send") + "expires = 2027-01-01\n"
    text = (
        f"{PACKAGE}name = 'a'\n{EXCEPTION}expires = 2027-01-01\n"
        f"[[package]]\nname = 'b'\nscopes = ['sms_send']\n{other}"
        f"[[package]]\nname = 'c'\nscopes = ['sms_sned']\n{other}"
        f"[[package]]\nname = 'd'\nscopes = ['sms_read']\n{other}"
    )
    with pytest.raises(ConfigError) as told:
        read(here, text)
    places = [line.split(": ")[:2] for line in str(told.value).splitlines()[1:]]
    assert places == [
        ["mcscopes.toml:19", "package.scopes"],
        ["mcscopes.toml:29", "package.exception.scope"],
    ]


def test_all_that_is_wrong_is_told_at_once(here: Path) -> None:
    """In the order of the file."""
    text = (
        f"enforc = 1\n{PACKAGE}{PACKAGE}type = 1\n{EXCEPTION}expires = 1\n"
        f"{EXCEPTION.replace('send', 'read')}expires = 2\n[[route]]\n"
    )
    with pytest.raises(ConfigError) as told:
        read(here, text)
    places = [line.split(": ")[:2] for line in str(told.value).splitlines()[1:]]
    assert [(int(place.partition(":")[2]), key) for place, key in places] == [
        (1, "enforc"),
        (4, "package.name"),
        (6, "package.type"),
        (11, "package.exception.expires"),
        (13, "package.exception.scope"),
        (16, "package.exception.expires"),
        (17, "route.method"),
        (17, "route.path"),
    ]


def test_every_keyword_of_a_package_is_taken_or_refused_in_words(here: Path) -> None:
    """None is merely an unknown key."""
    for name in package_kinds():
        (here / "mcscopes.toml").write_text(f"[[package]]\n{name} = 0\n")
        file = find_manifest([here])
        assert file
        with pytest.raises(ConfigError) as told:
            read_manifest(file, load_catalogue())
        assert f"package.{name}: " in str(told.value)
        assert "unknown key" not in str(told.value)


def test_commands_read_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong one ends them, with the exit code of input that cannot be used."""
    (here / "mcscopes.toml").write_text("[[package]]\n")
    assert main(["catalogue"]) == 2
    assert "mcscopes.toml:1: package.scopes: is missing." in capsys.readouterr().err
    (here / "mcscopes.toml").write_text(PACKAGE)
    for command in ("catalogue", "explain"):
        assert main([command, *["email_send"] * (command == "explain")]) == 0
        assert "catalogue entries" not in capsys.readouterr().out
