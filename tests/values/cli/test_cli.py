"""The command line: what it prints, and what it exits with."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import runpy
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.find_requirements import need_of
from pytest_mcscopes.cli.main import main
from pytest_mcscopes.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_mcscopes.config import Trust


def _raising(error: BaseException) -> Callable[..., NoReturn]:
    """Build a function that fails, whatever it is called with."""

    def fail(*_: object) -> NoReturn:
        raise error

    return fail


@pytest.fixture
def installed_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Metadata that is found before those of any real installation."""
    metadata = tmp_path / "pytest_mcscopes-98.7.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.4\nName: pytest-mcscopes\nVersion: 98.7\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "98.7"


def test_the_version_is_that_of_the_installation(
    installed_version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--version` prints name and version, and needs no command."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mcscopes {installed_version}\n"


def test_help_names_only_commands_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists each command, and each listed command has help of its own."""
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    commands = re.findall(r"^    (\w+)", capsys.readouterr().out, re.MULTILINE)
    assert (
        " ".join(commands)
        == "init suggest import check report combine diff explain catalogue schema"
    )
    for command in commands:
        with pytest.raises(SystemExit) as stop:
            main([command, "--help"])
        assert stop.value.code == 0
        assert f"usage: mcscopes {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param([], "name a command; `mcscopes --help` lists them", id="no command"),
        pytest.param(["explode"], "invalid choice: 'explode'", id="unknown command"),
        pytest.param(["catalogue", "--trust", "all"], "invalid choice: 'all'", id="bad trust"),
        pytest.param(
            ["--verbose", "catalogue"], "unrecognized arguments: --verbose", id="unknown option"
        ),
        pytest.param(["explain"], "arguments are required: WHAT", id="no question"),
        pytest.param(["explain", " "], "there is nothing to explain", id="empty question"),
        pytest.param(["check", "-o", "x"], "usage: mcscopes check", id="an option of another"),
        pytest.param(["explain", "x", "--js"], "unrecognized arguments: --js", id="short for json"),
        pytest.param(
            ["explain", "x", "--on", "soon"], "'soon' is no day, write it as 2026-06-19", id="day"
        ),
        pytest.param(
            ["https://u:hunter2@x.example/y?token=hunter2"],
            "invalid choice: 'https://...x.example/y?...'",
            id="a URL in place of the command",
        ),
    ],
)
def test_a_command_line_that_makes_no_sense_exits_with_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing goes to standard output, and standard error says what is wrong."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err
    assert "hunter2" not in err


@pytest.mark.parametrize("trust", ["attested", "documented"])
def test_catalogue_counts_what_it_holds(trust: Trust, capsys: pytest.CaptureFixture[str]) -> None:
    """The table adds up, agrees with the catalogue, and fits 80 columns."""
    catalogue = load_catalogue()
    counts = catalogue.counts
    assert main(["catalogue", "--trust", trust]) == 0
    title, summary, blank, header, *rows = capsys.readouterr().out.splitlines()
    assert title == f"Catalogue of Marketing Cloud Engagement, checked {catalogue.checked}"
    assert summary == (
        f"{counts.scopes} scopes, {counts.permissions} permissions,"
        f" {counts.routes} REST routes, {counts.soap} SOAP operations"
    )
    assert blank == ""
    assert header.split() == ["service", "routes", "trusted", "doubtful"]
    table = {name: tuple(map(int, numbers)) for name, *numbers in map(str.split, rows)}
    total = table.pop("all")
    assert list(table) == sorted(catalogue.services)
    assert tuple(map(sum, zip(*table.values(), strict=True))) == total
    assert total[0] == counts.routes == total[1] + total[2]
    messaging = catalogue.routes("messaging")
    trusted = [route for route in messaging if need_of(route, catalogue, trust).trusted]
    assert table["messaging"][:2] == (len(messaging), len(trusted))
    assert max(map(len, [title, summary, header, *rows])) <= 80


def test_the_higher_bar_trusts_fewer_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """`--trust documented` leaves out what only the community attests."""
    main(["catalogue"])
    attested = capsys.readouterr().out.split()[-2]
    main(["catalogue", "--trust", "documented"])
    documented = capsys.readouterr().out.split()[-2]
    assert int(documented) < int(attested)


def test_a_catalogue_that_cannot_be_read_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error's own text is all that is printed: no traceback, no half table."""

    def fail() -> None:
        msg = "scopes.toml is corrupt. Reinstall pytest-mcscopes."
        raise CatalogueError(msg)

    monkeypatch.setattr("pytest_mcscopes.catalogue.catalogue.load_catalogue", fail)
    assert main(["catalogue"]) == 2
    assert capsys.readouterr() == (
        "",
        "MCSCOPES: scopes.toml is corrupt. Reinstall pytest-mcscopes.\n",
    )


def test_a_reader_that_stops_reading_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`mcscopes catalogue | head -1` ends without a traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["catalogue"]) == 0
        monkeypatch.undo()


def test_a_reader_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`mcscopes explain email_send >&-` ends without a traceback."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["explain", "email_send"]) == 0


def test_a_full_disk_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is told, and nothing is left in the buffer to fail once more at the end."""
    full = OSError(errno.ENOSPC, "No space left on device")
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe, monkeypatch.context() as patch:
        patch.setattr(pipe, "write", _raising(full), raising=False)
        patch.setattr(sys, "stdout", pipe)
        assert main(["explain", "email_send"]) == 2
    os.close(reader)
    assert capsys.readouterr().err == "MCSCOPES: [Errno 28] No space left on device\n"


def test_an_interrupt_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while standard input is waited for exits as shells have it."""
    monkeypatch.setattr(sys.stdin, "read", _raising(KeyboardInterrupt()))
    assert main(["explain", "-"]) == 130


def test_python_m_is_the_same_command(
    installed_version: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m pytest_mcscopes` works where the script is not on the path."""
    monkeypatch.setattr(sys, "argv", ["mcscopes", "--version"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("pytest_mcscopes", run_name="__main__")
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"mcscopes {installed_version}\n"


class TestExplain:
    @pytest.mark.parametrize(
        ("what", "code"),
        [
            pytest.param(["email_send"], 0, id="known"),
            pytest.param(["contacts_read"], 0, id="a known mistake"),
            pytest.param(["TriggeredSend", "Create"], 0, id="words without quotes"),
            pytest.param(["xyzzy"], 1, id="nonsense"),
            pytest.param(["email_send", "xyzzy"], 1, id="one of two"),
            pytest.param(["email_send", "email_raed"], 1, id="one scope of two"),
        ],
    )
    def test_the_exit_code_tells_whether_all_is_known(
        self, what: list[str], code: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """In text and in JSON; both go to standard output."""
        assert main(["explain", *what]) == code
        assert what[0] in capsys.readouterr().out
        assert main(["explain", "--json", *what]) == code
        assert json.loads(capsys.readouterr().out)["found"] is (code == 0)

    def test_the_day_is_today_or_the_one_asked_for(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("pytest_mcscopes.tenant.clock.Clock.now", lambda _: 1_781_827_199.0)
        for arguments, day, scopes in (
            ([], "2026-06-18", "email_send"),
            (["--on", "2026-06-19"], "2026-06-19", "email_read, email_send and email_write"),
        ):
            main(["explain", "TriggeredSend Create", *arguments])
            out = capsys.readouterr().out
            assert f"rules as of {day}." in out
            assert re.search(rf"  (needs|entry says) +{scopes}$", out, re.MULTILINE)

    def test_trust_and_length_are_options(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["explain", "PATCH /hub/v1/campaigns/7", "--trust", "documented"])
        assert "doubtful     attested B" in capsys.readouterr().out
        main(["explain", "email_read"])
        short = capsys.readouterr().out
        main(["explain", "email_read", "--all"])
        assert len(capsys.readouterr().out) > len(short)

    @pytest.mark.parametrize(
        ("text", "kinds"),
        [
            pytest.param("email_read\nemail_send\n", ["package"], id="scopes"),
            pytest.param("# mine\n\nTriggeredSend\nRetrieve\n", ["call", "not found"], id="lines"),
        ],
    )
    def test_a_list_comes_on_standard_input(
        self,
        text: str,
        kinds: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        main(["explain", "--json", "-"])
        answers = json.loads(capsys.readouterr().out)["answers"]
        assert [answer["kind"] for answer in answers] == kinds

    def test_a_list_may_stand_among_words(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("152\n"))
        main(["explain", "--json", "600", "-", "email_send"])
        answers = json.loads(capsys.readouterr().out)["answers"]
        assert [answer["asked"] for answer in answers] == ["600", "152", "email_send"]

    @pytest.mark.parametrize(
        "stdin", [io.StringIO(""), io.StringIO("#\n"), None], ids=["empty", "comment", "closed"]
    )
    def test_an_empty_list_is_a_usage_error(
        self, stdin: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(SystemExit) as stop:
            main(["explain", "-"])
        assert stop.value.code == 2
        assert "mcscopes explain: error: there is nothing to explain" in capsys.readouterr().err

    def test_a_list_that_is_no_text_exits_with_2(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        binary = io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", binary)
        assert main(["explain", "-"]) == 2
        assert capsys.readouterr().err.startswith("MCSCOPES: standard input is no text: ")

    @pytest.mark.parametrize(
        ("columns", "least", "most"),
        [
            pytest.param(None, 61, 80, id="in a pipe"),
            pytest.param("300", 81, 100, id="a wide terminal"),
            pytest.param("60", 41, 60, id="a narrow terminal"),
            pytest.param("1", 31, 40, id="no terminal is that narrow"),
        ],
    )
    def test_lines_fit_the_reader(
        self,
        columns: str | None,
        least: int,
        most: int,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """80 columns where nobody looks, whatever COLUMNS says; up to 100 in a terminal."""
        monkeypatch.setenv("COLUMNS", columns or "300")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: columns is not None)
        main(["explain", "contacts_read", "TriggeredSend Create"])
        assert least <= max(map(len, capsys.readouterr().out.splitlines())) <= most

    def test_letters_that_the_reader_cannot_show_are_written_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, "stdout", ascii_only)
        assert main(["explain", "\u00e9"]) == 1
        assert ascii_only.buffer.getvalue().startswith(b"\\xe9: not found")
