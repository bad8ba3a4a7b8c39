"""What files for container engines and service managers may name: commands, options and settings that exist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from mpcas2_core.settings import PLAIN_NAMES, PREFIX, Settings
from mpcas2_server.cli import mpcas2

__all__ = ("DEPLOY", "SETTINGS", "check_command")

DEPLOY = Path(__file__).parents[2] / "deploy"

_NAMES = {
    *(f"{PREFIX}{field.name.upper()}" for field in msgspec.structs.fields(Settings)),
    *PLAIN_NAMES.values(),
}
SETTINGS = frozenset(_NAMES | {f"{name}_FILE" for name in _NAMES})
"""Every variable that the product reads."""


def check_command(words: Sequence[str]) -> None:
    """Parses what stands after ``mpcas2`` as the product does, without running it.

    Args:
        words: Command and options.

    Raises:
        AssertionError: There is no such command.
        click.UsageError: It has no such option, or an argument is missing.
    """
    name, *rest = words
    command = mpcas2.get_command(click.Context(mpcas2), name)
    assert command is not None, f"`mpcas2 {name}`"
    command.make_context(name, list(rest), parent=click.Context(mpcas2))
