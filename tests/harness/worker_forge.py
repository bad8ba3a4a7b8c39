"""Forks workers off a process that has imported them already; run by :mod:`workers`.

An import of the engine takes longer than most tests. This process does it once and has one thread, so
that a fork of it is a clean start: each worker is a process of its own that runs ``mpcas2 worker``.

It reads one order per line from standard input, and writes one line when a worker has started and one
when it has ended. The end of standard input ends it, and it kills what still runs.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import sys
from typing import NoReturn

import msgspec

__all__ = ("Ended", "Order", "Started")

PRELOADED = (
    "uvloop",
    "mpcas2_core.engine",
    "mpcas2_server.cli",
    "mpcas2_server.cli.installation",
    "mpcas2_server.supervise",
)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A worker to start.

    Attributes:
        environ: Its whole environment.
        path: Folders in front of the import path, with plugins that only tests have.
        log: File that gets what it writes.
    """

    environ: dict[str, str]
    path: tuple[str, ...] = ()
    log: str


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """A worker has started; the first of these lines speaks of the forge itself and has no log."""

    pid: int
    log: str = ""


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """A worker has ended; a negative code is the signal that ended it."""

    pid: int
    code: int


def main() -> None:
    """Serves orders until standard input ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    # What a broken plugin makes it say must not get between the events.
    with contextlib.redirect_stdout(sys.stderr):
        importlib.import_module("mpcas2_core.plugins").PluginHost.load()
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    alive: set[int] = set()
    pending = b""
    _say(Started(pid=os.getpid()))
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(alive)
        if 0 in ready:
            chunk = os.read(0, 65536)
            if not chunk:
                break
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                alive.add(_fork(msgspec.json.decode(line, type=Order), (woken, waker)))
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _fork(order: Order, pipes: tuple[int, int]) -> int:
    pid = os.fork()
    if pid == 0:
        _become_worker(order, pipes)
    _say(Started(pid=pid, log=order.log))
    return pid


def _become_worker(order: Order, pipes: tuple[int, int]) -> NoReturn:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        for number in pipes:
            os.close(number)
        log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(order.environ)
        sys.path[:0] = order.path
        # What the command ``mpcas2`` itself does.
        code = importlib.import_module("mpcas2_server.cli").run(["worker"])
    except BaseException:  # noqa: BLE001 - whatever it is, the log has to show it
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Without the handlers of the process that it was forked off.
        os._exit(code)


def _reap(alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        alive.discard(pid)
        _say(Ended(pid=pid, code=os.waitstatus_to_exitcode(status)))


def _say(event: Started | Ended) -> None:
    os.write(1, msgspec.json.encode(event) + b"\n")


if __name__ == "__main__":
    main()
