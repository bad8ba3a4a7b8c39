"""``mpcas2 doctor``: says what is missing and how to mend it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from mpcas2_server.cli.failures import CliError, ExitCode, explain
from mpcas2_server.cli.output import clean, json_option, paint, print_json

if TYPE_CHECKING:
    from mpcas2_core.settings import Settings
    from mpcas2_server.cli.finding import Finding, Shown

__all__ = ("doctor",)

# What stands before a finding's text.
_INDENT = 17
_NARROWEST = 30


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Examine this installation; exit code 1 when something has to be mended.

    Starts the local servers for as long as it looks, unless they run. Secrets
    are never shown.

    Example: mpcas2 doctor
    """
    from mpcas2_core.settings import Settings, SettingsError  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.cli.finding import Finding, sources  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.cli.installation import quiet_logs  # noqa: PLC0415 - keeps help quick

    quiet_logs()
    findings: list[Finding] = []
    settings = None
    try:
        settings = Settings.load()
    except SettingsError as error:
        findings.append(Finding(level="fail", area="settings", message=str(error)))
    if settings is not None:
        findings = _examine(settings)
    shown = [] if settings is None else sources(settings)
    failed = any(one.level == "fail" for one in findings)
    if as_json:
        print_json(
            {
                "ok": not failed,
                "settings": [msgspec.to_builtins(one) for one in shown],
                "findings": [msgspec.to_builtins(one) for one in findings],
            }
        )
    else:
        _print_settings(shown)
        for finding in findings:
            _print(finding)
        _print_sum(findings)
    if failed:
        sys.exit(ExitCode.FAILURE)


def _examine(settings: Settings) -> list[Finding]:
    from mpcas2_server.cli import (  # noqa: PLC0415 - heavy
        checks_accounts,
        checks_local,
        checks_networks,
        checks_servers,
    )
    from mpcas2_server.cli.finding import Finding  # noqa: PLC0415 - heavy
    from mpcas2_server.cli.installation import installation  # noqa: PLC0415 - heavy
    from mpcas2_server.cli.plugins import loaded_plugins  # noqa: PLC0415 - loads the plugins

    host = loaded_plugins()
    findings = [
        *checks_local.versions(),
        *checks_local.home(settings),
        *checks_local.port(settings),
        *checks_local.public_address(settings),
        *checks_local.plugins(host),
        *checks_networks.plugin_settings(host),
        *checks_networks.apps(settings, host),
        *checks_networks.webhooks(settings, host),
    ]
    try:
        with installation() as whole:
            findings += asyncio.run(checks_servers.queue(whole))
            findings += asyncio.run(checks_servers.database(whole))
            findings += asyncio.run(checks_accounts.accounts(whole))
    except Exception as error:
        known = explain(error)
        if known is None:
            raise
        message, hint = known.message, known.hint or ""
        findings.append(Finding(level="fail", area="servers", message=message, advice=hint))
    except KeyboardInterrupt:
        raise CliError("Stopped before everything was examined.") from None
    return findings


def _print_settings(shown: list[Shown]) -> None:
    from mpcas2_server.cli.output import print_table  # noqa: PLC0415 - brings rich

    print_table(
        ["SETTING", "VALUE", "FROM"],
        [[one.name, one.value, one.source] for one in shown],
        empty="The settings cannot be read.",
    )
    click.echo()


def _print(finding: Finding) -> None:
    colors = {"ok": "green", "warn": "yellow", "fail": "red"}
    word = paint(f"{finding.level:<4}", fg=colors[finding.level])
    head = f"{word}  {finding.area:<10} "
    for text in (finding.message, finding.advice if finding.level != "ok" else ""):
        for line in _lines(clean(text)):
            click.echo(f"{head}{line}")
            head = " " * _INDENT


def _lines(text: str) -> list[str]:
    """Breaks a text for the terminal, never inside an address; a pipe gets it whole."""
    import shutil  # noqa: PLC0415 - keeps help quick
    import textwrap  # noqa: PLC0415 - keeps help quick

    if not sys.stdout.isatty():
        return [text] if text else []
    width = max(shutil.get_terminal_size().columns - _INDENT, _NARROWEST)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _print_sum(findings: list[Finding]) -> None:
    failed = sum(one.level == "fail" for one in findings)
    warned = sum(one.level == "warn" for one in findings)
    if failed:
        click.echo(f"\n{failed} to mend, {warned} to look at.")
    elif warned:
        click.echo(f"\nIt works; {warned} to look at.")
    else:
        click.echo("\nAll is well.")
