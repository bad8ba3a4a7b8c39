"""A long upload to YouTube whose workers are killed amid a chunk, one after the other."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from byte_tap import ByteTap
from library import MEGABYTE
from waiting import until
from workers import WorkerProcess
from world import World, show

from mpcas2_sandbox import FaultRule

__all__ = ("CHUNK_BYTES", "Kill", "UploadReport", "upload_with_kills")

CHUNK_BYTES = 8 * MEGABYTE
"""How much the adapter sends at a time."""

PATH = r"^/upload/youtube/v3/videos$"
SECONDS = 120.0

Way = Literal["amid the bytes", "answer lost", "bytes arrive late"]
WAYS: tuple[Way, ...] = ("amid the bytes", "bytes arrive late", "answer lost")


class Kill(msgspec.Struct, frozen=True, kw_only=True):
    """One killed worker.

    Attributes:
        way: What was under way.
        received: Bytes that the network had when it died.
        grown: By how many bytes the worker's memory was above that of an idle one, at its peak.
    """

    way: Way
    received: int
    grown: int


class UploadReport(msgspec.Struct, frozen=True, kw_only=True):
    """How it went.

    Attributes:
        total: Length of the file.
        sessions: How many upload sessions there were.
        ranges: First and last byte of each chunk, as received, repeats included.
        repeated: Bytes that were received more than once.
        gaps: Bytes that were never received.
        same: Whether the network has the very bytes.
        videos: How many videos there are.
        state: What the job is.
        kills: The killed workers.
        finisher_grown: As ``Kill.grown``, of the last worker.
        network_grown: By how many bytes the practice network's memory grew, at its peak.
        story: The job's story in words.
    """

    total: int
    sessions: int
    ranges: tuple[tuple[int, int], ...]
    repeated: int
    gaps: int
    same: bool
    videos: int
    state: str
    kills: tuple[Kill, ...]
    finisher_grown: int
    network_grown: int
    story: str

    def faults(self) -> Iterator[str]:
        """Tells what is not as it has to be."""
        if (self.state, self.videos, self.sessions) != ("published", 1, 1):
            yield f"{self.state} with {self.videos} videos of {self.sessions} sessions\n{self.story}"
        if not self.same:
            yield "the network has other bytes"
        if self.gaps or self.repeated > len(self.kills) * CHUNK_BYTES:
            yield f"{self.gaps} bytes never came and {self.repeated} came again: {self.ranges}"


def upload_with_kills(world: World, tap: ByteTap, *, megabytes: int, kills: int) -> UploadReport:
    """Posts a film, kills workers while they send it, and looks at what the network got.

    Args:
        world: With YouTube alone.
        tap: In front of it; every worker goes through it, since a session keeps its address.
        megabytes: Length of the film.
        kills: How many workers are killed.
    """
    name = f"film-{megabytes}"
    world.wait_for(world.studio.library.get(name))
    control = world.sandbox.control
    idle = _idle_bytes(world, tap)
    before = _memory(world.sandbox.pid, "VmRSS")
    submitted = world.submit("video", content=name)
    share = megabytes * MEGABYTE // (kills + 1)
    told: list[Kill] = []
    late: list[int] = []
    for number, way in zip(range(kills), itertools.cycle(WAYS), strict=False):
        stopped, resume = _stop(world, tap, way, share + number * 777_777)
        worker = _worker(world, tap)
        until(stopped, why=f"worker {number + 1} to be amid a chunk", seconds=SECONDS)
        # What was on its way when the worker before died arrives now.
        while late:
            control.release(late.pop())
        (upload,) = _sessions(world)
        grown = _memory(worker.pid, "VmHWM") - idle
        worker.kill()
        received = max((last + 1 for _, last in upload["received"]), default=0)
        told.append(Kill(way=way, received=received, grown=grown))
        late += resume()
        world.end_lease(submitted)
    finisher = _worker(world, tap)
    story = world.wait_state(
        submitted.job_id, "published", "failed", "unconfirmed", seconds=SECONDS, hurry=True
    )
    while late:
        control.release(late.pop())
    until(lambda: all(one.outcome != "open" for one in control.requests()), why="late requests")
    finisher_grown = _memory(finisher.pid, "VmHWM") - idle
    network_grown = _memory(world.sandbox.pid, "VmHWM") - before
    uploads = _sessions(world)
    ranges = [(first, last) for upload in uploads for first, last in upload["received"]]
    total = uploads[0]["total"]
    repeated, gaps = _compared(ranges, total)
    return UploadReport(
        total=total,
        sessions=len(uploads),
        ranges=tuple(ranges),
        repeated=repeated,
        gaps=gaps,
        same=uploads[0]["sha256"] == _stored_sha256(world, total),
        videos=len(world.posts(submitted)),
        state=story.job.state,
        kills=tuple(told),
        finisher_grown=finisher_grown,
        network_grown=network_grown,
        story=show(story),
    )


def _stop(
    world: World, tap: ByteTap, way: Way, count: int
) -> tuple[Callable[[], bool], Callable[[], list[int]]]:
    """Orders that the next worker is stopped after about so many bytes.

    Returns:
        What tells that it is, and what clears up after its death and gives what arrives late.
    """
    control = world.sandbox.control
    if way == "amid the bytes":
        tap.stop_after(count)

        def cut() -> list[int]:
            tap.go_on()
            return []

        return tap.reached, cut
    others = {one.id for one in control.held()}
    arrives_late = way == "bytes arrive late"
    control.add_fault(
        FaultRule(
            action="hold_before" if arrives_late else "hold_after",
            method="PUT",
            path=PATH,
            # The first of a successor only asks.
            after=1 + count // CHUNK_BYTES,
        )
    )

    def held() -> list[int]:
        return [one.id for one in control.held() if one.id not in others]

    def resume() -> list[int]:
        control.clear_faults()
        mine = held()
        if arrives_late:
            return mine
        for one in mine:
            control.release(one, "cut")
        return []

    return lambda: bool(held()), resume


def _worker(world: World, tap: ByteTap) -> WorkerProcess:
    # The lease is not short: whoever is killed loses it by `end_lease`.
    return world.worker(youtube_api_url=tap.url)


def _idle_bytes(world: World, tap: ByteTap) -> int:
    worker = _worker(world, tap)
    until(lambda: "worker_started" in worker.output(), why="the worker to start")
    size = _memory(worker.pid, "VmHWM")
    worker.kill()
    return size


def _sessions(world: World) -> list[dict[str, Any]]:
    """Gives the upload sessions; the world has posted nothing else, so all are of the one film."""
    sessions: list[dict[str, Any]] = world.sandbox.control.call("GET", "uploads")
    return sessions


def _compared(ranges: Sequence[tuple[int, int]], total: int) -> tuple[int, int]:
    """Counts the bytes that some ranges have in common, and those that none has."""
    reached = repeated = gaps = 0
    for first, last in sorted(ranges):
        gaps += max(0, first - reached)
        repeated += max(0, min(reached, last + 1) - first)
        reached = max(reached, last + 1)
    return repeated, gaps + total - reached


def _stored_sha256(world: World, size: int) -> str:
    """Names the bytes of the stored file of a size, from the file itself."""
    for path in Path(world.env["MPCAS2_HOME"], "media").rglob("*"):
        if path.is_file() and path.stat().st_size == size:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    raise FileNotFoundError(f"no stored file has {size} bytes")


def _memory(pid: int, field: str) -> int:
    """Reads a figure of a process in bytes; see proc_pid_status(5)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no {field}")
