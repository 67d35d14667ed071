"""A cloud of one tenant and what it wrote down, without a door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.cloud import Cloud
from pytest_mcscopes.cloud.http import Response
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config
from pytest_mcscopes.ledger.facts import TokenRequested
from pytest_mcscopes.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.catalogue.catalogue import Catalogue
    from pytest_mcscopes.cloud.http import Request
    from pytest_mcscopes.cloud.packages import Package
    from pytest_mcscopes.config import PackageConfig, UserConfig


class CloudOfOneTenant:
    """A simulated cloud, and the log of its one tenant."""

    def __init__(
        self,
        *packages: PackageConfig,
        config: Config | None = None,
        users: tuple[UserConfig, ...] = (),
        catalogue: Catalogue | None = None,
        seed: int | str = 1,
        at: float,
    ) -> None:
        catalogue = catalogue or load_catalogue()
        self.state = build_state(config or Config(), packages, seed, catalogue, users)
        self.ledger = Ledger()
        self.cloud = Cloud(self.state, self.ledger)
        self.at = at

    @property
    def package(self) -> Package:
        """The first one."""
        return next(iter(self.state.packages.values()))

    def token(self, scopes: Iterable[str] | None = None, *, age: float = 0) -> str:
        """Issue a token of the test's own; None: for every scope."""
        granted = None if scopes is None else frozenset(scopes)
        return self.cloud.issue_token(self.package, granted, self.at - age)

    def handle(self, request: Request) -> Response:
        answer = self.cloud.handle(request, self.at)
        assert isinstance(answer, Response)
        return answer

    @property
    def fact(self) -> TokenRequested:
        """The last one, which must be of a token request."""
        entry = self.ledger.entries[-1]
        assert isinstance(entry.fact, TokenRequested)
        assert entry.answered == entry.fact.status
        return entry.fact
