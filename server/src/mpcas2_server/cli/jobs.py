"""``mpcas2 jobs``: lists posts, tells the story of one, and acts on it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from mpcas2_server.cli.connection import connect, server_option
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, console, json_option, print_json, print_table
from mpcas2_server.cli.when import parse_when, show_time

if TYPE_CHECKING:
    from mpcas2_server.client import Client

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


# Shorter ends of ids are too likely to be mistyped into another post.
_SHORTEST_END = 6
_SHOWN_END = 12
# How far back the end of an id is looked for.
_LOOK_BACK = 1000
# What a full id, a table's other columns and its gaps take.
_WIDE = 110

_job_argument = click.argument("job", metavar="ID")


@click.group()
def jobs() -> None:
    """See posts, their story and figures; cancel, move, retry, take down.

    ID is a post's id, the end of one (6 characters or more), or `latest`.
    """


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
    # A narrow terminal gets ends, which are enough for the other commands; pipes get whole ids.
    is_narrow = sys.stdout.isatty() and console().width < _WIDE
    print_table(
        ["ID", "STATE", "WHEN", "TO", "NOTE"],
        [
            [
                one["id"][-_SHOWN_END:] if is_narrow else one["id"],
                one["state"],
                show_time(one.get("publishedAt") or one["scheduledAt"]),
                f"{one['platform']}:@{one['username']}",
                _note(one),
            ]
            for one in found
        ],
        empty='There are no posts. `mpcas2 publish --text "Hello"` makes one.',
        states="STATE",
    )


@jobs.command("show")
@_job_argument
@server_option
@json_option
def show(*, job: str, server: str | None, as_json: bool) -> None:
    """Tell the whole story of a post: its parts, attempts and events.

    Example: mpcas2 jobs show latest
    """
    with connect(server) as client:
        found = client.get(_path(client, job))
    if as_json:
        print_json(found)
        return
    from mpcas2_server.cli.story import print_story  # noqa: PLC0415 - brings rich

    print_story(found)


@jobs.command("cancel")
@_job_argument
@server_option
@json_option
def cancel(*, job: str, server: str | None, as_json: bool) -> None:
    """Cancel a post that is not out yet.

    Example: mpcas2 jobs cancel 01890a5d-ac96-774b-bcce-b302099a8057
    """
    _act(job, "cancel", {}, server=server, as_json=as_json)


@jobs.command("reschedule")
@_job_argument
@click.option("--at", required=True, metavar="TIME", help="When, as for `mpcas2 publish --at`.")
@click.option("--tz", metavar="ZONE", help="Zone of that time, such as Europe/Berlin.")
@server_option
@json_option
def reschedule(*, job: str, at: str, tz: str | None, server: str | None, as_json: bool) -> None:
    """Move a post to another time.

    Example: mpcas2 jobs reschedule ID --at "2026-12-01 09:00" --tz Europe/Berlin
    """
    moment = parse_when(at, tz, now=datetime.now(UTC))
    body = {"scheduleAt": moment.isoformat()}
    _act(job, "reschedule", body, server=server, as_json=as_json)


@jobs.command("confirm")
@_job_argument
@click.option("--post-url", metavar="URL", help="Address of the post that you found.")
@click.option("--post-id", metavar="ID", help="The network's id of the post.")
@server_option
@json_option
def confirm(
    *,
    job: str,
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
    _act(job, "confirm", body, server=server, as_json=as_json)


@jobs.command("repost")
@_job_argument
@click.option("--force", is_flag=True, help="Even while an earlier attempt may still arrive.")
@server_option
@json_option
def repost(*, job: str, force: bool, server: str | None, as_json: bool) -> None:
    """Post again what is unconfirmed: you looked, and it is not there.

    Example: mpcas2 jobs repost 01890a5d-ac96-774b-bcce-b302099a8057
    """
    _act(job, "repost", {"force": True} if force else {}, server=server, as_json=as_json)


@jobs.command("retry")
@_job_argument
@server_option
@json_option
def retry(*, job: str, server: str | None, as_json: bool) -> None:
    """Try a failed or missed post, or a missing first comment, again.

    Example: mpcas2 jobs retry 01890a5d-ac96-774b-bcce-b302099a8057
    """
    _act(job, "retry", {}, server=server, as_json=as_json)


@jobs.command("metrics")
@_job_argument
@server_option
@json_option
def metrics(*, job: str, server: str | None, as_json: bool) -> None:
    """See how a published post does, asked of the network now.

    Example: mpcas2 jobs metrics latest
    """
    with connect(server) as client:
        found = client.get(f"{_path(client, job)}/metrics")
    if as_json:
        print_json(found)
        return
    from mpcas2_server.cli.figures import print_figures  # noqa: PLC0415 - only here

    print_figures(found["parts"])


@jobs.command("delete-post")
@_job_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_option
@json_option
def delete_post(*, job: str, yes: bool, server: str | None, as_json: bool) -> None:
    """Take a published post down from its network, a thread with all its parts.

    Example: mpcas2 jobs delete-post latest
    """
    with connect(server) as client:
        path = _path(client, job)
        if not yes:
            _confirm_deletion(client.get(path))
        deleted = client.delete(f"{path}/post")
    if as_json:
        print_json(deleted)
        return
    handle = clean(f"{deleted['platform']}:@{deleted['username']}")
    click.echo(f"The post of {handle} is taken down ({deleted['id']}).")


def _note(job: Mapping[str, Any]) -> str:
    """Says in a word or two what the state alone does not tell."""
    if "deletedAt" in job:
        return "taken down"
    if job.get("needsAttention"):
        return "needs you"
    return "see warning" if job.get("warnings") else ""


def _confirm_deletion(job: Mapping[str, Any]) -> None:
    if not sys.stdin.isatty():
        raise CliError(
            "A post is taken down for good, and there is no terminal to ask on.",
            hint="Add --yes.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    place = job.get("platformPostUrl") or f"{job['platform']}:@{job['username']}"
    click.confirm(f"Take down {clean(place)} for good?", abort=True, err=True)


def _path(client: Client, which: str) -> str:
    return f"/jobs/{quote(_id_of(client, which.lower()), safe='')}"


def _id_of(client: Client, which: str) -> str:
    """Gives the id of the post that is meant; what is no end of an id is left to the server.

    Raises:
        CliError: No post is meant, or several are.
    """
    if which == "latest":
        for newest in client.pages("/jobs", most=1):
            return str(newest["id"])
        raise CliError(
            "There are no posts.",
            hint='`mpcas2 publish --text "Hello"` makes one.',
            exit_code=ExitCode.NOT_FOUND,
            code="UNKNOWN_JOB",
        )
    if not re.fullmatch(rf"[0-9a-f-]{{{_SHORTEST_END},35}}", which):
        return which
    ids = [one["id"] for one in client.pages("/jobs", most=_LOOK_BACK)]
    meant = [one for one in ids if one.endswith(which)]
    if len(meant) != 1:
        raise CliError(
            f"{len(meant) or 'None'} of the newest {len(ids)} posts have an id that ends with "
            f"{which!r}.",
            hint="Give the whole id; `mpcas2 jobs list --json` shows them.",
            exit_code=ExitCode.USAGE if meant else ExitCode.NOT_FOUND,
            code="USAGE" if meant else "UNKNOWN_JOB",
        )
    return str(meant[0])


def _act(
    which: str, action: str, body: Mapping[str, Any], *, server: str | None, as_json: bool
) -> None:
    with connect(server) as client:
        job = client.post(f"{_path(client, which)}/{action}", body)
    if as_json:
        print_json(job)
        return
    when = show_time(job.get("scheduledAt")) if job["state"] == "scheduled" else ""
    click.echo(f"{job['id']} is {clean(job['state'])}{f' for {when}' if when else ''}.")
