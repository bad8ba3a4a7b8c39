"""``mpcas2 backup`` and ``mpcas2 restore``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_fields, print_json

if TYPE_CHECKING:
    from mpcas2_core.servers import BackupReport

__all__ = ("backup", "restore")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--without-secrets", is_flag=True, help="Leave the master key out of the file.")
@json_option
def backup(*, file: Path, without_secrets: bool, as_json: bool) -> None:
    """Write database, media and secrets into one file; the product may run meanwhile.

    Keep the file safe: it holds the master key, unless --without-secrets is given.

    Example: mpcas2 backup mpcas2-2026-12-01.tar.gz
    """
    from mpcas2_core.servers import backup as make_backup  # noqa: PLC0415 - heavy
    from mpcas2_server.cli.installation import installation, quiet_logs  # noqa: PLC0415 - heavy

    quiet_logs()
    with installation() as settings:
        report = make_backup(
            settings.database_url or "",
            settings.home,
            file,
            include_secrets=not without_secrets,
        )
    _tell("Backed up", report, as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is there; it is deleted.")
@json_option
def restore(*, file: Path, force: bool, as_json: bool) -> None:
    """Put a backup in the place of what is there; `mpcas2 up` must not run.

    The file is checked as a whole before anything is touched.

    Example: mpcas2 restore mpcas2-2026-12-01.tar.gz --force
    """
    from mpcas2_core.servers import LocalServers, Occupied, verify  # noqa: PLC0415 - heavy
    from mpcas2_core.servers import restore as put_back  # noqa: PLC0415 - heavy
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - heavy
    from mpcas2_server.cli.installation import installation, quiet_logs  # noqa: PLC0415 - heavy

    quiet_logs()
    home = Settings.load().home
    if LocalServers.attach(home) is not None:
        raise CliError(
            f"MPCAS2 is running on {home}.",
            hint="Stop `mpcas2 up` first, then restore.",
            exit_code=ExitCode.CONFLICT,
            code="RUNNING",
        )
    # Before the servers are started: they would make a home that nobody asked for.
    verify(file)
    try:
        with installation() as settings:
            report = put_back(file, settings.home, settings.database_url or "", force=force)
    except Occupied as error:
        raise CliError(
            f"Restoring would replace {' and '.join(error.places)}.",
            hint="Repeat with --force to delete what is there, or restore into an empty home: set "
            "MPCAS2_HOME, and DATABASE_URL if you use it.",
            exit_code=ExitCode.CONFLICT,
            code="OCCUPIED",
        ) from error
    _tell("Restored", report, as_json=as_json)


def _tell(done: str, report: BackupReport, *, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(report))
        return
    click.echo(f"{done} {clean(report.archive)}")
    print_fields(
        [
            ("Made", f"{report.created} by mpcas2 {report.product_version}"),
            ("Database", f"{report.database_bytes:,} bytes, PostgreSQL {report.postgres_version}"),
            ("Media", f"{report.media_files:,} files, {report.media_bytes:,} bytes"),
            ("Secrets", ", ".join(report.secrets) or "none"),
        ]
    )
