"""What a person should know of a suggested line, and what is never in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..privilege.mark_text import scopes_mark
from ..privilege.phrases import describe, either, few, line
from ..privilege.rules.calls import may_need
from ..words import FEW
from .first_steps import package_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..evidence.read_record import Part, TestedCode
    from ..privilege.observed import Observed
    from .scope_choice import Choice


def caveats_of_calls(observed: Observed) -> Iterator[str]:
    """Name the calls that no line can be built on: doubtful, unmapped or denied ones."""
    for call in observed.calls:
        need = call.need
        if not need.mapped:
            near = f"; near: {', '.join(need.near_misses)}" if need.near_misses else ""
            yield f"{need.label} is not in the catalogue{near}"
        elif not need.trusted:
            scopes = may_need(call)
            some = line(scopes) if len(scopes) <= FEW else f"any of {len(scopes)} scopes"
            yield f"{describe(need)} may need {some}"
        if call.scope_denied:
            needs = either(need.minimal_sets)
            yield f"{describe(need)} needs {needs}, which its token lacked"
        elif call.user_denied:
            yield (
                f'user "{call.user}" may not do {describe(need)}, so it shows nothing of the scopes'
                " that it needs; if a user makes the call who may, it does"
            )


def caveats_of_marks(test: TestedCode) -> list[str]:
    """Name the marks that the lines stand in for: two for one package are an error."""
    origins = dict.fromkeys(mark.origin for mark in test.marks)
    return [f"in place of {origin}" for origin in origins]


def caveats_of_choice(test: TestedCode, part: Part, choice: Choice) -> Iterator[str]:
    """Say how else the calls could do, and on what the line depends."""
    if package := [*package_line(test, part, choice)]:
        yield (
            "the client sends no scope, so the package has to be narrow, the real one too; or send"
            f' scope="{line(choice.to_request)}" and leave out {package[0]}'
        )
    if choice.shared_by:
        yield f"{choice.shared_by} ask for the same scopes, and used these"
    for each in choice.ties:
        mark = scopes_mark(each, choice.match, part.mark_names)
        yield f"as few would do: {mark}"
    if (fewer := choice.family.unasked) is not None:
        yield (
            f"the calls could do with {line(fewer)}, which was not granted; whether that is the"
            " lesser right is for a person to decide"
        )
    if own := dict.fromkeys(call.need.label for call in part.observed.calls if call.own):
        yield f"{few(own)}: called with a token of the test's own, which shows nothing of the code"
