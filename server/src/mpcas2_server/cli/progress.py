"""Live progress: of an upload, and of posts until each is out, has failed, or needs a person."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import quote

import click
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, console, state_text
from mpcas2_server.cli.story import next_steps
from mpcas2_server.cli.when import show_time_exactly
from mpcas2_server.client import Client, ServerUnreachable

__all__ = ("follow", "is_settled", "upload_progress")

_FINAL = frozenset({"published", "failed", "missed", "cancelled"})
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
# A server that starts again is waited for this long.
_PATIENCE_SECONDS = 60.0
# Smaller files are sent before a bar could be read.
_BAR_FROM_BYTES = 2_000_000

_Job = dict[str, Any]


def is_settled(job: _Job) -> bool:
    """Tells whether waiting longer changes nothing: the post is final, or a person has to decide."""
    return job["state"] in _FINAL or (job["state"] == "unconfirmed" and job["needsAttention"])


def follow(
    client: Client,
    jobs: Sequence[_Job],
    *,
    timeout: float | None,
    quiet: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> list[_Job]:
    """Asks for the jobs until all are settled, and shows each change.

    Args:
        client: Signed in.
        jobs: As the server gave them.
        timeout: Seconds to wait at most; None waits for ever.
        quiet: Whether to show nothing.
        sleep: Waits between questions.

    Returns:
        The jobs as they are at the end.

    Raises:
        CliError: The time is over, or a person stopped the waiting.
        ServerUnreachable: The server stays away.
    """
    current = list(jobs)
    began = time.monotonic()
    hint = f"See `mpcas2 jobs show {jobs[0]['id']}`."
    try:
        with _screen(quiet=quiet) as show:
            show(current)
            while not all(map(is_settled, current)):
                waited = time.monotonic() - began
                if timeout is not None and waited > timeout:
                    raise CliError(
                        f"Not all posts are out after {timeout:g} s; they go on by themselves.",
                        hint=hint,
                        code="TIMEOUT",
                    )
                left = _LONGEST_PAUSE if timeout is None else timeout - waited
                sleep(min(_pause(current, waited), left + _SHORTEST_PAUSE))
                current = [job if is_settled(job) else _ask(client, job, sleep) for job in current]
                show(current)
    except KeyboardInterrupt:
        raise CliError(
            "Stopped waiting; the posts go on by themselves.",
            hint=hint,
            exit_code=ExitCode.INTERRUPTED,
            code="INTERRUPTED",
        ) from None
    if not quiet:
        for job in current:
            todo = next_steps(job)
            if todo:
                click.echo(todo, err=True)
    return current


@contextmanager
def upload_progress(file: BinaryIO, name: str, *, quiet: bool) -> Iterator[BinaryIO]:
    """Lends a file whose reading is shown as a bar, when it is large and somebody watches.

    Args:
        file: Open for reading.
        name: What to call it.
        quiet: Whether to show nothing.
    """
    screen = console(stderr=True)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if quiet or size < _BAR_FROM_BYTES or not screen.is_terminal:
        yield file
        return
    from rich.progress import Progress  # noqa: PLC0415 - only for large files

    with (
        Progress(console=screen, transient=True) as progress,
        progress.wrap_file(file, total=size, description=clean(name)) as shown,
    ):
        yield shown


def _ask(client: Client, job: _Job, sleep: Callable[[float], None]) -> _Job:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            answer: _Job = client.get(f"/jobs/{quote(job['id'], safe='')}")
        except ServerUnreachable:
            if time.monotonic() > until:
                raise
            sleep(1.0)
        else:
            return answer


def _pause(jobs: Sequence[_Job], waited: float) -> float:
    """Gives the seconds to the next question: few at first and near the due time, more else."""
    now = datetime.now(UTC)
    times = [job.get("nextAttemptAt") or job["scheduledAt"] for job in jobs if not is_settled(job)]
    until_due = min((datetime.fromisoformat(one) - now).total_seconds() for one in times)
    if until_due > _SHORTEST_PAUSE:
        return min(until_due, _LONGEST_PAUSE)
    return min(_SHORTEST_PAUSE + waited / 10, 2.0)


@contextmanager
def _screen(*, quiet: bool) -> Iterator[Callable[[Sequence[_Job]], None]]:
    screen = console(stderr=True)
    if quiet:
        yield lambda _jobs: None
    elif screen.is_terminal:
        last: list[Sequence[_Job]] = []
        with Live(console=screen, refresh_per_second=8) as live:

            def update(jobs: Sequence[_Job]) -> None:
                last[:] = [jobs]
                live.update(_table(jobs))

            yield update
        # Whole and on lines of their own, so that they can be clicked and copied.
        for job in last[0] if last else ():
            if job.get("platformPostUrl"):
                click.echo(clean(job["platformPostUrl"]))
    else:
        seen: dict[str, str] = {}

        def print_changes(jobs: Sequence[_Job]) -> None:
            for job in jobs:
                line = _line(job)
                if seen.get(job["id"]) != line:
                    seen[job["id"]] = line
                    click.echo(line)

        yield print_changes


def _table(jobs: Sequence[_Job]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for job in jobs:
        table.add_row(
            _sign(job),
            Text(f"{job['platform']}:@{clean(job['username'])}"),
            state_text(job["state"]),
            Text("" if job["state"] == "published" else clean(_detail(job)), style="dim"),
        )
    return table


def _sign(job: _Job) -> Text | Spinner:
    if job["state"] == "published":
        return Text("✓", style="green")
    if is_settled(job):
        return Text("!", style="bold red")
    return Spinner("dots")


def _line(job: _Job) -> str:
    to = f"{job['platform']}:@{job['username']}"
    return clean(f"{job['id']}  {to}  {job['state']}  {_detail(job)}".rstrip())


def _detail(job: _Job) -> str:
    if job.get("platformPostUrl"):
        return str(job["platformPostUrl"])
    if job.get("error"):
        return str(job["error"]["message"])
    if job["state"] == "scheduled":
        return show_time_exactly(job["scheduledAt"])
    if job.get("nextAttemptAt"):
        return f"again at {show_time_exactly(job['nextAttemptAt'])}"
    return ""
