"""``mpcas2 account``: connects, lists and removes accounts on networks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mpcas2_server.cli.account_state import metrics, one_account, refresh, why
from mpcas2_server.cli.apps import app
from mpcas2_server.cli.connection import connect, server_option
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, paint, print_json, print_table

if TYPE_CHECKING:
    from mpcas2_server.client import Client

__all__ = ("account",)

_REMOVE_HELP = """Disconnect an account; its pending posts are cancelled, and said.

\b
Examples:
  mpcas2 account remove @ada.example.org
  mpcas2 account remove bluesky:@ada.example.org
"""

_CONNECT_HELP = """Connect an account, or renew the sign-in of one.

Some networks have a form: what was not given is asked for, secrets without
showing them. Others have a consent page: it opens in a browser, and this command
waits until you allowed or refused; some of them have many servers, and want to
know which.

\b
Examples:
  mpcas2 account connect bluesky
  mpcas2 account connect youtube
  mpcas2 account connect twitter --account @ada --no-browser
  mpcas2 account connect mastodon --server mastodon.social
  mpcas2 account connect bluesky --field identifier=ada.example.org \\
      --secret-stdin appPassword < app-password.txt
"""


_LATE_HELP = """Say what becomes of posts whose time passes while nothing runs.

\b
Examples:
  mpcas2 account late-policy @ada.example.org --within 15 --otherwise skip
  mpcas2 account late-policy @ada.example.org --within 60 --otherwise ask
"""

_TARGETS_HELP = """List the places inside an account, such as playlists, asked of the network now.

\b
Example:
  mpcas2 account targets youtube:@ada
