"""A group whose commands are imported when they are called, so that help is quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click

from mpcas2_server.cli.failures import CliError

__all__ = ("LazyCommand", "LazyGroup")


class LazyCommand(NamedTuple):
    """Where a command is, and what the overview says of it.

    Attributes:
        target: ``module:attribute``.
        help: One line for the list of commands.
    """

    target: str
    help: str


class LazyGroup(click.Group):
    """Lists its commands in sections and imports none of them before it runs.

    A command whose module cannot be imported says so when it is called; the others still work.

    Args:
        sections: Commands by name, by the heading under which help shows them.
        **options: As for :class:`click.Group`.
    """

    def __init__(
        self, *, sections: Mapping[str, Mapping[str, LazyCommand]], **options: Any
    ) -> None:
        super().__init__(**options)
        self._sections = sections
        self._lazy = {name: one for section in sections.values() for name, one in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names all commands in the order of their sections."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Imports a command.

        Raises:
            CliError: Its module cannot be imported.
        """
        lazy = self._lazy.get(cmd_name)
        if lazy is None:
            return None
        module, _, attribute = lazy.target.partition(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), attribute)
        except Exception as error:
            raise CliError(
                f"`mpcas2 {cmd_name}` cannot be loaded ({type(error).__name__}: {error}).",
                hint="The other commands are not affected. Reinstall mpcas2, or look at the cause "
                f"with `mpcas2 --debug {cmd_name}`.",
                code="COMMAND_BROKEN",
            ) from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Writes the commands section by section, without importing them."""
        width = max(map(len, self._lazy))
        for heading, commands in self._sections.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name.ljust(width), command.help) for name, command in commands.items()]
                )
