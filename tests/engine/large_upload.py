"""Uploads a large file to YouTube's practice network while workers are killed; prints what came.

Run it from the root of the repository, in the environment of the tests::

    python tests/engine/large_upload.py --megabytes 300 --kills 5

Every worker but the last is killed (SIGKILL) amid a chunk, in turn: with some of its bytes sent, with
all of them on their way and arriving later, and with its answer lost. The next worker, another process,
goes on. The exit code is 0 when there is one session and one video with the very bytes, no byte is
missing, and at most one chunk per kill came again.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "harness"))

from byte_tap import ByteTap
from library import MEGABYTE
from resumed_upload import UploadReport, upload_with_kills
from shared_servers import SharedServers, Stores
from workers import Forge
from world import World

MOST_GROWTH = 64 * MEGABYTE


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it and gives the exit code.

    Args:
        arguments: The command line; the process's own by default.
    """
    parser = argparse.ArgumentParser(description="Kills workers amid an upload.")
    parser.add_argument("--megabytes", type=int, default=300, help="of the file (%(default)s)")
    parser.add_argument("--kills", type=int, default=5, help="killed workers (%(default)s)")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-upload-"))
    lead = SharedServers()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(lead.stop)
        stores = Stores(lead.start(), 0)
        stack.callback(stores.close)
        url = stack.enter_context(stores.database())
        env = stores.environment(folder, database_url=url, redis_url=stores.fresh_redis_url())
        forge = stack.enter_context(Forge(folder))
        world = stack.enter_context(World(env, forge, networks=("youtube",)))
        tap = stack.enter_context(ByteTap(world.sandbox.url))
        started = time.monotonic()
        report = upload_with_kills(world, tap, megabytes=options.megabytes, kills=options.kills)
        seconds = time.monotonic() - started
    return _print(report, seconds)


def _print(report: UploadReport, seconds: float) -> int:
    lines = ["| chunk | first byte | last byte | bytes | came before |", "|---|---|---|---|---|"]
    seen: set[tuple[int, int]] = set()
    for number, (first, last) in enumerate(report.ranges, start=1):
        again = "yes" if (first, last) in seen else ""
        seen.add((first, last))
        lines.append(f"| {number} | {first} | {last} | {last - first + 1} | {again} |")
    lines += ["", "| worker | killed | network had | memory grew |", "|---|---|---|---|"]
    for number, kill in enumerate(report.kills, start=1):
        lines.append(f"| {number} | {kill.way} | {kill.received} | {_mega(kill.grown)} |")
    lines.append(f"| {len(report.kills) + 1} | no | all | {_mega(report.finisher_grown)} |")
    lines += [
        "",
        (
            f"{report.total} bytes in {seconds:.0f} s: {report.state}, {report.videos} video, "
            f"{report.sessions} session, {report.repeated} bytes came again, {report.gaps} are missing, "
            f"checksum {'equal' if report.same else 'DIFFERENT'}; the practice network's memory grew by "
            f"{_mega(report.network_grown)}."
        ),
    ]
    faults = list(report.faults())
    grown = [*(kill.grown for kill in report.kills), report.finisher_grown, report.network_grown]
    if max(grown) >= MOST_GROWTH:
        faults.append(f"A process grew by {_mega(max(grown))}.")
    sys.stdout.write("\n".join([*lines, *faults]) + "\n")
    return 1 if faults else 0


def _mega(count: int) -> str:
    return f"{count / MEGABYTE:.1f} MiB"


if __name__ == "__main__":
    sys.exit(main())
