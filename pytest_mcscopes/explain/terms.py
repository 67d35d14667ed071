"""The words of this plugin: what rules, marks, fixtures, blocks and settings mean, and examples."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from importlib.resources import files
from typing import TYPE_CHECKING

from ..config import Config
from ..ini_keys import INI_KEYS, PREFIX
from ..privilege.findings import RULES
from ..words import LONGEST_WORD
from .answers import MOST_HINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIMILAR = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word, and all that is to be said of it."""

    asked: str
    """The word as it is written."""
    means: str
    why: str
    title: str = ""
    """Name of a rule."""
    by_default: str = ""
    """What a rule or setting is where nothing else is said."""
    except_where: str = ""
    """Where a rule is something else than by default, as `error under mc_least_privilege`."""
    fix: str = ""
    """For a rule how to be rid of it; for the others how to use them."""
    fires: str = ""
    """A test that shows a rule; of a rule about suites a whole one."""
    manifest: str = ""
    """What `mcscopes.toml` says where `fires` shows a rule."""
    passes: str = ""
    """A test that is as it should be."""
    fixed_manifest: str = ""
    """What `mcscopes.toml` says where `passes` is as it should be."""
    example: str = ""
    """A line of pytest's settings."""
    settings: tuple[str, ...] = ()
    """Settings without which `fires` shows nothing."""
    kind: str
    """What sort of word it is, as `rule` or `fault of fail_next`."""
    found: bool = field(init=False, default=True)


def load_terms() -> Mapping[str, Term]:
    """Read all words, in the order of the file."""
    table = tomllib.loads((files(__package__) / "terms.toml").read_text(encoding="utf-8"))
    return {word: _term(word, row) for word, row in table.items()}


def _term(word: str, row: dict[str, str | list[str]]) -> Term:
    known = {each.name for each in fields(Term) if each.init}
    assert row.keys() <= known, word
    texts = {key: value.strip("\n") for key, value in row.items() if isinstance(value, str)}
    if (name := word.removeprefix(PREFIX)) in INI_KEYS:
        texts["means"] = INI_KEYS[name]
    return Term(
        asked=word,
        title=RULES[word].name if word in RULES else "",
        by_default=_by_default(word),
        settings=tuple(row.get("settings", ())),
        **texts,
    )


def _by_default(word: str) -> str:
    if word in RULES:
        rule = RULES[word]
        if rule.opt_in:  # the gate names what it finds of such a rule, whoever asks for it
            return "note" if rule.of_suite else "off"
        return rule.severity
    name = word.removeprefix(PREFIX)
    if name == word or name not in Config._fields:
        return ""
    value: object = Config._field_defaults[name]
    return str(value).lower() if value != () else "nothing"


def find_term(text: str, terms: Mapping[str, Term]) -> Term | None:
    """Find a word as people write it: a mark with its decorator, a rule by its name or a part."""
    if text in terms:  # a class, which is found as it is spelt: `user` may be a scope's family
        return terms[text]
    return terms.get(_words(terms).get(_fold(text), ""))


def near_terms(text: str, terms: Mapping[str, Term]) -> tuple[str, ...]:
    """Name the words that may have been meant; none where the text is much like none of ours."""
    folded = _fold(text)
    if len(folded) > LONGEST_WORD:
        return ()
    words = _words(terms)
    near = get_close_matches(folded, words, n=MOST_HINTS, cutoff=_SIMILAR)
    return tuple(dict.fromkeys(words[each] for each in near))


def _words(terms: Mapping[str, Term]) -> dict[str, str]:
    """Give each word by what it is found by: itself, and the name of a rule."""
    words = {
        word.casefold().strip("-"): word for word, term in terms.items() if term.kind != "class"
    }
    return words | {each.title: each.asked for each in terms.values() if each.title}


def _fold(text: str) -> str:
    bare = re.sub(
        r"^@?(?:pytest\.mark\.|(?:mc_)?(?:tenant|server|clock|cloud)\.)", "", text.strip()[:200]
    )
    bare = bare.partition("(")[0].partition("=")[0].rstrip(":").strip(" -")
    return re.sub(r"^(mcs\d+):.*", r"\1", bare.casefold())
