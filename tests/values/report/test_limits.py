"""A page has as much as goes into its size, and at least what is always written."""

from __future__ import annotations

import pytest

from pytest_mcscopes.report.limits import Limits, write_within


def written(limits: Limits) -> str:
    """As many bytes as tests are listed, and ten."""
    return "\xe9" * limits.tests + "0123456789"


@pytest.mark.parametrize(
    ("most", "tests"),
    [
        pytest.param(50, 20, id="all"),
        pytest.param(49, 5, id="a byte too much"),
        pytest.param(12, 1, id="little"),
        pytest.param(11, 0, id="next to nothing"),
        pytest.param(9, 0, id="not even that"),
    ],
)
def test_the_most_that_fits(most: int, tests: int) -> None:
    """In bytes, of which a letter may be several."""
    text, limits = write_within(most, written)
    assert (limits.tests, len(text)) == (tests, tests + 10)
