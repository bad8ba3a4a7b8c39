"""``mpcas2 plugin check``: the conformance kit, asked about a wheel or an installed plugin."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, paint, print_json
from mpcas2_server.cli.plugin_sources import read

if TYPE_CHECKING:
    from mpcas2_core.plugins.wheel import PluginWheel

__all__ = ("LEVELS", "check", "check_wheel", "print_report", "refuse_unmet")

LEVELS = ("bronze", "silver", "gold")

_KIT = "mpcas2_testing"
_WIDTH = 80
_COULD_NOT = 2

_HELP = """Say what a plugin does not keep, and how to mend it.

PLUGIN is a wheel, or the key or package of an installed plugin. A wheel is
not installed for it. The kit plays the network and gives a level: bronze
(it works), silver (nothing is ever posted twice), gold (it is complete).

\b
Examples:
  mpcas2 plugin check dist/mpcas2_platform_acme-0.1.0-py3-none-any.whl
  mpcas2 plugin check bluesky --json

Exit codes: 0 no findings, 1 findings, 2 it could not be checked.
"""


@click.command(help=_HELP)
@click.argument("plugin")
@json_option
def check(*, plugin: str, as_json: bool) -> None:
    """Runs the command; its help is above."""
    try:
        if plugin.endswith(".whl"):
            reports = check_wheel(read(Path(plugin)))
        else:
            reports = [_ask(plugin, site=None)]
    except CliError as error:
        error.exit_code = ExitCode.USAGE
        raise
    if as_json:
        print_json({"data": reports})
    else:
        for report in reports:
            print_report(report)
    if any(report["findings"] for report in reports):
        sys.exit(ExitCode.FAILURE)


def check_wheel(wheel: PluginWheel) -> list[dict[str, Any]]:
    """Checks the plugins of a wheel without installing it.

    Args:
        wheel: The wheel.

    Returns:
        The kit's report of each, by key.

    Raises:
        CliError: It cannot be checked: the kit or a requirement is missing, or the kit failed.
    """
    from mpcas2_core.plugins.wheel import WheelError, unpack  # noqa: PLC0415 - heavy

    refuse_unmet(wheel)
    with tempfile.TemporaryDirectory(prefix="mpcas2-plugin-") as place:
        try:
            unpack(wheel, Path(place))
        except WheelError as error:
            raise CliError(str(error), code="WHEEL_UNUSABLE") from error
        return [_ask(key, site=Path(place)) for key in wheel.keys]


def refuse_unmet(wheel: PluginWheel) -> None:
    """Refuses a wheel whose requirements are not met here.

    Raises:
        CliError: Some are not; it names them.
    """
    if wheel.missing:
        needed = " ".join(f'"{one}"' for one in wheel.missing)
        raise CliError(
            f"{wheel.path.name} needs what is not installed here: {', '.join(wheel.missing)}.",
            hint=f"Install that first, for example with `pip install {needed}`; a plugin never "
            "changes what others use.",
            exit_code=ExitCode.CONFLICT,
            code="REQUIREMENTS_MISSING",
            details={"missing": wheel.missing},
        )


def print_report(report: dict[str, Any]) -> None:
    """Prints the kit's report for people, 80 columns wide."""
    level = report["level"] or "no level"
    count = len(report["findings"])
    head = f"{report['plugin']} ({report['distribution']})"
    click.echo(f"{paint(clean(head), bold=True)}: {_painted(level)}")
    click.echo(f"{report['kept']} rules kept, {count} finding{'' if count == 1 else 's'}.")
    for one in report["findings"]:
        where = f"  {one['where']}" if one["where"] else ""
        rule = paint(clean(one["rule"]), fg="red")
        click.echo(f"\n{rule}  (needed for {one['level']}){clean(where)}")
        click.echo(_folded(one["happened"]))
        click.echo(_folded(f"To do: {one['advice']}"))


def _ask(plugin: str, *, site: Path | None) -> dict[str, Any]:
    if find_spec(_KIT) is None:
        raise CliError(
            "The test kit, which checks plugins, is not installed.",
            hint='Install it with `pip install "mpcas2-testing"`.',
            code="KIT_ABSENT",
        )
    paths: Sequence[str] = (*([str(site)] if site else []), os.environ.get("PYTHONPATH", ""))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in paths if one)}
    # A process of its own, in an empty folder: nothing that lies here is taken for the plugin.
    with tempfile.TemporaryDirectory(prefix="mpcas2-check-") as folder:
        done = subprocess.run(  # noqa: S603 - our own module, and no shell reads the arguments
            [sys.executable, "-m", _KIT, "check", "--json", "--", plugin],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode >= _COULD_NOT:
        raise CliError(
            f"{plugin} could not be checked.",
            hint=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else None,
            code="CHECK_FAILED",
        )
    try:
        report: dict[str, Any] = msgspec.json.decode(done.stdout)
    except msgspec.DecodeError as error:
        raise CliError(
            f"{plugin} could not be checked: the kit ended with code {done.returncode}.",
            hint=(done.stderr or done.stdout).strip()[-1000:],
            code="CHECK_FAILED",
        ) from error
    return report


def _painted(level: str) -> str:
    return paint(level, fg="green" if level in LEVELS[1:] else "yellow", bold=True)


def _folded(text: str) -> str:
    return textwrap.fill(
        " ".join(clean(text).split()),
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
