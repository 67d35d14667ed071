"""Sees, beneath all guards, a name of Marketing Cloud's that is to be resolved after all.

A plugin of inner runs too, in whatever process, which leave what they saw in a file of the
outer run's. Such a name is never resolved. PYTEST_DONT_REWRITE: it is imported early.
"""

from __future__ import annotations

import _socket
import os
import socket
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE = "MCSCOPES_LOOK_UPS"
"""The variable of the environment that names the file."""
# Spelled anew, so that no slip of the package's own list goes unseen.
_DOMAINS = ("marketingcloudapis.com", "exacttargetapis.com", "exacttarget.com")
_WAYS = (
    (_socket, "getaddrinfo"),
    (socket, "gethostbyname"),
    (socket, "gethostbyname_ex"),
    (socket, "gethostbyaddr"),
)


def watch() -> None:
    """See look-ups from now on; nothing of ours is beneath."""
    for owner, name in _WAYS:
        setattr(owner, name, _watching(getattr(owner, name)))


@contextmanager
def kept() -> Iterator[None]:
    """Have the look-ups of this process, and of those that it starts, left in a file."""
    outer = os.environ.get(FILE, "")
    handle, os.environ[FILE] = mkstemp(prefix="mcscopes-look-ups-")
    os.close(handle)
    yield
    Path(os.environ[FILE]).unlink()
    os.environ[FILE] = outer


def fail_for_any() -> None:
    """Fail the test that has ended if a name was to be resolved.

    Raises:
        pytest.fail.Exception: which.
    """
    if names := take():
        pytest.fail(f"a test resolves names of the real service: {names}", pytrace=False)


def take() -> list[str]:
    """Give the names that were to be resolved since this was last asked."""
    file = Path(os.environ[FILE])
    if not file.stat().st_size:
        return []
    names = file.read_text(encoding="utf-8").splitlines()
    file.write_bytes(b"")
    return names


def inherited(path: str) -> dict[str, str]:
    """Give the variables by which runs of pytest in other processes are watched as well.

    Args:
        path: what PYTHONPATH is to name besides.
    """
    here = str(Path(__file__).parent)
    return {
        "PYTEST_PLUGINS": __name__,
        "PYTHONPATH": os.pathsep.join(filter(None, [here, path])),
    }


def _watching(below: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(below)
    def look_up(host: object, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        name = host.decode("latin-1") if isinstance(host, bytes) else str(host)
        if name.lower().rstrip(".").endswith(_DOMAINS):
            with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
            raise socket.gaierror(socket.EAI_NONAME, "no test may resolve it")
        return below(host, *rest, **named)

    return look_up


watch()
