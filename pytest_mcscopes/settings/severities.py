"""Which rules' findings fail a test, and which are notes, as a project has set them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ..errors import ConfigError
from ..privilege.findings import RULES, TEST_RULES, Severity, unknown_rule
from ..words import did_you_mean, either

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIKE = 'Write a line for each rule, as "MCS303=error".'


def read_severities(lines: Iterable[str]) -> dict[str, Severity]:
    """Read the lines of the setting `mc_rules`, like `MCS303=error`.

    Raises:
        ConfigError: no such rule or severity, one that may not be changed, or one said twice.
    """
    severities: dict[str, Severity] = {}
    for line in lines:
        rule, equals, word = (part.strip() for part in line.partition("="))
        if not equals:
            raise ConfigError(f"mc_rules: {line!r} sets nothing. {_LIKE}")
        if wrong := _wrong(rule, word, severities):
            raise ConfigError(f"mc_rules: {wrong}")
        severities[rule] = "error" if word == "error" else "note"
    return severities


def _wrong(rule: str, word: str, seen: Iterable[str]) -> str:
    """Say what is wrong with a rule and its severity; nothing where they are as they should be."""
    if rule not in TEST_RULES:
        text = unknown_rule(rule)
        return f"{text}{'' if text.endswith(('.', '?')) else '.'} {_LIKE}"
    if RULES[rule].fixed:
        name = RULES[rule].name
        return f"{rule} ({name}) cannot be changed: nothing else would be judged. Take it out."
    if rule in seen:
        return f"{rule} is set twice. Keep the line that is meant."
    words = get_args(Severity)
    if word not in words:
        hint = did_you_mean(word.lower(), words)
        return f"{rule} must be {either(words)}, got {word!r}.{hint}"
    return ""
