"""What commands print: JSON for programs, tables for people, tab-separated lines for pipes."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = (
    "STATE_STYLES",
    "as_json_text",
    "clean",
    "console",
    "json_option",
    "paint",
    "print_fields",
    "print_json",
    "print_table",
    "state_text",
)

_Command = TypeVar("_Command", bound=Callable[..., Any])

STATE_STYLES = {
    "scheduled": "blue",
    "processing": "cyan",
    "retrying": "yellow",
    "accepted": "cyan",
    "unconfirmed": "bold yellow",
    "published": "green",
    "failed": "bold red",
    "missed": "red",
    "cancelled": "dim",
    "connected": "green",
    "expired": "bold red",
    "error": "bold red",
    "disconnected": "dim",
    "enabled": "green",
    "disabled": "dim",
    "incompatible": "yellow",
    "broken": "bold red",
    "active": "green",
    "suspended": "yellow",
    "ok": "green",
    "warn": "yellow",
    "fail": "bold red",
}


# Values up to this length are kept on one line; longer ones are folded, never cut.
_SHORT = 16
# Emoji and several scripts are joined by these; other format characters turn or hide text.
_JOINERS = "\u200c\u200d"


def json_option(command: _Command) -> _Command:
    """Adds ``--json`` to a command, as the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, errors too.")(command)


def as_json_text(data: Any) -> str:
    """Gives data as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def print_json(data: Any) -> None:
    """Prints data as JSON on standard output."""
    click.echo(as_json_text(data))


def clean(text: str) -> str:
    """Takes control characters out of a text, so that a stranger's words cannot move the terminal."""
    kept = []
    for one in text:
        category = unicodedata.category(one)
        if category == "Cc" and one != "\n":
            kept.append(" ")
        elif category not in {"Cf", "Cs"} or one in _JOINERS:
            kept.append(one)
    return "".join(kept)


def paint(text: str, **style: Any) -> str:
    """Colours a text as :func:`click.style` does, unless NO_COLOR is set; pipes get none either."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def console(*, stderr: bool = False) -> Console:
    """Makes a console that knows about NO_COLOR, pipes and the terminal's width."""
    from rich.console import Console  # noqa: PLC0415 - keeps commands without tables quick

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def state_text(state: str) -> Text:
    """Gives a state's name in its colour."""
    from rich.text import Text  # noqa: PLC0415 - as above

    return Text(clean(state), style=STATE_STYLES.get(state, ""))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str, states: str = ""
) -> None:
    """Prints rows: a light table on a terminal, tab-separated lines with a heading otherwise.

    Args:
        columns: Headings. The first column is never cut.
        rows: Texts, one for each column.
        empty: What to say when there are no rows.
        states: Heading of the column whose values are coloured as states.
    """
    if not rows:
        click.echo(empty, err=not sys.stdout.isatty())
        return
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            click.echo("\t".join(" ".join(clean(value).split()) for value in row))
        return
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for index, name in enumerate(columns):
        short = max(len(row[index]) for row in rows) <= _SHORT
        table.add_column(name, no_wrap=index == 0 or short, overflow="fold")
    for row in rows:
        table.add_row(
            *(
                state_text(value) if name == states else Text(clean(value))
                for name, value in zip(columns, row, strict=True)
            )
        )
    console().print(table)


def print_fields(fields: Sequence[tuple[str, str]]) -> None:
    """Prints names with their values below each other; empty values are left out."""
    if not sys.stdout.isatty():
        for name, value in fields:
            if value:
                click.echo(f"{name.strip()}: {clean(value)}")
        return
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in fields:
        if value:
            grid.add_row(Text(name), Text(clean(value)))
    console().print(grid)
