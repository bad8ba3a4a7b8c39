"""``mpcas2 register``, ``login``, ``logout`` and ``whoami``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mpcas2_server.cli.connection import connect, server_address, server_option, session_file
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_fields, print_json

if TYPE_CHECKING:
    from mpcas2_server.cli.session import Session

__all__ = ("ask_password", "login", "logout", "register", "whoami")

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def ask_password(prompt: str, *, from_stdin: bool, confirm: bool = False) -> str:
    """Gets a password without showing it: from standard input, or by a hidden prompt.

    Args:
        prompt: What the person is asked.
        from_stdin: Whether to read it from standard input, up to the first line's end.
        confirm: Whether a person has to type it twice.

    Raises:
        CliError: Nobody is there to ask, or nothing came.
    """
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise CliError(
                "No password came from standard input.",
                hint='Write `printf %s "$PASSWORD" | mpcas2 … --password-stdin`.',
                exit_code=ExitCode.USAGE,
                code="USAGE",
            )
        return password
    if not sys.stdin.isatty():
        raise CliError(
            "A password is needed, and there is no terminal to ask on.",
            hint="Give it through --password-stdin.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    password = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return str(password)


@click.command()
@server_option
@click.option("--email", help="Your address; asked for when left out.")
@click.option("--name", help="Your name; asked for when left out.")
@click.option("--tenant", help="Name of your team or company; asked for when left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def register(
    *,
    server: str | None,
    email: str | None,
    name: str | None,
    tenant: str | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Sign up: makes a user and a tenant, and signs in.

    Example: mpcas2 register --email ada@example.org --name Ada --tenant "Ada's studio"
    """
    email = email or _ask("E-mail", "--email")
    name = name or _ask("Your name", "--name")
    tenant = tenant or _ask("Name of your team or company", "--tenant")
    password = ask_password(
        "Password (8 or more characters of four kinds)", from_stdin=password_stdin, confirm=True
    )
    body = {"email": email, "password": password, "name": name, "tenantName": tenant}
    session = _sign_in("/auth/register", server, body)
    _tell(session, as_json=as_json, next_step="Next: `mpcas2 account connect bluesky`.")


@click.command()
@server_option
@click.option("--email", help="Your address; asked for when left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def login(*, server: str | None, email: str | None, password_stdin: bool, as_json: bool) -> None:
    """Sign in to a server; later commands use that sign-in.

    Example: mpcas2 login --server http://127.0.0.1:3001 --email ada@example.org
    """
    email = email or _ask("E-mail", "--email")
    password = ask_password("Password", from_stdin=password_stdin)
    session = _sign_in("/auth/login", server, {"email": email, "password": password})
    _tell(session, as_json=as_json, next_step="")


@click.command()
@json_option
def logout(*, as_json: bool) -> None:
    """Sign out here and at the server.

    Example: mpcas2 logout
    """
    from mpcas2_server.client import (  # noqa: PLC0415 - brings httpx
        ApiError,
        ServerUnreachable,
        SignInNeeded,
    )

    file = session_file()
    session = file.load()
    told = True
    if session is not None:
        # Not under the lock: the request may have to renew the session, which takes it.
        try:
            with connect(session.server) as client:
                client.post("/auth/logout", {"refreshToken": session.refresh_token})
        except (ApiError, ServerUnreachable, SignInNeeded):
            told = False
    with file.locked():
        file.remove()
    if as_json:
        print_json({"signedOut": session is not None, "serverTold": session is not None and told})
    elif session is None:
        click.echo("Nobody was signed in.")
    else:
        click.echo(f"Signed out of {clean(session.server)}.")
        if not told:
            click.echo("The server could not be told; the sign-in ends there by itself.", err=True)


@click.command()
@server_option
@json_option
def whoami(*, server: str | None, as_json: bool) -> None:
    """Say who is signed in, and where.

    Example: mpcas2 whoami
    """
    with connect(server) as client:
        me = client.get("/auth/me")
    if as_json:
        print_json({**me, "server": client.server})
        return
    user, tenant = me.get("user", me), me.get("tenant", {})
    print_fields(
        [
            ("User", f"{user.get('name', '')} <{user.get('email', '')}>"),
            ("Role", user.get("role", "")),
            ("Tenant", tenant.get("name", "")),
            ("Server", client.server),
        ]
    )


def _ask(prompt: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise CliError(
            f"{option} is missing, and there is no terminal to ask on.",
            hint=f"Add {option}.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    return str(click.prompt(prompt, err=True))


def _sign_in(path: str, server: str | None, body: dict[str, Any]) -> Session:
    from mpcas2_server.cli.session import Session  # noqa: PLC0415 - brings httpx
    from mpcas2_server.client import Client  # noqa: PLC0415 - brings httpx

    address = server_address(server)
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        click.echo(f"Warning: {address} is not encrypted; others may read the password.", err=True)
    with Client(address) as client:
        answer = client.post(path, body)
    session = Session.from_answer(address, answer, now=time.time())
    file = session_file()
    with file.locked():
        file.save(session)
    return session


def _tell(session: Session, *, as_json: bool, next_step: str) -> None:
    if as_json:
        print_json(
            {
                "server": session.server,
                "email": session.email,
                "name": session.name,
                "tenant": session.tenant,
                "sessionFile": str(session_file().path),
            }
        )
        return
    click.echo(
        f"Signed in at {clean(session.server)} as {clean(session.email)} ({clean(session.tenant)})."
    )
    if next_step:
        click.echo(next_step)
