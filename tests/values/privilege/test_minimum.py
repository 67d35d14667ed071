"""The fewest scopes that a number of calls can do with."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measuring import unmeasured

from pytest_mcscopes.catalogue.call_requirements import least_power_key
from pytest_mcscopes.privilege.minimum import minima

SCOPES = ("email_read", "email_send", "email_write", "push_read", "push_write")


def sets(text: str) -> tuple[frozenset[str], ...]:
    """Read `a b | c`: a and b together, or c; `-` is no scope at all."""
    return tuple(frozenset(part.replace("-", "").split()) for part in text.split("|"))


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        pytest.param([], "-", id="no calls need nothing"),
        pytest.param(["-"], "-", id="a call that needs nothing"),
        pytest.param(["email_read"], "email_read", id="one call"),
        pytest.param(["email_read", "-", "email_send"], "email_read email_send", id="the union"),
        pytest.param(["email_read push_read"], "email_read push_read", id="all of a row"),
        pytest.param(
            ["email_read | push_read", "email_write | push_read"],
            "push_read",
            id="one scope for two choices, where picking the first of each gives two",
        ),
        pytest.param(
            ["email_write | email_read"], "email_read | email_write", id="ties, the weakest first"
        ),
        pytest.param(
            ["email_read | email_write", "email_write"], "email_write", id="a choice that is made"
        ),
        pytest.param(
            ["email_read email_write | email_send"], "email_send", id="fewer before weaker"
        ),
    ],
)
def test_minima(needs: list[str], expected: str) -> None:
    assert minima(sets(need) for need in needs) == sets(expected)


def test_independent_choices_do_not_multiply() -> None:
    """Of a million ties few are given, and the one that was asked for is among them."""
    needs = [(frozenset({f"a{n}"}), frozenset({f"b{n}"})) for n in range(20)]
    wanted = frozenset(f"{'ab'[n % 2]}{n}" for n in range(20))
    ties = minima(needs, wanted)
    assert wanted in ties
    assert {len(each) for each in ties} == {20}
    assert len(ties) == 64


def test_choices_that_hang_together_are_bounded() -> None:
    """Each shares a scope with the next; the second of each two will do for all."""
    needs = [(frozenset({f"s{n:02}"}), frozenset({f"s{n + 1:02}"})) for n in range(40)]
    assert {len(each) for each in unmeasured(minima)(needs)} == {20}


some_scopes = st.frozensets(st.sampled_from(SCOPES), max_size=3)


@given(st.lists(st.lists(some_scopes, min_size=1, max_size=3).map(tuple), max_size=5))
def test_the_search_finds_what_trying_every_set_finds(
    needs: list[tuple[frozenset[str], ...]],
) -> None:
    subsets = chain.from_iterable(combinations(SCOPES, size) for size in range(len(SCOPES) + 1))
    enough = [
        frozenset(subset)
        for subset in subsets
        if all(any(each <= set(subset) for each in choices) for choices in needs)
    ]
    fewest = min(map(len, enough))
    expected = sorted((each for each in enough if len(each) == fewest), key=least_power_key)
    assert minima(needs) == tuple(expected)
