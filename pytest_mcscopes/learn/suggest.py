"""From the records of tests to the marks to paste.

A line lists what calls on trusted rows used, and nothing else: no scope that
was only requested, none that a doubtful or unmapped call may have needed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..privilege.mark_text import refusal_mark, scopes_mark
from .caveats import asides_of_calls, asides_of_choice, asides_of_marks
from .first_steps import package_line, steps
from .scope_choice import allowed, choose, find_kin, join, trusted
from .suggestion import Beside, Shown, Suggestion, function_of, module_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..evidence.record import MarkRecord, PartRecord, Record
    from ..privilege.minimum import Scopes
    from .scope_choice import Choice, Kin

NO_TOKEN = '@pytest.mark.mc_no_token(reason="is handed a token")'


def suggest(records: Iterable[Record]) -> tuple[Suggestion, ...]:
    """Make a suggestion for each test that talked to a tenant, in the order of their ids.

    Args:
        records: of all tests that ran; those without traffic tell which marks would hit them.
    """
    known = sorted(records, key=lambda record: record["test"])
    kin = find_kin(known)
    made = {each["test"]: _suggest(each, kin) for each in known}
    lines = _lines_by_place(made.values())
    return tuple(_placed(made[each["test"]], lines, each) for each in known if each["parts"])


def _lines_by_place(made: Iterable[Suggestion]) -> Mapping[str, Sequence[tuple[str, ...]]]:
    """Gather the lines of all tests of a file, and of all parameter sets of a function."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for each in made:
        for place in {each.file, function_of(each.test)}:
            found.setdefault(place, []).append(each.lines)
    return found


def _placed(
    suggestion: Suggestion, lines: Mapping[str, Sequence[tuple[str, ...]]], record: Record
) -> Suggestion:
    """Say what the lines suit: a parameter set, all of a test, or all tests of the file."""
    of_file = lines[suggestion.file]
    if len(set(lines[function_of(suggestion.test)])) > 1:
        return replace(suggestion, on="parameter set")
    alike = suggestion.lines and len(of_file) > 1 and len(set(of_file)) == 1
    if alike and not _sets_an_app(suggestion, record):
        return replace(suggestion, once=module_marks(suggestion.lines))
    return suggestion


def _sets_an_app(suggestion: Suggestion, record: Record) -> bool:
    """Tell whether the lines set the package of an app that users log in to.

    Its type is set already, perhaps for all the file: two marks there are an error.
    """
    requests = [request for part in record["parts"] for request in part["requests"]]
    app = any(request["grant_type"] == "authorize" for request in requests)
    return app and any("mc_package" in mark for mark in suggestion.lines)


def _suggest(record: Record, kin: Kin) -> Suggestion:
    test, asking = record["test"], [part for part in record["parts"] if part["requests"]]
    # What two users do alike is told once.
    told = dict.fromkeys(each for part in record["parts"] for each in asides_of_calls(part))
    if asking and not record["aborted"] and all(part["refused"] for part in asking):
        return _of_refusal(record, asking, told)
    if why_not := _why_not(record, asking):
        return Suggestion(test=test, why_not=why_not, beside=tuple(told))
    chosen = [(part, choose(record, part, kin)) for part in asking]
    first = tuple(dict.fromkeys(steps(record, chosen)))
    packages = [each for part, choice in chosen for each in package_line(record, part, choice)]
    marks = [scopes_mark(each.scopes, each.match, part["mark_names"]) for part, each in chosen]
    more = [each for part, choice in chosen for each in asides_of_choice(record, part, choice)]
    as_marked = not (first or packages) and _is_marked(record, chosen)
    replaced = [] if as_marked else asides_of_marks(record)
    return Suggestion(
        test=test,
        lines=(*packages, *(marks or [NO_TOKEN])),
        shown_by=tuple(dict.fromkeys(_shown(record, join(each.scopes for _, each in chosen)))),
        first=first,
        beside=(*replaced, *more, *told),
        as_marked=as_marked,
    )


def _of_refusal(record: Record, asking: Sequence[PartRecord], told: Iterable[Beside]) -> Suggestion:
    """Suggest the mark of a test in which every token request was refused."""
    texts = [each["text"] for each in record["errors"] if each["rule"] == "MCS105"]
    others = [each for each in record["errors"] if each["rule"] != "MCS105"]
    first = tuple(dict.fromkeys(steps({**record, "errors": others}, ())))
    known = {mark["package"] for mark in record["marks"] if mark["refused"]}
    as_marked = not first and all(known & {each["mark_names"], each["package"]} for each in asking)
    names = dict.fromkeys(part["mark_names"] for part in asking)
    text = f"if the test is about this: {'; '.join(dict.fromkeys(texts))}"
    return Suggestion(
        test=record["test"],
        lines=tuple(map(refusal_mark, names)),
        first=first,
        beside=(
            *([] if as_marked else asides_of_marks(record)),
            Beside(kind="refused", text=text),
            *told,
        ),
        as_marked=as_marked,
    )


def _why_not(record: Record, asking: Sequence[PartRecord]) -> str:
    """Say why a test gets no line; "" where it gets one. One package without: none for any."""
    if record["aborted"]:
        return "the test failed by itself, so it may have been about to do more"
    granted = any(request["granted"] is not None for part in asking for request in part["requests"])
    whole = {"MCS105"} if granted else {"MCS104", "MCS105"}
    ungranted = [each["text"] for each in record["errors"] if each["rule"] in whole]
    if ungranted:
        return ungranted[0]
    if not asking and not join(part["own_tokens"] for part in record["parts"]):
        return "no token was asked for, and none that lives was presented"
    return next(filter(None, map(_nothing_shown, asking)), "")


def _nothing_shown(part: PartRecord) -> str:
    if trusted(part):
        return ""
    if allowed(part):
        what = "the catalogue is sure of no call that was made"
    else:
        what = "no call was allowed" if part["calls"] else "no call was made"
    return f'{what} with package "{part["package"]}", so its minimum is not shown'


def _shown(record: Record, scopes: Scopes) -> Iterator[Shown]:
    for part in record["parts"]:
        for call in trusted(part):
            enough = sorted(call["enough"], key=lambda each: not scopes.issuperset(each))
            used = tuple(enough[0])
            yield Shown(scopes=used, call=call["call"], standing=call["standing"])


def _is_marked(record: Record, chosen: Sequence[tuple[PartRecord, Choice]]) -> bool:
    """Tell whether the test has marks that say the same, or that are as strict."""
    if not chosen:
        return any(mark["kind"] == "no_token" for mark in record["marks"])
    return all(
        any(_says(mark, part, choice) for mark in record["marks"]) for part, choice in chosen
    )


def _says(mark: MarkRecord, part: PartRecord, choice: Choice) -> bool:
    if mark["package"] not in {part["mark_names"], part["package"]}:
        return False
    if mark["kind"] == "scopes":
        same = choice.scopes == frozenset(mark["declared"])
        return same and mark["match"] in {"exact", choice.match}
    return mark["kind"] == "least_privilege"
