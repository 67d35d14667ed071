"""What a test writes in the parentheses of a block, read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ..errors import ConfigError
from ..privilege.expectation import Expectation, Match
from ..privilege.findings import TEST_RULES, unknown_rule
from ..settings.scopes import read_scopes
from ..words import did_you_mean, either
from .calling_place import calling_place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ..catalogue.catalogue import Catalogue


def read_findings(rules: Iterable[object]) -> frozenset[str]:
    """Read the ids of the findings that are expected; refuse what is no list of such."""
    named = list(rules)
    if not named:
        raise ConfigError(
            'expect_findings: it names no finding. Write expect_findings("MCS102"), with the ids'
            " that the judged blocks in it are to find."
        )
    for rule in named:
        if rule not in list(TEST_RULES):
            text = unknown_rule(rule)
            stop = "" if text.endswith((".", "?")) else "."
            raise ConfigError(
                f'expect_findings: {text}{stop} Write an id, as in expect_findings("MCS102").'
            )
    return frozenset(map(str, named))


def read_block(
    scopes: Iterable[object],
    match: str,
    package: str | None,
    packages: Collection[str],
    catalogue: Catalogue,
) -> Expectation:
    """Read the arguments of a judged block; refuse what makes no sense."""
    if match not in get_args(Match):
        hint = did_you_mean(str(match), get_args(Match))
        raise ConfigError(f"judged: match must be {either(get_args(Match))}, got {match!r}.{hint}")
    if package is not None and package not in list(packages):
        known = ", ".join(f'"{each}"' for each in packages)
        hint = did_you_mean(str(package), packages)
        raise ConfigError(f"judged: the tenant has no package {package!r}, but {known}.{hint}")
    declared = scopes_of_block(scopes, "judged", catalogue)
    if not declared:
        raise ConfigError(
            'judged: it names no scope. Write judged("email_send"); or mark the test mc_no_token'
            " or mc_least_privilege, if that is what you mean."
        )
    return Expectation(
        kind="scopes",
        declared=declared,
        match=match,  # type: ignore[arg-type]  # one of the words that it may be
        package=package,
        origin=f"mc_tenant.judged(...), {calling_place()}",
        of_block=True,
    )


def scopes_of_block(scopes: Iterable[object], block: str, catalogue: Catalogue) -> frozenset[str]:
    """Read the scopes that a block names; refuse what the catalogue does not know."""

    def wrong(text: str) -> ConfigError:
        return ConfigError(f"{block}: {text}{'' if text.endswith('?') else '.'}")

    return read_scopes(scopes, catalogue, wrong, block + '("{}")')
