"""``mpcas2 content``: uploads, lists, shows and deletes what can be posted."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from mpcas2_server.cli.connection import connect, server_option
from mpcas2_server.cli.output import clean, json_option, print_fields, print_json, print_table
from mpcas2_server.cli.sending import kind_of, send
from mpcas2_server.cli.when import show_time, show_time_exactly

__all__ = ("content",)

_KINDS = ["video", "image", "audio", "document", "text"]
_STATUSES = ["draft", "processing", "ready", "published", "archived"]


@click.group()
def content() -> None:
    """Upload, list, show and delete what can be posted."""


@content.command("add")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--title", help="Title; made of the file's name by default.")
@click.option(
    "--type",
    "kind",
    type=click.Choice(_KINDS[:-1]),
    metavar="TYPE",
    help=f"{', '.join(_KINDS[:-1])}; told by the file's name by default.",
)
@click.option("--alt", help="Alternative text, for people who do not see it.")
@click.option("--description", help="Description.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be repeated.")
@server_option
@json_option
def add(
    *,
    file: str,
    title: str | None,
    kind: str | None,
    alt: str | None,
    description: str | None,
    tags: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    """Upload a file of any size, without posting it.

    When it is stopped or the connection breaks, the same command goes on where
    it was, for 24 hours.

    Example: mpcas2 content add film.mp4 --title "Our film" --tag spring
    """
    path = Path(file)
    fields = {
        "title": title or path.stem,
        "type": kind or kind_of(path),
        "altText": alt,
        "description": description,
        "tags": list(tags),
    }
    made = send(path, fields, server, quiet=as_json)
    if as_json:
        print_json(made)
        return
    click.echo(f"{made['id']}  {made['type']}, {made['fileSize']:,} bytes: {clean(made['title'])}")
    click.echo(f"See it with `mpcas2 content show {made['id']}`.", err=True)


@content.command("list")
@click.option(
    "--type", "kind", type=click.Choice(_KINDS), metavar="TYPE", help=f"Only {', '.join(_KINDS)}."
)
@click.option(
    "--status", type=click.Choice(_STATUSES), metavar="STATUS", help=f"Only {', '.join(_STATUSES)}."
)
@click.option("--most", type=click.IntRange(min=1), default=20, show_default=True)
@server_option
@json_option
def list_content(
    *, kind: str | None, status: str | None, most: int, server: str | None, as_json: bool
) -> None:
    """List content, the newest first.

    Example: mpcas2 content list --type image
    """
    with connect(server) as client:
        found = list(client.pages("/content", most=most, type=kind, status=status))
    if as_json:
        print_json({"data": found})
        return
    print_table(
        ["ID", "TYPE", "STATUS", "CREATED", "TITLE"],
        [
            [one["id"], one["type"], one["status"], show_time(one["createdAt"]), one["title"]]
            for one in found
        ],
        empty="There is no content yet. `mpcas2 content add FILE` uploads some.",
        states="STATUS",
    )


@content.command("show")
@click.argument("content_id", metavar="ID")
@server_option
@json_option
def show(*, content_id: str, server: str | None, as_json: bool) -> None:
    """Show one piece of content.

    Example: mpcas2 content show 01890a5d-ac96-774b-bcce-b302099a8057
    """
    with connect(server) as client:
        one = client.get(_path(content_id))
    if as_json:
        print_json(one)
        return
    size = f"{one['fileSize']:,} bytes" if "fileSize" in one else ""
    pixels = f"{one['width']} x {one['height']}" if "width" in one else ""
    print_fields(
        [
            ("ID", one["id"]),
            ("Type", one["type"]),
            ("Title", one["title"]),
            ("Status", one["status"]),
            ("Text", one.get("text", "")),
            ("Description", one.get("description", "")),
            ("Alt text", one.get("altText", "")),
            ("Tags", ", ".join(one.get("tags", []))),
            ("File", one.get("fileName", "")),
            ("Size", ", ".join(filter(None, [size, pixels, one.get("mimeType", "")]))),
            ("Created", show_time_exactly(one["createdAt"])),
            ("Changed", show_time_exactly(one["updatedAt"])),
        ]
    )


@content.command("delete")
@click.argument("content_id", metavar="ID")
@server_option
@json_option
def delete(*, content_id: str, server: str | None, as_json: bool) -> None:
    """Delete content; its pending posts are cancelled, and said.

    Posts that are out already stay on their networks.

    Example: mpcas2 content delete 01890a5d-ac96-774b-bcce-b302099a8057
    """
    with connect(server) as client:
        answer = client.delete(_path(content_id))
    if as_json:
        print_json(answer)
        return
    click.echo(f"Deleted {clean(content_id)}.")
    cancelled = answer.get("cancelledJobs", [])
    if cancelled:
        click.echo(f"{len(cancelled)} pending posts were cancelled: {', '.join(cancelled)}")


def _path(content_id: str) -> str:
    return f"/content/{quote(content_id, safe='')}"
