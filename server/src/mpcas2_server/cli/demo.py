"""``mpcas2 demo``: the product does its main job while somebody watches."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from mpcas2_server.cli.failures import CliError, explain
from mpcas2_server.cli.output import console, json_option, print_json
from mpcas2_server.cli.sandbox import GROUP, PACKAGE

if TYPE_CHECKING:
    from types import FrameType

    from rich.console import Console

    from mpcas2_server.demo.home import DemoHome
    from mpcas2_server.demo.processes import Processes

__all__ = ("demo",)

_HELP = """Watch posts arrive on three practice networks, each exactly once.

Starts everything in a folder of its own, connects a practice account on X,
Bluesky and YouTube, uploads a film and pictures, and posts eight times. The
networks throttle, cut uploads, lose an answer and take their time; a worker is
killed while it sends. At the end the posts are counted on the networks' side.

On a terminal everything runs on until Ctrl-C, so that you can look around.
Off a terminal, with CI=true or with --once it ends by itself; the exit code
is 0 only if every post is there exactly once.

\b
Examples:
  mpcas2 demo
  mpcas2 demo --once --keep
"""

_WIDTH = 80
_LOOK_SECONDS = 0.5


@click.command(help=_HELP)
@click.option("--once", is_flag=True, help="End by itself, also on a terminal.")
@click.option("--keep", is_flag=True, help="Leave the folder with data and logs in place.")
@json_option
def demo(*, once: bool, keep: bool, as_json: bool) -> None:
    """Runs the command; its help is above."""
    missing = _missing_networks()
    if missing:
        raise CliError(
            f"The demonstration needs the practice networks of {', '.join(missing)}, and they are "
            "not installed.",
            hint="Install them with `pip install 'mpcas2[sandbox]'`.",
            code="SANDBOX_ABSENT",
        )
    from mpcas2_server.demo.home import DemoHome  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.demo.processes import (  # noqa: PLC0415 - keeps help quick
        Processes,
        undisturbed,
    )

    watched = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("CI") != "true"
    stays = watched and not once and not as_json
    screen = console(stderr=as_json)
    screen.width = min(screen.width, _WIDTH)
    with _unwound_by_signals():
        home = DemoHome.make(os.environ)
        processes = Processes(home, os.environ)
        failed = False
        try:
            _play(screen, home, processes, stays=stays, as_json=as_json)
        except KeyboardInterrupt:
            raise
        except Exception as error:
            failed = True
            raise _told(error, home, keep=keep) from error
        finally:
            with undisturbed():
                if stays:
                    click.echo("\nStopping …", err=True)
                processes.stop()
                if not keep:
                    home.remove(but_logs=failed)
    if keep:
        click.echo(f"Kept: {home.path}", err=True)


def _play(
    screen: Console, home: DemoHome, processes: Processes, *, stays: bool, as_json: bool
) -> None:
    from mpcas2_server.demo import ending  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.demo.acts import Demonstration  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.demo.screen import Screen  # noqa: PLC0415 - keeps help quick

    began = time.monotonic()
    _introduce(screen)
    with Screen(screen, live=screen.is_terminal, began=began) as live:
        story = Demonstration(home, processes, live)
        with closing(story):
            verdict = story.run()
    took = time.monotonic() - began
    ending.print_stories(screen, story)
    ending.print_verdict(screen, verdict, story.names, took)
    if as_json:
        print_json(ending.as_data(verdict))
    if stays:
        ending.print_places(screen, story, home)
        # Ctrl-C means that the person has seen enough; how the story went is what counts.
        with suppress(KeyboardInterrupt):
            processes.wait(lambda: time.sleep(_LOOK_SECONDS))
    if not verdict.right:
        raise CliError(
            "The demonstration failed: what is on the networks is not what was posted. The faults "
            f"are listed above: {len(verdict.faults)}.",
            code="DEMO_FAILED",
            details={"faults": list(verdict.faults)},
        )


def _missing_networks() -> list[str]:
    from mpcas2_server.demo.posts import NETWORKS  # noqa: PLC0415 - keeps help quick

    there: set[str] = set()
    if find_spec(PACKAGE) is not None:
        there = {one.name for one in entry_points(group=GROUP)}
    return [network for network in NETWORKS if network not in there]


def _introduce(screen: Console) -> None:
    from rich.text import Text  # noqa: PLC0415 - keeps help quick

    from mpcas2_server.demo.processes import OWN_SERVERS  # noqa: PLC0415 - keeps help quick

    screen.print()
    screen.print(Text("  MPCAS2: every post out exactly once, whatever breaks", style="bold"))
    screen.print(
        Text(
            "  Nothing leaves this machine: X, Bluesky and YouTube are practice networks.\n",
            style="dim",
        )
    )
    given = [
        name for name in OWN_SERVERS for name in (name, f"MPCAS2_{name}") if name in os.environ
    ]
    if given:
        are = "are" if len(given) > 1 else "is"
        told = f"  {' and '.join(given)} {are} set and left alone; the demo has its own.\n"
        screen.print(Text(told, style="yellow"))


def _told(error: Exception, home: DemoHome, *, keep: bool) -> CliError:
    """Adds to a failure where its logs are."""
    known = explain(error) or CliError(
        f"The demonstration failed unexpectedly ({type(error).__name__}: {error}).",
        code="UNEXPECTED",
    )
    where = f"The logs are in {home.logs}" + ("." if keep else "; delete them when you are done.")
    return CliError(
        known.message,
        hint=f"{known.hint} {where}" if known.hint else where,
        code=known.code,
        details=known.details,
    )


@contextmanager
def _unwound_by_signals() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP end the demonstration as Ctrl-C does: with everything cleaned up."""

    def unwind(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    former = {number: signal.signal(number, unwind) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
