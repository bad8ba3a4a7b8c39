"""Shows how the parts of a published post do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from mpcas2_server.cli.output import paint, print_fields, print_table

__all__ = ("print_figures",)

_USUAL = ("views", "likes", "comments", "shares", "saves", "clicks")


def print_figures(parts: Sequence[Mapping[str, Any]]) -> None:
    """Prints the figures that the network tells: below each other on a terminal, else as a table.

    Args:
        parts: As the API shows them.
    """
    if not sys.stdout.isatty():
        _print_table(parts)
        return
    for part in parts:
        if len(parts) > 1:
            click.echo(paint(f"Part {part['index'] + 1}", bold=True))
        figures = {**{name: part.get(name) for name in _USUAL}, **part.get("more", {})}
        told = [(_title(name), _number(value)) for name, value in figures.items()]
        print_fields([*told, ("Post", _post(part))])


def _print_table(parts: Sequence[Mapping[str, Any]]) -> None:
    usual = [name for name in _USUAL if any(name in part for part in parts)]
    more = sorted({name for part in parts for name in part.get("more", {})})
    print_table(
        ["PART", *(name.upper() for name in [*usual, *more]), "POST"],
        [
            [
                str(part["index"] + 1),
                *(_number(part.get(name)) for name in usual),
                *(_number(part.get("more", {}).get(name)) for name in more),
                _post(part),
            ]
            for part in parts
        ],
        empty="The network tells nothing of this post.",
    )


def _post(part: Mapping[str, Any]) -> str:
    if part["gone"]:
        return "gone from the network"
    return str(part.get("postUrl") or part["postId"])


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if value != int(value) else str(int(value))
