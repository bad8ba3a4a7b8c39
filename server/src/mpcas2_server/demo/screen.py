"""Shows a demonstration while it runs: a live screen on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.style import Style
from rich.table import Table
from rich.text import Text

from mpcas2_server.cli.output import clean, state_text
from mpcas2_server.cli.progress import is_settled
from mpcas2_server.demo.timeline import Interference, last_line

__all__ = ("PostLine", "Screen", "line_of")

_TITLE_WIDTH = 17
_STATE_WIDTH = 11


class PostLine(msgspec.Struct, frozen=True, kw_only=True):
    """How a post stands.

    Attributes:
        title: What to call it.
        state: Its state; empty before it is handed in.
        attempts: How often somebody turned to the network for it.
        told: What happened last.
        link: Where a person sees it; empty before.
        settled: Whether nothing more will happen.
    """

    title: str
    state: str = ""
    attempts: int = 0
    told: str = ""
    link: str = ""
    settled: bool = False


def line_of(title: str, job: dict[str, Any] | None, done_to_it: Sequence[Interference]) -> PostLine:
    """Gives how a post stands.

    Args:
        title: What to call it.
        job: The job with its ledger, as the API gives it; None before it is handed in.
        done_to_it: What was done to it from outside.
    """
    if job is None:
        return PostLine(title=title)
    return PostLine(
        title=title,
        state=job["state"],
        attempts=len(job["attempts"]),
        told=last_line(job, done_to_it),
        link=job.get("platformPostUrl", ""),
        settled=is_settled(job),
    )


class Screen:
    """Use it as a context manager; nothing is shown live outside of it.

    Args:
        console: Where to show.
        live: Whether the screen may be redrawn.
        began: Start of the demonstration, by the monotonic clock.
    """

    def __init__(self, console: Console, *, live: bool, began: float) -> None:
        self._console = console
        self._began = began
        self._steps: list[Text] = []
        self._posts: Sequence[PostLine] = ()
        self._now = ""
        self._shown: dict[str, PostLine] = {}
        self._live = (
            Live(console=console, refresh_per_second=10, get_renderable=self._picture)
            if live
            else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._now = ""
            self._live.stop()

    def done(self, told: str) -> None:
        """Shows that something has been achieved."""
        self._steps.append(Text(clean(told)))
        self._plain(told)

    def doing(self, told: str) -> None:
        """Shows what is under way."""
        self._now = told
        self._plain(told)

    def going_on(self, told: str) -> None:
        """Shows how far something is, where the screen may be redrawn."""
        self._now = told

    def posts(self, posts: Sequence[PostLine]) -> None:
        """Shows how the posts stand."""
        self._posts = posts
        for post in posts:
            if post.state and self._shown.get(post.title) != post:
                self._shown[post.title] = post
                self._plain(f"  {post.title:<{_TITLE_WIDTH}}  {post.told}")

    def _plain(self, told: str) -> None:
        if self._live is None:
            passed = f"{time.monotonic() - self._began:5.1f} s"
            self._console.print(Text(f"{passed}  {clean(told)}"), soft_wrap=True)

    def _picture(self) -> Group:
        steps = Table.grid(padding=(0, 1, 0, 0))
        for step in self._steps:
            steps.add_row(Text("✓", style="green"), step)
        shown = [Padding(steps, (0, 0, 1, 2))] if self._steps else []
        if self._posts:
            shown.append(Padding(self._table(), (0, 0, 1, 2)))
        if self._now:
            now = Spinner("dots", Text(clean(self._now), overflow="ellipsis", no_wrap=True))
            # Room for the terminal's own ^C: a line that it wraps would spoil the redrawing.
            shown.append(Padding(now, (0, 4, 0, 2), expand=False))
        return Group(*shown)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 1, 0, 0))
        # The last column alone may shrink, and its text is cut on a narrow terminal.
        table.add_column("", no_wrap=True)
        table.add_column("POST", min_width=_TITLE_WIDTH, no_wrap=True)
        table.add_column("STATE", min_width=_STATE_WIDTH, no_wrap=True)
        table.add_column("TRIES", justify="right", no_wrap=True)
        table.add_column("WHAT HAPPENED LAST")
        for post in self._posts:
            table.add_row(
                _sign(post),
                Text(post.title, style=_title_style(post)),
                state_text(post.state),
                Text(str(post.attempts) if post.attempts else ""),
                Text(clean(post.told), style="dim", no_wrap=True, overflow="ellipsis"),
            )
        return table


def _title_style(post: PostLine) -> Style:
    # Terminals that know links let the title be clicked.
    return Style(dim=not post.state, link=clean(post.link) or None)


def _sign(post: PostLine) -> Text | Spinner:
    if not post.state:
        return Text("·", style="dim")
    if post.state == "published":
        return Text("✓", style="green")
    return Text("!", style="bold red") if post.settled else Spinner("dots")
