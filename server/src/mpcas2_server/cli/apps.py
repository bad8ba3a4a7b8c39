"""``mpcas2 account app``: shows or sets the tenant's own registration with a network."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

import click

from mpcas2_server.cli.connection import connect, server_option
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_fields, print_json

__all__ = ("app",)

_HELP = """Show which app connects accounts of a network, or set your tenant's own.

An app is a registration with the network: a client id and a secret. Your own
goes before the installation's, for accounts connected from then on.

\b
Examples:
  mpcas2 account app twitter
  mpcas2 account app twitter --client-id ID --client-secret-stdin < secret.txt
  mpcas2 account app twitter --remove
"""

_OWNERS = {
    "tenant": "your tenant's own",
    "installation": "the installation's",
    "none": "none yet: no account can be connected",
}


@click.command("app", help=_HELP)
@click.argument("platform")
@click.option("--client-id", metavar="ID", help="As the network's developer page shows it.")
@click.option(
    "--client-secret-stdin",
    is_flag=True,
    help="Read the client secret from standard input; asked for on a terminal.",
)
@click.option("--public-client", is_flag=True, help="The app has no secret.")
@click.option("--remove", is_flag=True, help="Go back to the installation's app.")
@server_option
@json_option
def app(
    *,
    platform: str,
    client_id: str | None,
    client_secret_stdin: bool,
    public_client: bool,
    remove: bool,
    server: str | None,
    as_json: bool,
) -> None:
    """Runs the command; its help is above."""
    _check(client_id, remove=remove, secret_stdin=client_secret_stdin, public_client=public_client)
    path = f"/platforms/{quote(platform, safe='')}/app"
    with connect(server) as client:
        if remove:
            shown = client.delete(path)
        elif client_id is not None:
            body = {"clientId": client_id}
            if not public_client:
                body["clientSecret"] = _secret(from_stdin=client_secret_stdin)
            shown = client.put(path, body)
        else:
            shown = client.get(path)
    if as_json:
        print_json(shown)
    else:
        _print(platform, shown)


def _check(client_id: str | None, *, remove: bool, secret_stdin: bool, public_client: bool) -> None:
    about_secret = secret_stdin or public_client
    if remove and (client_id is not None or about_secret):
        raise click.UsageError("--remove goes alone.")
    if about_secret and client_id is None:
        raise click.UsageError("Add --client-id: a secret alone sets nothing.")
    if secret_stdin and public_client:
        raise click.UsageError("--client-secret-stdin and --public-client exclude each other.")


def _secret(*, from_stdin: bool) -> str:
    if from_stdin:
        secret = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        secret = str(click.prompt("Client secret", hide_input=True, err=True)).strip()
    else:
        secret = ""
    if not secret:
        raise CliError(
            "The client secret is missing.",
            hint="Give it with --client-secret-stdin, or add --public-client for an app without.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    return secret


def _print(platform: str, shown: dict[str, Any]) -> None:
    print_fields(
        [
            ("App", _OWNERS[shown["owner"]]),
            ("Client id", shown.get("clientId", "")),
            ("Redirect address", shown["redirectUri"]),
        ]
    )
    if shown["owner"] == "none":
        click.echo("\nRegister an app with the network, with this redirect address, then:")
        click.echo(f"  mpcas2 account app {clean(platform)} --client-id ID")
    else:
        click.echo("\nThe redirect address has to stand in the app's settings, letter for letter.")
