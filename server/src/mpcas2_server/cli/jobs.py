"""``mpcas2 jobs``: lists posts, tells the story of one, and acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import click

from mpcas2_server.cli.connection import connect, server_option
from mpcas2_server.cli.output import clean, json_option, print_json, print_table
from mpcas2_server.cli.when import parse_when, show_time

__all__ = ("jobs",)

_STATES = [
    "scheduled",
    "processing",
    "retrying",
    "accepted",
    "unconfirmed",
    "published",
    "failed",
    "missed",
    "cancelled",
]


@click.group()
def jobs() -> None:
    """See posts and their story; cancel, reschedule, confirm, repost, retry."""


@jobs.command("list")
@click.option(
    "--state",
    type=click.Choice(_STATES),
    metavar="STATE",
    help=f"Only in this state: {', '.join(_STATES)}.",
)
@click.option("--platform", help="Only to this network.")
@click.option("--most", type=click.IntRange(min=1), default=20, show_default=True)
@server_option
@json_option
def list_jobs(
    *, state: str | None, platform: str | None, most: int, server: str | None, as_json: bool
) -> None:
    """List posts, the newest first.

    Example: mpcas2 jobs list --state unconfirmed
    """
    with connect(server) as client:
        found = list(client.pages("/jobs", most=most, state=state, platform=platform))
    if as_json:
        print_json({"data": found})
        return
    print_table(
        ["ID", "STATE", "WHEN", "TO"],
        [
            [
                one["id"],
                one["state"],
                show_time(one.get("publishedAt") or one["scheduledAt"]),
                f"{one['platform']}:@{one['username']}",
            ]
            for one in found
        ],
        empty='There are no posts. `mpcas2 publish --text "Hello"` makes one.',
        states="STATE",
    )


@jobs.command("show")
@click.argument("job_id", metavar="ID")
@server_option
@json_option
def show(*, job_id: str, server: str | None, as_json: bool) -> None:
    """Tell the whole story of a post: its parts, attempts and events.

    Example: mpcas2 jobs show 01890a5d-ac96-774b-bcce-b302099a8057
    """
    with connect(server) as client:
        job = client.get(_path(job_id))
    if as_json:
        print_json(job)
        return
    from mpcas2_server.cli.story import print_story  # noqa: PLC0415 - brings rich

    print_story(job)


@jobs.command("cancel")
@click.argument("job_id", metavar="ID")
@server_option
@json_option
def cancel(*, job_id: str, server: str | None, as_json: bool) -> None:
    """Cancel a post that is not out yet.

    Example: mpcas2 jobs cancel 01890a5d-ac96-774b-bcce-b302099a8057
    """
    _act(job_id, "cancel", {}, server=server, as_json=as_json)


@jobs.command("reschedule")
@click.argument("job_id", metavar="ID")
@click.option("--at", required=True, metavar="TIME", help="When, as for `mpcas2 publish --at`.")
@click.option("--tz", metavar="ZONE", help="Zone of that time, such as Europe/Berlin.")
@server_option
@json_option
def reschedule(*, job_id: str, at: str, tz: str | None, server: str | None, as_json: bool) -> None:
    """Move a post to another time.

    Example: mpcas2 jobs reschedule ID --at "2026-12-01 09:00" --tz Europe/Berlin
    """
    moment = parse_when(at, tz, now=datetime.now(UTC))
    body = {"scheduleAt": moment.isoformat()}
    _act(job_id, "reschedule", body, server=server, as_json=as_json)


@jobs.command("confirm")
@click.argument("job_id", metavar="ID")
@click.option("--post-url", metavar="URL", help="Address of the post that you found.")
@click.option("--post-id", metavar="ID", help="The network's id of the post.")
@server_option
@json_option
def confirm(
    *,
    job_id: str,
    post_url: str | None,
    post_id: str | None,
    server: str | None,
    as_json: bool,
) -> None:
    """Say that an unconfirmed post is on the network: you looked.

    Example: mpcas2 jobs confirm ID --post-url https://bsky.app/profile/ada/post/3k2a
    """
    given = {"postUrl": post_url, "postId": post_id}
    body = {key: value for key, value in given.items() if value is not None}
    _act(job_id, "confirm", body, server=server, as_json=as_json)


@jobs.command("repost")
@click.argument("job_id", metavar="ID")
@click.option("--force", is_flag=True, help="Even while an earlier attempt may still arrive.")
@server_option
@json_option
def repost(*, job_id: str, force: bool, server: str | None, as_json: bool) -> None:
    """Post again what is unconfirmed: you looked, and it is not there.

    Example: mpcas2 jobs repost 01890a5d-ac96-774b-bcce-b302099a8057
    """
    _act(job_id, "repost", {"force": True} if force else {}, server=server, as_json=as_json)


@jobs.command("retry")
@click.argument("job_id", metavar="ID")
@server_option
@json_option
def retry(*, job_id: str, server: str | None, as_json: bool) -> None:
    """Try a failed or missed post again, after what was wrong is mended.

    Example: mpcas2 jobs retry 01890a5d-ac96-774b-bcce-b302099a8057
    """
    _act(job_id, "retry", {}, server=server, as_json=as_json)


def _path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _act(
    job_id: str, action: str, body: Mapping[str, Any], *, server: str | None, as_json: bool
) -> None:
    with connect(server) as client:
        job = client.post(f"{_path(job_id)}/{action}", body)
    if as_json:
        print_json(job)
        return
    when = show_time(job.get("scheduledAt")) if job["state"] == "scheduled" else ""
    click.echo(f"{job['id']} is {clean(job['state'])}{f' for {when}' if when else ''}.")
