"""Cold and warm start of `mpcas2 up` until it is ready, and the memory of all its processes at rest."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil
from benchmarks import rig

LONGEST_SECONDS = 120.0
REST_SECONDS = 5.0


def environment_of(home: Path) -> dict[str, str]:
    """Gives the whole environment of `mpcas2 up`, with nothing inherited but the path."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home.parent),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "MPCAS2_HOME": str(home),
    }


def free_port() -> int:
    """Gives a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rest() -> None:
    """Waits until the processes have nothing left to do from their start."""
    time.sleep(REST_SECONDS)


@contextlib.contextmanager
def up(
    home: Path, port: int, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[psutil.Process, float]]:
    """Runs `mpcas2 up`; gives the process and the seconds until it was ready.

    Args:
        home: Its home.
        port: Of the API.
        environment: Another one than that of :func:`environment_of`.
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "mpcas2_server.cli", "up", "--port", str(port), "--no-logs"],
        env=dict(environment or environment_of(home)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not _is_ready(port):
            if child.poll() is not None or time.perf_counter() - started > LONGEST_SECONDS:
                child.kill()
                raise RuntimeError(f"`mpcas2 up` is not ready: {child.communicate()[1][-2000:]}")
            time.sleep(0.02)
        yield psutil.Process(child.pid), time.perf_counter() - started
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)


def _is_ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False, timeout=5.0)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


def memory(root: psutil.Process) -> dict[str, tuple[int, float]]:
    """Gives the number of processes and their proportional set size in MiB, by what they are."""
    told: dict[str, list[float]] = defaultdict(list)
    for one in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            told[_kind(one)].append(one.memory_full_info().pss / 2**20)
    return {kind: (len(sizes), sum(sizes)) for kind, sizes in told.items()}


def _kind(process: psutil.Process) -> str:
    line = process.cmdline()
    for word, kind in (
        ("postgres", "postgres"),
        ("valkey", "valkey"),
        ("worker", "worker"),
        ("serve", "API"),
        ("up", "supervisor"),
    ):
        if any(word == part or (len(word) > 5 and word in part) for part in line):
            return kind
    return "API" if "spawn" in " ".join(line) else Path(line[0]).name if line else process.name()


def measure(rounds: int) -> None:
    cold, warm, sizes = list[float](), list[float](), list[dict[str, tuple[int, float]]]()
    for _ in range(rounds):
        folder = Path(tempfile.mkdtemp(prefix="mpcas2-bench-"))
        folder.chmod(0o755)
        try:
            port = free_port()
            with up(folder / "home", port) as (_, seconds):
                cold.append(seconds)
            with up(folder / "home", port) as (process, seconds):
                warm.append(seconds)
                rest()
                sizes.append(memory(process))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    for name, seconds_of in (("cold", cold), ("warm", warm)):
        print(
            f"{name} start: {rig.median(seconds_of):.2f} s ({min(seconds_of):.2f} to {max(seconds_of):.2f})"
        )
    print(f"RATIO warm / cold: {rig.median(warm) / rig.median(cold):.2f}")
    last = sizes[-1]
    print(f"memory at rest (PSS): {sum(size for _, size in last.values()):.0f} MiB in all")
    for kind, (count, size) in sorted(last.items(), key=lambda entry: -entry[1][1]):
        print(f"  {kind}: {size:.0f} MiB, {count} process(es)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments: Any = parser.parse_args()
    print(rig.headline(f"start: `mpcas2 up`, {arguments.rounds} rounds"), flush=True)
    measure(arguments.rounds)


if __name__ == "__main__":
    main()
