"""``mpcas2 plugin install``, ``upgrade`` and ``rollback``: a wheel comes in, checked before it is used."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
import msgspec

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option
from mpcas2_server.cli.plugin_check import LEVELS, check_wheel, print_report, refuse_unmet
from mpcas2_server.cli.plugin_renewal import (
    changing,
    confirmed,
    installed_as,
    need_answer,
    renew,
)
from mpcas2_server.cli.plugin_sources import index_options, pip, wheel_from

if TYPE_CHECKING:
    from mpcas2_core.plugins import PluginShelf
    from mpcas2_core.plugins.wheel import PluginWheel

__all__ = ("install", "rollback", "upgrade")

_INSTALL = """Check a plugin, install it, and let running parts take it up.

SOURCE is a wheel, a folder with a plugin's source, or its name at the
index, perhaps with ==VERSION. Nothing else is installed or changed: what it
requires has to be there. A running `mpcas2 up` renews API and workers one
after the other; no post is dropped.

A plugin is code that runs as the product does and sees what it sees.
Install what you would run yourself.

\b
Examples:
  mpcas2 plugin install dist/mpcas2_platform_acme-0.1.0-py3-none-any.whl
  mpcas2 plugin install mpcas2-platform-acme==0.2.0 --yes
"""

_level_option = click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="silver",
    show_default=True,
    help="The least level of its check.",
)
_check_option = click.option("--no-check", is_flag=True, help="Install it without a check.")
_yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command(help=_INSTALL)
@click.argument("source")
@_level_option
@_check_option
@_yes_option
@index_options
@json_option
def install(
    *, source: str, level: str, no_check: bool, yes: bool, index: list[str], as_json: bool
) -> None:
    """Runs the command; its help is above."""
    wanted = None if no_check else level
    with changing() as shelf, tempfile.TemporaryDirectory(prefix="mpcas2-wheel-") as folder:
        wheel = wheel_from(source, Path(folder), index)
        _bring_in(shelf, wheel, wanted, yes=yes, as_json=as_json)


@click.command()
@click.argument("plugin")
@click.argument("version", required=False)
@_level_option
@_check_option
@_yes_option
@index_options
@json_option
def upgrade(
    *,
    plugin: str,
    version: str | None,
    level: str,
    no_check: bool,
    yes: bool,
    index: list[str],
    as_json: bool,
) -> None:
    """Install another version of PLUGIN, its key or package.

    VERSION is a version at the index, the newest by default, or a wheel.

    Example: mpcas2 plugin upgrade acme 0.2.0
    """
    distribution, _ = installed_as(plugin)
    wanted = None if no_check else level
    source = f"{distribution}=={version}" if version else distribution
    with changing() as shelf, tempfile.TemporaryDirectory(prefix="mpcas2-wheel-") as folder:
        wheel = wheel_from(
            version if version and version.endswith(".whl") else source, Path(folder), index
        )
        if _plain(wheel.distribution) != _plain(distribution):
            raise CliError(
                f"{wheel.path.name} is {wheel.distribution}, not {distribution}.",
                hint="Use `mpcas2 plugin install` for another plugin.",
                code="WHEEL_UNUSABLE",
            )
        _bring_in(shelf, wheel, wanted, yes=yes, as_json=as_json)


@click.command()
@click.argument("plugin")
@_yes_option
@json_option
def rollback(*, plugin: str, yes: bool, as_json: bool) -> None:
    """Go back to the version of PLUGIN that was installed before.

    The wheels of what `plugin install` and `upgrade` brought in are kept.

    Example: mpcas2 plugin rollback acme
    """
    from mpcas2_server.cli.plugin_sources import read  # noqa: PLC0415 - beside its one use

    distribution, present = installed_as(plugin)
    with changing() as shelf:
        kept = _before(shelf, distribution, present)
        if kept is None:
            raise CliError(
                f"No wheel of a version of {distribution} before {present or 'this one'} is kept.",
                hint=f"Name the version: `mpcas2 plugin install {distribution}==VERSION`.",
                exit_code=ExitCode.NOT_FOUND,
                code="NO_WHEEL",
            )
        _bring_in(shelf, read(kept), None, yes=yes, as_json=as_json, action="rolled back")


def _bring_in(
    shelf: PluginShelf,
    wheel: PluginWheel,
    wanted: str | None,
    *,
    yes: bool,
    as_json: bool,
    action: Literal["installed", "rolled back"] = "installed",
) -> None:
    """Checks a wheel, installs it, and tells the running parts.

    Args:
        shelf: What is kept on this machine.
        wheel: The wheel.
        wanted: The least level; None installs without a check.
        yes: Whether nobody is asked.
        as_json: Whether a program reads the answer.
        action: What it is called in the history.
    """
    from mpcas2_core.plugins.shelf import Change  # noqa: PLC0415 - heavy
    from mpcas2_core.plugins.wheel import installed_version  # noqa: PLC0415 - heavy

    if wheel.rivals:
        key, rival = min(wheel.rivals.items())
        raise CliError(
            f"The key {key!r} is taken by {rival}, which is installed.",
            hint=f"Remove that first: `mpcas2 plugin remove {key}`.",
            exit_code=ExitCode.CONFLICT,
            code="KEY_TAKEN",
        )
    refuse_unmet(wheel)
    need_answer(yes=yes, as_json=as_json)
    level = "" if wanted is None else _checked(wheel, wanted, as_json=as_json)
    former = installed_version(wheel.distribution)
    change = f"{former} -> {wheel.version}" if former else wheel.version
    confirmed(f"Install {wheel.distribution} {change} into {sys.prefix}?", yes=yes)
    kept = shelf.keep(wheel.path, wheel.distribution)
    pip("install", "--no-deps", "--no-index", "--force-reinstall", str(kept))
    shelf.record(
        Change(
            at=datetime.now(UTC),
            action=action,
            distribution=wheel.distribution,
            version=wheel.version,
            former=former,
            level=level,
            wheel=kept.name,
        )
    )
    told = {
        "action": action,
        "plugins": wheel.keys,
        "distribution": wheel.distribution,
        "version": wheel.version,
        "former": former or None,
        "level": level or None,
    }
    done = "Went back to" if action == "rolled back" else "Installed"
    renew(told, f"{done} {wheel.distribution} {wheel.version}.", as_json=as_json)


def _checked(wheel: PluginWheel, wanted: str, *, as_json: bool) -> str:
    """Checks a wheel and gives its level.

    Raises:
        CliError: It does not reach the wanted one.
    """
    if not as_json:
        click.echo(f"Checking {clean(wheel.path.name)} …", err=True)
    reports = check_wheel(wheel)
    levels = ["", *LEVELS]
    reached = min((report["level"] for report in reports), key=levels.index)
    if levels.index(reached) >= levels.index(wanted):
        return str(reached)
    if not as_json:
        for report in reports:
            print_report(report)
        click.echo()
    raise CliError(
        f"{wheel.distribution} {wheel.version} reaches {reached or 'no level'}, {wanted} is wanted; "
        "nothing was installed.",
        hint="Ask its author to mend the findings, or lower --level if you know what you do.",
        code="LEVEL_TOO_LOW",
        details=msgspec.to_builtins({"reports": reports}),
    )


def _before(shelf: PluginShelf, distribution: str, present: str) -> Path | None:
    """Gives the kept wheel of the version that the present one took the place of."""
    history = shelf.history(distribution)
    came: Any = next(
        (
            one
            for one in reversed(history)
            if one.action == "installed" and one.version == present != one.former
        ),
        None,
    )
    if came is None:
        return None
    former = next(
        (one for one in reversed(history) if one.wheel and one.version == came.former), None
    )
    return None if former is None else shelf.kept(distribution, former.wheel)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
