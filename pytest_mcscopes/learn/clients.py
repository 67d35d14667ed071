"""Code that requests the very same scopes in tests of several files: perhaps one client."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from os.path import commonprefix
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from ..privilege.expectation import FLOW_SCOPES
from ..privilege.mark_text import scopes_mark
from ..privilege.observed import NO_SCOPES
from ..privilege.phrases import few, line
from .scope_choice import find_minima, join, may_share, request_key, uses_of
from .suggestion import SharedMark, file_of, module_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..evidence.read_record import Part, TestedCode
    from ..privilege.expectation import Expectation
    from ..privilege.minimum import Scopes
    from .scope_choice import RequestKey, Use

    Clients = Mapping[RequestKey, "Client"]


class FileTests(NamedTuple):
    """How many tests a file has."""

    all: int
    talking: int
    """Those that sent a tenant anything."""


@dataclass(slots=True, eq=False)
class _InFile:
    """What the tests of one file did with a client."""

    tests: dict[str, None] = field(default_factory=dict)
    used: Scopes = NO_SCOPES
    uses: dict[Use, None] = field(default_factory=dict)


class Client:
    """What tests of any file did whose code requests the very same scopes."""

    def __init__(self, key: RequestKey) -> None:
        """Begin without a test."""
        self._name, self._requested = key
        self.files: dict[str, _InFile] = {}
        self.kept = NO_SCOPES
        self._marks: dict[str, tuple[Expectation, ...]] = {}

    def add(self, test: TestedCode, part: Part) -> None:
        """Note what a test did."""
        here = self.files.setdefault(file_of(test.test), _InFile())
        here.tests[test.test] = None
        here.used |= join(call.used for call in part.observed.trusted)
        here.uses.update(dict.fromkeys(uses_of(part)))
        self.kept |= part.observed.kept
        self._marks[test.test] = test.marks

    @cached_property
    def union(self) -> Scopes:
        """The fewest scopes that are enough for all its calls."""
        return self._least([use for each in self.files.values() for use in each.uses])

    @cached_property
    def serves_several(self) -> bool:
        """Whether tests of several files use it for different things."""
        own = {self._least(each.uses) for each in self.files.values()}
        return len(own) > 1

    def _least(self, uses: Iterable[Use]) -> Scopes:
        return find_minima(dict.fromkeys(uses), self._requested)[0]

    @cached_property
    def _files_of(self) -> Mapping[str, Sequence[str]]:
        """Scope -> two files, or one, in which calls used it."""
        found: dict[str, list[str]] = {}
        for file, each in self.files.items():
            for scope in each.used:
                files = found.setdefault(scope, [])
                files += [file] if len(files) <= 1 else []
        return found

    def used_elsewhere(self, file: str) -> Scopes:
        """Give what was used in tests of other files."""
        return frozenset(scope for scope, files in self._files_of.items() if {*files} - {file})

    def is_marked(self, marks: Iterable[Expectation]) -> bool:
        """Tell whether marks of a test say that it has one client, which serves several files."""
        return self.serves_several and any(
            mark.package == self._name and mark.match == "at_most" and mark.declared == self.union
            for mark in marks
        )

    def marks_to_paste(self, tests_of: Mapping[str, FileTests]) -> Iterator[SharedMark]:
        """Write the one line for all that it serves; none where they have it, or it serves one."""
        if not self.serves_several or all(map(self.is_marked, self._marks.values())):
            return
        mine = {file: len(each.tests) for file, each in self.files.items()}
        whole = [file for file, number in mine.items() if number == tests_of[file].all]
        partly = [file for file in mine if file not in whole]
        single = [test for file in partly for test in self.files[file].tests]
        among_quiet = [file for file in partly if mine[file] == tests_of[file].talking]
        yield SharedMark(
            files=tuple(self.files),
            line=module_marks([scopes_mark(self.union, "at_most", self._name)]),
            places=tuple(_places(whole, single, among_quiet, tests_of)),
            first=tuple(self._first()),
        )

    def _first(self) -> Iterator[str]:
        if self._requested - self.union - FLOW_SCOPES:
            yield (
                f'request scope="{line(self.union | self.kept)}", unless a doubtful call needs more'
            )
        if any(marks and not self.is_marked(marks) for marks in self._marks.values()):
            yield "take away the marks that these tests have: the closest one counts"


def find_clients(tests: Iterable[TestedCode]) -> tuple[Clients, Mapping[str, FileTests]]:
    """Gather what may be one client's, and how many tests each file has."""
    clients: dict[RequestKey, Client] = {}
    tests_of: dict[str, FileTests] = {}
    for test in tests:
        file = file_of(test.test)
        known = tests_of.get(file, FileTests(0, 0))
        talks = any(part.observed.requests or part.observed.calls for part in test.parts)
        tests_of[file] = FileTests(known.all + 1, known.talking + talks)
        for part in test.parts:
            if may_share(test, part):
                key = request_key(part)
                clients.setdefault(key, Client(key)).add(test, part)
    return clients, tests_of


def _places(
    whole: Sequence[str],
    single: Sequence[str],
    among_quiet: Sequence[str],
    tests_of: Mapping[str, FileTests],
) -> Iterator[str]:
    """Say where the line belongs: where it reaches these tests and no other."""
    folder = _common_folder(whole)
    below = {each for each in tests_of if each.startswith(f"{folder}/")}
    if not single and folder and {*whole} == below:
        yield (
            f"once in {folder}/__init__.py, for all tests of the folder; a folder below it needs an"
            " __init__.py too"
        )
        yield f"or in each of its files: {few(whole)}"
    elif whole:
        yield f"in each of these files, beside its other marks: {few(whole)}"
    if single:
        yield f"above each of these tests, as a decorator: {few(single)}"
    if among_quiet:
        yield (
            f'or in {few(among_quiet)} too, with @pytest.mark.mc_no_token(reason="...") above each'
            " test there that asks for nothing"
        )


def _common_folder(files: Sequence[str]) -> str:
    """Give the folder that all of the files are in or below; empty: just the root folder."""
    folders = [PurePosixPath(each).parent.parts for each in files]
    return "/".join(commonprefix(folders))  # noqa: RUF071 - of parts, not of characters
