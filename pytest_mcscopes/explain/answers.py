"""What `mcscopes explain` answers, as plain values: the model of its text and of its JSON.

Scopes are listed in token order, never as sets, so that both come out the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from ..catalogue.model import Confidence, Naming, Status

Door = Literal["auth", "rest", "soap"]
Role = Literal["needed", "one of several", "tolerated", "may be needed"]

MOST_HINTS = 3
"""No more near misses than these are listed for one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement comes from."""

    key: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What another source says that a call needs."""

    all_of: tuple[str, ...]
    confidence: Confidence
    sources: tuple[Source, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A permission of a user, by its names in v2/userinfo; empty ones are not known."""

    id: int
    object_type: str
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """That a permission goes with a scope, and who says so."""

    scope: str
    id: int | None
    """None where only a path is printed, and no permission of that name is known."""
    matched_by_name: bool
    """The id is our match; no page prints it."""
    object_type: str
    operation: str
    naming: Naming
    path: str
    confidence: Confidence
    sources: tuple[Source, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """That what a call needs changes, or has changed, on a day."""

    effective_from: date
    enough_before: tuple[str, ...]
    """Inferred: no source tells it."""
    enough_since: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequirement:
    """What the catalogue says of one call, on one day."""

    label: str
    door: Door
    reads: bool
    """Whether the call only looks, as far as its method and its scopes tell."""
    enough: tuple[tuple[str, ...], ...]
    """Each is enough, the least first; one empty: nothing is needed; none: not known."""
    trusted: bool
    confidence: str
    doubt: str
    """Why the row is doubtful; empty where it is trusted."""
    may_need: tuple[str, ...]
    """What a doubtful call may need; empty where the row is trusted."""
    families: tuple[str, ...]
    """Those of `may_need`."""
    sources: tuple[Source, ...]
    note: str
    tolerated: tuple[str, ...] = ()
    """Plausibly needed too."""
    elsewhere: tuple[Statement, ...] = ()
    """What other sources say that is enough."""
    permissions: tuple[Named, ...] = ()
    """Those of a user that go with a route."""
    always_available: bool = False
    """Open to every package, whatever its scopes; the vendor's scope page lists such SOAP calls."""
    change: Change | None = None
    permission_texts: tuple[str, ...] = ()
    """Permissions of a user as SOAP object pages print them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One call that has to do with a scope, and how."""

    role: Role
    rule: CallRequirement


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    asked: str
    """What was asked, as it may be shown."""
    found: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswer(_Answer):
    """What a REST call or SOAP operation needs; several where the method was left out."""

    rules: tuple[CallRequirement, ...]
    kind: Literal["call"] = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeAnswer(_Answer):
    """What one spelling of a scope is, and what it opens."""

    scope: str
    label: str
    """As the vendor writes labels: category | family | action."""
    category: str | None
    family: str
    action: str
    status: Status
    on_scope_page: bool
    use_instead: str | None
    """The wire id, where this spelling never travels."""
    use_instead_confidence: Confidence | None
    aliases: tuple[str, ...]
    """Spellings of the documentation that no token carries."""
    mistakes: tuple[str, ...]
    """Wrong spellings that were met in the wild."""
    confidence: Confidence
    independent_sources: int
    sources: tuple[Source, ...]
    permissions: tuple[Link, ...]
    uses: tuple[Use, ...]
    """Trusted rows first, then by label."""
    note: str
    kind: Literal["scope"] = "scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAnswer(_Answer):
    """The scopes that go by a label: a category, a family."""

    scopes: tuple[ScopeAnswer, ...]
    kind: Literal["label"] = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionAnswer(_Answer):
    """What a permission of a user is, and which scopes and calls it goes with."""

    id: int
    object_type: str
    operation: str
    name: str
    observed: bool
    """Whether the vendor's sample of v2/userinfo has it."""
    links: tuple[Link, ...]
    rules: tuple[CallRequirement, ...]
    kind: Literal["permission"] = "permission"


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCalls:
    """What a package could do by the scopes of one family."""

    family: str
    reads: tuple[CallRequirement, ...]
    """On trusted rows."""
    writes: tuple[CallRequirement, ...]
    """On trusted rows: all that does more than look."""
    doubtful: tuple[CallRequirement, ...]
    """What it may be able to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageAnswer(_Answer):
    """What a package with several scopes could do."""

    scopes: tuple[str, ...]
    read_as: tuple[tuple[str, str], ...]
    """Alias or mistake -> the scope that it was read as."""
    unknown: tuple[NotFound, ...]
    families: tuple[FamilyCalls, ...]
    idle: tuple[str, ...]
    """Scopes that no known call needs; that does not say that none does."""
    open_to_all: int
    """Calls on trusted rows that need no scope."""
    kind: Literal["package"] = "package"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(_Answer):
    """Something that the catalogue does not know."""

    why: str
    did_you_mean: tuple[str, ...]
    may_need: tuple[str, ...] = ()
    """What a call without a row may need."""
    families: tuple[str, ...] = ()
    """Those of `may_need`."""
    kind: Literal["not found"] = "not found"
    found: bool = False


Answer = CallAnswer | ScopeAnswer | LabelAnswer | PermissionAnswer | PackageAnswer | NotFound
