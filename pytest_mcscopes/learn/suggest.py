"""From the records of tests to the marks to paste.

A line lists what calls on trusted rows used, and nothing else: no scope that
was only requested, none that a doubtful or unmapped call may have needed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from ..evidence.read_record import read_record
from ..privilege.expectation import FLOW_SCOPES
from ..privilege.mark_text import refusal_mark, scopes_mark
from ..privilege.phrases import standing
from .caveats import caveats_of_calls, caveats_of_choice, caveats_of_marks
from .clients import find_clients
from .error_texts import error_texts
from .first_steps import package_line, steps
from .lenient import lenient_marks
from .scope_choice import choose, enough, find_families, join, request_key
from .suggestion import SharedMark, Shown, Suggestion, file_of, function_of, module_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..evidence.read_record import Part, TestedCode
    from ..evidence.record import Record
    from ..privilege.expectation import Expectation
    from ..privilege.minimum import Scopes
    from ..privilege.observed import Observed
    from .clients import Clients
    from .scope_choice import Choice, Families

NO_TOKEN = '@pytest.mark.mc_no_token(reason="is handed a token")'


class Suggested(NamedTuple):
    """What could be marked how."""

    tests: Iterator[Suggestion]
    """For each test that talked to a tenant, in the order of their ids."""
    shared: tuple[SharedMark, ...]
    """For what may be one client of several files."""


def suggest(read: Callable[[], Iterable[Record]]) -> Suggested:
    """Make suggestions, which come one by one: of a hundred thousand tests few are kept at once.

    Each call of *read* gives the records of all tests that ran, in that order; those without
    traffic tell which marks would hit them.
    """
    clients, tests_of = find_clients(map(read_record, read()))
    shared = (mark for each in clients.values() for mark in each.marks_to_paste(tests_of))
    return Suggested(
        tests=_suggest_by_file(map(read_record, read()), clients),
        shared=tuple(sorted(shared, key=lambda each: (each.files, each.line))),
    )


def _suggest_by_file(known: Iterable[TestedCode], clients: Clients) -> Iterator[Suggestion]:
    for _, of_file in groupby(known, key=lambda each: file_of(each.test)):
        tests = [*of_file]
        families = find_families(tests)
        made = {each.test: _suggest(each, families, clients) for each in tests}
        lines = _lines_by_place(made.values())
        yield from (_placed(made[each.test], lines, each) for each in tests if each.parts)


def _lines_by_place(made: Iterable[Suggestion]) -> Mapping[str, Sequence[tuple[str, ...]]]:
    """Gather the lines of all tests of a file, and of all parameter sets of a function."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for each in made:
        for place in {each.file, function_of(each.test)}:
            found.setdefault(place, []).append(each.lines)
    return found


def _placed(
    suggestion: Suggestion, lines: Mapping[str, Sequence[tuple[str, ...]]], test: TestedCode
) -> Suggestion:
    """Say what the lines suit: a parameter set, all of a test, or all tests of the file."""
    of_file = lines[suggestion.file]
    if len(set(lines[function_of(suggestion.test)])) > 1:
        return replace(suggestion, on="parameter set")
    alike = suggestion.lines and len(of_file) > 1 and len(set(of_file)) == 1
    if alike and not _sets_an_app(suggestion, test):
        return replace(suggestion, once=module_marks(suggestion.lines))
    return suggestion


def _sets_an_app(suggestion: Suggestion, test: TestedCode) -> bool:
    """Tell whether the lines set the package of an app that users log in to.

    Its type is set already, perhaps for all the file: two marks there are an error.
    """
    requests = [request for part in test.parts for request in part.observed.requests]
    app = any(request.grant_type == "authorize" for request in requests)
    return app and any("mc_package" in mark for mark in suggestion.lines)


