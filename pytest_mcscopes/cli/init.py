"""The command `mcscopes init`: a first fixture, marks and manifest, from data files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..words import WIDTH, count, paragraph, wrap
from .data_files import add_paths, name_paths, read_runs
from .shared import write_lines, writing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..learn.first_draft import FirstDraft
    from .shared import Parser

_CONFTEST = Path("conftest.py")
_BEGIN = (
    "so there are no marks and no manifest. Let tests use that fixture, or mc_tenant; run pytest"
    " --mc-data; then run mcscopes init again."
)
_IN_CONFTEST = (
    "put this into it, beneath import pytest; where it has a pytest_collection_modifyitems, put the"
    " loop into that:"
)


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "init",
        help="write a first fixture, first marks and a manifest for tests that exist",
        description="Write, in this folder, a conftest.py with a fixture for the code under test"
        " and the first marks, and a manifest, mcscopes.toml, as far as the data files of pytest"
        " --mc-data show what they must say. No file that is there is changed: what to put into it"
        " is printed. Run it at the top of the project.",
        epilog="exit codes: 0 done, 1 a data file that cannot be read was left out, 2 it could not"
        " be done.",
    )
    add_paths(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write what is not there yet, and say what a person has to do."""
    paths, by_default = name_paths(options)
    if by_default and not any(paths[0].rglob("*.jsonl")):
        write_lines(_begin(paths[0]))
        return 0
    from ..evidence.describe_run import describe_run
    from ..learn.first_draft import draft

    read = read_runs(paths, allow_mixed=options.allow_mixed)
    drafted = draft(read.records)
    write_lines(describe_run(read.run, ", ".join(map(str, paths))))
    for step in (_write_conftest, _write_manifest, _describe_rest):  # each says what it did
        write_lines(step(drafted))
    return int(bool(read.unreadable))


def _begin(folder: Path) -> Iterator[str]:
    """Write the fixture alone: no run shows what else there could be."""
    from ..learn.first_draft import FIXTURE

    if _create(_CONFTEST, f"import pytest\n\n\n{FIXTURE}"):
        yield f"{_CONFTEST} is written, with the fixture marketing_cloud"
    else:
        yield from _paste(_CONFTEST, "put this fixture into it, beneath import pytest:", FIXTURE)
    yield from wrap(f"There is no data of a run in {folder} yet, {_BEGIN}", WIDTH, "", "")


def _write_conftest(drafted: FirstDraft) -> Iterator[str]:
    if drafted.packages and not drafted.marks and not _CONFTEST.exists():
        yield f"no mark is to be added, so no {_CONFTEST} was written"
        return
    tests = count(len(drafted.marks), "test")
    if _create(_CONFTEST, drafted.conftest()):
        yield f"{_CONFTEST} is written, with the fixture marketing_cloud and marks for {tests}"
    elif hook := drafted.hook():
        yield from _paste(_CONFTEST, f"for marks of {tests} {_IN_CONFTEST}", hook)
    else:
        yield f"{_CONFTEST} is there, and no mark is to be added to it"


def _write_manifest(drafted: FirstDraft) -> Iterator[str]:
    from ..catalogue.catalogue import load_catalogue
    from ..settings.import_answer import find_target
    from ..settings.manifest import read_manifest

    if not drafted.packages:
        yield "no test has to do with an Installed Package, so there is no manifest to write"
        return
    target = find_target(Path.cwd())
    quoted = ", ".join(f'"{name}"' for name in drafted.packages)
    names = f"the package{'' if len(drafted.packages) == 1 else 's'} {quoted}"
    if not target.path.exists():
        _create(target.path, drafted.manifest())
        yield f"{target.shown} is written, with {names}"
        return
    known = [each.name for each in read_manifest(target, load_catalogue()).packages]
    if tables := drafted.tables(target.keys, known):
        yield from _paste(Path(target.shown), "put this at its end:", tables)
    else:
        yield f"{target.shown} is there, and has {names}"


def _describe_rest(drafted: FirstDraft) -> Iterator[str]:
    if drafted.lenient:
        ask = "1 test asks" if drafted.lenient == 1 else f"{drafted.lenient} tests ask"
        yield from paragraph(
            f'{ask} for more than the calls used: by match="at_least" that is a note now;'
            " mcscopes suggest says what to request in place of it"
        )
    for why, number in sorted(drafted.left.items()):
        got = "1 test gets" if number == 1 else f"{number} tests get"
        yield f"{got} no mark yet: {why}; mcscopes suggest says what"
    yield "Run pytest: what is marked is judged. mcscopes import FILE adds what production assigns."


def _create(path: Path, text: str) -> bool:
    """Write a file; tell whether it was written, and not there before."""
    from ..evidence.whole_file import create_file

    with writing(path, "Make room there, or run it in another folder."):
        try:
            create_file(path, text)
        except FileExistsError:
            return False
    return True


def _paste(path: Path, what: str, text: str) -> Iterator[str]:
    yield from wrap(f"{path} is there, and was left as it is: {what}", WIDTH, "", "")
    yield ""
    yield from text.splitlines()
    yield ""
