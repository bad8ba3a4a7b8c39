"""Installs the product the ways the documents name, each into an environment of its own, and runs it.

Run by hand, since it fetches and builds: ``python tests/workspace/install_matrix.py [WAY ...]``. The ways:

- ``requirements``: ``pip install -r requirements.txt`` in a copy of the checkout.
- ``wheels``: ``pip wheel`` in a copy of the checkout, then ``pip install --no-index`` from what it wrote.

Each ends with ``mpcas2 up`` that is ready, a person who signed up, and a clean stop.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What git ignores, and what no installation needs.
LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "node_modules", "dist", "build", "uv.lock", "benchmarks"
)
# These would let the checkout, or settings of this machine, shine through.
LEAKS = re.compile(r"PYTHONPATH|VIRTUAL_ENV|UV_.*|MPCAS2_.*|DATABASE_URL.*|REDIS_URL.*|JWT_.*")
INSTALL_SECONDS = 600
COMMAND_SECONDS = 120
# So long in all for the answer of an installation that has just said that it runs.
READY_SECONDS = 30.0


def main(ways: Sequence[str]) -> int:
    """Goes the ways that are named, all by default, and gives 0 when each ended well."""
    known: dict[str, Callable[[Path, Path], None]] = {
        "requirements": from_requirements,
        "wheels": from_wheels,
    }
    for way in ways or known:
        # Not below a private folder: root's servers run as a user who has to pass through.
        folder = Path(tempfile.mkdtemp(prefix="mpcas2-install-"))
        folder.chmod(0o755)
        try:
            begun = time.monotonic()
            shutil.copytree(ROOT, folder / "checkout", ignore=LEFT_OUT)
            venv.create(folder / "venv", with_pip=True)
            known[way](folder / "venv" / "bin", folder)
            # Whatever is used from here on comes out of the environment.
            shutil.rmtree(folder / "checkout")
            installed = time.monotonic()
            told = try_out(folder / "venv" / "bin", folder)
            print(  # noqa: T201 - its result, for the person who ran it
                f"{way}: installed in {installed - begun:.0f} s; {told}; "
                f"tried out in {time.monotonic() - installed:.0f} s"
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def from_requirements(commands: Path, folder: Path) -> None:
    """Installs as a checkout's reader does."""
    run([commands / "pip", "install", "-q", "-r", "requirements.txt"], folder / "checkout")


def from_wheels(commands: Path, folder: Path) -> None:
    """Writes wheels of everything, dependencies included, and installs them with no registry."""
    wheels = folder / "dist"
    run(
        [commands / "pip", "wheel", "-q", "-w", wheels, "-r", "requirements.txt"],
        folder / "checkout",
    )
    offline: list[str | Path] = [
        "install",
        "-q",
        "--no-index",
        "--find-links",
        wheels,
        "mpcas2[sandbox]",
    ]
    run([commands / "pip", *offline], folder)


def try_out(commands: Path, folder: Path) -> str:
    """Runs the installed product once and tells in few words what it said.

    Args:
        commands: The environment's folder of commands.
        folder: Gets home and logs.
    """
    run([commands / "pip", "check", "-q"], folder)
    home, port = folder / "home", free_port()
    version = run([commands / "mpcas2", "--version"], folder).strip()
    listed = json.loads(run([commands / "mpcas2", "plugin", "list", "--json"], folder))
    plugins = {one["key"]: one["status"] for one in listed["data"]}
    with (folder / "up.log").open("w") as log:
        up = subprocess.Popen(
            [commands / "mpcas2", "up", "--port", str(port), "--no-logs", "--json"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_ready(up, port, folder / "up.log")
        person = ["register", "--email", "ada@example.org", "--name", "Ada", "--tenant", "Studio"]
        address = f"http://127.0.0.1:{port}"
        run(
            [commands / "mpcas2", *person, "--password-stdin", "--server", address],
            folder,
            stdin="Correct-horse-7\n",
        )
        run([commands / "mpcas2", "account", "list", "--server", address], folder)
    finally:
        up.send_signal(signal.SIGTERM)
        code = up.wait(COMMAND_SECONDS)
    assert code == 0, (folder / "up.log").read_text()
    assert (home / "secrets" / "master-key").exists()
    return (
        f"{version}, plugins {plugins}, `mpcas2 up` was ready, signed somebody up and ended with 0"
    )


def wait_until_ready(up: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Asks for ``/health/ready`` until it is answered with 200."""
    end = time.monotonic() + COMMAND_SECONDS
    while time.monotonic() < end:
        assert up.poll() is None, log.read_text()
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=READY_SECONDS),
        ):
            return
        time.sleep(0.1)
    raise AssertionError(f"not ready within {COMMAND_SECONDS} s:\n{log.read_text()}")


def run(command: Sequence[str | Path], folder: Path, *, stdin: str = "") -> str:
    """Runs a command to its end and gives what it printed.

    Raises:
        SystemExit: It failed; the message carries all that it said.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment(folder),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        words = " ".join(map(str, command))
        raise SystemExit(f"`{words}` ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """Gives this process's environment without what would help or hinder the installation."""
    kept = {name: value for name, value in os.environ.items() if not LEAKS.fullmatch(name)}
    base = folder.parent if folder.name == "checkout" else folder
    return {**kept, "MPCAS2_HOME": str(base / "home")}


def free_port() -> int:
    """Gives a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
