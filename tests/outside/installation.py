"""The product as a person installs it: `mpcas2 up` and single commands, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import httpx
import psutil

__all__ = ("Installation", "Result", "answers", "base_environment", "free_port", "mpcas2")

START_SECONDS = 120.0
STOP_SECONDS = 60.0
COMMAND_SECONDS = 120.0
# Below those that systems take for outgoing connections.
PORTS = (15_000, 32_000)
COMMAND = (sys.executable, "-m", "mpcas2_server.cli")

# Quick enough to wait for the lease of a dead worker; a send has time enough on a busy machine.
QUICK = {
    "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
    "MPCAS2_LEASE_SECONDS": "6",
    "MPCAS2_SEND_SECONDS": "5",
    "MPCAS2_POLL_SECONDS": "0.2",
    "MPCAS2_REOFFER_SECONDS": "1",
    "MPCAS2_BACKOFF_SECONDS": "0.3",
    "MPCAS2_DRAIN_SECONDS": "10",
    "MPCAS2_LOG_FORMAT": "json",
}


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Decodes what a command that went well printed."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    def error(self) -> Any:
        """Decodes all that a command that failed with `--json` told."""
        return json.loads(self.err)["error"]


def base_environment(folder: Path) -> dict[str, str]:
    """Gives the least that a process needs, with nothing of the tests' own environment."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    return {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def mpcas2(
    *arguments: str, environment: Mapping[str, str], stdin: str = "", within: Sequence[str] = ()
) -> Result:
    """Runs one command to its end, without a terminal; ``within`` is a command that runs it."""
    done = subprocess.run(
        [*within, *COMMAND, *arguments],
        env=dict(environment),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def free_port() -> int:
    """Gives a port that nothing listens on, and that no outgoing connection is given meanwhile."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Installation:
    """One home with `mpcas2 up` running on it, or not.

    Args:
        settings: Environment variables over those of ``QUICK``.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        # Not pytest's tmp_path: root's servers run as a user who has to pass through.
        self.folder = Path(tempfile.mkdtemp(prefix="mpcas2-outside-"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **base_environment(self.folder),
            **QUICK,
            "MPCAS2_HOME": str(self.home),
            **(settings or {}),
        }
        self._up: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._up is not None:
                self.stop()
        finally:
            self.remove()

    @property
    def pid(self) -> int:
        """Process id of `mpcas2 up`."""
        assert self._up is not None
        return self._up.pid

    @property
    def log(self) -> Path:
        """What `mpcas2 up` and its children have told."""
        return self.folder / "up.log"

    def start(self) -> None:
        """Runs `mpcas2 up` and returns when it is ready."""
        with self.log.open("a") as log:
            self._up = subprocess.Popen(
                [*COMMAND, "up", "--port", str(self.port), "--no-logs", "--json"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._up.stdout is not None
        told = read_json(self._up.stdout)
        if told is None:
            code = self._up.wait(STOP_SECONDS)
            self._forget()
            raise AssertionError(f"`mpcas2 up` ended with {code}:\n{self.said()}")
        assert told["address"] == self.address

    def stop(self) -> None:
        """Asks `mpcas2 up` to end (SIGTERM), and makes sure that nothing of it is left."""
        self.terminate()
        self.wait()

    def terminate(self) -> None:
        """Sends SIGTERM and returns at once."""
        self._children = psutil.Process(self.pid).children(recursive=True)
        os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> None:
        """Waits for the end that :meth:`terminate` asked for."""
        assert self._up is not None
        try:
            code = self._up.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._up.kill()
            self._up.wait()
            raise
        finally:
            self._forget()
        assert code == 0, self.said()
        _, alive = psutil.wait_procs(self._children, timeout=5)
        assert not alive, f"{alive} outlived `mpcas2 up`"
        assert not (self.home / "servers.json").exists()

    def remove(self) -> None:
        """Deletes the home."""
        shutil.rmtree(self.folder)

    def command(
        self, *arguments: str, settings: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Result:
        """Runs a command as the operator of this machine."""
        environment = {**self.environment, **(settings or {})}
        return mpcas2(*arguments, environment=environment, stdin=stdin)

    @contextlib.contextmanager
    def process(
        self, *arguments: str, settings: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Runs a command beside `mpcas2 up` for the length of a block, with a session of its own."""
        with (self.folder / f"{arguments[0]}.log").open("a") as log:
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                env={**self.environment, **(settings or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def workers(self) -> list[psutil.Process]:
        """Gives the worker processes that run now."""
        return [child for child in psutil.Process(self.pid).children() if is_worker(child)]

    def server_urls(self) -> tuple[str, str]:
        """Gives the addresses of the own PostgreSQL and Valkey."""
        told = json.loads((self.home / "servers.json").read_text())
        ports = {one["name"]: one["port"] for one in told["processes"]}
        postgres, valkey = (
            (self.home / "secrets" / f"{name}-password").read_text().strip()
            for name in ("postgres", "valkey")
        )
        return (
            f"postgresql://mpcas2:{postgres}@127.0.0.1:{ports['postgres']}/mpcas2",
            f"redis://:{valkey}@127.0.0.1:{ports['valkey']}/0",
        )

    def media_files(self) -> int:
        """Counts the uploaded files, half-made ones included."""
        return sum(path.is_file() for path in (self.home / "media").rglob("*"))

    def said(self) -> str:
        """Gives the end of the log, for messages."""
        return self.log.read_text(errors="replace")[-3000:]

    def _forget(self) -> None:
        assert self._up is not None
        assert self._up.stdout is not None
        self._up.stdout.close()
        self._up = None


def answers(address: str) -> bool:
    """Tells whether an API answers there."""
    try:
        return httpx.get(f"{address}/health/live", trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def is_worker(process: psutil.Process) -> bool:
    """Tells whether a process is a worker; one that has just ended is none."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return "worker" in process.cmdline()
    return False


def read_json(output: IO[str]) -> Any:
    """Reads the indented JSON that a process prints once it is ready; None when it ends before."""
    text = ""
    for line in output:
        text += line
        if line == "}\n":
            return json.loads(text)
    return None
