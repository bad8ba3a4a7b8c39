"""The processes of a demonstration: ``mpcas2 up``, practice networks, and single commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from mpcas2_core.servers.home import free_port
from mpcas2_core.settings import PLAIN_NAMES, PREFIX
from mpcas2_server.cli.failures import CliError
from mpcas2_server.demo.home import DemoHome
from mpcas2_server.demo.posts import NETWORKS

__all__ = ("OWN_SERVERS", "WORKERS", "Command", "Processes", "environment", "undisturbed")

OWN_SERVERS = ("DATABASE_URL", "REDIS_URL")
WORKERS = 2

# Short leases, so that nobody waits long for what a dead worker held.
_SETTINGS = {
    "LEASE_SECONDS": "3",
    "SEND_SECONDS": "2",
    "REOFFER_SECONDS": "1",
    "POLL_SECONDS": "0.3",
    "BACKOFF_SECONDS": "0.5",
    "DRAIN_SECONDS": "3",
}
_STOP_SECONDS = 40.0
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAIL = 1200


def environment(home: Path, port: int, environ: Mapping[str, str]) -> dict[str, str]:
    """Gives the environment of every child: no setting of this one's, and a home of its own.

    Args:
        home: The demonstration's home.
        port: Port of its API.
        environ: What this process was started with.
    """
    plain = {*PLAIN_NAMES.values(), *(f"{name}_FILE" for name in PLAIN_NAMES.values())}
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(PREFIX) and name not in plain
    }
    settings = {
        **_SETTINGS,
        "HOME": str(home),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    return {**kept, **{f"{PREFIX}{name}": value for name, value in settings.items()}}


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keeps Ctrl-C from interrupting the clean-up, whose waits have bounds of their own."""
    former = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


class Command:
    """One command of the CLI, run as a process, whose answer is JSON.

    Args:
        shown: The command as a person would type it.
        process: The process.
    """

    def __init__(self, shown: str, process: subprocess.Popen[bytes]) -> None:
        self.shown = shown
        self._process = process

    def ended(self) -> bool:
        """Tells whether it has ended."""
        return self._process.poll() is not None

    def answer(self) -> Any:
        """Gives what it printed.

        Raises:
            CliError: It failed; the message carries its own.
        """
        output, errors = self._process.communicate()
        if self._process.returncode == 0:
            return msgspec.json.decode(output)
        raise _failed(f"`{self.shown}` failed", errors.decode(errors="replace"))

    def stop(self) -> None:
        """Ends it if it still runs."""
        if not self.ended():
            self._process.kill()
        self._process.communicate()


class Processes:
    """Starts and stops what a demonstration needs.

    Args:
        home: Its home.
        environ: What this process was started with.
    """

    def __init__(self, home: DemoHome, environ: Mapping[str, str]) -> None:
        self.port = free_port()
        self.environment = environment(home.path, self.port, environ)
        self._home = home
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: list[Command] = []

    def start_networks(self) -> None:
        """Starts the practice networks, and returns before they are ready."""
        self._start("networks", "sandbox", *NETWORKS, "--json")

    def start_product(self, settings: Mapping[str, str]) -> None:
        """Starts the product, and returns before it is ready.

        Args:
            settings: Variables of its environment beside those of every child.
        """
        self.environment |= settings
        self._start(
            "up", "up", "--port", str(self.port), "--workers", str(WORKERS), "--no-logs", "--json"
        )

    def ready(self, name: str) -> Any:
        """Gives what a child printed once it was ready; None before.

        Args:
            name: ``up`` or ``networks``.

        Raises:
            CliError: A child has ended.
        """
        self.check()
        try:
            return msgspec.json.decode(self._output(name).read_bytes())
        except msgspec.DecodeError:
            return None

    def check(self) -> None:
        """Makes sure that the children run.

        Raises:
            CliError: One has ended; the message carries the end of what it said.
        """
        for name, child in self._children.items():
            if child.poll() is not None:
                said = self.said(name).strip()
                what = "mpcas2 up" if name == "up" else "mpcas2 sandbox"
                raise _failed(f"`{what}` ended by itself with code {child.returncode}", said)

    def said(self, name: str) -> str:
        """Gives what a child told on its standard error."""
        return self._log(name).read_text(errors="replace")

    def command(self, *arguments: str, shown: str, secret: str = "") -> Command:
        """Starts a command of the CLI.

        Args:
            *arguments: What stands after ``mpcas2``; ``--json`` is added.
            shown: The command as a person would type it, for messages.
            secret: What it reads from its standard input.
        """
        process = subprocess.Popen(  # noqa: S603 - our own command, and no shell reads it
            [sys.executable, "-m", "mpcas2_server.cli", *arguments, "--json"],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        command = Command(shown, process)
        self._commands.append(command)
        if process.stdin is not None:
            process.stdin.write(f"{secret}\n".encode() if secret else b"")
            process.stdin.close()
            process.stdin = None
        return command

    def wait(self, pause: Callable[[], None]) -> None:
        """Waits for as long as everything runs.

        Args:
            pause: Waits a little.

        Raises:
            CliError: A child has ended.
        """
        while True:
            self.check()
            pause()

    def stop(self) -> None:
        """Stops everything that was started, the product before the networks."""
        for command in self._commands:
            command.stop()
        for name in ("up", "networks"):
            child = self._children.pop(name, None)
            if child is None:
                continue
            child.terminate()
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def _start(self, name: str, *arguments: str) -> None:
        with self._output(name).open("wb") as output, self._log(name).open("wb") as log:
            self._children[name] = self._child(arguments, output, log)

    def _child(
        self, arguments: tuple[str, ...], output: IO[bytes], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        tether = [sys.executable, "-m", "mpcas2_server.demo.tether", str(os.getpid())]
        return subprocess.Popen(  # noqa: S603 - our own command, and no shell reads it
            [*tether, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
            # Ctrl-C reaches the demonstration alone, which then stops the others in order.
            start_new_session=True,
        )

    def _output(self, name: str) -> Path:
        return self._home.logs / f"{name}.json"

    def _log(self, name: str) -> Path:
        return self._home.logs / f"{name}.log"


def _failed(what: str, said: str) -> CliError:
    """Tells of a failed command in its own words."""
    start = said.find('{\n  "error"')
    try:
        error = json.loads(said[start:])["error"] if start >= 0 else {}
    except (ValueError, KeyError):
        error = {}
    if error:
        return CliError(f"{what}: {error['message']}", hint=error.get("hint"), code="DEMO_FAILED")
    told = f": {said[-_TAIL:]}" if said else " and said nothing."
    return CliError(f"{what}{told}", code="DEMO_FAILED")
