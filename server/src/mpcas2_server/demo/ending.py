"""What a demonstration leaves on the screen: stories, counts, the verdict, and where to look."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mpcas2_server.cli.output import clean
from mpcas2_server.demo.acts import EMAIL, Demonstration
from mpcas2_server.demo.home import DemoHome
from mpcas2_server.demo.timeline import timeline
from mpcas2_server.demo.verdict import Row, Verdict

__all__ = ("as_data", "print_places", "print_stories", "print_verdict")

_TITLE_WIDTH = 18
_WIDTH = 80


def print_stories(screen: Console, story: Demonstration) -> None:
    """Prints, in the order of time, what happened to the posts that something was done to."""
    screen.print()
    screen.print(Text("  WHAT THE NETWORKS SWALLOWED, AND WHAT BECAME OF IT", style="bold"))
    for key, title in story.titles.items():
        if key not in story.done_to:
            continue
        job = story.jobs[key]
        screen.print()
        screen.print(Text(f"  {title}", style="bold"))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(justify="right", style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for line in timeline(job, story.done_to[key]):
            grid.add_row(f"{line.seconds:.2f} s", Text(clean(line.told), style=line.style))
        screen.print(Padding(grid, (0, 0, 0, 2), expand=False))


def print_verdict(
    screen: Console, verdict: Verdict, names: Mapping[str, str], seconds: float
) -> None:
    """Prints how often each post is on its network, and whether that is right.

    Args:
        screen: Where to.
        verdict: What was found.
        names: The networks' names by their keys.
        seconds: How long everything took.
    """
    for network, total in verdict.totals.items():
        rows = [row for row in verdict.rows if row.network == network]
        screen.print()
        counted = f"{len(rows)} posts handed in, {total} parts found there"
        screen.print(Text.assemble("  ", (names[network], "bold"), (f": {counted}", "dim")))
        for row in rows:
            _print_row(screen, row)
    screen.print()
    for fault in verdict.faults:
        screen.print(Text(f"  ✗ {clean(fault)}", style="bold red"))
    if verdict.right:
        told = (
            f"  ✓ {len(verdict.rows)} posts in {verdict.total} parts on {len(verdict.totals)} "
            "networks, counted there: each exactly once."
        )
        screen.print(Text(told, style="bold green"))
        why = f"    Nothing is missing, nothing is there twice. It took {seconds:.0f} s."
        screen.print(Text(why, style="dim"))
    else:
        screen.print(Text("  ✗ Not every post is there exactly once.", style="bold red"))


def _print_row(screen: Console, row: Row) -> None:
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=1)
    grid.add_column(width=_TITLE_WIDTH, no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    sign, style = ("✓", "green") if row.right else ("✗", "bold red")
    grid.add_row(
        Text(sign, style=style), row.title, Text(clean(row.story)), Text(row.shown, style=style)
    )
    screen.print(Padding(grid, (0, 0, 0, 2)), width=min(screen.width, _WIDTH))
    if row.link:
        # Alone on its line and never wrapped, so that it can be clicked and copied.
        screen.print(Text(f"    {clean(row.link)}", style="dim"), soft_wrap=True)


def print_places(screen: Console, story: Demonstration, home: DemoHome) -> None:
    """Prints where a person can look while everything still runs."""
    program = _program(Path(sys.argv[0]))
    jobs = f"MPCAS2_HOME={shlex.quote(str(home.path))} {program} jobs list"
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in (
        *((story.names[key], f"{one.url}/timeline") for key, one in story.networks.items()),
        ("API", story.docs),
        ("Sign in", f"{EMAIL}  {story.password}"),
        ("Logs", str(home.logs)),
    ):
        grid.add_row(name, Text(value))
    screen.print()
    screen.print(Text("  Everything still runs. Look around:", style="bold"))
    screen.print(Padding(grid, (1, 0, 1, 2), expand=False))
    # Alone on its line and never wrapped, so that it can be copied.
    screen.print(Text(f"  {jobs}"), soft_wrap=True)
    screen.print()
    screen.print(Text("  Ctrl-C stops everything and removes it.", style="dim"))


def as_data(verdict: Verdict) -> Mapping[str, Any]:
    """Gives a verdict for programs."""
    return {
        "right": verdict.right,
        "posts": [
            {
                "network": row.network,
                "title": row.title,
                "story": row.story,
                "link": row.link,
                "onTheNetwork": list(row.counts),
            }
            for row in verdict.rows
        ],
        "totals": dict(verdict.totals),
        "total": verdict.total,
        "faults": list(verdict.faults),
    }


def _program(called: Path) -> str:
    """Gives the command as it can be typed here."""
    if called.name != "mpcas2":
        return f"{shlex.quote(sys.executable)} -m mpcas2_server.cli"
    # A runner such as uv puts the command on its child's path only, so the path itself is shown.
    near = os.path.relpath(called)
    path = near if len(near) < len(str(called)) else str(called)
    on_path = shutil.which("mpcas2", path=os.defpath)
    return "mpcas2" if on_path and Path(on_path).samefile(called) else shlex.quote(path)
