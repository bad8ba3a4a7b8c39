"""Processes of the product that print JSON once they are ready."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from tests.plugins.plugin_wheels import Environment

__all__ = ("running", "started")

STOP_SECONDS = 60.0


@contextmanager
def started(
    command: Sequence[str], environ: Mapping[str, str], log: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """Runs a command, and gives it with the JSON that it prints once it is ready.

    Args:
        command: Its words.
        environ: Its whole environment.
        log: File that gets its standard error.
    """
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as process,
    ):
        assert process.stdout is not None
        text = b""
        for line in process.stdout:
            text += line
            if line == b"}\n":
                break
        assert text.endswith(b"}\n"), log.read_text()
        try:
            yield process, msgspec.json.decode(text)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(STOP_SECONDS)
        # Practice networks tell that they were interrupted.
        assert code in {0, 130}, log.read_text()


@contextmanager
def running(here: Environment) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Runs ``mpcas2 up`` in an environment, and gives it with its address."""
    command = here.command("up", "--json", "--no-logs")
    with started(command, here.environ, here.folder / "up.err") as (process, told):
        yield process, told["address"]
