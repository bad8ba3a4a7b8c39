"""What commands that change plugins share: the right to, the question before, the renewal after."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, print_json

if TYPE_CHECKING:
    from mpcas2_core.plugins import PluginRecord, PluginShelf

__all__ = ("changing", "confirmed", "installed_as", "need_answer", "record_of", "renew")

# API and workers one after the other, each with time to finish what it does.
_RENEWAL_SECONDS = 600.0


@contextmanager
def changing() -> Iterator[PluginShelf]:
    """Gives what this machine keeps of plugins, for a command that alone changes them.

    Raises:
        CliError: Another command is changing them.
    """
    from mpcas2_core.plugins import PluginShelf  # noqa: PLC0415 - heavy
    from mpcas2_core.plugins.shelf import ShelfBusy  # noqa: PLC0415 - heavy
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - keeps help quick

    shelf = PluginShelf(Settings.load().home)
    try:
        with shelf.alone():
            yield shelf
    except ShelfBusy as error:
        raise CliError(str(error), exit_code=ExitCode.CONFLICT, code="PLUGINS_BUSY") from error


def need_answer(*, yes: bool, as_json: bool) -> None:
    """Refuses to begin what nobody can be asked about, and nobody has said ``--yes`` to.

    Raises:
        CliError: Nobody can be asked.
    """
    if not yes and (as_json or not sys.stdin.isatty()):
        raise CliError(
            "This asks before it changes anything, and nobody can be asked here.",
            hint="Add --yes.",
            exit_code=ExitCode.USAGE,
            code="CONFIRMATION_NEEDED",
        )


def confirmed(question: str, *, yes: bool) -> None:
    """Asks a person whether to go on; it ends the command when they do not want to."""
    if not yes:
        click.confirm(clean(question), abort=True, err=True)


def record_of(plugin: str) -> PluginRecord:
    """Finds an installed plugin by its key or by the name of its package.

    Raises:
        CliError: None is installed.
    """
    from mpcas2_server.cli.plugins import plugin_records  # noqa: PLC0415 - a cycle else

    wanted = plugin.lower().replace("_", "-")
    found = plugin_records()
    for one in found:
        if wanted in {one.key, one.distribution.lower().replace("_", "-")}:
            return one
    raise CliError(
        f"No plugin {plugin!r} is installed here; there are: "
        f"{', '.join(one.key for one in found) or 'none'}.",
        exit_code=ExitCode.NOT_FOUND,
        code="NO_PLUGIN",
    )


def installed_as(plugin: str) -> tuple[str, str]:
    """Gives distribution and version of an installed plugin.

    Raises:
        CliError: None is installed.
    """
    record = record_of(plugin)
    return record.distribution, record.version


def renew(told: Mapping[str, Any], words: str, *, as_json: bool) -> None:
    """Tells what was done, and lets a running ``mpcas2 up`` take it up.

    Args:
        told: For a program; whether running parts were renewed is added.
        words: For a person.
        as_json: Whether a program reads the answer.
    """
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.renewal import ask_to_renew, wait_until_renewed  # noqa: PLC0415 - heavy

    home = Settings.load().home
    before = ask_to_renew(home)
    if before is not None and not as_json:
        click.echo("The running API and workers are renewed, one after the other …", err=True)
    renewed = before is not None and wait_until_renewed(home, before, seconds=_RENEWAL_SECONDS)
    if as_json:
        print_json({**told, "running": before is not None, "renewed": renewed})
        return
    click.echo(words)
    if renewed:
        click.echo("The running API and workers have taken it up.")
    elif before is None:
        click.echo(
            "No `mpcas2 up` runs here. Where the API and workers run by themselves, restart them one "
            "after the other."
        )
    else:
        click.echo("Not every running part has taken it up; `mpcas2 up` says which, and why.")
