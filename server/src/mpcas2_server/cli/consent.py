"""Connecting on a network's consent page: opens it, waits for its end, and says how it ended."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.output import clean, paint, print_json
from mpcas2_server.cli.when import show_time

if TYPE_CHECKING:
    from mpcas2_server.client import Client

__all__ = ("connect_by_consent", "tell_connected")

_POLL_SECONDS = 1.0
# How long a server that is being started again may be away.
_PATIENCE_SECONDS = 60.0


def connect_by_consent(
    client: Client,
    platform: str,
    title: str,
    *,
    account_id: str | None,
    credentials: dict[str, str] | None = None,
    browser: bool,
    wait: bool,
    as_json: bool,
) -> dict[str, Any]:
    """Begins a connection, leads the person to the consent page, and waits for the end.

    Args:
        client: A signed-in client.
        platform: Key of the network.
        title: Its name for people.
        account_id: The account that shall be connected anew; None takes any.
        credentials: The server, for a network of many.
        browser: Whether to open the page here, where there is a display.
        wait: Whether to wait; otherwise what was begun is given at once.
        as_json: Whether a program reads along: it gets the address as a line of JSON on standard
            error.

    Returns:
        The connection as the server shows it; without waiting, its address and id.

    Raises:
        CliError: It failed, with the server's code and words.
    """
    order: dict[str, Any] = {"platform": platform}
    order |= {"accountId": account_id} if account_id else {}
    order |= {"credentials": credentials} if credentials else {}
    started: dict[str, Any] = client.post("/social-accounts", order)
    if not wait:
        return started
    if as_json:
        click.echo(json.dumps(started), err=True)
    else:
        _lead(started, title, browser=browser)
    try:
        return _ended(client, started["connectionId"], as_json=as_json)
    except KeyboardInterrupt:
        if not as_json:
            click.echo(
                f"\nThe address stays good until {show_time(started['expiresAt'])}; "
                "`mpcas2 account list` shows\nwhether the account was connected.",
                err=True,
            )
        raise


def tell_connected(platform: str, connection: dict[str, Any], *, as_json: bool) -> None:
    """Says what was connected.

    Args:
        platform: Key of the network.
        connection: What :func:`connect_by_consent` gave.
        as_json: Whether to print it as JSON.
    """
    if as_json:
        print_json(connection)
        return
    if "state" not in connection:
        click.echo(connection["authUrl"])
        return
    handle = clean(f"{platform}:@{connection['username']}")
    again = "" if connection.get("isNew", True) else " again; its planned posts go on"
    click.echo(f"Connected {handle}{again} ({connection['accountId']}).")
    click.echo(f'Next: mpcas2 publish --text "Hello" --to {handle} --wait')


def _lead(started: dict[str, Any], title: str, *, browser: bool) -> None:
    url = started["authUrl"]
    opened = browser and _open(url)
    if opened:
        click.echo(f"{clean(title)}'s page opens in your browser. If it does not, open:", err=True)
    else:
        click.echo(f"Open this address in a browser and sign in to {clean(title)}:", err=True)
    # On a line of its own and whole, so that it can be clicked or copied.
    click.echo(f"\n{clean(url)}\n", err=True)
    until = show_time(started["expiresAt"])
    click.echo(paint(f"Waiting until {until} (Ctrl-C stops) …", dim=True), err=True)


def _open(url: str) -> bool:
    """Opens an address in the browser of this machine; False when there is none to see."""
    has_display = sys.platform in {"darwin", "win32"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    # The address is the server's word: nothing but a web page is opened.
    if not has_display or urlsplit(url).scheme not in {"http", "https"}:
        return False
    import webbrowser  # noqa: PLC0415 - only here

    return webbrowser.open(url)


def _ended(client: Client, connection_id: str, *, as_json: bool) -> dict[str, Any]:
    choosing = False
    while True:
        connection = _asked(client, f"/social-accounts/connections/{connection_id}")
        state = connection["state"]
        if state == "connected":
            return connection
        if state == "failed":
            error = connection["error"]
            raise CliError(
                error["message"],
                code=error["code"],
                details={"connectionId": connection_id},
            )
        if state == "choosing" and not choosing:
            choosing = True
            if not as_json:
                names = ", ".join(f"@{one['username']}" for one in connection["choices"])
                click.echo(
                    f"The permission is good for {clean(names)}: choose one in the browser.",
                    err=True,
                )
        time.sleep(_POLL_SECONDS)


def _asked(client: Client, path: str) -> dict[str, Any]:
    """Asks the server; one that is being started again meanwhile is waited for.

    Raises:
        ServerUnreachable: It stays away.
    """
    from mpcas2_server.client import ServerUnreachable  # noqa: PLC0415 - brings httpx

    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            answer: dict[str, Any] = client.get(path)
        except ServerUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return answer
