"""What a change does to the needed scopes, as text for a terminal and as Markdown for a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..evidence.origin import COMMIT_LENGTH
from ..words import count, first_of, paragraph
from .templating import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..evidence.suite_diff import Change, Side, SuiteDiff

_MOST = 100
"""Of one list so many are written."""
_TESTS = 3
_HEADINGS = {
    "more": "MORE: the change needs more scopes",
    "undetermined": "UNDETERMINED: it is not shown that the change needs no more scopes",
    "less": "less: the change needs fewer scopes",
    "the same": "the same scopes are needed",
}


def render_text(diff: SuiteDiff) -> Iterator[str]:
    """Write the lines for a terminal."""
    yield _HEADINGS[diff.answer]
    yield f"  from {_side(diff.before)}"
    yield f"  to   {_side(diff.after)}"
    for sign, changes in (("+", diff.added), ("-", diff.taken)):
        for each in changes[:_MOST]:
            yield f'{sign} {each.scope}, package "{each.package}" ({each.evidence.rung})'
            for line in _who(each):
                yield from paragraph(line, "    ")
        yield from _more(changes, "  ")
    yield from _remarks("undetermined:", diff.open)
    yield from _remarks("note:", diff.remarks)
    for package, scopes in diff.needed.items():
        needs = " ".join(scopes) or "no scope, as far as is shown"
        yield from paragraph(f'package "{package}" needs {needs}')


def _remarks(kind: str, texts: Sequence[str]) -> Iterator[str]:
    for each in texts[:_MOST]:
        yield from paragraph(f"{kind} {each}")
    yield from _more(texts, "  ")


def render_markdown(diff: SuiteDiff) -> Iterator[str]:
    """Write the lines for a pull request."""
    yield f"### Marketing Cloud scopes: {_HEADINGS[diff.answer]}"
    yield ""
    yield f"From {escape_markdown(_side(diff.before))} to {escape_markdown(_side(diff.after))}."
    if diff.added or diff.taken:
        yield ""
        yield "| | Scope | Package | How well shown | Who asks |"
        yield "| --- | --- | --- | --- | --- |"
    for sign, changes in (("added", diff.added), ("taken", diff.taken)):
        for each in changes[:_MOST]:
            cells = (sign, each.scope, each.package, each.evidence.rung, "; ".join(_who(each)))
            yield f"| {' | '.join(map(escape_markdown, cells))} |"
    for changes in (diff.added, diff.taken):
        for line in _more(changes, ""):
            yield ""
            yield line
    yield from _list("Undetermined", diff.open)
    yield from _list("Notes", diff.remarks)
    needed = (
        f'package "{package}": {" ".join(scopes) or "no scope, as far as is shown"}'
        for package, scopes in diff.needed.items()
    )
    yield from _list("Needed after the change", [*needed])


def _list(title: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield ""
        yield f"**{title}**"
        yield ""
    yield from (f"- {escape_markdown(each)}" for each in texts[:_MOST])
    yield from (f"- {each}" for each in _more(texts, ""))


def _side(side: Side) -> str:
    run = side.run
    commit = f", commit {run['commit'][:COMMIT_LENGTH]}" if run["commit"] else ""
    changed = " with changes" if commit and run["dirty"] else ""
    complete = "complete" if run["complete"] else "not complete"
    return f"{side.name} ({count(run['tests'], 'test')}{commit}{changed}, {complete})"


def _who(change: Change) -> Iterator[str]:
    """Name the calls that used a scope, and the tests that requested it by name."""
    calls = [call for call in change.evidence.calls if not call.doubt]
    for call in calls[:_TESTS]:
        yield f"{call.label} ({call.confidence}) in {first_of(call.tests, _TESTS)}"
    if len(calls) > _TESTS:
        yield f"and by {len(calls) - _TESTS} more"
    if change.evidence.requested_by:
        yield f"asked for by name in {first_of(change.evidence.requested_by, _TESTS)}"
    else:
        yield "asked for by no name: scope was left out"


def _more(things: Sequence[object], indent: str) -> Iterator[str]:
    if len(things) > _MOST:
        yield f"{indent}... and {len(things) - _MOST} more"
