"""Servers for the length of a block, each a process of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

__all__ = ("listening", "serving")

START_SECONDS = 30.0


@contextlib.contextmanager
def serving(
    command: list[str], environment: Mapping[str, str], probe: str
) -> Iterator[psutil.Process]:
    """Runs a web server until the end of the block, from its first good answer on.

    Args:
        command: Starts it.
        environment: Its whole environment; ``HOME`` gets its log.
        probe: Address that answers with 200 when it is ready.
    """

    def ready() -> bool:
        try:
            return httpx.get(probe, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    with _running(command, environment, ready) as process:
        yield process


@contextlib.contextmanager
def listening(
    command: list[str], environment: Mapping[str, str], port: int
) -> Iterator[psutil.Process]:
    """Runs any server until the end of the block, from the moment when it takes connections."""

    def ready() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    with _running(command, environment, ready) as process:
        yield process


@contextlib.contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], ready: Callable[[], bool]
) -> Iterator[psutil.Process]:
    log = Path(environment["HOME"]) / f"server-{uuid4().hex[:8]}.log"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            command, env=dict(environment), cwd=Path(__file__).parents[1], stdout=sink, stderr=sink
        )
    try:
        until = time.monotonic() + START_SECONDS
        while not ready():
            if child.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[:4]} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
