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
from mpcas2_server.demo.verdict import Verdict

__all__ = ("as_data", "print_places", "print_stories", "print_verdict")


def print_stories(screen: Console, story: Demonstration) -> None:
    """Prints what happened to each post, in the order of time."""
    for key, title in story.titles.items():
        job = story.jobs[key]
        screen.print()
        screen.print(Text(f"  {title}", style="bold"))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(justify="right", style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for line in timeline(job, story.done_to.get(key, ())):
            grid.add_row(f"{line.seconds:.2f} s", Text(clean(line.told), style=line.style))
        if "platformPostUrl" in job:
            grid.add_row("", Text(clean(job["platformPostUrl"]), style="dim"))
        screen.print(Padding(grid, (0, 0, 0, 2), expand=False))


def print_verdict(screen: Console, verdict: Verdict, seconds: float) -> None:
    """Prints how often each post is on the network, and whether that is right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("POST", no_wrap=True)
    table.add_column("ITS STORY", overflow="fold")
    table.add_column("ON THE NETWORK", no_wrap=True, justify="right")
    for row in verdict.rows:
        style = "green" if row.right else "bold red"
        table.add_row(Text(row.title), Text(clean(row.story)), Text(row.shown, style=style))
    screen.print()
    screen.print(Padding(table, (0, 0, 1, 2), expand=False))
    for fault in verdict.faults:
        screen.print(Text(f"  ✗ {clean(fault)}", style="bold red"))
    if verdict.right:
        told = (
            f"  ✓ {len(verdict.rows)} posts in {verdict.total} parts, counted on the network's side: "
            "each exactly once."
        )
        why = (
            "    One answer was lost, one worker was killed in the middle of a send.\n"
            f"    Nothing is missing, nothing is there twice. It took {seconds:.0f} s."
        )
        screen.print(Text(told, style="bold green"))
        screen.print(Text(why, style="dim"))
    else:
        screen.print(Text("  ✗ Not every post is there exactly once.", style="bold red"))


def print_places(screen: Console, story: Demonstration, home: DemoHome) -> None:
    """Prints where a person can look while everything still runs."""
    program = _program(Path(sys.argv[0]))
    jobs = f"MPCAS2_HOME={shlex.quote(str(home.path))} {program} jobs list"
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in (
        ("Timeline", f"{story.network.url}/timeline"),
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
            {"title": row.title, "story": row.story, "onTheNetwork": list(row.counts)}
            for row in verdict.rows
        ],
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
