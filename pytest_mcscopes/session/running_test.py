"""Which test runs, and what is being set up for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..cloud.fingerprints import SHORTEST_REDACTED, hide_parameters, parameters_of
from ..ledger.ledger import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..privilege.expectation import Allowance


@dataclass(slots=True, eq=False)
class RunningTest:
    """The test that runs; the plugin changes the two lists as fixtures come and go."""

    building: Sequence[str]
    """Names of the fixtures that are being set up, the innermost last."""
    scopes: Sequence[str] = ()
    """The scope of each of them."""
    hidden: dict[str, str] = field(default_factory=dict)
    """Node id of a test whose parameters hold a secret -> the id that may be shown."""
    allowances: Sequence[Allowance] = ()
    """The rules that it turns into notes."""
    closure: Callable[[], Iterable[str]] = tuple
    """Gives the names of the fixtures that it has had so far."""
    marked: bool = False
    """Whether it has a mark that judges it."""
    number: int = 0
    """Which attempt of which test of the session it is."""
    in_body: bool = False
    """Whether its call phase runs."""
    nodeid: str | None = None
    """Its node id; None between tests."""
    parameters: str = ""
    """Those in its node id, if a secret fits in them."""
    stage: Stage = field(init=False)
    """What all ledgers share; the test's node id stands there too."""

    def __post_init__(self) -> None:
        self.stage = Stage(building=self.building, scopes=self.scopes, hidden=self.hidden)

    def begin(
        self,
        nodeid: str,
        allowances: Sequence[Allowance],
        closure: Callable[[], Iterable[str]],
        *,
        marked: bool,
    ) -> None:
        """Let another test, or another attempt, run from here on."""
        self.allowances, self.closure, self.marked = allowances, closure, marked
        self.number += 1
        self.nodeid = self.stage.test = nodeid
        self.stage.number = self.number
        parameters = parameters_of(nodeid)
        self.parameters = parameters if len(parameters) >= SHORTEST_REDACTED else ""
        self.stage.talked = False
        self.stage.touched.clear()

    @property
    def name(self) -> str:
        """What runs, for people."""
        if self.nodeid is None:
            return "the start of the session"
        return self.hidden.get(self.nodeid, self.nodeid)

    def hide_id(self, holds_secret: Callable[[str], bool]) -> None:
        """Let no text show the parameters of the test's id, if they hold a secret."""
        test, parameters = self.nodeid, self.parameters
        if test and parameters and test not in self.hidden and holds_secret(parameters):
            self.hidden[test] = hide_parameters(test)

    @property
    def builder(self) -> str:
        """What a tenant that is built now is built by, for people."""
        return f"fixture {self.building[-1]} for {self.name}" if self.building else self.name

    def runs_its_own_code(self) -> bool:
        """Tell whether its body runs, and sets up no fixture."""
        return self.in_body and not self.building