"""

_LATER = {
    "ask": "later ones become missed and wait for you",
    "skip": "later ones become missed",
    "post": "later ones go out all the same",
}


@click.group()
def account() -> None:
    """Connect accounts on networks, list them, remove them, say what is too late."""


account.add_command(app)
account.add_command(metrics)
account.add_command(refresh)


@account.command("connect", help=_CONNECT_HELP)
@click.argument("platform")
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=VALUE", help="A field of the network's form."
)
@click.option("--secret-stdin", metavar="NAME", help="Read this secret field from standard input.")
@click.option(
    "--account",
    "which",
    metavar="ID|@HANDLE",
    help="Connect this one anew, and no other (consent page).",
)
@click.option("--no-browser", is_flag=True, help="Only print the consent page's address.")
@click.option("--no-wait", is_flag=True, help="Print the consent page's address and end.")
@click.option(
    "--server",
    metavar="NAME|URL",
    envvar="MPCAS2_SERVER",
    help="A name: the network's server that has the account. An address with http(s)://: the MPCAS2 "
    "server to talk to.",
)
@json_option
def connect_account(
    *,
    platform: str,
    fields: tuple[str, ...],
    secret_stdin: str | None,
    which: str | None,
    no_browser: bool,
    no_wait: bool,
    server: str | None,
    as_json: bool,
) -> None:
    """Runs the command; its help is above."""
    given = dict(_name_and_value(field) for field in fields)
    # An address of ours has a scheme; what has none was never good for anything else.
    place = server if server is not None and "://" not in server else None
    with connect(None if place else server) as client:
        network = _network(client, platform)
        form = network["connect"].get("fields", [])
        where = network["connect"].get("serverField")
        if place and not where:
            raise CliError(
                f"{network['title']} has no servers to choose from, and {place!r} is no address.",
                hint="Leave --server out, or write the MPCAS2 server as http://127.0.0.1:3001.",
                exit_code=ExitCode.USAGE,
                code="USAGE",
            )
        if where and place:
            given[where["name"]] = place
        elif where and not which and where["name"] not in given:
            given[where["name"]] = _ask(where)
        if network["connect"]["kind"] == "oauth" and (
            not (given or secret_stdin) or (where and set(given) == {where["name"]})
        ):
            from mpcas2_server.cli.consent import (  # noqa: PLC0415 - only for some networks
                connect_by_consent,
                tell_connected,
            )

            connection = connect_by_consent(
                client,
                platform,
                network["title"],
                account_id=one_account(client, which)["id"] if which else None,
                credentials=given,
                browser=not no_browser,
                wait=not no_wait,
                as_json=as_json,
            )
            tell_connected(platform, connection, as_json=as_json)
            return
        if which or no_browser or no_wait:
            raise CliError(
                f"{network['title']} has no consent page.",
                hint="Leave --account, --no-browser and --no-wait out; connecting the same account "
                "again renews it.",
                exit_code=ExitCode.USAGE,
                code="USAGE",
            )
        known = {field["name"] for field in form}
        for name in [*given, *([secret_stdin] if secret_stdin else [])]:
            if name not in known:
                raise CliError(
                    f"{platform} has no field {name!r}.",
                    hint=f"Its fields are {', '.join(sorted(known))}."
                    if known
                    else "It is connected on its consent page: leave the fields out.",
                    exit_code=ExitCode.USAGE,
                    code="USAGE",
                )
        if secret_stdin:
            given[secret_stdin] = sys.stdin.readline().rstrip("\r\n")
        for field in form:
            if field["name"] not in given:
                value = _ask(field)
                if value:
                    given[field["name"]] = value
        body = {"platform": platform, "credentials": given}
        connected = client.post("/social-accounts", body)
    if as_json:
        print_json(connected)
        return
    handle = f"{platform}:@{connected['username']}"
    click.echo(f"Connected {clean(handle)} ({connected['id']}).")
    click.echo(f'Next: mpcas2 publish --text "Hello" --to {clean(handle)} --wait')


@account.command("list")
@click.option("--platform", help="Only of this network.")
@server_option
@json_option
def list_accounts(*, platform: str | None, server: str | None, as_json: bool) -> None:
    """List the connected accounts.

    Example: mpcas2 account list --platform bluesky
    """
    with connect(server) as client:
        found = list(client.pages("/social-accounts", platform=platform))
    if as_json:
        print_json({"data": found})
        return
    print_table(
        ["ID", "PLATFORM", "ACCOUNT", "STATUS", "WHY"],
        [
            [
                one["id"],
                one["platform"],
                f"@{one['username']}",
                one["status"],
                why(one),
            ]
            for one in found
        ],
        empty="No account is connected. Connect one with `mpcas2 account connect bluesky`.",
        states="STATUS",
    )


@account.command("remove", help=_REMOVE_HELP)
@click.argument("which", metavar="ID|@HANDLE")
@server_option
@json_option
def remove(*, which: str, server: str | None, as_json: bool) -> None:
    """Runs the command; its help is above."""
    with connect(server) as client:
        chosen = one_account(client, which)
        answer = client.delete(f"/social-accounts/{chosen['id']}")
    if as_json:
        print_json(answer)
        return
    click.echo(f"Disconnected {chosen['platform']}:@{clean(chosen['username'])}.")
    cancelled = answer.get("cancelledJobs", [])
    if cancelled:
        click.echo(f"{len(cancelled)} pending posts were cancelled: {', '.join(cancelled)}")


@account.command("late-policy", help=_LATE_HELP)
@click.argument("which", metavar="ID|@HANDLE")
@click.option(
    "--within",
    type=click.IntRange(min=0),
    metavar="MINUTES",
    required=True,
    help="Posts that are at most so late go out.",
)
@click.option(
    "--otherwise",
    type=click.Choice(["ask", "skip", "post"]),
    required=True,
    help="Later ones wait for you, are left out, or go out all the same.",
)
@server_option
@json_option
def late_policy(
    *, which: str, within: int, otherwise: str, server: str | None, as_json: bool
) -> None:
    """Runs the command; its help is above."""
    with connect(server) as client:
        chosen = one_account(client, which)
        changed = client.patch(
            f"/social-accounts/{chosen['id']}",
            {"latePolicy": {"withinMinutes": within, "otherwise": otherwise}},
        )
    if as_json:
        print_json(changed)
        return
    handle = f"{chosen['platform']}:@{clean(chosen['username'])}"
    click.echo(f"Posts of {handle} go out up to {within} minutes late; {_LATER[otherwise]}.")


@account.command("targets", help=_TARGETS_HELP)
@click.argument("which", metavar="ID|@HANDLE")
@server_option
@json_option
def targets(*, which: str, server: str | None, as_json: bool) -> None:
    """Runs the command; its help is above."""
    with connect(server) as client:
        chosen = one_account(client, which)
        found = client.get(f"/social-accounts/{chosen['id']}/targets")
    if as_json:
        print_json(found)
        return
    print_table(
        ["ID", "TITLE", "OPTION"],
        [
            [one["id"], one["title"], f"--option {one['option']}={one['id']}"]
            for one in found["data"]
        ],
        empty=f"{chosen['platform']}:@{clean(chosen['username'])} has none.",
    )


def _network(client: Client, platform: str) -> dict[str, Any]:
    platforms = {one["key"]: one for one in client.get("/platforms")["data"]}
    if platform not in platforms:
        raise CliError(
            f"The server has no network {platform!r}.",
            hint=f"It has {', '.join(sorted(platforms)) or 'none'}. `mpcas2 plugin list` on the "
            "server's machine says why one is missing.",
            exit_code=ExitCode.NOT_FOUND,
            code="UNKNOWN_PLATFORM",
        )
    network: dict[str, Any] = platforms[platform]
    return network


def _name_and_value(field: str) -> tuple[str, str]:
    name, separator, value = field.partition("=")
    if not separator or not name:
        raise CliError(
            f"--field {field!r} is not NAME=VALUE.",
            hint="Write it as --field identifier=ada.example.org.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    return name, value


def _ask(field: dict[str, Any]) -> str:
    if not sys.stdin.isatty():
        if field.get("required", True) and "default" not in field:
            option = "--secret-stdin" if field.get("secret") else "--field"
            example = field["name"] if field.get("secret") else f"{field['name']}=…"
            raise CliError(
                f"The field {field['name']!r} ({field['title']}) is missing, and there is no "
                "terminal to ask on.",
                hint=f"Add {option} {example}. {field.get('help', '')}".rstrip(),
                exit_code=ExitCode.USAGE,
                code="USAGE",
            )
        return ""
    if field.get("help"):
        click.echo(paint(clean(field["help"]), dim=True), err=True)
    default = field.get("default") if field.get("required", True) else field.get("default", "")
    answer = click.prompt(
        clean(field["title"]),
        default=default,
        show_default=bool(default),
        hide_input=bool(field.get("secret")),
        err=True,
    )
    return str(answer)
