"""``mpcas2 plugin new``: writes a whole plugin package to begin with."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import json_option

__all__ = ("new_plugin",)

_HELP = """Write a new plugin package that passes its own tests.

KIND is what the plugin adds: `platform`, a social network. KEY names it:
lower-case letters and digits, with hyphens between words. The package is
a made-up network's, with its practice network and its tests; make it yours.

\b
Examples:
  mpcas2 plugin new platform acme
  mpcas2 plugin new platform acme-photos --into ~/plugins
"""

_KIT = "mpcas2_testing"
# What argparse and the kit's own refusals end with.
_REFUSED = 2


@click.command("new", help=_HELP)
@click.argument("kind")
@click.argument("key")
@click.option(
    "--into",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Folder in which the package's own is made; here by default.",
)
@json_option
def new_plugin(*, kind: str, key: str, into: Path, as_json: bool) -> None:
    """Runs the command; its help is above."""
    if find_spec(_KIT) is None:
        raise CliError(
            "The test kit, which holds the example, is not installed.",
            hint="Install it with `pip install mpcas2-testing`.",
            code="KIT_ABSENT",
        )
    # A process of its own: the server does not depend on the kit, nor the kit on the server. Keys that
    # begin with a hyphen are keys too, wrong ones.
    command = [sys.executable, "-m", f"{_KIT}.scaffold", "--into", str(into)]
    done = subprocess.run(  # noqa: S603 - our own module, and no shell reads the arguments
        [*command, *(["--json"] if as_json else []), "--", kind, key],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == _REFUSED:
        raise CliError(done.stderr.strip(), exit_code=ExitCode.USAGE, code="PLUGIN_NOT_WRITTEN")
    if done.returncode:
        raise CliError(
            "The package was not written.", hint=done.stderr.strip(), code="PLUGIN_NOT_WRITTEN"
        )
    click.echo(done.stdout, nl=False)
