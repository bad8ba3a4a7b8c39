"""Server processes: started as children in their own session, stopped within a bound, taken over.

A child outlives a parent that is killed. On Linux the kernel then sends it a signal that shuts it
down; elsewhere, and where that failed, the next start finds it by its pid file and stops it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, cast

import msgspec

from mpcas2_core.servers.account import Account, ServerError

_POLL_SECONDS = 0.02
_LOG_TAIL_BYTES = 2000
_PROC = Path("/proc")  # Linux only
_LAUNCHER = Path(__file__).with_name("launch.py")


class ServerProcess(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one running server.

    Attributes:
        name: ``postgres`` or ``valkey``.
        pid: Process id of the server; PostgreSQL's other processes are its children.
        version: Version that the program itself states, such as ``18.6``.
        port: TCP port on 127.0.0.1.
    """

    name: str
    pid: int
    version: str
    port: int


class Child:
    """A running program that this process started and will stop."""

    def __init__(
        self,
        command: list[str],
        *,
        account: Account | None,
        cwd: Path,
        log: Path,
        death_signal: signal.Signals,
        stdin: bytes = b"",
    ) -> None:
        """Starts the program.

        Args:
            command: Absolute path of the program, then its arguments.
            account: User to run as; None keeps the present one.
            cwd: Working directory; must be within the user's reach.
            log: File that gets what the program prints; what the run before has printed is kept beside
                it, as ``.old``.
            death_signal: Sent by the kernel when this process dies (Linux). Not used when the call
                does not come from the main thread, since it would fire at that thread's end.
            stdin: What the program reads from its standard input.

        Raises:
            ServerError: The program cannot be started.
        """
        in_main_thread = threading.current_thread() is threading.main_thread()
        launch = [
            *(sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())),
            *(str(account.uid if account else -1), str(account.gid if account else -1)),
            str(int(death_signal) if in_main_thread else 0),
        ]
        self._log = log
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            if log.exists():
                log.replace(log.with_suffix(".old"))
            with log.open("wb") as output:
                # The command is ours: a program from a wheel and its settings.
                self._popen = subprocess.Popen(  # noqa: S603
                    [*launch, *command],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env=server_environment(cwd),
                    start_new_session=True,
                )
        except OSError as error:
            raise ServerError(f"Cannot start {command[0]}: {error}.") from error
        # Far below a pipe's capacity, so this cannot block. A program that has ended already shows in
        # `exited`.
        with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", self._popen.stdin) as pipe:
            pipe.write(stdin)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    def exited(self) -> int | None:
        """Gives the exit status, or None while the program runs."""
        return self._popen.poll()

    def log_tail(self) -> str:
        """Gives the end of what the program has printed."""
        return tail(self._log)

    def stop(self, steps: Iterable[tuple[signal.Signals, float]]) -> None:
        """Sends signals, each after the one before has had its time, until the program has ended.

        Args:
            steps: Signals and the seconds to wait after each.

        Raises:
            ServerError: The program still runs after the last step.
        """
        for number, seconds in steps:
            if self._popen.poll() is not None:
                return
            self._popen.send_signal(number)
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
        if self._popen.poll() is None:
            raise ServerError(
                f"Process {self.pid} does not stop. End it by hand: kill -9 {self.pid}"
            )


def server_environment(home: Path) -> dict[str, str]:
    """Gives the few environment variables that a server needs, the same on every machine."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}


def runs_on(pid: int, program: str, folder: Path) -> bool:
    """Tells whether a living process is the named program with the folder among its arguments."""
    line = _command_line(pid)
    return f"/{program} " in line and f" {folder} " in f"{line} "


def stop_leftover(
    pid: int, program: str, folder: Path, steps: Iterable[tuple[signal.Signals, float]]
) -> None:
    """Stops a server that a former parent left running.

    Nothing is sent unless the process is that program on that folder, so a pid that has been given
    to another process since is safe.

    Raises:
        ServerError: The process may not be signalled or does not stop.
    """
    for number, seconds in steps:
        if not runs_on(pid, program, folder):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise ServerError(
                f"{program} of an earlier run (process {pid}) still uses {folder} and belongs to another "
                f"user. Stop it as that user."
            ) from error
        if wait_until(lambda: not runs_on(pid, program, folder), seconds):
            return
    raise ServerError(
        f"{program} of an earlier run (process {pid}) still uses {folder} and does not stop. "
        f"End it by hand: kill -9 {pid}"
    )


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Polls a condition until it holds; False when it did not within the given seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def tail(log: Path, start: int = 0) -> str:
    """Gives the last lines of a log file from an offset on, or nothing when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, file.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""


def _command_line(pid: int) -> str:
    """Gives a process's program and arguments; empty when it has ended (or is a zombie)."""
    if _PROC.is_dir():
        try:
            raw = (_PROC / str(pid) / "cmdline").read_bytes()
        except OSError:
            return ""
        return raw.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    # A fixed command; the only argument is a number.
    listing = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return listing.stdout.strip()
