"""A storm of any size, as a command: ``python tests/chaos/long.py --posts 600 --seed 7``.

It publishes the posts on three practice networks and servers of its own while workers are killed, the
queue's store is emptied, PostgreSQL is restarted and the networks misbehave; then it prints a summary
in Markdown. The exit code is 0 only if nothing is public twice, every post is there once or, at X, a
person is asked about it, and every ledger tells why.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.storm import StormReport

ROOT = Path(__file__).resolve().parents[2]
SHOWN_PROBLEMS = 50


def main() -> int:
    """Runs one storm after the other and gives the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=int, default=600, help="threads counted once")
    parser.add_argument("--seed", type=int, help="chosen freely when it is left out")
    parser.add_argument("--storms", type=int, default=1, help="how many, with seeds in a row")
    given = parser.parse_args()
    # As pytest has it, for the harness and for this folder.
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "harness")]
    from tests.chaos.storm import run_storm  # noqa: PLC0415 - found by the path from here on
    from tests.chaos.storm_plan import make_plan  # noqa: PLC0415 - as above

    first = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    failed = False
    for number in range(given.storms):
        plan = make_plan(posts=given.posts, seed=first + number)
        report = run_storm(plan)
        print(summary(report), flush=True)  # noqa: T201 - the command's output
        failed = failed or bool(report.problems)
    return int(failed)


def summary(report: StormReport) -> str:
    """Tells a storm as a Markdown section.

    ``public`` counts the unconfirmed posts that are at the network all the same; ``order`` tells where
    the middle posts of the smallest and of the biggest tenant arrived, the small one asking last.
    """
    rows = {
        "posts asked for": report.posts,
        "parts to be published": report.parts,
        "seconds": report.seconds,
        "workers killed": report.kills,
        "queue's store emptied": report.flushes,
        "PostgreSQL restarted": report.restarts,
        "outcomes in the ledger": _counted(report.outcomes),
        "late outcomes kept": report.late,
        "problems": len(report.problems),
    }
    lines = [f"### Storm of seed {report.seed}", "", "| what | how much |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows.items()]
    lines += [
        "",
        "| network | posts | once | unconfirmed | public | twice | missing | failed | order | faults |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, one in report.networks.items():
        figures = (one.posts, one.once, one.unconfirmed, one.unconfirmed_public, one.twice)
        order = f"{_first_and_middle(one.small_at)}; {_first_and_middle(one.big_at)}"
        rest = (one.missing, _counted(one.failed) or 0, order, _counted(report.faults[key]))
        lines.append(f"| {key} | {' | '.join(str(cell) for cell in (*figures, *rest))} |")
    lines += ["", *(f"- {problem}" for problem in report.problems[:SHOWN_PROBLEMS]), ""]
    return "\n".join(lines)


def _first_and_middle(places: list[float]) -> str:
    return f"{places[0]:.0%}, {median(places):.0%}" if places else "-"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


if __name__ == "__main__":
    sys.exit(main())
