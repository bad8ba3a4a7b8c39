"""``mpcas2 account metrics`` and ``refresh``, and what a list says of an account beside its status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from mpcas2_server.cli.connection import connect, server_option
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_fields, print_json
from mpcas2_server.cli.when import show_time

if TYPE_CHECKING:
    from mpcas2_server.client import Client

__all__ = ("metrics", "one_account", "refresh", "why")

WARNED_BEFORE = timedelta(days=7)

_METRICS_HELP = """Show how an account does: followers, posts and so on, asked of the network now.

\b
Example:
  mpcas2 account metrics youtube:@ada
"""

_REFRESH_HELP = """Read an account's name, picture and what it may do anew from its network.

\b
Example:
  mpcas2 account refresh tiktok:@ada
"""


@click.command("metrics", help=_METRICS_HELP)
@click.argument("which", metavar="ID|@HANDLE")
@server_option
@json_option
def metrics(*, which: str, server: str | None, as_json: bool) -> None:
    """Runs the command; its help is above."""
    with connect(server) as client:
        chosen = one_account(client, which)
        told = client.get(f"/social-accounts/{chosen['id']}/metrics")
    if as_json:
        print_json(told)
        return
    usual = {name: told.get(name) for name in ("followers", "following", "posts", "views")}
    figures = {**usual, **told.get("more", {})}
    print_fields(
        [
            ("Account", f"{chosen['platform']}:@{clean(chosen['username'])}"),
            *((name.replace("_", " ").capitalize(), _number(figures[name])) for name in figures),
        ]
    )


@click.command("refresh", help=_REFRESH_HELP)
@click.argument("which", metavar="ID|@HANDLE")
@server_option
@json_option
def refresh(*, which: str, server: str | None, as_json: bool) -> None:
    """Runs the command; its help is above."""
    with connect(server) as client:
        chosen = one_account(client, which)
        told = client.post(f"/social-accounts/{chosen['id']}/refresh", {})
    if as_json:
        print_json(told)
        return
    name = f" ({clean(told['displayName'])})" if told.get("displayName") else ""
    click.echo(f"{told['platform']}:@{clean(told['username'])}{name} is up to date.")


def one_account(client: Client, which: str) -> dict[str, Any]:
    """Finds the one account that is meant.

    Raises:
        CliError: None is, or several are.
    """
    from mpcas2_server.cli.targets import resolve  # noqa: PLC0415 - not every command needs it

    chosen = resolve(list(client.pages("/social-accounts")), [which], every=True)
    if len(chosen) > 1:
        raise CliError(
            f"{which!r} means {len(chosen)} accounts.",
            hint="Give the id of one; `mpcas2 account list` shows them.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    return chosen[0]


def why(account: Mapping[str, Any], now: datetime | None = None) -> str:
    """Says what a person should know of an account beside its status; empty when all is well.

    Args:
        account: As the API shows it.
        now: The time; the clock's by default.
    """
    if account.get("statusReason"):
        return str(account["statusReason"])
    until = account.get("reconnectBy")
    now = now or datetime.now(UTC)
    if until and datetime.fromisoformat(until) - now <= WARNED_BEFORE:
        return f"Its permission ends {show_time(until)}: connect it again before."
    if account.get("renewalFailure"):
        return f"Renewing its permission failed: {account['renewalFailure']}"
    return ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if value != int(value) else str(int(value))