def _suggest(test: TestedCode, families: Families, clients: Clients) -> Suggestion:
    asking = [part for part in test.parts if part.observed.requests]
    # The same caveat of two users is written once.
    of_calls = dict.fromkeys(
        each for part in test.parts for each in caveats_of_calls(part.observed)
    )
    if asking and not test.aborted and all(part.refused for part in asking):
        return _of_refusal(test, asking, of_calls)
    if why_not := _why_not(test, asking):
        return Suggestion(test=test.test, why_not=why_not, caveats=tuple(of_calls))
    chosen = [
        (part, _over_files(test, part, choose(test, part, families), clients)) for part in asking
    ]
    first = tuple(dict.fromkeys(steps(test, chosen)))
    packages = [each for part, choice in chosen for each in package_line(test, part, choice)]
    marks = [scopes_mark(each.scopes, each.match, part.mark_names) for part, each in chosen]
    more = [each for part, choice in chosen for each in caveats_of_choice(test, part, choice)]
    as_marked = not (first or packages) and _is_marked(test, chosen)
    replaced = [] if as_marked else caveats_of_marks(test)
    return Suggestion(
        test=test.test,
        lines=(*packages, *(marks or [NO_TOKEN])),
        shown_by=tuple(dict.fromkeys(_shown(test, join(each.scopes for _, each in chosen)))),
        first=first,
        leniently=lenient_marks(test, asking) if first else (),
        caveats=(*replaced, *more, *of_calls),
        as_marked=as_marked,
    )


def _over_files(test: TestedCode, part: Part, choice: Choice, clients: Clients) -> Choice:
    """Add to a choice what tests of other files show that may share the client."""
    client = clients.get(request_key(part))
    if client is None:
        return choice
    if client.is_marked(test.marks):
        by = f"tests of {len(client.files)} files"
        return replace(choice, scopes=client.union, match="at_most", ties=(), shared_by=by)
    asked = part.observed.requested - FLOW_SCOPES
    elsewhere = client.used_elsewhere(file_of(test.test)) & asked
    return replace(choice, elsewhere=elsewhere - choice.scopes)


def _of_refusal(test: TestedCode, asking: Sequence[Part], of_calls: Iterable[str]) -> Suggestion:
    """Suggest the mark of a test in which every token request was refused."""
    first = tuple(dict.fromkeys(steps(test, (), skip=["MCS105", "MCS106"])))
    known = {mark.package for mark in test.marks if mark.refused}
    as_marked = not first and all(
        known & {each.mark_names, each.observed.package} for each in asking
    )
    names = dict.fromkeys(part.mark_names for part in asking)
    return Suggestion(
        test=test.test,
        lines=tuple(map(refusal_mark, names)),
        first=first,
        caveats=(
            *([] if as_marked else caveats_of_marks(test)),
            f"if the test is about this: {'; '.join(error_texts(test, ['MCS105']))}",
            *of_calls,
        ),
        as_marked=as_marked,
    )


def _why_not(test: TestedCode, asking: Sequence[Part]) -> str:
    """Say why a test gets no line; "" where it gets one. One package without: none for any."""
    if test.aborted:
        return "the test failed by itself, so it may have been about to do more"
    granted = any(part.observed.granted is not None for part in asking)
    ungranted = error_texts(test, ["MCS105"] if granted else ["MCS104", "MCS105"])
    if ungranted:
        return ungranted[0]
    if not asking and not any(part.observed.own_tokens for part in test.parts):
        return "no token was asked for, and none that lives was presented"
    return next(filter(None, (_nothing_shown(part.observed) for part in asking)), "")


def _nothing_shown(observed: Observed) -> str:
    if observed.trusted:
        return ""
    if observed.allowed:
        what = "the catalogue is sure of no call that was made"
    else:
        what = "no call was allowed" if observed.calls else "no call was made"
    return f'{what} with package "{observed.package}", so its minimum is not shown'


def _shown(test: TestedCode, scopes: Scopes) -> Iterator[Shown]:
    for part in test.parts:
        for call in part.observed.trusted:
            used, *_ = sorted(enough(call), key=lambda each: not scopes.issuperset(each))
            yield Shown(
                scopes=tuple(sorted(used)), call=call.need.label, standing=standing(call.need)
            )


def _is_marked(test: TestedCode, chosen: Sequence[tuple[Part, Choice]]) -> bool:
    """Tell whether the test has marks that say the same, or that are as strict."""
    if not chosen:
        return any(mark.kind == "no_token" for mark in test.marks)
    return all(any(_says(mark, part, choice) for mark in test.marks) for part, choice in chosen)


def _says(mark: Expectation, part: Part, choice: Choice) -> bool:
    if mark.package not in {part.mark_names, part.observed.package}:
        return False
    if mark.kind == "scopes":
        return choice.scopes == mark.declared and mark.match in {"exact", choice.match}
    return mark.kind == "least_privilege"
