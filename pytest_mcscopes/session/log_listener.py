"""What is logged while a test runs, looked through for secrets and tokens."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from ..privilege.rules.logs import Logged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..tenant.core import TenantCore

_FORMATTER = logging.Formatter()
# Written by themselves, and guarded.
_UNWRITTEN = frozenset({"msg", "args", "exc_info"})


class LogListener(logging.Handler):
    """Looks at every record that reaches the root logger, tracebacks included."""

    def __init__(
        self, tenants: Callable[[], Iterable[TenantCore]], found: Callable[[Logged], None]
    ) -> None:
        super().__init__()
        self._tenants = tenants
        self._found = found
        self._listening = 0

    def listen(self) -> None:
        """Begin to look; each call needs one of `rest`."""
        self._listening += 1
        logging.getLogger().addHandler(self)  # once, however often

    def rest(self) -> None:
        """Stop looking, once every caller has rested."""
        self._listening -= 1
        if not self._listening:
            logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Report what kind of secret a record holds, and where it was logged; never its text."""
        for what in self._held(_written(record)):
            where = f"{PurePath(record.pathname).name}:{record.lineno}"
            self._found(Logged(what=what, logger=record.name, level=record.levelname, where=where))

    def _held(self, text: str) -> Iterator[Literal["secret", "token"]]:
        tenants = list(self._tenants())
        if any(tenant.state.redaction.holds_secret(text) for tenant in tenants):
            yield "secret"
        if any(tenant.state.redaction.holds_token(text) for tenant in tenants):
            yield "token"


def _written(record: logging.LogRecord) -> str:
    """Join all that a record may put in a log: its message, its extras, its traceback."""
    parts: list[Callable[[], str]] = [record.getMessage]
    extras = {name: value for name, value in vars(record).items() if name not in _UNWRITTEN}
    parts += [partial(str, value) for value in (*extras.values(), record.msg, record.args)]
    if record.exc_info:
        parts.append(partial(_FORMATTER.formatException, record.exc_info))
    return "\n".join(map(_guarded, parts))


def _guarded(write: Callable[[], str]) -> str:
    """Write what can be written: the code under test must not see what goes wrong here."""
    try:
        return write()
    except Exception:  # noqa: BLE001 - whatever a __str__ may raise
        return ""
