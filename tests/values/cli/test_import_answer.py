"""`mcscopes import`: what it writes, what it leaves alone, and what it refuses."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import tempfile
import tomllib
from typing import TYPE_CHECKING

import pytest
from production import CANARIES, token_answer, token_of, userinfo_answer

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Save an answer, and import it with further arguments: exit code, output, errors."""

    def run_import(answer: object, *args: str) -> tuple[int, str, str]:
        (here / "answer.json").write_text(json.dumps(answer))
        code = main(["import", "answer.json", *args])
        told = capsys.readouterr()
        assert not [each for each in CANARIES if each in told.out + told.err]
        return code, told.out, told.err

    return run_import


CAVEAT = """\
  A token answer shows what its request asked for. That is all that is assigned only where the
  request left `scope` out; an answer of v2/userinfo shows all of it in any case.
  Delete answer.json where it holds a token: nothing else of it was read.
"""
NO_TYPE = """\
  The answer does not tell the package's type, so server-to-server is taken. Where it acts for
  users, add type = "web-app" or type = "public-app".
"""


class TestNewManifest:
    """Where there is none yet."""

    def test_of_userinfo(self, here: Path, run: Run) -> None:
        """Name and scopes, sorted, a line each."""
        code, out, err = run(userinfo_answer("offline", "email_send", name='My "own" Package'))
        assert (code, err) == (0, "")
        assert out == (
            'package "My "own" Package" (mcscopes.toml:1) is assigned 2 scopes, as answer.json'
            f" shows\n  new      email_send offline\n{NO_TYPE}"
        )
        assert (here / "mcscopes.toml").read_text() == (
            '[[package]]\nname = "My \\"own\\" Package"\nscopes = [\n    "email_send",\n'
            '    "offline",\n]\n'
        )

    @pytest.mark.parametrize(
        ("client_type", "type_line"),
        [
            pytest.param("ServerToServer", "", id="server-to-server"),
            pytest.param("Confidential", 'type = "web-app"\n', id="web app"),
        ],
    )
    def test_of_a_token(self, here: Path, run: Run, client_type: str, type_line: str) -> None:
        """It has no name; the default type need not be written."""
        code, out, _ = run(token_answer("email_send", token_of(client_type)))
        assert code == 0
        assert out == (
            'package "integration" (mcscopes.toml:1) is assigned 1 scope, as answer.json shows\n'
            f"  new      email_send\n{CAVEAT}"
        )
        assert (here / "mcscopes.toml").read_text() == (
            f'[[package]]\nname = "integration"\n{type_line}scopes = [\n    "email_send",\n]\n'
        )

    def test_without_any_scope(self, here: Path, run: Run) -> None:
        code, out, _ = run(userinfo_answer())
        assert (code, out.splitlines()[1:]) == (0, NO_TYPE.splitlines())
        assert (here / "mcscopes.toml").read_text() == (
            '[[package]]\nname = "mailer"\nscopes = []\n'
        )

    def test_by_a_name_of_ones_own(self, here: Path, run: Run) -> None:
        assert run(userinfo_answer("email_send"), "--package", "loader")[0] == 0
        assert 'name = "loader"' in (here / "mcscopes.toml").read_text()

    def test_below_a_folder_that_has_one(
        self, here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That one is written to: a second one would be read in its place by some commands."""
        (here / "mcscopes.toml").write_text(OLD)
        (here / "below").mkdir()
        monkeypatch.chdir(here / "below")
        (here / "below" / "answer.json").write_text(json.dumps(userinfo_answer("sms_send")))
        code, out, _ = run(userinfo_answer("sms_send"), "--package", "third")
        assert (code, out.partition(" is assigned")[0]) == (
            0,
            f'package "third" ({here / "mcscopes.toml"}:33)',
        )
        assert (here / "mcscopes.toml").read_text().startswith(OLD)
        assert not (here / "below" / "mcscopes.toml").exists()
        assert run(userinfo_answer("sms_send"), "-o", "mcscopes.toml")[0] == 0
        assert (here / "below" / "mcscopes.toml").exists()

    def test_in_another_file(self, here: Path, run: Run) -> None:
        """Be it a pyproject.toml that has no table of ours yet."""
        (here / "pyproject.toml").write_text('[project]\nname = "shop"')
        for name, start in (
            ("pyproject.toml", '[project]\nname = "shop"\n\n[[tool.mcscopes.package]]\n'),
            ("other.toml", "[[package]]\n"),
        ):
            assert run(userinfo_answer("email_send"), "-o", name)[0] == 0
            assert (here / name).read_text().startswith(f'{start}name = "mailer"\n')
        assert not (here / "mcscopes.toml").exists()

    def test_a_scope_that_nobody_knew(self, here: Path, run: Run) -> None:
        """It is written down as one, so that the file is a good manifest."""
        code, out, _ = run(userinfo_answer("email_send", "email_sendx", "loyalty_write"))
        assert code == 0
        added = "is not in the catalogue: a [[scope]] was added for it, without which it would be"
        told = " ".join(out.split())
        assert f'email_sendx {added} an unknown scope. Did you mean "email_send"?' in told
        assert f"loyalty_write {added} an unknown scope. The answer" in told
        assert (
            (here / "mcscopes.toml")
            .read_text()
            .endswith(']\n\n[[scope]]\nid = "email_sendx"\n\n[[scope]]\nid = "loyalty_write"\n')
        )
        assert run(userinfo_answer("loyalty_write"))[1].splitlines()[1:] == [
            "  removed  email_send email_sendx"
        ]


OLD = """\
# what we know
trust = "documented"  # for now

[[package]]
name = "mailer"  # sends
scopes = [  # as of May
    "email_send",  # receipts
    # reports
    'email_read',
    "sms_send",
]  # no more
account_id = 500000002

[[package.exception]]
scope = "email_send"
reason = "r"
owner = "o"
expires = 2027-01-01

[[route]]
method = "GET"
path = "/loyalty/v1/cards"
all_of = ["loyalty_read"]

[[package]]  # the other one
name = "loader"
type = "web-app"
scopes = ["data_extensions_read"]

[[scope]]
id = "loyalty_read"
"""
NEW = OLD.replace("    # reports\n    'email_read',\n", "    # reports\n").replace(
    '"sms_send",\n]', '"sms_send",\n    "journeys_read",\n]'
)


class TestExistingManifest:
    """All that is not changed stays as it is, to the letter."""

    @pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte mark"])
    def test_the_scopes_of_one_package(self, here: Path, run: Run, mark: str) -> None:
        """With comments, order and quotes."""
        (here / "mcscopes.toml").write_text(mark + OLD)
        code, out, _ = run(userinfo_answer("email_send", "sms_send", "journeys_read"))
        assert code == 0
        assert out == (
            'package "mailer" (mcscopes.toml:4) is assigned 3 scopes, as answer.json shows\n'
            "  added    journeys_read\n"
            "  removed  email_read\n"
        )
        assert (here / "mcscopes.toml").read_text() == mark + NEW

    def test_line_ends_stay(self, here: Path, run: Run) -> None:
        """Those of Windows too."""
        (here / "mcscopes.toml").write_bytes(OLD.replace("\n", "\r\n").encode())
        run(userinfo_answer("email_send", "sms_send", "journeys_read"))
        assert (here / "mcscopes.toml").read_bytes() == NEW.replace("\n", "\r\n").encode()

    def test_a_file_with_nothing_but_comments(self, here: Path, run: Run) -> None:
        (here / "mcscopes.toml").write_text("# ours")
        run(userinfo_answer("email_send"))
        assert (here / "mcscopes.toml").read_text().startswith("# ours\n\n[[package]]\n")

    def test_in_pyproject(self, here: Path, run: Run) -> None:
        """Where the table is there, it is the manifest."""
        text = OLD.replace("[[", "[[tool.mcscopes.").replace("# what", "[tool.mcscopes]\n# what")
        text = f'[project]\nname = "shop"\n{text}\n[tool.ruff]\nline-length = 100\n'
        (here / "pyproject.toml").write_text(text)
        code, _, _ = run(userinfo_answer("data_extensions_write", name="loader"))
        assert code == 0
        assert (here / "pyproject.toml").read_text() == text.replace(
            'scopes = ["data_extensions_read"]', 'scopes = ["data_extensions_write"]'
        )
        assert not (here / "mcscopes.toml").exists()

    def test_a_further_package(self, here: Path, run: Run) -> None:
        """It goes to the end."""
        (here / "mcscopes.toml").write_text(OLD)
        code, out, _ = run(userinfo_answer("sms_send", name="x"), "--package", "third")
        assert code == 0
        assert out.startswith('package "third" (mcscopes.toml:33) is assigned 1 scope, as answer')
        assert '"third" is a further package, beside "mailer", "loader". If one' in " ".join(
            out.split()
        )
        assert (here / "mcscopes.toml").read_text() == (
            f'{OLD}\n[[package]]\nname = "third"\nscopes = [\n    "sms_send",\n]\n'
        )

    def test_a_further_package_with_nearly_the_same_name(self, here: Path, run: Run) -> None:
        """It is one, and it is asked whether it was meant."""
        (here / "mcscopes.toml").write_text(OLD)
        out = " ".join(run(userinfo_answer("sms_send"), "--package", "mialer")[1].split())
        assert 'beside "mailer", "loader". Did you mean "mailer"? If one of these is meant' in out

    @pytest.mark.parametrize(
        ("before", "client_type", "after"),
        [
            pytest.param(
                'scopes = ["sms_send"]\n',
                "Public",
                'scopes = ["sms_send"]\ntype = "public-app"\n',
                id="not said",
            ),
            pytest.param(
                'type = "web-app" # x\nscopes = ["sms_send"]\n',
                "ServerToServer",
                'type = "server-to-server" # x\nscopes = ["sms_send"]\n',
                id="said",
            ),
        ],
    )
    def test_another_type(
        self, here: Path, run: Run, before: str, client_type: str, after: str
    ) -> None:
        """It is put in, and said."""
        (here / "mcscopes.toml").write_text(f"[[package]]\n{before}")
        _, out, _ = run(token_answer("sms_send", token_of(client_type)))
        assert (here / "mcscopes.toml").read_text() == f"[[package]]\n{after}"
        line = out.splitlines()[1]
        assert line in {
            "  type     public-app, before server-to-server",
            "  type     server-to-server, before web-app",
        }

    @pytest.mark.parametrize(
        ("args", "told"),
        [
            pytest.param(
                (),
                '  Production calls it "ACME Mailer". Where that is another package, undo this and'
                ' import with\n  --package "ACME Mailer".\n',
                id="the only one",
            ),
            pytest.param(("--package", "mailer"), "", id="the one that is named"),
        ],
    )
    def test_another_name_in_production(
        self, here: Path, run: Run, args: tuple[str, ...], told: str
    ) -> None:
        """The manifest's stays; the other is said, unless it is known which is meant."""
        (here / "mcscopes.toml").write_text('[[package]]\nname = "mailer"\nscopes = []\n')
        code, out, _ = run(userinfo_answer("sms_send", name="ACME Mailer"), *args)
        assert code == 0
        assert out == (
            'package "mailer" (mcscopes.toml:1) is assigned 1 scope, as answer.json shows\n'
            f"  added    sms_send\n{told}"
        )
        assert (here / "mcscopes.toml").read_text() == (
            '[[package]]\nname = "mailer"\nscopes = ["sms_send"]\n'
        )

    def test_nothing_to_change(self, here: Path, run: Run) -> None:
        """Then the file is not even touched."""
        path = here / "mcscopes.toml"
        path.write_text('[[package]]\nscopes = ["sms_send"]\n')
        before = path.stat().st_ino
        code, out, _ = run(token_answer("sms_send"))
        assert code == 0
        assert out == (
            'package "integration" (mcscopes.toml:1) is assigned 1 scope, as answer.json shows\n'
            f"  nothing changes\n{CAVEAT}"
        )
        assert path.stat().st_ino == before

    def test_one_line_of_packages(self, here: Path, run: Run) -> None:
        """A package in such a line can be changed."""
        (here / "mcscopes.toml").write_text('package = [{name = "a", scopes = ["sms_send"]}] # k\n')
        assert run(token_answer("sms_read", token_of("Public")))[0] == 0
        assert tomllib.loads((here / "mcscopes.toml").read_text()) == {
            "package": [{"name": "a", "scopes": ["sms_read"], "type": "public-app"}]
        }

    def test_a_link_stays_one(self, here: Path, run: Run) -> None:
        """And the file keeps its rights."""
        (here / "shared.toml").write_text("# ours\n")
        (here / "shared.toml").chmod(0o600)
        (here / "mcscopes.toml").symlink_to("shared.toml")
        assert run(userinfo_answer("sms_send"))[0] == 0
        assert (here / "mcscopes.toml").is_symlink()
        assert 'name = "mailer"' in (here / "shared.toml").read_text()
        assert (here / "shared.toml").stat().st_mode & 0o777 == 0o600


WHICH = 'and the manifest has "mailer", "loader". Say by --package NAME which of these it is'


@pytest.mark.parametrize(
    ("text", "answer", "args", "complaint"),
    [
        pytest.param(
            OLD,
            token_answer("sms_send"),
            (),
            f"answer.json is of a package that it does not name, {WHICH}.\n",
            id="which of two",
        ),
        pytest.param(
            OLD,
            userinfo_answer("sms_send", name="x"),
            (),
            f'answer.json is of the package "x", {WHICH}, or --package "x" if it is a further'
            " one.\n",
            id="another name",
        ),
        pytest.param(
            OLD,
            userinfo_answer("sms_send"),
            (),
            "answer.json does not show what the manifest makes an exception for. Where production"
            " assigns it no longer, take the exception out and import again.\n"
            "mcscopes.toml:14: the exception for email_send\n",
            id="lost exception",
        ),
        pytest.param(
            "[[package]]\nname = 1\n",
            userinfo_answer("sms_send"),
            (),
            "the manifest cannot be used.\nmcscopes.toml:1: package.scopes: is missing.",
            id="bad manifest",
        ),
        pytest.param(
            "[[package]\n",
            userinfo_answer("sms_send"),
            (),
            "{here}/mcscopes.toml:1: no TOML: ",
            id="no TOML",
        ),
        pytest.param(
            OLD,
            userinfo_answer("sms_send"),
            ("--package", "admin"),
            "mcscopes.toml was left as it is: it would be no manifest with that.\n"
            'mcscopes.toml:34: package.name: "admin" is taken, by mc_tenant.admin,',
            id="a name that is taken",
        ),
        pytest.param(
            'package = [{name = "a", scopes = []}]',
            userinfo_answer("sms_send"),
            ("--package", "b"),
            "mcscopes.toml was left as it is: what is written there has a form that cannot be"
            " changed for sure. Write each package as a table of its own, below a line [[package]],"
            " with its scopes in a plain list, and import again.\n",
            id="one line",
        ),
        pytest.param(
            OLD, {"scope": 1}, (), "answer.json: it has neither", id="no answer of production"
        ),
        pytest.param(
            OLD, userinfo_answer("sms_send", CANARIES[0]), (), "answer.json: number 2", id="secret"
        ),
    ],
)
def test_what_is_refused(
    here: Path, run: Run, text: str, answer: object, *, args: tuple[str, ...], complaint: str
) -> None:
    """With exit code 2, and the manifest as it was."""
    path = here / "mcscopes.toml"
    path.write_text(text)
    code, out, err = run(answer, *args)
    assert (code, out) == (2, "")
    assert err.startswith("MCSCOPES: " + complaint.replace("{here}", str(here)))
    assert path.read_text() == text
    assert sorted(each.name for each in here.iterdir()) == ["answer.json", "mcscopes.toml"]


def test_two_manifests(here: Path, run: Run) -> None:
    """Neither is changed."""
    (here / "mcscopes.toml").write_text(OLD)
    (here / "pyproject.toml").write_text("[tool.mcscopes]\ntrust = 'documented'\n")
    code, _, err = run(userinfo_answer("sms_send"))
    assert code == 2
    assert "are a manifest, and there may be only one." in err


@pytest.mark.parametrize(
    "name", [pytest.param(" ", id="empty"), pytest.param("\udcff", id="bytes")]
)
def test_what_is_no_name(run: Run, capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run(userinfo_answer("sms_send"), "--package", name)
    assert ended.value.code == 2
    assert "argument --package: a package has a name that is not empty" in capsys.readouterr().err


class TestNoRoom:
    """A file that cannot be written is told, and the old one is as it was."""

    @pytest.mark.parametrize(
        ("output", "why"),
        [
            pytest.param("/dev/full", "No space left on device", id="no space"),
            pytest.param("nowhere/mcscopes.toml", "No such file or directory", id="no folder"),
        ],
    )
    def test_by_the_system(self, run: Run, output: str, why: str) -> None:
        code, out, err = run(userinfo_answer("sms_send"), "-o", output)
        assert (code, out) == (2, "")
        assert err == f"MCSCOPES: {output} could not be written: {why}. Nothing was changed.\n"

    def test_a_folder_in_place_of_the_file(self, run: Run) -> None:
        code, _, err = run(userinfo_answer("sms_send"), "-o", ".")
        assert code == 2
        assert err == (
            "MCSCOPES: . cannot be read: Is a directory. Make it readable, or remove it.\n"
        )

    def test_a_read_only_folder(
        self, here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Simulated, as whoever is root may write anywhere."""

        def refuse(*_: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

        (here / "mcscopes.toml").write_text(OLD)
        monkeypatch.setattr(tempfile, "mkstemp", refuse)
        code, _, err = run(userinfo_answer("email_send"))
        assert code == 2
        assert err == (
            f"MCSCOPES: {here / 'mcscopes.toml'} could not be written: Permission denied. Nothing"
            " was changed.\n"
        )
        assert (here / "mcscopes.toml").read_text() == OLD

    def test_in_the_middle_of_a_write(self, here: Path) -> None:
        """By a limit of the file's size; no part of the new one is left."""
        (here / "mcscopes.toml").write_text(OLD)
        (here / "answer.json").write_text(json.dumps(userinfo_answer("email_send")))
        limited = (
            "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200));"
            "from pytest_mcscopes.cli.main import main; sys.exit(main(['import', 'answer.json']))"
        )
        ended = subprocess.run(
            [sys.executable, "-c", limited], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 2
        assert ended.stderr.endswith("could not be written: File too large. Nothing was changed.\n")
        assert (here / "mcscopes.toml").read_text() == OLD
        assert sorted(each.name for each in here.iterdir()) == ["answer.json", "mcscopes.toml"]
