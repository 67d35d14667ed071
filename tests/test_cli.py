"""The command line: what it prints, and what it exits with."""

from __future__ import annotations

import os
import re
import runpy
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.needs import need_of
from pytest_mcscopes.cli import main
from pytest_mcscopes.errors import CatalogueError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.config import Trust


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
    assert commands == ["catalogue"]
    with pytest.raises(SystemExit) as stop:
        main([*commands, "--help"])
    assert stop.value.code == 0
    assert "usage: mcscopes catalogue" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param([], "name a command; `mcscopes --help` lists them", id="no command"),
        pytest.param(["explode"], "invalid choice: 'explode'", id="unknown command"),
        pytest.param(["catalogue", "--trust", "all"], "invalid choice: 'all'", id="bad trust"),
        pytest.param(
            ["--verbose", "catalogue"], "unrecognized arguments: --verbose", id="unknown option"
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
        f" {counts.routes} REST routes, {counts.soap} SOAP rows"
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


def test_python_m_is_the_same_command(
    installed_version: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m pytest_mcscopes` works where the script is not on the path."""
    monkeypatch.setattr(sys, "argv", ["mcscopes", "--version"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("pytest_mcscopes", run_name="__main__")
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"mcscopes {installed_version}\n"
