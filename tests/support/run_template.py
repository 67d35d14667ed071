"""The program of a process that forks runs of pytest: see `loaded` in processes.py.

It has pytest load the plugins, by the command line that the runs have, but to show versions:
pytest imports them in its own order, through its own hook that rewrites assertions, configures
none of them and ends. What stays is imported modules, those that each run would import itself
before it looks at a test. A fork then does all that a run does: it reads its command line, finds
and registers the plugins, imports those that are not here, configures them and runs the tests.

So it is for runs that import nothing else before these plugins; tests of what is imported first
start a process anew. It loads nothing that a run imports within a test, where it may meet what a
plugin has patched by then. And no fork starts workers of xdist, which has noted at its import
where they are to search. The seed that pytest-randomly draws at its import is one for all forks.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import socket
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = str(Path(__file__).parent)
NEITHER = ("-c", os.devnull, "--noconftest")
"""No settings, and no conftest.py: the runs have none either, and here are those of the project."""


def _load(plugins: Sequence[str], libraries: Sequence[str]) -> None:
    chosen = [word for name in plugins for word in ("-p", name)]
    with redirect_stdout(io.StringIO()) as shown, redirect_stderr(shown):
        code = pytest.main([*chosen, *NEITHER, "--version", "--version"])
    if code:
        sys.exit(shown.getvalue())
    for library in libraries:
        import_module(library)


def _next_run(connection: socket.socket) -> dict[str, Any]:
    """Fork at each request until the other side is gone; return in forks alone, what they run."""
    with connection, connection.makefile() as requests:
        for request in requests:
            process = os.fork()
            if not process:
                run: dict[str, Any] = json.loads(request)
                return run
            os.waitpid(process, 0)
            connection.sendall(b"\n")
    os._exit(0)


def _place(folder: str, environment: dict[str, str], files: Sequence[str]) -> None:
    """Be where a new process would be, with its streams."""
    for number, file in enumerate((os.devnull, *files)):
        stream = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path.insert(sys.path.index(HERE) + 1, folder)  # as PYTHONPATH says


if __name__ == "__main__":
    _load(**json.loads(sys.argv[2]))
    run = _next_run(socket.socket(fileno=int(sys.argv[1])))
    sys.argv[1:] = run.pop("args")
    _place(**run)
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)  # what `-m` does
