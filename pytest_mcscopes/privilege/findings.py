"""What a rule finds, and the table of all rules by id."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ..words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

Severity = Literal["error", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule's name and what it is by default."""

    name: str
    severity: Severity
    fixed: bool = False
    """Whether neither a mark nor a setting may turn it into a note."""
    opt_in: bool = False
    """Whether it finds nothing unless a setting names it."""
    of_suite: bool = False
    """Whether it is about a whole suite, and found by the gate: no test has it."""
    kinds: tuple[str, ...] = ()
    """Kinds of its findings that can be allowed alone: `mc_allow("MCS107:bearer", ...)`."""


RULES: dict[str, Rule] = {
    "MCS101": Rule(name="scope-omitted", severity="error"),
    "MCS102": Rule(name="excess-scope", severity="error"),
    "MCS103": Rule(name="missing-scope", severity="error"),
    "MCS104": Rule(name="unrecognised-scope", severity="note"),
    "MCS105": Rule(name="no-token-granted", severity="error", fixed=True),
    "MCS106": Rule(name="scope-dropped-on-renewal", severity="error"),
    "MCS107": Rule(name="foreign-tenant", severity="error", kinds=("bearer",)),
    "MCS108": Rule(name="undetermined", severity="note"),
    "MCS109": Rule(name="unexpected-token-request", severity="error"),
    "MCS110": Rule(name="unreadable-token-request", severity="error"),
    "MCS201": Rule(name="denied-call", severity="error"),
    "MCS202": Rule(name="unused-scope", severity="error"),
    "MCS203": Rule(name="unmapped-call", severity="note"),
    "MCS204": Rule(name="user-lacks-permission", severity="error"),
    "MCS205": Rule(name="userinfo-not-compared", severity="note", opt_in=True),
    "MCS301": Rule(name="secret-in-url", severity="error"),
    "MCS302": Rule(name="token-in-url", severity="error"),
    "MCS303": Rule(name="token-not-reused", severity="note"),
    "MCS304": Rule(name="token-requested-after-403", severity="note"),
    "MCS305": Rule(name="secret-or-token-in-log", severity="error"),
    "MCS401": Rule(name="requested-not-assigned", severity="error", of_suite=True),
    "MCS402": Rule(name="assigned-not-exercised", severity="error", of_suite=True),
    "MCS403": Rule(name="exception-unused-or-expired", severity="error", of_suite=True),
    "MCS404": Rule(name="traffic-without-mark", severity="error", opt_in=True, of_suite=True),
    "MCS405": Rule(name="union-member-not-used", severity="error", of_suite=True),
}
"""Never changed after import."""
TEST_RULES = {rule: row for rule, row in RULES.items() if not row.of_suite}
"""Those that a single test can have findings of."""


def name_rule(rule: str) -> str:
    """Write a rule by its id and its name; one of a newer version has no name here."""
    return f"{rule} {RULES[rule].name}" if rule in RULES else rule


def unknown_rule(word: object) -> str:
    """Say that a word is no rule of tests: which may be meant, or who speaks of that rule."""
    if word in [*RULES]:
        return (
            f"{word} ({RULES[str(word)].name}) is about a whole suite: mcscopes check finds it, and"
            f" mcscopes explain {word} says what can be done. No test has it"
        )
    near = word.partition(":")[0].upper() if isinstance(word, str) else ""
    hint = did_you_mean(near, tuple(TEST_RULES))
    return f"unknown rule {word!r}.{hint}"


OTHER_CONNECTION = "other connection"
"""Kind of an MCS303 that stays a note: two connections may be of two processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a rule found in one test."""

    rule: str
    severity: Severity
    text: str
    """One line for people, without the id."""
    scopes: frozenset[str] = frozenset()
    """The scopes that it is about."""
    package: str = ""
    settled_by: tuple[str, ...] = ()
    """Lines of TOML: the fact that the catalogue would need in order to decide."""
    should_read: tuple[str, ...] = ()
    """Lines of HTTP: what the code should have sent instead."""
    kind: str = ""
    """Which of the rule's kinds it is, where an allowance can name one: `bearer`."""
    next_steps: tuple[str, ...] = ()
    """What to do about it, where that depends on more than the rule."""
    by_mark: bool = False
    """Whether a mark or a doubtful row made it what it is, so that no setting changes that."""
    causes: frozenset[object] = field(default=frozenset(), compare=False, repr=False)
    """The requests or calls that it is about."""
    meant: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    """What the request should have named in place of *scopes*."""
    say: Callable[[frozenset[str]], str] | None = field(default=None, compare=False, repr=False)
    """Writes the text for fewer of the scopes."""

    def without(self, scopes: frozenset[str]) -> Finding | None:
        """Leave out scopes of which another finding speaks; None where nothing is left."""
        left = self.scopes - scopes
        if not left:
            return None
        return self if self.say is None else replace(self, scopes=left, text=self.say(left))
