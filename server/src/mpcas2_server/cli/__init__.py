"""The command ``mpcas2``: its groups, its exit codes, and how it tells of failures."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

import click

from mpcas2_server.cli.failures import CliError, ExitCode, explain
from mpcas2_server.cli.lazy import LazyCommand, LazyGroup

__all__ = ("main", "mpcas2", "run")

_HERE = "mpcas2_server.cli"

_SECTIONS = {
    "Run it": {
        "up": LazyCommand(f"{_HERE}.up:up", "Run everything on this machine."),
        "demo": LazyCommand(f"{_HERE}.demo:demo", "Watch posts arrive, each exactly once."),
        "serve": LazyCommand(f"{_HERE}.processes:serve", "Run the API."),
        "worker": LazyCommand(
            f"{_HERE}.processes:worker", "Run a worker that publishes what is due."
        ),
        "sandbox": LazyCommand(f"{_HERE}.sandbox:sandbox", "Run practice networks."),
    },
    "Look after it": {
        "doctor": LazyCommand(f"{_HERE}.doctor:doctor", "Say what is missing and how to mend it."),
        "migrate": LazyCommand(
            f"{_HERE}.processes:migrate", "Bring the database up to this version."
        ),
        "backup": LazyCommand(f"{_HERE}.archive:backup", "Write everything into one file."),
        "restore": LazyCommand(f"{_HERE}.archive:restore", "Put a backup back."),
        "tenant": LazyCommand(f"{_HERE}.operator:tenant", "Create and list tenants."),
        "user": LazyCommand(f"{_HERE}.operator:user", "Create and list users of a tenant."),
        "plugin": LazyCommand(f"{_HERE}.plugins:plugin", "List, check, install, remove plugins."),
    },
    "Sign in": {
        "register": LazyCommand(f"{_HERE}.signin:register", "Sign up: a user and a tenant."),
        "login": LazyCommand(f"{_HERE}.signin:login", "Sign in to a server."),
        "logout": LazyCommand(f"{_HERE}.signin:logout", "Sign out."),
        "whoami": LazyCommand(f"{_HERE}.signin:whoami", "Say who is signed in, and where."),
    },
    "Publish": {
        "account": LazyCommand(f"{_HERE}.accounts:account", "Connect, list, remove accounts."),
        "publish": LazyCommand(f"{_HERE}.publish:publish", "Post a file or a text."),
        "jobs": LazyCommand(f"{_HERE}.jobs:jobs", "See posts and their story; cancel, retry, …"),
        "content": LazyCommand(f"{_HERE}.content:content", "List, show, delete what was uploaded."),
    },
}

_HELP = """Make, schedule and publish posts on many networks, each exactly once.

\b
Begin with:
  mpcas2 up                                      in one terminal
  mpcas2 register                                in another
  mpcas2 account connect bluesky
  mpcas2 publish photo.jpg --text "Hello" --wait

Every command has --help, and --json where it prints data.
"""

_EPILOG = """\b
Exit codes:
  0  it worked                 4  there is no such thing
  1  it failed                 5  it does not fit the present state
  2  wrong usage               6  the server cannot be reached
  3  not signed in, or         7  a post ended other than published
     not allowed             130  stopped by Ctrl-C
"""


@click.group(
    cls=LazyGroup,
    sections=_SECTIONS,
    name="mpcas2",
    help=_HELP,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.version_option(version("mpcas2-server"), prog_name="mpcas2", message="%(prog)s %(version)s")
def mpcas2(*, debug: bool) -> None:
    """Holds the commands; its help text is above."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and ends the process with its exit code.

    Args:
        arguments: What stands after the command's name; the process's own by default.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs one command and gives its exit code; every failure is told on standard error.

    Args:
        arguments: What stands after ``mpcas2``.
    """
    # Looked for by hand: a failure to parse the options has to be told in the right form, too.
    as_json = "--json" in arguments
    try:
        result = mpcas2.main(args=list(arguments), prog_name="mpcas2", standalone_mode=False)
    except BaseException as error:  # noqa: BLE001 - the one place where failures become exit codes
        if "--debug" in arguments and not isinstance(error, SystemExit | click.ClickException):
            _show_traceback()
        return _tell(error, as_json=as_json)
    return result if isinstance(result, int) else ExitCode.OK


def _tell(error: BaseException, *, as_json: bool) -> int:
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else ExitCode.FAILURE
    if isinstance(error, BrokenPipeError):
        # The reader, such as `head`, has seen enough; Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    if isinstance(error, KeyboardInterrupt | click.Abort) and not as_json:
        click.echo("Stopped.", err=True)
        return ExitCode.INTERRUPTED
    if isinstance(error, click.UsageError) and not as_json:
        error.show()
        return ExitCode.USAGE
    told = _as_told(error)
    _print(told, as_json=as_json)
    return told.exit_code


def _as_told(error: BaseException) -> CliError:
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return CliError("Stopped.", exit_code=ExitCode.INTERRUPTED, code="INTERRUPTED")
    if isinstance(error, click.UsageError):
        return CliError(error.format_message(), exit_code=ExitCode.USAGE, code="USAGE")
    if isinstance(error, click.ClickException):
        return CliError(error.format_message())
    known = explain(error)
    if known is not None:
        return known
    if isinstance(error, OSError) and error.filename:
        return CliError(
            f"{os.fsdecode(error.filename)}: {error.strerror}.",
            hint="Check the path and its permissions.",
            code="FILE_ERROR",
        )
    return CliError(
        f"Something unexpected went wrong ({type(error).__name__}: {error}).",
        hint="This is a fault in mpcas2. Run the command again as `mpcas2 --debug …` and report "
        "what it shows.",
        code="UNEXPECTED",
    )


def _print(told: CliError, *, as_json: bool) -> None:
    from mpcas2_server.cli.output import as_json_text, clean, paint  # noqa: PLC0415 - keeps start quick

    if as_json:
        shown = {
            "code": told.code,
            "message": told.message,
            "hint": told.hint,
            "details": told.details,
            "exitCode": int(told.exit_code),
        }
        shown = {key: value for key, value in shown.items() if value is not None}
        click.echo(as_json_text({"error": shown}), err=True)
        return
    click.echo(f"{paint('Error:', fg='red', bold=True)} {clean(told.message)}", err=True)
    if told.hint:
        click.echo(clean(told.hint), err=True)


def _show_traceback() -> None:
    import traceback  # noqa: PLC0415 - only for --debug

    from mpcas2_core.masking import mask  # noqa: PLC0415 - only for --debug

    click.echo(mask(traceback.format_exc()), err=True)
