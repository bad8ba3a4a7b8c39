"""Keeps child processes running: starts them, starts them again when they die, stops and renews them."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from types import FrameType, TracebackType
from typing import Self

from mpcas2_server.programs import Kept, Program

__all__ = ("Program", "Supervisor", "die_with_parent")

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_FIRST_PAUSE = 0.5
_STOPPING = (signal.SIGINT, signal.SIGTERM)
# A new process that lives this long takes over; one that cannot start ends sooner.
_PROVEN_SECONDS = 5.0
# So long a program that can be asked may take until it does its work.
_READY_SECONDS = 60.0
_ROLL_SECONDS = 0.1


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

    SIGINT and SIGTERM end the block's :meth:`wait`; a second one while it stops the programs kills
    them. Each program has a session of its own, so that Ctrl-C reaches this process alone, which then
    stops the others in order. SIGHUP renews the programs one after the other, so that they take up
    code that was installed meanwhile; where it says that the terminal is gone, it ends all.

    Args:
        stages: Programs in the order in which they are stopped; those of one stage together.
        say: Tells the person what happens.
        first_pause: Seconds before a program that died is started again; it doubles each time.
        proven_seconds: How long a new program has to live before it takes over.
        renewed: Called after a renewal, with whether every program was renewed.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[Program]],
        *,
        say: Callable[[str], None],
        first_pause: float = _FIRST_PAUSE,
        proven_seconds: float = _PROVEN_SECONDS,
        renewed: Callable[[bool], None] = lambda _complete: None,
    ) -> None:
        self._stages = [[Kept(program, first_pause) for program in stage] for stage in stages]
        self._say = say
        self._first_pause = first_pause
        self._proven_seconds = proven_seconds
        self._renewed = renewed
        self._asked_to_stop = 0
        self._asked_to_renew = False
        self._has_terminal = _terminal_is_there()
        self._renewing: Iterator[None] | None = None
        # Those that were replaced and still finish what they do.
        self._leaving: list[Kept] = []
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
        self._former[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._note_hangup)
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
                self._stop([*stage, *(one for one in self._leaving if one.runs())])
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
            if self._renewing is not None or self._asked_to_renew:
                due.append(_ROLL_SECONDS)
            self._sleep(max(0.0, min([seconds, *due])))
        if self.stopping:
            return False
        for one in self._all():
            self._look_after(one)
        self._go_on_renewing()
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

    def _go_on_renewing(self) -> None:
        if self._renewing is None and self._asked_to_renew:
            self._asked_to_renew = False
            self._renewing = self._renew_all()
        if self._renewing is not None and next(self._renewing, True):
            self._renewing = None

    def _renew_all(self) -> Iterator[None]:
        """Renews program after program; between two steps it gives the others their turn."""
        complete = True
        for stage in self._stages:
            for place in range(len(stage)):
                renewing = self._take_over if stage[place].program.overlaps else self._replace
                complete = (yield from renewing(stage, place)) and complete
        if complete:
            self._say("All parts run the code that is installed now.")
        self._renewed(complete)

    def _take_over(self, stage: list[Kept], place: int) -> Generator[None, None, bool]:
        """Starts the new one first; the old one goes once the new one has proven itself."""
        old, new = stage[place], Kept(stage[place].program, self._first_pause)
        name = old.program.name
        self._say(f"Renewing {name}: a new one starts, the old one finishes what it does.")
        new.start()
        self._leaving.append(new)
        yield from self._prove(new)
        self._leaving.remove(new)
        if not new.runs():
            self._say(f"The new {name} {new.how_it_ended()}; the old one goes on.")
            return False
        stage[place] = new
        self._leaving.append(old)
        yield from self._let_go(old)
        return True

    def _replace(self, stage: list[Kept], place: int) -> Generator[None, None, bool]:
        """Stops the old one first, since the new one needs its port."""
        old = stage[place]
        self._say(f"Renewing {old.program.name}.")
        stage[place] = new = Kept(old.program, self._first_pause)
        self._leaving.append(old)
        yield from self._let_go(old)
        new.start()
        yield from self._prove(new)
        return new.runs()

    def _prove(self, new: Kept) -> Iterator[None]:
        ready = new.program.ready
        until = time.monotonic() + (self._proven_seconds if ready is None else _READY_SECONDS)
        while new.runs() and time.monotonic() < until and not (ready and ready()):
            yield

    def _let_go(self, one: Kept) -> Iterator[None]:
        one.ask_to_stop()
        until = time.monotonic() + one.program.stop_seconds
        while one.runs() and time.monotonic() < until:
            yield
        if one.runs():
            self._say(f"{one.program.name} did not end in time and is killed.")
            one.kill()
        self._leaving.remove(one)

    def _all(self) -> list[Kept]:
        return [one for stage in self._stages for one in stage]

    def _look_after(self, one: Kept) -> None:
        one.keep_log_small()
        now = time.monotonic()
        if one.restart_at is not None:
            if now >= one.restart_at:
                one.start()
            return
        if one.process is None or one.process.poll() is None:
            return
        pause = one.note_death(now)
        how = one.how_it_ended()
        where = f" Its log is {one.program.log}." if one.program.log else ""
        self._say(f"{one.program.name} {how}; it is started again in {pause:g} s.{where}")

    def _stop(self, stage: Sequence[Kept]) -> None:
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

    def _note_hangup(self, _number: int, _frame: FrameType | None) -> None:
        if self._has_terminal and not _terminal_is_there():
            self._asked_to_stop += 1
        else:
            self._asked_to_renew = True


def _terminal_is_there() -> bool:
    """Says whether this process has a terminal that controls it, and that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
