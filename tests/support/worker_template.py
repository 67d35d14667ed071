"""The program of the process that forks the workers of inner runs: see forked_workers.py."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import IO, TYPE_CHECKING

from forked_workers import NUMBER
from loaded import load_all
from plugin_searches import known

if TYPE_CHECKING:
    from collections.abc import Sequence


def _serve(connection: socket.socket) -> None:
    """Fork a worker at each request until the other side is gone; return in workers alone."""
    while True:
        head, streams, *_ = socket.recv_fds(connection, NUMBER.size, 3)
        if not head:
            os._exit(0)
        (number,) = NUMBER.unpack(head)
        if number < 0:
            _, status = os.waitpid(-number, 0)
            connection.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
            continue
        folder, environment = json.loads(connection.recv(number, socket.MSG_WAITALL))
        process = os.fork()
        if not process:
            connection.close()
            return _become_worker(streams, folder, environment)
        for stream in streams:
            os.close(stream)
        connection.sendall(NUMBER.pack(process))


def _become_worker(streams: Sequence[int], folder: str, environment: dict[str, str]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c"]
    sys.stdin, sys.stdout = _open(0, "r"), _open(1, "w")
    # What execnet starts a Python with.
    exec(eval(sys.stdin.readline()), {"__name__": "__main__"})  # noqa: S102, S307


def _open(number: int, mode: str) -> IO[str]:
    return open(number, mode, encoding="utf-8", closefd=False)


if __name__ == "__main__":
    load_all()
    with known():
        _serve(socket.socket(fileno=int(sys.argv[1])))
