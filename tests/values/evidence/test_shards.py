"""What `--mc-shard` may be given."""

from __future__ import annotations

import re

import pytest

from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.evidence.shards import Shard, read_shard


@pytest.mark.parametrize(
    ("text", "shard"), [("1/1", (1, 1)), ("2/4", (2, 4)), ("04/12", (4, 12)), ("9999/9999", None)]
)
def test_a_shard(text: str, shard: tuple[int, int] | None) -> None:
    """Its number, and how many there are."""
    assert read_shard(text) == Shard(*shard or (9999, 9999))


@pytest.mark.parametrize(
    ("text", "to"),
    [
        *[("5/4", 4), ("0/2", 2), ("1/0", 4), ("a/b", 4), ("", 4), ("2", 4), ("1/2/3", 4)],
        *[
            ("-1/2", 4),
            ("1 / 2", 4),
            ("\u00b2/4", 4),
            ("\u0661/4", 4),
            ("1/2\n", 4),
            ("1/99999", 4),
        ],
    ],
)
def test_no_shard(text: str, to: int) -> None:
    """It is refused, with what could be meant."""
    said = (
        "MCSCOPES: --mc-shard must be the number of this shard and how many there are, from"
        f" 1/{to} to {to}/{to}, got {text!r}."
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}$"):
        read_shard(text)
