"""What came after the test that it belongs to had ended, so that no test can fail by it."""

from __future__ import annotations

from traceback import format_exception
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..session.driver import SessionDriver
    from ..transport.early_guard import EarlyGuard

_KEY = "mcscopes_after"


class AfterTests:
    """Gathers it, under xdist from all workers."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []
        """Tests whose calls raised after their end, and what."""
        self.blocks: list[tuple[str, str]] = []
        """Tests that had ended when a block of theirs failed, and by what."""
        self.notes: list[tuple[str, str, str]] = []
        """What came from threads and tasks that tests had left running: test, rule and text."""

    def take(
        self,
        driver: SessionDriver | None,
        guard: EarlyGuard | None,
        hide_ids: Callable[[str], str],
    ) -> None:
        """Take what there is in this process; *hide_ids* rids a text of ids that hold a secret."""
        if driver is not None:
            # Without the chain: a stub's error comes from one of respx's that says nothing.
            self.errors += [
                (hide_ids(str(test)), "".join(format_exception(error, chain=False)))
                for test, error in driver.take_late_errors()
            ]
            self.blocks += [(hide_ids(test), text) for test, text in driver.take_unowned()]
            late = driver.take_report().late
            self.notes += [(hide_ids(test), rule, hide_ids(text)) for test, rule, text in late]
        if guard is not None:
            self.notes += guard.notes()

    def write(self) -> dict[str, object]:
        """Write it into a worker's output."""
        return {_KEY: vars(self)}

    def read(self, output: Mapping[str, Any]) -> None:
        """Add what a worker has written; one that crashed has written nothing."""
        for name, values in output.get(_KEY, {}).items():
            getattr(self, name).extend(values)
