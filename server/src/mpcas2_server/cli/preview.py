"""Prints what would be published: each account's post as its network counts, cuts and marks it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from mpcas2_server.cli.output import clean, paint

__all__ = ("print_preview",)

_WIDTH = 79
_LABEL_WIDTH = 12
_UNITS = {
    "graphemes": "characters",
    "codepoints": "characters",
    "utf16": "UTF-16 units",
    "weighted": "characters as the network counts",
}
_KILO = 1000


def print_preview(preview: Mapping[str, Any], accounts: Sequence[Mapping[str, Any]]) -> None:
    """Prints a preview.

    Args:
        preview: What ``POST /publish/preview`` answered.
        accounts: The accounts that were asked for, as the API lists them.
    """
    shown = {one["socialAccountId"]: one for one in preview["accounts"]}
    for account in accounts:
        click.echo(paint(clean(f"{account['platform']}:@{account['username']}"), bold=True))
        if account["id"] in shown:
            for label, text in _lines(shown[account["id"]]):
                _print_field(label, text)
        for problem in _about(preview["problems"], account["id"]):
            _print_field("PROBLEM", f"{problem['field']}: {problem['message']}", fg="red")
        for warning in _about(preview["warnings"], account["id"]):
            _print_field("Warning", warning["message"], fg="yellow")
        click.echo()
    count = len(preview["problems"])
    if preview["ok"]:
        click.echo("Nothing stands in the way. Nothing was published.")
    else:
        click.echo(f"{count} problem{'s' if count > 1 else ''} to mend. Nothing was published.")


def _about(entries: Sequence[Mapping[str, Any]], account_id: str) -> Iterator[Mapping[str, Any]]:
    return (one for one in entries if one.get("socialAccountId") == account_id)


def _lines(account: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "title" in account:
        yield from _text("Title", account["title"])
    parts = account["parts"]
    for number, part in enumerate(parts, start=1):
        yield from _text("Text" if len(parts) == 1 else f"Post {number}", part["text"])
        for index, medium in enumerate(part["media"], start=1):
            yield f"  File {index}", _medium(medium)
    if "thumbnail" in account:
        yield "Thumbnail", _medium(account["thumbnail"])
    if "firstComment" in account:
        yield from _text("Comment", account["firstComment"])


def _text(label: str, text: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield label, text["text"] or "(no text)"
    if "maxLength" in text:
        unit = _UNITS.get(text["unit"], text["unit"])
        counted = f"{text['length']} of {text['maxLength']} {unit}"
        if "maxBytes" in text:
            counted += f", {text['bytes']} of {text['maxBytes']} bytes"
        yield "", f"({counted})"
    if "folded" in text:
        yield "  Seen first", f"{text['folded']} …"
    marks = [_mark(text["text"], mark) for mark in text["marks"]]
    if marks:
        yield "  Marks", ", ".join(marks)


def _mark(text: str, mark: Mapping[str, Any]) -> str:
    written = text[mark["start"] : mark["end"]]
    shown = f" shown as {mark['shown']}" if "shown" in mark else ""
    return f"{mark['kind']} {written}{shown}"


def _medium(medium: Mapping[str, Any]) -> str:
    told = [medium["mimeType"]]
    if "width" in medium and "height" in medium:
        told.append(f"{medium['width']} x {medium['height']}")
    if "duration" in medium:
        told.append(f"{medium['duration']:.1f} s")
    told.append(_size(medium["size"]))
    told.append(f'"{medium["altText"]}"' if medium["altText"] else "no alternative text")
    return ", ".join(told)


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < _KILO:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= _KILO
    return f"{count:.1f} GB"


def _print_field(label: str, text: str, **style: Any) -> None:
    room = _WIDTH - _LABEL_WIDTH - 2
    lines = [
        piece
        for line in clean(text).splitlines() or [""]
        for piece in textwrap.wrap(line, room, break_on_hyphens=False) or [""]
    ]
    for index, line in enumerate(lines):
        head = f"  {label if index == 0 else '':<{_LABEL_WIDTH - 1}} "
        click.echo(f"{head}{paint(line, **style) if style else line}".rstrip())
