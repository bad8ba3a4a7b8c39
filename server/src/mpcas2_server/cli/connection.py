"""Which server a command talks to, and as whom."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mpcas2_server.cli.failures import CliError, ExitCode

if TYPE_CHECKING:
    from mpcas2_server.cli.session import SessionFile
    from mpcas2_server.client import Client

__all__ = ("connect", "server_address", "server_option", "session_file")

_Command = TypeVar("_Command", bound=Callable[..., Any])


def server_option(command: _Command) -> _Command:
    """Adds ``--server`` to a command."""
    return click.option(
        "--server",
        metavar="URL",
        envvar="MPCAS2_SERVER",
        help="The server; the one you signed in to by default.",
    )(command)


def session_file() -> SessionFile:
    """Gives the file of this user's session."""
    from mpcas2_server.cli.session import SessionFile, session_path  # noqa: PLC0415 - brings httpx

    return SessionFile(session_path(os.environ))


def server_address(server: str | None) -> str:
    """Gives the address to talk to: the one given, the session's, or this machine's.

    Raises:
        CliError: It is not an address.
    """
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.client import base_of  # noqa: PLC0415 - brings httpx

    if server is None:
        session = session_file().load()
        if session is not None:
            return session.server
        return f"http://127.0.0.1:{Settings.load().port}"
    try:
        return base_of(server)
    except ValueError as error:
        raise CliError(str(error), exit_code=ExitCode.USAGE, code="USAGE") from error


def connect(server: str | None) -> Client:
    """Makes a client that is signed in.

    Args:
        server: What ``--server`` said.

    Raises:
        SignInNeeded: At the first request, when nobody is.
    """
    from mpcas2_server.cli.session import SignIn  # noqa: PLC0415 - brings httpx
    from mpcas2_server.client import Client  # noqa: PLC0415 - brings httpx

    address = server_address(server)
    return Client(address, tokens=SignIn(session_file(), address))
