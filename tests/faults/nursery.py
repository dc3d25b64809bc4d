"""Where copies of the program are born: a process that has imported it all, and forks itself for each start.

What is born is a process like any other, with its own id, folder, settings and end: it can be killed, frozen and
stopped. Only the second of importing is saved, which each start would pay anew. `make faults` starts every program from
nothing instead, and so do the tests that say so.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
LEARNED = (  # not `bot.__main__` itself, which is run anew
    "bot.administrators",
    "bot.application",
    "bot.backup",
    "bot.checkup",
    "bot.nightly",
    "bot.restore",
    "click",
    "alembic.command",
    "aiosqlite",
    "asyncpg",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "uvicorn.lifespan.off",
    "uvicorn.protocols.http.auto",
)


# --- on the side of the tests


class Born(asyncio.Protocol):
    """What `asyncio.subprocess.Process` is for one's own child. The nursery writes two lines: its id, and its end."""

    def __init__(self) -> None:
        self._said = b""
        self._begun, self._ended = (asyncio.get_running_loop().create_future() for _ in range(2))

    def data_received(self, data: bytes) -> None:
        self._said += data
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            (self._ended if self._begun.done() else self._begun).set_result(int(line))

    def connection_lost(self, exc: Exception | None) -> None:
        for awaited in (self._begun, self._ended):
            if not awaited.done():
                awaited.set_exception(exc or ConnectionResetError("the nursery is gone"))

    @property
    def pid(self) -> int:
        return int(self._begun.result())

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    def send_signal(self, signal_: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal_)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        return int(await asyncio.shield(self._ended))

    async def begin(self) -> None:
        await self._begun


async def born(words: tuple[str, ...], folder: Path, environment: dict[str, str], out: Path, err: Path) -> Born:
    """`python -m bot WORDS` in this folder, with this environment and nothing else; its output is added to files."""
    order = {"words": words, "folder": str(folder), "environment": environment, "out": str(out), "err": str(err)}
    wire, found = await asyncio.get_running_loop().create_unix_connection(Born, _nursery())
    wire.write(json.dumps(order).encode() + b"\n")
    await found.begin()
    return found


_open: dict[str, Any] = {}


def _nursery() -> str:
    """The address of this test process's own, which ends with it: when its standard input does."""
    if not _open:
        address = str(Path(tempfile.mkdtemp(prefix="kopir-nursery-")) / "socket")
        command = (sys.executable, "-m", "tests.faults.nursery", address)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert process.stdout
        assert process.stdout.readline() == b"open\n"
        process.stdout.close()
        _open.update(address=address, process=process)
    return str(_open["address"])


def close() -> None:
    """With all that was born in it and still lives."""
    if _open:
        process = _open.pop("process")
        process.stdin.close()
        process.wait(10)
        address = Path(_open.pop("address"))
        address.unlink()
        address.parent.rmdir()


# --- on its own side


def main() -> None:
    """Returns in a child alone, as the program that was ordered."""
    for name in LEARNED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what was learned is never touched again by the collector: its pages are shared with all children
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen(100)
    print("open", flush=True)  # noqa: T201 - to the tests, which wait for it
    running: dict[int, socket.socket] = {}
    for asked in _asked(listening, running):
        order = json.loads(asked.makefile("rb").readline())
        pid = os.fork()
        if not pid:
            break
        running[pid] = asked
        asked.sendall(b"%d\n" % pid)
    else:
        return
    for other in (listening, asked, *running.values()):
        other.close()
    _become(order)
    runpy.run_module("bot", run_name="__main__", alter_sys=True)


def _asked(listening: socket.socket, running: dict[int, socket.socket]) -> Iterator[socket.socket]:
    """One order after another; in between, who asked for a program is told how it ended."""
    ended, wakes = socket.socketpair()
    ended.setblocking(False)
    wakes.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    while True:
        ready, _, _ = select.select([listening, ended, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        if ended in ready:
            ended.recv(4096)
            _tell(running)
        if listening in ready:
            yield listening.accept()[0]


def _tell(running: dict[int, socket.socket]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (one := os.waitpid(-1, os.WNOHANG))[0]:
            with running.pop(one[0]) as asked, contextlib.suppress(OSError):  # who asked may be gone
                asked.sendall(b"%d\n" % os.waitstatus_to_exitcode(one[1]))


def _become(order: dict[str, Any]) -> None:
    """What a shell does between fork and exec."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    streams = (os.open("/dev/null", os.O_RDONLY), *(os.open(order[name], _ADDING, 0o644) for name in ("out", "err")))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv[1:] = order["words"]


_ADDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT


if __name__ == "__main__":
    main()
