"""Starts a practice network as a separate process and ends it again."""

import json
import selectors
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

from mpcas2_sandbox.control_client import Control

_STOP_SECONDS = 5.0


class SandboxStartError(RuntimeError):
    """The process did not come to listen; what it had to say stands on its standard error."""


class SandboxProcess:
    """A practice network in a process of its own, for the length of a ``with`` block.

    The process ends with its parent, also when that is killed: it watches a pipe that only the
    parent holds.

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
        self._network = network
        self._host = host
        self._port = port
        self._start_seconds = start_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._control: Control | None = None

    @property
    def url(self) -> str:
        """The address that plays the network, without a slash at the end."""
        return self._url

    @property
    def pid(self) -> int:
        """The process id.

        Raises:
            RuntimeError: The process is not running.
        """
        if self._child is None:
            raise RuntimeError("the practice network is not running; call start() first")
        return self._child.pid

    @property
    def control(self) -> Control:
        """The client of its control API.

        Raises:
            RuntimeError: The process is not running.
        """
        if self._control is None:
            raise RuntimeError("the practice network is not running; call start() first")
        return self._control

    def start(self) -> Self:
        """Starts the process and returns when it listens.

        Raises:
            SandboxStartError: It ended, or did not listen in time.
        """
        command = [sys.executable, "-m", "mpcas2_sandbox", "--network", self._network]
        command += ["--host", self._host, "--port", str(self._port), "--exit-with-stdin"]
        self._child = subprocess.Popen(  # noqa: S603  # the arguments are ours and no shell reads them
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            line = json.loads(self._first_line(self._child))
        except BaseException:
            self.stop()
            raise
        self._url = line["url"]
        self._control = Control(line["control"])
        return self

    def stop(self) -> None:
        """Ends the process; a second call does nothing."""
        child, self._child, self._control = self._child, None, None
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
                f"the practice network {self._network!r} did not listen within "
                f"{self._start_seconds:g} s"
            )
        line = stdout.readline()
        if not line.endswith(b"\n"):
            raise SandboxStartError(
                f"the practice network {self._network!r} ended with code {child.wait()} before it "
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
