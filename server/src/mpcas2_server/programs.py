"""A child process: what it is made from, its log, and when it is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

__all__ = ("Kept", "Program")

_LONGEST_PAUSE = 30.0
# Who ran this long was well; the next death is a new story.
_WELL_SECONDS = 60.0
_KILL_SECONDS = 5.0
# A log file that grows beyond this is copied to `.old` and begun again.
_LOG_BYTES = 16 * 1024 * 1024


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A child process to keep.

    Attributes:
        name: For messages.
        command: Program and arguments.
        environment: All of its environment.
        log: File that gets what it prints; None lets it print to the terminal.
        stop_seconds: How long it may take to end after SIGTERM before it is killed.
        ready: Tells whether it does its work; None when only its life tells that.
        overlaps: Whether two of it may run side by side while one takes over from the other.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path | None = None
    stop_seconds: float = 10.0
    ready: Callable[[], bool] | None = None
    overlaps: bool = False

    def __repr__(self) -> str:
        """Names the program; its environment holds passwords."""
        return f"Program({self.name!r})"


class Kept:
    """One program, its process, and when it is started again."""

    def __init__(self, program: Program, first_pause: float) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.restart_at: float | None = None
        self.deaths = 0
        self._first_pause = first_pause
        self._started = 0.0

    def start(self) -> None:
        """Starts the program."""
        self.restart_at = None
        self._started = time.monotonic()
        output = self._open_log()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - the command is ours and no shell reads it
                self.program.command,
                env=self.program.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            if output is not None:
                os.close(output)

    def note_death(self, now: float) -> float:
        """Plans the next start and gives the pause before it."""
        if now - self._started > _WELL_SECONDS:
            self.deaths = 0
        pause = min(self._first_pause * 2.0**self.deaths, _LONGEST_PAUSE)
        self.deaths += 1
        self.restart_at = now + pause
        return pause

    def runs(self) -> bool:
        """Says whether it is there."""
        return self.process is not None and self.process.poll() is None

    def how_it_ended(self) -> str:
        """Says in a few words how it ended."""
        code = None if self.process is None else self.process.poll()
        if code is None:
            return "was not started"
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def ask_to_stop(self) -> bool:
        """Sends SIGTERM; False when there is nothing to stop."""
        self.restart_at = None
        if self.process is None or not self.runs():
            return False
        self.process.terminate()
        return True

    def kill(self) -> bool:
        """Ends the program and what it started; False when it is there all the same."""
        if self.process is None:
            return True
        # It may have ended by itself since it was looked at.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        try:
            self.process.wait(_KILL_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def keep_log_small(self) -> None:
        """Begins the log anew when it has grown too large."""
        log = self.program.log
        if log is None or not log.exists() or log.stat().st_size < _LOG_BYTES:
            return
        # Copied and cut, as the program keeps the file open; it appends, so it goes on at the start.
        log.with_suffix(".old").write_bytes(log.read_bytes())
        os.truncate(log, 0)

    def _open_log(self) -> int | None:
        if self.program.log is None:
            return None
        return os.open(
            self.program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
