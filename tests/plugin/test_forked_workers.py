"""The forks that are workers of inner runs are what new processes would be."""

from __future__ import annotations

from signal import SIGKILL
from typing import TYPE_CHECKING, Any

import execnet
import pytest
from forked_workers import forked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOK = """
import os, sys
channel.send([os.getcwd(), dict(os.environ), sys.argv])
"""


@pytest.fixture(scope="module", autouse=True)
def _forked_by_a_process_of_their_own() -> Iterator[None]:
    """Start one here: another test may have started the usual one where coverage does not look."""
    with forked():
        yield


@pytest.fixture
def gateway() -> Iterator[Any]:
    """A worker, as execnet has it."""
    group = execnet.Group()
    yield group.makegateway("popen")
    group.terminate(timeout=60)


def test_it_has_the_folder_and_the_environment_of_its_start(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not those of the process that is forked, which began earlier and elsewhere."""
    seen = []
    for name in ("one", "two"):
        folder = here / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("MCSCOPES_WORKER", name)
        group = execnet.Group()
        look = group.makegateway("popen").remote_exec(LOOK).receive()
        group.terminate(timeout=60)
        seen.append((look[0], look[1]["MCSCOPES_WORKER"], look[2]))
    assert seen == [(str(here / name), name, ["-c"]) for name in ("one", "two")]


def test_it_is_waited_for(gateway: Any) -> None:  # noqa: ANN401 - execnet's
    """One that ends by itself."""
    assert gateway.remote_exec("channel.send(1)").receive() == 1
    gateway.exit()
    assert gateway._io.wait() == 0  # noqa: SLF001 - what execnet calls


def test_it_can_be_killed(gateway: Any) -> None:  # noqa: ANN401 - execnet's
    """As execnet does with one that does not end."""
    gateway._io.kill()  # noqa: SLF001 - what execnet calls
    assert gateway._io.wait() == -SIGKILL  # noqa: SLF001 - what execnet calls
