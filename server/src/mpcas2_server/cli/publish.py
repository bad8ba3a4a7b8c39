"""``mpcas2 publish``: uploads, posts, and shows how it goes until the posts are out."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mpcas2_server.cli.connection import connect, server_option
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_json
from mpcas2_server.cli.sending import kind_of, send
from mpcas2_server.cli.targets import resolve
from mpcas2_server.cli.when import parse_when, show_time_exactly

if TYPE_CHECKING:
    from mpcas2_server.client import Client

__all__ = ("publish",)

_TITLE_LENGTH = 80

_HELP = """Post a file, several pictures, or a text.

\b
Examples:
  mpcas2 publish --text "Hello" --wait
  mpcas2 publish cat.jpg --text "Our cat" --alt "A grey cat asleep" \\
      --to bluesky:@ada.example.org --at "2026-12-01 09:00" --tz Europe/Berlin
  mpcas2 publish film.mp4 --title "Spring" --thumbnail cover.jpg --to youtube
  mpcas2 publish --text "One" --thread "Two" --thread "Three"
  mpcas2 publish --text "Hallo" --option 'langs=["de"]' --at "in 10 min"

--to takes bluesky:@handle, @handle, an account's id, or a network for all its
accounts; it may be repeated, and left out when one account is connected.
--wait ends with exit code 7 when a post ends other than published, --dry-run with
1 when something stands in the way.
"""


@click.command(help=_HELP)
@click.argument(
    "files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, dir_okay=False)
)
@click.option("--text", help="The text; - reads it from standard input.")
@click.option("--title", help="Title; made of the file's name or the text by default.")
@click.option("--alt", multiple=True, help="Alternative text of the file; again for each file.")
@click.option("--to", multiple=True, metavar="ACCOUNT", help="Where to; see above.")
@click.option("--at", metavar="TIME", help='When: "2026-12-01 09:00" with --tz, or "in 10 min".')
@click.option("--tz", metavar="ZONE", help="Zone of --at, such as Europe/Berlin.")
@click.option("--thread", multiple=True, metavar="TEXT", help="A further post of a thread.")
@click.option("--comment", metavar="TEXT", help="A first comment below the post.")
@click.option(
    "--thumbnail",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Picture that stands for a video.",
)
@click.option("--content", metavar="ID", help="Content that is there already, instead of a file.")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="Network's own.")
@click.option("--hashtag", multiple=True, metavar="TAG", help="Added to the text.")
@click.option("--dry-run", is_flag=True, help="Show what would be posted; post nothing.")
@click.option("--wait", is_flag=True, help="Show how it goes, until it is out or has failed.")
@click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="How long --wait waits."
)
@server_option
@json_option
def publish(
    *,
    files: tuple[str, ...],
    text: str | None,
    title: str | None,
    alt: tuple[str, ...],
    to: tuple[str, ...],
    at: str | None,
    tz: str | None,
    thread: tuple[str, ...],
    comment: str | None,
    thumbnail: str | None,
    content: str | None,
    options: tuple[str, ...],
    hashtag: tuple[str, ...],
    dry_run: bool,
    wait: bool,
    timeout: float | None,
    server: str | None,
    as_json: bool,
) -> None:
    """Runs the command; its help is above."""
    if text == "-":
        text = sys.stdin.read().strip()
    _check(files, text, alt, content, at=at, tz=tz)
    moment = parse_when(at, tz, now=datetime.now(UTC)) if at else None
    metadata = _metadata(text, title, thread, options, hashtag, comment)
    with connect(server) as client:
        accounts = resolve(list(client.pages("/social-accounts")), to)
        made: list[dict[str, Any]] = []
        if content is None:
            made = _make_content(
                client, files, alt, text=text, title=title, server=server, quiet=as_json
            )
            if len(files) > 1:
                metadata["media"] = [{"contentId": one["id"]} for one in made]
        wanted = content or made[0]["id"]
        if thumbnail is not None:
            made += _make_content(
                client, [thumbnail], (), text=None, title=None, server=server, quiet=as_json
            )
            metadata["thumbnail"] = made[-1]["id"]
        request = {
            "contentId": wanted,
            "accounts": [
                {"socialAccountId": one["id"], "platform": one["platform"]} for one in accounts
            ],
            "metadata": metadata,
            **({"scheduleAt": moment.isoformat()} if moment else {"publishNow": True}),
        }
        if dry_run:
            _show(client, request, accounts, made, as_json=as_json)
            return
        try:
            answer = client.post("/publish", request)
        except Exception as error:
            _take_back(client, made, error)
            raise
        jobs = answer["jobs"]
        for warning in answer.get("warnings", ()):
            click.echo(f"Note: {clean(warning['message'])}", err=True)
        if wait:
            from mpcas2_server.cli.progress import follow  # noqa: PLC0415 - brings rich

            jobs = follow(client, jobs, timeout=timeout, quiet=as_json)
            for warning in (one for job in jobs for one in job.get("warnings", ())):
                click.echo(f"Note: {clean(warning)}", err=True)
    if as_json:
        print_json({"jobs": jobs, "warnings": answer.get("warnings", [])})
    elif not wait:
        _tell(jobs, scheduled=moment is not None)
    if wait and any(job["state"] != "published" for job in jobs):
        sys.exit(ExitCode.NOT_PUBLISHED)


def _check(
    files: Sequence[str],
    text: str | None,
    alt: Sequence[str],
    content: str | None,
    *,
    at: str | None,
    tz: str | None,
) -> None:
    if content and files:
        raise _usage("--content and a file were given.", "Name a file, or content that is there.")
    if not content and not files and not (text and text.strip()):
        raise _usage("There is nothing to post.", "Name a file, or write --text.")
    if len(alt) > len(files):
        raise _usage(
            f"{len(alt)} alternative texts were given for {len(files)} files.",
            "Give --alt once for each file, in the order of the files.",
        )
    if tz and not at:
        raise _usage("--tz goes with --at.", "Add --at, or leave --tz out.")


def _metadata(
    text: str | None,
    title: str | None,
    thread: Sequence[str],
    options: Sequence[str],
    hashtags: Sequence[str],
    comment: str | None,
) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if text:
        metadata["text"] = text
    if title:
        metadata["title"] = title
    if thread:
        metadata["thread"] = [{"text": one} for one in thread]
    if options:
        metadata["options"] = dict(_option(one) for one in options)
    if hashtags:
        metadata["hashtags"] = list(hashtags)
    if comment:
        metadata["firstComment"] = comment
    return metadata


def _option(text: str) -> tuple[str, Any]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise _usage(
            f"--option {text!r} is not KEY=VALUE.", "Write it as --option 'langs=[\"en\"]'."
        )
    # JSON where it is JSON, text otherwise: nobody wants to quote a plain word twice. A number stays
    # text too, for it may be an id; the server makes a number of it where the option is one.
    with suppress(ValueError):
        given = json.loads(value)
        if isinstance(given, bool) or not isinstance(given, int | float):
            return key, given
    return key, value


def _make_content(
    client: Client,
    files: Sequence[str],
    alt: Sequence[str],
    *,
    text: str | None,
    title: str | None,
    server: str | None,
    quiet: bool,
) -> list[dict[str, Any]]:
    if not files:
        body = {"type": "text", "title": title or _first_line(text or ""), "text": text}
        return [client.post("/content", body)]
    made: list[dict[str, Any]] = []
    for index, name in enumerate(files):
        path = Path(name)
        fields = {
            "title": title or path.stem,
            "type": kind_of(path),
            "altText": alt[index] if index < len(alt) else None,
            "text": text,
        }
        try:
            made.append(send(path, fields, server, quiet=quiet))
        except Exception as error:
            _take_back(client, made, error)
            raise _about(name, error) from error
    return made


def _show(
    client: Client,
    request: dict[str, Any],
    accounts: Sequence[dict[str, Any]],
    made: Sequence[dict[str, Any]],
    *,
    as_json: bool,
) -> None:
    """Prints what would be posted, and deletes what was uploaded to learn it."""
    try:
        preview = client.post("/publish/preview", request)
    finally:
        _delete(client, made)
    if as_json:
        print_json(preview)
    else:
        from mpcas2_server.cli.preview import print_preview  # noqa: PLC0415 - only for a dry run

        print_preview(preview, accounts)
    if not preview["ok"]:
        sys.exit(ExitCode.FAILURE)


def _take_back(client: Client, made: Sequence[dict[str, Any]], error: Exception) -> None:
    """Deletes what was uploaded for a post that the server refused, so that nothing half-made stays."""
    # Only a refusal proves that there is no post; a lost answer does not.
    if _is_refusal(error):
        _delete(client, made)


def _delete(client: Client, made: Sequence[dict[str, Any]]) -> None:
    for one in made:
        with suppress(Exception):
            client.delete(f"/content/{one['id']}")


def _is_refusal(error: Exception) -> bool:
    from mpcas2_server.client import NOT_OUR_SERVER, ApiError  # noqa: PLC0415 - brings httpx

    # What something on the way has mangled may stand for any answer, whatever its status.
    return (
        isinstance(error, ApiError) and error.code != NOT_OUR_SERVER and 400 <= error.status < 500  # noqa: PLR2004 - the HTTP class
    )


def _about(name: str, error: Exception) -> Exception:
    """Gives the error that names the file, where it is the file that was refused or unreadable."""
    from mpcas2_server.client import ApiError  # noqa: PLC0415 - brings httpx

    if isinstance(error, ApiError) and _is_refusal(error):
        return ApiError(
            f"{name}: {error.message}",
            status=error.status,
            code=error.code,
            details={**error.details, "file": name},
        )
    if isinstance(error, OSError) and not error.filename:
        return CliError(
            f"{name} cannot be read: {error.strerror or error}.",
            hint="Check the file and the disk that it is on.",
            code="FILE_ERROR",
        )
    return error


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0]
    return line if len(line) <= _TITLE_LENGTH else f"{line[: _TITLE_LENGTH - 1]}…"


def _tell(jobs: Sequence[dict[str, Any]], *, scheduled: bool) -> None:
    for job in jobs:
        to = f"{job['platform']}:@{clean(job['username'])}"
        when = f" on {show_time_exactly(job['scheduledAt'])}" if scheduled else ""
        click.echo(f"{job['id']}  {job['state']} to {to}{when}")
    click.echo(f"Follow it with `mpcas2 jobs show {jobs[0]['id']}`.", err=True)


def _usage(message: str, hint: str) -> CliError:
    return CliError(message, hint=hint, exit_code=ExitCode.USAGE, code="USAGE")
