"""Keeps child processes running: starts them, starts them again when they die, stops them in order."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import msgspec

__all__ = ("Program", "Supervisor", "die_with_parent")

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# Who ran this long was well; the next death is a new story.
_WELL_SECONDS = 60.0
_KILL_SECONDS = 5.0
# A log file that grows beyond this is copied to `.old` and begun again.
_LOG_BYTES = 16 * 1024 * 1024
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A child process to keep.

    Attributes:
        name: For messages.
        command: Program and arguments.
        environment: All of its environment.
        log: File that gets what it prints; None lets it print to the terminal.
        stop_seconds: How long it may take to end after SIGTERM before it is killed.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path | None = None
    stop_seconds: float = 10.0

    def __repr__(self) -> str:
        """Names the program; its environment holds passwords."""
        return f"Program({self.name!r})"


def die_with_parent(parent: int) -> None:
    """Makes the kernel send this process SIGTERM when its parent ends; without effect outside Linux.

    Args:
        parent: Process id of the parent. When that has ended already, this process ends.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The process that started this one has ended.")


class Supervisor:
    """Runs programs for the length of a ``with`` block, in the main thread.

    SIGINT, SIGTERM and SIGHUP end the block's :meth:`wait`; a second one while it stops the programs
    kills them. Each program has a session of its own, so that Ctrl-C reaches this process alone,
    which then stops the others in order.

    Args:
        stages: Programs in the order in which they are stopped; those of one stage together.
        say: Tells the person what happens.
        first_pause: Seconds before a program that died is started again; it doubles each time.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[Program]],
        *,
        say: Callable[[str], None],
        first_pause: float = _FIRST_PAUSE,
    ) -> None:
        self._stages = [[_Kept(program, first_pause) for program in stage] for stage in stages]
        self._say = say
        self._asked_to_stop = 0
        self._selector = selectors.DefaultSelector()
        self._receiver, self._sender = socket.socketpair()
        self._former: dict[signal.Signals, signal._HANDLER] = {}
        self._former_fd = -1

    def __enter__(self) -> Self:
        """Takes the signals and starts every program."""
        for end in (self._receiver, self._sender):
            end.settimeout(0)
        self._selector.register(self._receiver, selectors.EVENT_READ)
        self._former_fd = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in _STOPPING:
            self._former[number] = signal.signal(number, self._note_stop)
        # A handler that does nothing: without one, SIGCHLD would not wake the wait.
        self._former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            for one in self._all():
                one.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops every program, stage by stage, and gives the signals back."""
        try:
            for stage in self._stages:
                self._stop(stage)
        finally:
            signal.set_wakeup_fd(self._former_fd)
            for number, handler in self._former.items():
                signal.signal(number, handler)
            self._selector.close()
            self._receiver.close()
            self._sender.close()

    @property
    def stopping(self) -> bool:
        """Whether a signal asked for the end."""
        return self._asked_to_stop > 0

    def wait(self, seconds: float) -> bool:
        """Waits, and starts again what died meanwhile.

        Args:
            seconds: How long; a signal or a death ends it sooner.

        Returns:
            False when a signal asked for the end.
        """
        if not self.stopping:
            now = time.monotonic()
            due = [one.restart_at - now for one in self._all() if one.restart_at is not None]
            self._sleep(max(0.0, min([seconds, *due])))
        if self.stopping:
            return False
        for one in self._all():
            self._look_after(one)
        return True

    def deaths(self, name: str) -> int:
        """Counts how often a program has died since it was last well."""
        return sum(one.deaths for one in self._all() if one.program.name == name)

    def pids(self) -> dict[str, int]:
        """Gives the process ids of the programs that run, by name."""
        return {
            one.program.name: one.process.pid
            for one in self._all()
            if one.process is not None and one.process.poll() is None
        }

    def _all(self) -> list[_Kept]:
        return [one for stage in self._stages for one in stage]

    def _look_after(self, one: _Kept) -> None:
        one.keep_log_small()
        now = time.monotonic()
        if one.restart_at is not None:
            if now >= one.restart_at:
                one.start()
            return
        if one.process is None or one.process.poll() is None:
            return
        pause = one.note_death(now)
        how = _how_it_ended(one.process.returncode)
        where = f" Its log is {one.program.log}." if one.program.log else ""
        self._say(f"{one.program.name} {how}; it is started again in {pause:g} s.{where}")

    def _stop(self, stage: Sequence[_Kept]) -> None:
        running = [one for one in stage if one.ask_to_stop()]
        if not running:
            return
        names = ", ".join(one.program.name for one in running)
        self._say(f"Stopping {names} …")
        asked = self._asked_to_stop
        until = time.monotonic() + max(one.program.stop_seconds for one in running)
        while any(one.runs() for one in running) and time.monotonic() < until:
            if self._asked_to_stop > max(asked, 1):
                break
            self._sleep(min(0.5, max(0.0, until - time.monotonic())))
        for one in running:
            if one.runs():
                self._say(f"{one.program.name} did not end in time and is killed.")
                if not one.kill():
                    self._say(
                        f"{one.program.name} does not even end when it is killed; look for it "
                        "with `ps`, and restart the machine if it stays."
                    )

    def _sleep(self, seconds: float) -> None:
        if self._selector.select(seconds):
            while True:
                try:
                    if not self._receiver.recv(4096):
                        return
                except BlockingIOError:
                    return

    def _note_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop += 1


class _Kept:
    """One program, its process, and when it is started again."""

    def __init__(self, program: Program, first_pause: float) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.restart_at: float | None = None
        self.deaths = 0
        self._first_pause = first_pause
        self._started = 0.0

    def start(self) -> None:
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
        return self.process is not None and self.process.poll() is None

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


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
