"""Processes that start at once: each is forked off one that has imported the whole program.

    process = await fork([str(ROOT / "bot.py")], cwd=folder, env=environ, log=folder / "log.txt")
    process.kill(); await process.wait()

Importing takes seconds of a CPU, at every start the same ones. What is forked is a process of its own all the same:
with its own memory, files, signals and exit code.

python -m tests.forks       the process that has imported it; it says where its socket is, and ends with its input

A start is a connection to that socket: the order goes there as a line of JSON, the id of the process comes back,
and when it is over its exit code.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


class Forked:
    """A process, as much as tests need of one in asyncio's sense."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._writer = writer
        self._end = asyncio.create_task(self._ends(reader))

    def send_signal(self, number: int) -> None:
        """To a process that is over, nothing is sent."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Its exit code, when it is over; minus the signal that has ended it."""
        return await asyncio.shield(self._end)

    async def _ends(self, reader: asyncio.StreamReader) -> int:
        self.returncode = int(await reader.readline())
        self._writer.close()
        await self._writer.wait_closed()
        return self.returncode


async def fork(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Forked:
    """Run the script `argv[0]` as `python *argv` would; what it says goes to the end of `log`."""
    reader, writer = await asyncio.open_unix_connection(_parent())
    order = {"argv": list(argv), "cwd": str(cwd), "env": dict(env), "log": str(log)}
    writer.write(json.dumps(order).encode() + b"\n")
    return Forked(int(await reader.readline()), reader, writer)


@cache
def _parent() -> str:
    """Where the socket is of the process that forks. It is started when it is first wanted."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forks"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    assert process.stdout
    return process.stdout.readline().strip()


def serve(path: str) -> dict[str, Any] | None:
    """Fork what is ordered until the standard input ends. In what was forked: what it is to be."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for who waits for a program
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        print(path, flush=True)
        while sys.stdin not in select.select([door, sys.stdin], [], [])[0]:
            connection, _ = door.accept()
            with connection:
                if os.fork() == 0:
                    return _keep(connection)
    return None


def _keep(connection: socket.socket) -> dict[str, Any]:
    """Fork a program, and tell when it is over; return in the program."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection.makefile("rw") as line:
        order: dict[str, Any] = json.loads(line.readline())
        if pid := os.fork():
            print(pid, file=line, flush=True)
            _, status = os.waitpid(pid, 0)
            print(os.waitstatus_to_exitcode(status), file=line, flush=True)
            os._exit(0)
    return order


def run(order: dict[str, Any]) -> None:
    """Be the program."""
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number, file in ((0, nothing), (1, log), (2, log)):
        os.dup2(file, number)
    sys.argv[:] = order["argv"]
    runpy.run_path(sys.argv[0], run_name="__main__")


def main() -> None:
    """Import what the program needs, and be ready."""
    import bot  # noqa: F401
    import bridge.app  # noqa: F401

    gc.collect()
    gc.freeze()  # what was imported stays shared
    folder = tempfile.mkdtemp()
    order = serve(f"{folder}/socket")
    if order is None:
        shutil.rmtree(folder)
    else:
        run(order)


if __name__ == "__main__":
    main()
