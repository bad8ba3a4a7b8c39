"""Real worker processes that a test may kill, stop, continue and wait for."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import worker_forge
from worker_forge import Ended, Order, Started

__all__ = ("Forge", "WorkerProcess")

START_SECONDS = 60.0


class WorkerProcess:
    """One ``mpcas2 worker``.

    Args:
        pid: Its process id.
        log: File that gets what it writes.
    """

    def __init__(self, pid: int, log: Path) -> None:
        self.pid = pid
        self.log = log
        self._ended = threading.Event()
        self._code = 0

    def kill(self) -> None:
        """Kills it without warning (SIGKILL) and returns when it is gone."""
        self._signal(signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        """Asks it to stop (SIGTERM), as a service manager does; returns at once."""
        self._signal(signal.SIGTERM)

    def freeze(self) -> None:
        """Stops it where it is (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def wait(self, seconds: float = 30.0) -> int:
        """Waits for its end and gives its exit code, or the signal as a negative number.

        Raises:
            TimeoutError: It goes on; the message carries its log.
        """
        if not self._ended.wait(seconds):
            raise TimeoutError(f"worker {self.pid} did not end:\n{self.output()}")
        return self._code

    def output(self) -> str:
        """Gives what it has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def note_end(self, code: int) -> None:
        """Is called once by the forge."""
        self._code = code
        self._ended.set()

    def _signal(self, number: signal.Signals) -> None:
        # Its parent reaps it and says so afterwards; the number is not used again that soon.
        if not self._ended.is_set():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


class Forge:
    """Starts workers quickly, from a process that has imported them once.

    Args:
        folder: Gets one log file per worker.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._started: queue.Queue[WorkerProcess] = queue.Queue()
        self._count = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None

    def start(self) -> Self:
        """Starts the process that the workers are forked off."""
        self._child = subprocess.Popen(
            [sys.executable, worker_forge.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._listener = threading.Thread(target=self._listen, name="worker forge", daemon=True)
        self._listener.start()
        self._started.get(timeout=START_SECONDS)
        return self

    def worker(self, environ: Mapping[str, str], *, path: Sequence[str] = ()) -> WorkerProcess:
        """Starts a worker.

        Args:
            environ: Its whole environment.
            path: Folders in front of its import path.
        """
        child = self._child
        if child is None or child.stdin is None:
            raise RuntimeError("the forge is not running; call start() first")
        with self._lock:
            self._count += 1
            log = self._folder / f"worker-{self._count}.log"
            order = Order(environ=dict(environ), path=tuple(path), log=str(log))
            child.stdin.write(msgspec.json.encode(order) + b"\n")
            child.stdin.flush()
            return self._started.get(timeout=START_SECONDS)

    def stop(self) -> None:
        """Ends it, and kills every worker that still runs."""
        child, self._child = self._child, None
        if child is None or child.stdin is None or child.stdout is None:
            return
        child.stdin.close()
        child.wait(START_SECONDS)
        if self._listener is not None:
            self._listener.join(START_SECONDS)
        child.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _listen(self) -> None:
        child = self._child
        if child is None or child.stdout is None:
            return
        workers: dict[int, WorkerProcess] = {}
        for line in child.stdout:
            event = msgspec.json.decode(line, type=Started | Ended)
            if isinstance(event, Started):
                workers[event.pid] = WorkerProcess(event.pid, Path(event.log))
                self._started.put(workers[event.pid])
            else:
                workers.pop(event.pid).note_end(event.code)
