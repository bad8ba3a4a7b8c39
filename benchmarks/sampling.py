"""Tells which part of the product a process spends its CPU time in, by sampling its stack."""

from __future__ import annotations

import signal
import sysconfig
from collections import Counter
from pathlib import Path
from types import FrameType

import msgspec

# What the kernel's clock allows on most machines; a finer wish is rounded up in silence.
INTERVAL = 0.004

# The first of these that stands in the path of a frame's file names the frame's group.
GROUPS = (
    ("asyncpg/", "SQL: asyncpg"),
    ("mpcas2_core/database/", "SQL: scope and pool"),
    ("mpcas2_core/outbound/", "HTTP: clients and guard"),
    ("httpx/", "HTTP: httpx"),
    ("httpcore/", "HTTP: httpcore"),
    ("h11/", "HTTP: h11"),
    ("anyio/", "HTTP: anyio"),
    ("mpcas2_platform_", "adapter"),
    ("mpcas2_core/vault/", "vault"),
    ("mpcas2_core/quotas/", "quotas"),
    ("mpcas2_core/storage/", "storage"),
    ("mpcas2_core/logs.py", "logging"),
    ("structlog/", "logging"),
    ("redis/", "doorbell"),
    ("mpcas2_core/publishing/doorbell", "doorbell"),
    ("mpcas2_core/publishing/masking", "masking"),
    ("mpcas2_core/", "engine"),
)
STANDARD = sysconfig.get_paths()["stdlib"]


class Samples(msgspec.Struct, kw_only=True):
    """What was seen.

    Attributes:
        total: Number of samples.
        groups: By the innermost frame that is not of the standard library.
        lines: The same by line.
        inside: Samples anywhere below a function of ours.
    """

    total: int = 0
    groups: dict[str, int] = {}
    lines: dict[str, int] = {}
    inside: dict[str, int] = {}


class Sampler:
    """Samples the main thread each time the process has used a little more CPU."""

    def __init__(self) -> None:
        self.samples = Samples()

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def stop(self, path: Path) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        path.write_bytes(msgspec.json.encode(self.samples))

    def _note(self, _number: int, frame: FrameType | None) -> None:
        samples = self.samples
        samples.total += 1
        group, seen = None, set[str]()
        while frame is not None:
            name = frame.f_code.co_filename
            if group is None:
                if name.endswith(("json/encoder.py", "json/decoder.py")):
                    group = "serialisation: json"
                elif "site-packages" in name or not name.startswith(STANDARD):
                    group = next(
                        (group for part, group in GROUPS if part in name),
                        "event loop and C protocols",
                    )
                if group is not None:
                    _count(samples.groups, group)
                    _count(samples.lines, _place(frame))
            if "mpcas2_" in name and "site-packages" not in name:
                seen.add(f"{_short(name)}:{frame.f_code.co_qualname}")
            frame = frame.f_back
        for place in seen:
            _count(samples.inside, place)


def read(path: Path) -> Samples:
    return msgspec.json.decode(path.read_bytes(), type=Samples)


def report(samples: Samples, *, lines: int = 12) -> str:
    """Shows shares of all samples, greatest first."""
    shown = [f"  {samples.total} samples, one for about {INTERVAL * 1000:g} ms of CPU time"]
    for title, counter, most in (
        ("by module, innermost frame outside the standard library", samples.groups, 20),
        ("by line", samples.lines, lines),
        ("inside our functions, callees included", samples.inside, lines),
    ):
        shown.append(f"  {title}:")
        shown.extend(
            f"    {count / max(1, samples.total):6.1%}  {name}"
            for name, count in Counter(counter).most_common(most)
        )
    return "\n".join(shown)


def _count(counter: dict[str, int], name: str) -> None:
    counter[name] = counter.get(name, 0) + 1


def _place(frame: FrameType) -> str:
    return f"{_short(frame.f_code.co_filename)}:{frame.f_lineno} {frame.f_code.co_qualname}"


def _short(name: str) -> str:
    return "/".join(name.split("/")[-2:])
