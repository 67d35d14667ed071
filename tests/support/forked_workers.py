"""Starts the workers of inner runs as forks of a process that has loaded what they load.

A worker of xdist takes more than half a second to load pytest, HTTP libraries and us, and inner
runs start some two hundred of them. A fork has the folder, the environment and the streams
that a new process would have. worker_template.py is the program that forks.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from signal import SIGKILL
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest
from execnet import gateway_io
from execnet.gateway_base import Popen2IO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
NUMBER = struct.Struct("!q")
"""A request's head: the length of what says where a worker is to be, or less than none: a worker
that is to be waited for. An answer: a process, or an exit code."""


class Template:
    """The process that forks."""

    def __init__(self) -> None:
        self._one_at_a_time = Lock()
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, HERE / "worker_template.py", str(theirs.fileno())],
                cwd=HERE,
                env=os.environ | {"PYTHONPATH": str(HERE)},
                pass_fds=[theirs.fileno()],
            )

    def start(self, streams: Sequence[int]) -> int:
        """Start a worker with these streams, here; give its process."""
        place = json.dumps([str(Path.cwd()), dict(os.environ)]).encode()
        with self._one_at_a_time:
            socket.send_fds(self._connection, [NUMBER.pack(len(place))], streams)
            self._connection.sendall(place)
            return self._read()

    def wait(self, worker: int) -> int:
        """Wait for a worker's end, and give its exit code."""
        with self._one_at_a_time:
            self._connection.sendall(NUMBER.pack(-worker))
            return self._read()

    def end(self) -> None:
        """End it, as all workers have ended."""
        self._connection.close()
        self._process.wait()

    def _read(self) -> int:
        number: int
        (number,) = NUMBER.unpack(self._connection.recv(NUMBER.size, socket.MSG_WAITALL))
        return number


@contextmanager
def forked() -> Iterator[None]:
    """Have xdist's workers forked in the meantime."""
    templates: list[Template] = []  # None is started where no worker is.

    class Worker(Popen2IO):
        """What execnet knows of a process that it has started."""

        def __init__(self, _command: Sequence[str], execmodel: Any) -> None:  # noqa: ANN401
            if not templates:
                templates.append(Template())
            (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
            self._process = templates[0].start([theirs_in, theirs_out, 2])
            os.close(theirs_in)
            os.close(theirs_out)
            super().__init__(os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb"), execmodel)

        @cached_property
        def exit_code(self) -> int:
            """Waits for its end."""
            return templates[0].wait(self._process)

        def wait(self) -> int:
            return self.exit_code

        def kill(self) -> None:
            os.kill(self._process, SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway_io, "Popen2IOMaster", Worker)
        yield
    for template in templates:
        template.end()
