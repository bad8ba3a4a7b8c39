"""Starts a practice network as a separate process and ends it again."""

import json
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from mpcas2_sandbox.control_client import Control

_STOP_SECONDS = 5.0
_NOT_RUNNING = "the practice network is not running; call start() first"


class SandboxStartError(RuntimeError):
    """The process did not come to listen; what it had to say stands on its standard error."""


class _Process:
    """A child process that says where it listens, for the length of a ``with`` block.

    It ends with its parent, also when that is killed: it watches a pipe that only the parent holds.

    Args:
        name: What messages call it.
        what: The arguments that say what it plays.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        start_seconds: How long it may take to listen.
    """

    def __init__(
        self, name: str, what: Sequence[str], *, host: str, port: int, start_seconds: float
    ) -> None:
        self._name = name
        self._arguments = [*what, "--host", host, "--port", str(port), "--exit-with-stdin"]
        self._start_seconds = start_seconds
        self._child: subprocess.Popen[bytes] | None = None

    def _listens(self, line: Any) -> None:
        """Takes over what the process printed when it came to listen."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """The process id.

        Raises:
            RuntimeError: The process is not running.
        """
        if self._child is None:
            raise RuntimeError(_NOT_RUNNING)
        return self._child.pid

    def start(self) -> Self:
        """Starts the process and returns when it listens.

        Raises:
            SandboxStartError: It ended, or did not listen in time.
        """
        command = [sys.executable, "-m", "mpcas2_sandbox", *self._arguments]
        self._child = subprocess.Popen(  # noqa: S603  # the arguments are ours and no shell reads them
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            line = json.loads(self._first_line(self._child))
        except BaseException:
            self.stop()
            raise
        self._listens(line)
        return self

    def stop(self) -> None:
        """Ends the process; a second call does nothing."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()

    def _first_line(self, child: subprocess.Popen[bytes]) -> bytes:
        stdout = child.stdout
        if stdout is None:
            raise SandboxStartError("the process was started without a pipe to read from")
        deadline = time.monotonic() + self._start_seconds
        # One line is far below the size of a pipe's buffer, so it arrives in one piece.
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            ready = selector.select(max(0.0, deadline - time.monotonic()))
        if not ready:
            raise SandboxStartError(
                f"the practice network {self._name!r} did not listen within "
                f"{self._start_seconds:g} s"
            )
        line = stdout.readline()
        if not line.endswith(b"\n"):
            raise SandboxStartError(
                f"the practice network {self._name!r} ended with code {child.wait()} before it "
                "listened; its reason stands on its standard error"
            )
        return line

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class SandboxProcess(_Process):
    """A practice network in a process of its own, for the length of a ``with`` block.

    The process ends with its parent, also when that is killed.

    Args:
        network: The network's key, for example ``bluesky``.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        start_seconds: How long it may take to listen.
    """

    def __init__(
        self,
        network: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        start_seconds: float = 30.0,
    ) -> None:
        what = ("--network", network)
        super().__init__(network, what, host=host, port=port, start_seconds=start_seconds)
        self._url = ""
        self._control: Control | None = None

    @property
    def url(self) -> str:
        """The address that plays the network, without a slash at the end."""
        return self._url

    @property
    def control(self) -> Control:
        """The client of its control API.

        Raises:
            RuntimeError: The process is not running.
        """
        if self._control is None:
            raise RuntimeError(_NOT_RUNNING)
        return self._control

    def stop(self) -> None:
        """Ends the process; a second call does nothing."""
        self._control = None
        super().stop()

    def _listens(self, line: Any) -> None:
        self._url = line["url"]
        self._control = Control(line["control"])


class AllSandboxes(_Process):
    """Every installed practice network in one process, on one port, each below its key.

    Args:
        host: The address to listen on.
        port: The port; 0 takes a free one.
        start_seconds: How long it may take to listen.

    Attributes:
        index_url: The address of the page that lists them, without a slash at the end.
        keys: The networks' keys.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, start_seconds: float = 30.0
    ) -> None:
        super().__init__("all", ("--all",), host=host, port=port, start_seconds=start_seconds)
        self.index_url = ""
        self.keys: tuple[str, ...] = ()
        self._controls: dict[str, Control] = {}

    def url(self, key: str) -> str:
        """Returns the address that plays one network, without a slash at the end.

        Raises:
            KeyError: There is no such network, or the process was not started.
        """
        return self.control(key).url.removesuffix("/_sandbox")

    def control(self, key: str) -> Control:
        """Returns the client of one network's control API.

        Raises:
            KeyError: There is no such network, or the process was not started.
        """
        return self._controls[key]

    def _listens(self, line: Any) -> None:
        self.index_url = line["url"]
        self._controls = {key: Control(one["control"]) for key, one in line["networks"].items()}
        self.keys = tuple(self._controls)
