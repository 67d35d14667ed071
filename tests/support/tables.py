"""The tables of what a tenant answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet


def assert_cases_are_known(table: Mapping[str, Any], parts: AbstractSet[str]) -> None:
    """Names are unique, the parts are known ones, and so are the words for evidence."""
    names = Counter(case["name"] for case in table["case"])
    assert {name for name, count in names.items() if count > 1} == set()
    assert {part for case in table["case"] for part in case} == parts
    assert {case["known"] for case in table["case"]} == {"seen", "documented", "inferred", "own"}
