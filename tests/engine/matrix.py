"""The full matrix of killed workers; prints a Markdown table and totals.

Run it from the root of the repository, in the environment of the tests::

    python tests/engine/matrix.py                 # every point, and every second crash
    python tests/engine/matrix.py --repeat 3      # the same three times
    python tests/engine/matrix.py --kinds text    # one kind of post only
    python tests/engine/matrix.py --single        # without second crashes

For text, image and thread it kills a worker (SIGKILL) before and after every ledger write, every commit
of one and every request to the network, and lets requests arrive after the death of their sender. The
points come from a dry run. After a crash that leaves an unknown outcome behind, the successor is killed
too, at each of its own points: while it looks for the post and while it sends it again. The exit code is
0 when the network counts every post once and every ledger tells what happened. The suite runs the
single crashes once (``test_kill_points.py``).
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

from kill_points import FINAL_REQUEST, KillPoint
from lanes import Case, Lane, Verdict, open_lanes, side_by_side
from shared_servers import SharedServers, Stores
from world import KINDS, PostKind

# A crash after each of these leaves an outcome that the successor has to look for.
FIRST_CRASHES = (
    KillPoint(where="commit", name="mark", nth=1, when="after"),
    KillPoint(where="request", name=FINAL_REQUEST, nth=1, when="after"),
    KillPoint(where="request", name=FINAL_REQUEST, nth=1, when="before", late=True),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the matrix and gives the exit code.

    Args:
        arguments: The command line; the process's own by default.
    """
    parser = argparse.ArgumentParser(description="Kills workers at every point and counts posts.")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--repeat", type=int, default=1, help="how often (%(default)s)")
    parser.add_argument("--lanes", type=int, default=4, help="how many at a time (%(default)s)")
    parser.add_argument("--single", action="store_true", help="without second crashes")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-matrix-"))
    lead = SharedServers()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(lead.stop)
        stores = Stores(lead.start(), 0)
        stack.callback(stores.close)
        lanes = stack.enter_context(open_lanes(stores, folder, options.lanes))
        verdicts: list[Verdict] = []
        for _ in range(options.repeat):
            for kind in options.kinds:
                cases = _cases(lanes, kind, single=options.single)
                verdicts += side_by_side(lanes, cases, Lane.judge)
                sys.stderr.write(f"{len(verdicts)} cases, last {kind}\n")
    _print(verdicts, time.monotonic() - started)
    return 1 if any(verdict.faults for verdict in verdicts) else 0


def _cases(lanes: Sequence[Lane], kind: PostKind, *, single: bool) -> list[Case]:
    cases = [Case(kind=kind, kills=(point,)) for point in lanes[0].points(kind)]
    if single:
        return cases
    dry_runs = side_by_side(lanes, FIRST_CRASHES, lambda lane, first: lane.points(kind, (first,)))
    for first, points in zip(FIRST_CRASHES, dry_runs, strict=True):
        cases += [Case(kind=kind, kills=(first, second)) for second in points]
    return cases


def _print(verdicts: Sequence[Verdict], seconds: float) -> None:
    rows: defaultdict[tuple[str, str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        first, *more = verdict.case.kills
        # A second crash is shown by where it was; the ledger of each single one is its own story.
        second = f"{more[0].name} ({more[0].where})" if more else ""
        rows[verdict.case.kind, str(first), second].append(verdict)
    lines = [
        "| post | first worker killed | second worker killed at | cases | ledger | posts | right |",
        "|---|---|---|---|---|---|---|",
    ]
    for (kind, first_kill, second_kill), group in rows.items():
        ledgers = sorted({", ".join(verdict.outcomes) for verdict in group})
        shown = ledgers[0] if len(ledgers) == 1 else f"{len(ledgers)} different ones"
        posts = "/".join(str(count) for count in sorted({verdict.posts for verdict in group}))
        right = sum(not verdict.faults for verdict in group)
        lines.append(
            f"| {kind} | {first_kill} | {second_kill} | {len(group)} | {shown} | {posts} | {right} |"
        )
    wrong = [verdict for verdict in verdicts if verdict.faults]
    right = len(verdicts) - len(wrong)
    lines += ["", f"{len(verdicts)} cases in {seconds:.0f} s: {right} right, {len(wrong)} wrong."]
    for verdict in wrong:
        lines += ["", str(verdict.case), *verdict.faults]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
