"""The full matrix of killed workers; prints a Markdown table per kind of post, and totals.

Run it from the root of the repository, in the environment of the tests::

    python tests/engine/matrix.py                       # Bluesky: every point, every second crash
    python tests/engine/matrix.py --network all         # the same on every network
    python tests/engine/matrix.py --network mastodon    # one of them
    python tests/engine/matrix.py --network x --lag     # X with a timeline that shows posts late
    python tests/engine/matrix.py --repeat 3            # the same three times
    python tests/engine/matrix.py --kinds text          # one kind of post only
    python tests/engine/matrix.py --single              # without second crashes

For each kind of post it kills a worker (SIGKILL) before and after every ledger write, every commit of
one and every request to the network, lets requests arrive after the death of their sender, and loses
answers of workers that live. The points come from a dry run. After a crash that leaves an unknown
outcome behind, the successor is killed too, at each of its own points: while it looks for the post and
while it sends it again. The exit code is 0 when every post is there as often as its network allows
(once; also never where nobody can know and the job says so, such as on X) and every ledger tells what happened. The suite runs
single crashes (``test_kill_points.py``).
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "harness"))

from kill_points import KillPoint
from lanes import Case, Lane, Verdict, open_lanes, side_by_side
from practice_seven import installed
from shared_servers import SharedServers, Stores
from world import NETWORKS, PostKind

NAMES = {"x": "twitter"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the matrix and gives the exit code.

    Args:
        arguments: The command line; the process's own by default.
    """
    parser = argparse.ArgumentParser(description="Kills workers at every point and counts posts.")
    names = [*NAMES, *(key for key in NETWORKS if key in installed()), "all"]
    parser.add_argument("--network", choices=names, default="bluesky")
    parser.add_argument("--kinds", nargs="+", help="kinds of post; all that the network has")
    parser.add_argument("--lag", action="store_true", help="X shows new posts an hour late")
    parser.add_argument("--repeat", type=int, default=1, help="how often (%(default)s)")
    parser.add_argument("--lanes", type=int, default=4, help="how many at a time (%(default)s)")
    parser.add_argument("--single", action="store_true", help="without second crashes")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-matrix-"))
    lead = SharedServers()
    every = [key for key in NETWORKS if key in installed()]
    chosen = every if options.network == "all" else [options.network]
    verdicts: list[Verdict] = []
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(lead.stop)
        stores = Stores(lead.start(), 0)
        stack.callback(stores.close)
        for name in chosen:
            key = NAMES.get(name, name)
            (folder / key).mkdir()
            with open_lanes(stores, folder / key, options.lanes, key) as lanes:
                if options.lag and key == "twitter":
                    _lag(lanes)
                for kind in lanes[0].world.network.kinds * options.repeat:
                    if options.kinds and kind not in options.kinds:
                        continue
                    cases = _cases(lanes, kind, single=options.single)
                    mine = side_by_side(lanes, cases, Lane.judge)
                    verdicts += mine
                    sys.stderr.write(f"{len(verdicts)} cases, last {key} {kind}\n")
                    _print(key, kind, mine)
    wrong = sum(bool(verdict.faults) for verdict in verdicts)
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"\n{len(verdicts)} cases in {seconds:.0f} s: {len(verdicts) - wrong} right, {wrong} wrong.\n"
    )
    return 1 if wrong or not verdicts else 0


def _lag(lanes: Sequence[Lane]) -> None:
    for lane in lanes:
        lane.lags = True
        lane.world.sandbox.control.call("POST", "settings", {"timelineLagSeconds": 3600})


def _cases(lanes: Sequence[Lane], kind: PostKind, *, single: bool) -> list[Case]:
    points = lanes[0].points(kind, thorough=True)
    cases = [Case(kind=kind, kills=(point,)) for point in points]
    if single:
        return cases
    firsts = _first_crashes(lanes[0], points)
    dry_runs = side_by_side(lanes, firsts, lambda lane, first: lane.points(kind, (first,)))
    for first, points_after in zip(firsts, dry_runs, strict=True):
        cases += [Case(kind=kind, kills=(first, second)) for second in points_after]
    return cases


def _first_crashes(lane: Lane, points: Sequence[KillPoint]) -> list[KillPoint]:
    """Gives crashes after each of which the outcome of a send is unknown to the successor."""
    made = {point.name for point in points}
    final = next(call.name for call in lane.world.network.calls if call.final and call.name in made)
    # Of several sends of a kind only the last makes the post of a part; for threads, the first part's.
    nth = max(point.nth for point in points if point.name == final)
    if any(point.name == "mark" and point.nth > 1 for point in points):
        nth = 1
    return [
        KillPoint(where="commit", name="mark", nth=1, when="after"),
        KillPoint(where="request", name=final, nth=nth, when="after"),
        KillPoint(where="request", name=final, nth=nth, when="before", late=True),
    ]


def _print(network: str, kind: str, verdicts: Sequence[Verdict]) -> None:
    rows: defaultdict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        first, *more = verdict.case.kills
        # A second crash is shown by where it was; the ledger of each single one is its own story.
        rows[str(first), f"{more[0].name} ({more[0].where})" if more else ""].append(verdict)
    lines = [
        f"\n### {network}: {kind}\n",
        "| first worker killed | second worker killed at | cases | job | ledger | posts | right |",
        "|---|---|---|---|---|---|---|",
    ]
    for (first_kill, second_kill), group in rows.items():
        ledgers = sorted({", ".join(verdict.outcomes) for verdict in group})
        shown = ledgers[0] if len(ledgers) == 1 else f"{len(ledgers)} different ones"
        states = "/".join(sorted({verdict.state for verdict in group}))
        posts = "/".join(str(count) for count in sorted({verdict.posts for verdict in group}))
        right = sum(not verdict.faults for verdict in group)
        lines.append(
            f"| {first_kill} | {second_kill} | {len(group)} | {states} | {shown} | {posts} "
            f"| {right} |"
        )
    for verdict in verdicts:
        if verdict.faults:
            lines += ["", str(verdict.case), *verdict.faults]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
