"""Shards: parts of a suite that run apart, each with a number, as the second of four (`2/4`)."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ConfigError
from ..words import first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})", re.ASCII)
_SHOWN = 10


class Shard(NamedTuple):
    """Which part of how many a run is."""

    number: int
    of: int

    def __str__(self) -> str:
        """Write it as the option does."""
        return f"{self.number}/{self.of}"


class DeclaredShard(NamedTuple):
    """What a run said of itself."""

    shard: Shard | None
    """None: nothing."""
    file: str = ""
    """The data file that says so; empty for the run that is going on."""


def read_shard(text: str) -> Shard:
    """Read what `--mc-shard` was given.

    Raises:
        ConfigError: it is no number of a shard.
    """
    found = _SHARD.fullmatch(text)
    shard = Shard(*map(int, found.groups())) if found else None
    if shard is None or not 1 <= shard.number <= shard.of:
        total = shard.of if shard and shard.of else 4
        raise ConfigError(
            "--mc-shard must be the number of this shard and how many there are, from"
            f" 1/{total} to {total}/{total}, got {text!r}."
        )
    return shard


def find_missing(declared: Iterable[DeclaredShard]) -> list[Shard]:
    """List the shards that are missing; []: all are there, or no run says that it is one."""
    there = {each.shard for each in declared if each.shard}
    totals = sorted({shard.of for shard in there})
    all_of = (Shard(number, of) for of in totals for number in range(1, of + 1))
    return [shard for shard in all_of if shard not in there]


def find_shard_gaps(declared: Sequence[DeclaredShard]) -> Iterator[str]:
    """Say where shards are not each there once, and what to do."""
    files: dict[Shard | None, list[str]] = defaultdict(list)
    for each in declared:
        files[each.shard].append(each.file)
    numbered = sorted(shard for shard in files if shard)
    if not numbered:
        return
    if len({shard.of for shard in numbered}) > 1:
        yield (
            f"shards are numbered differently, {_few(map(str, numbered))}: divide all runs by one"
            " number of shards, and leave out the files of others"
        )
    elif missing := find_missing(declared):
        one = len(missing) == 1
        yield (
            f"shard{'' if one else 's'} {_few(map(str, missing))} {'is' if one else 'are'} not"
            f" here: run pytest --mc-data --mc-shard {missing[0]}{'' if one else ' and so on'}, and"
            " put the files of all shards together by mcscopes combine"
        )
    for shard in numbered:
        if len(files[shard]) > 1:
            names = [*dict.fromkeys(files[shard])]
            leave = (
                "leave all but one of these files out"
                if len(names) > 1
                else "put that file together again, of one file for each shard"
            )
            yield f"shard {shard} is there {len(files[shard])} times, in {_few(names)}: {leave}"
    if None in files:
        yield (
            f"{_few(files[None])} {'is' if len(files[None]) == 1 else 'are'} of no shard, and other"
            " files are: add --mc-shard to that run, or leave it out"
        )


def _few(names: Iterable[str]) -> str:
    return first_of([*names], _SHOWN)
