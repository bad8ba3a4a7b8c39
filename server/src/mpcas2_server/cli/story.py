"""Tells the story of one post on a page: what it is, and what happened, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mpcas2_server.cli.output import clean, console, print_fields, state_text
from mpcas2_server.cli.when import show_time_exactly

__all__ = ("next_steps", "print_story", "story_of")

_WHAT_NEXT = {
    "unconfirmed": "Look on the network whether the post is there. If it is: `mpcas2 jobs confirm "
    "{id}`. If not: `mpcas2 jobs repost {id}`.",
    "failed": "Mend what the message names, then `mpcas2 jobs retry {id}`. If the post itself has "
    "to change, publish it anew.",
    "missed": "Post it after all with `mpcas2 jobs retry {id}`, or at another time with "
    "`mpcas2 jobs reschedule {id} --at …`.",
}
_TIME_WIDTH = len("23:59:59.999")
_OUTCOME_STYLES = {"published": "green", "found": "green", "unknown": "yellow"}


class Line(NamedTuple):
    """One thing that happened.

    Attributes:
        at: When, ISO 8601.
        what: What, in a word or two.
        told: More of it.
        style: Colour of ``what``.
    """

    at: str
    what: str
    told: str
    style: str = ""


def story_of(job: dict[str, Any]) -> list[Line]:
    """Puts a job's events and attempts into the order of time."""
    lines = [Line(job["createdAt"], "created", f"for {show_time_exactly(job['scheduledAt'])}")]
    lines += [Line(one["at"], one["kind"], one.get("message", "")) for one in job.get("events", [])]
    for attempt in job.get("attempts", []):
        lines.extend(_attempt(attempt, _part_name(job.get("parts", []), attempt["part"])))
    # Sorted as moments: the texts may differ in their digits after the second.
    return sorted(lines, key=lambda line: datetime.fromisoformat(line.at))


def next_steps(job: dict[str, Any]) -> str:
    """Says what a person can do about a post; empty when nothing has to be done."""
    if job["state"] == "published" and any(
        part.get("role") == "comment" and part["state"] != "published"
        for part in job.get("parts", [])
    ):
        return f"Post the missing first comment with `mpcas2 jobs retry {job['id']}`."
    return _WHAT_NEXT.get(job["state"], "").format(id=job["id"])


def print_story(job: dict[str, Any]) -> None:
    """Prints a job with its parts and its story."""
    screen = console()
    screen.print(Text.assemble("Post ", (job["id"], "bold"), "  ", state_text(job["state"])))
    error = job.get("error", {})
    print_fields(
        [
            ("To", f"{job['platform']}:@{job['username']}"),
            ("Scheduled", show_time_exactly(job["scheduledAt"])),
            ("Published", show_time_exactly(job.get("publishedAt"))),
            ("Taken down", show_time_exactly(job.get("deletedAt"))),
            ("Next try", show_time_exactly(job.get("nextAttemptAt"))),
            ("Address", job.get("platformPostUrl", "")),
            ("Problem", f"{error.get('message', '')} ({error.get('code')})" if error else ""),
            *(("Warning", one) for one in job.get("warnings", [])),
        ]
    )
    parts = job.get("parts", [])
    for part in parts:
        screen.print()
        heading = f"{_part_name(parts, part['index']).capitalize() or 'Text'}  "
        screen.print(Text.assemble((heading, "bold"), state_text(part["state"])))
        screen.print(Text(clean(part["text"])), width=min(screen.width, 78))
        for media in part.get("media", []):
            alt = media.get("altText") or "no alternative text"
            screen.print(Text(clean(f"[file {media['contentId']}: {alt}]"), style="dim"))
        if part.get("postUrl") and len(parts) > 1:
            screen.print(Text(clean(part["postUrl"])))
    _print_lines(screen, story_of(job))
    todo = next_steps(job)
    if todo:
        screen.print()
        screen.print(Text(todo, style="yellow"))


def _print_lines(screen: Console, lines: list[Line]) -> None:
    if not lines:
        return
    screen.print()
    width = max(len(clean(line.what)) for line in lines)
    for day, of_day in groupby(lines, key=_day):
        screen.print(Text(day, style="bold"))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, style="dim", width=_TIME_WIDTH)
        grid.add_column(no_wrap=True, width=width)
        grid.add_column(overflow="fold")
        for line in of_day:
            moment = datetime.fromisoformat(line.at).astimezone()
            grid.add_row(
                Text(f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"),
                Text(clean(line.what), style=line.style),
                Text(clean(line.told)),
            )
        screen.print(grid)


def _day(line: Line) -> str:
    return f"{datetime.fromisoformat(line.at).astimezone():%A %d %B %Y}"


def _part_name(parts: list[dict[str, Any]], index: int) -> str:
    """Names a part among others; empty where there is only one."""
    posts = [part for part in parts if part.get("role") != "comment"]
    if index >= len(posts):
        return "first comment" if len(parts) > 1 else ""
    return f"part {index + 1} of {len(posts)}" if len(posts) > 1 else ""


def _attempt(attempt: dict[str, Any], name: str) -> Iterator[Line]:
    part = f" of {name.partition(' of ')[0]}" if name else ""
    yield Line(attempt["startedAt"], f"{attempt['kind']} begins", f"{attempt['worker']}{part}")
    if attempt.get("markedAt"):
        yield Line(attempt["markedAt"], "mark", f"from here on the post may be out{part}")
    if attempt.get("finishedAt"):
        outcome = attempt.get("outcome", "ended")
        took = f" after {attempt['durationMs'] / 1000:.2f} s" if "durationMs" in attempt else ""
        said = f": {attempt['message']}" if attempt.get("message") else ""
        style = next((color for word, color in _OUTCOME_STYLES.items() if word in outcome), "red")
        yield Line(attempt["finishedAt"], outcome, f"{attempt['kind']}{part}{took}{said}", style)
    if attempt.get("lateAt"):
        late = attempt.get("lateOutcome", "an answer")
        yield Line(
            attempt["lateAt"],
            "late answer",
            f"{late}, from a worker that had lost the post",
            "yellow",
        )
