"""Marks with which a test passes as it is: what it asks for beyond its calls is a note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.catalogue import load_catalogue
from ..privilege.expectation import Expectation
from ..privilege.mark_text import scopes_mark
from ..privilege.rules.case import Case
from ..privilege.verdict import judge
from .scope_choice import Family, choose, request_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..evidence.read_record import Part, TestedCode


def lenient_marks(test: TestedCode, asking: Sequence[Part]) -> tuple[str, ...]:
    """Write what its own calls used, `match="at_least"`; (): something else fails the test too."""
    marks = () if test.errors else tuple(_marks(test, asking))
    return marks if len(marks) == len(asking) else ()


def _marks(test: TestedCode, asking: Sequence[Part]) -> Iterator[str]:
    for part in asking:
        key = request_key(part)
        used = choose(test, part, {key: Family(key[1], [part])}).scopes
        mark = Expectation(kind="scopes", declared=used, match="at_least")
        case = Case(expectation=mark, observed=part.observed, catalogue=load_catalogue())
        if used and not judge([case]).errors:
            yield scopes_mark(used, "at_least", part.mark_names)
