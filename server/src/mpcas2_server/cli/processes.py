"""``mpcas2 serve``, ``worker`` and ``migrate``: the parts that `mpcas2 up` puts together."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec
import structlog

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_json

if TYPE_CHECKING:
    from mpcas2_core.database.migrate import MigrationReport
    from mpcas2_core.engine import Engine
    from mpcas2_core.settings import Settings

__all__ = ("check_port", "migrate", "serve", "worker")

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 3600.0
UPKEEP_SECONDS = 600.0

# With these, the web server's own messages go where ours go.
_THROUGH_OURS = {
    "loggers": {
        "_granian": {"handlers": [], "propagate": True},
        "granian.access": {"handlers": [], "propagate": False},
    }
}

_parent_option = click.option(
    "--parent", type=int, hidden=True, help="End when this process ends; `mpcas2 up` gives it."
)


@click.command()
@click.option("--host", help="Address to listen on; MPCAS2_HOST by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; MPCAS2_PORT by default.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes."
)
@_parent_option
def serve(*, host: str | None, port: int | None, workers: int, parent: int | None) -> None:
    """Run the API alone, against the servers of DATABASE_URL and REDIS_URL.

    Example: mpcas2 serve --host 0.0.0.0 --workers 2
    """
    settings = _settings(parent, host=host, port=port)
    check_port(settings.host, settings.port)
    asyncio.run(_check_version(settings))
    from granian import Granian  # noqa: PLC0415 - heavy
    from granian.constants import Interfaces  # noqa: PLC0415 - heavy
    from granian.log import LogLevels  # noqa: PLC0415 - heavy

    from mpcas2_server.serving import PARENT, TARGET  # noqa: PLC0415 - only here

    os.environ[PARENT] = str(os.getpid())
    Granian(
        TARGET,
        factory=True,
        address=settings.host,
        port=settings.port,
        workers=workers,
        interface=Interfaces.ASGI,
        websockets=False,
        # A single process that fails ends the command, so that whoever runs it sees it.
        respawn_failed_workers=workers > 1,
        # Requests that hang must not keep a stop waiting for ever.
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
        log_dictconfig=_THROUGH_OURS,
    ).serve()


@click.command()
@_parent_option
def worker(*, parent: int | None) -> None:
    """Run one worker that publishes what is due; run as many as you like.

    SIGTERM or Ctrl-C lets running posts end first; a second one ends at once,
    and another worker takes over without posting twice.

    Example: mpcas2 worker
    """
    settings = _settings(parent)
    import uvloop  # noqa: PLC0415 - heavy

    uvloop.run(_work(settings))


@click.command()
@json_option
def migrate(*, as_json: bool) -> None:
    """Bring the database up to this version, all tenants; safe to run again.

    Example: mpcas2 migrate
    """
    from mpcas2_server.cli.installation import installation, quiet_logs  # noqa: PLC0415 - heavy

    quiet_logs()
    with installation() as settings:
        report = asyncio.run(run_migrations(settings))
    if as_json:
        print_json({"schemas": report.schemas, "applied": report.applied, "failed": report.failed})
    else:
        click.echo(f"Looked at {report.schemas} schemas, ran {report.applied} files.")
        for told in report.failed.values():
            click.echo(clean(told), err=True)
    if report.failed:
        if not as_json:
            click.echo(
                f"{len(report.failed)} tenants failed and are not served. Mend the cause and run "
                "`mpcas2 migrate` again.",
                err=True,
            )
        sys.exit(ExitCode.FAILURE)


async def run_migrations(settings: Settings) -> MigrationReport:
    """Migrates the database that the settings name."""
    from mpcas2_core.database import Database  # noqa: PLC0415 - heavy
    from mpcas2_core.database.migrate import migrate as bring_up  # noqa: PLC0415 - heavy

    database = await Database.open(
        settings.database_url or "", size=settings.pool_size, application="mpcas2 migrate"
    )
    try:
        return await bring_up(database)
    finally:
        await database.close()


def check_port(host: str, port: int) -> None:
    """Refuses a port that something listens on.

    Raises:
        CliError: The port is taken, or this user or machine may not use host or port.
    """
    import socket  # noqa: PLC0415 - only here

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # What has just been closed is no obstacle to the real server either.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise CliError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}.",
            hint="Choose another port with --port or MPCAS2_PORT, or end what listens there.",
            exit_code=ExitCode.CONFLICT,
            code="PORT_UNUSABLE",
        ) from error


async def _check_version(settings: Settings) -> None:
    """Refuses a database that is older than this code, before every statement fails on it.

    Raises:
        CliError: It is older.
        DatabaseUnavailable: It does not answer.
    """
    from mpcas2_core.database import Database  # noqa: PLC0415 - heavy
    from mpcas2_server.schema_version import is_migrated  # noqa: PLC0415 - heavy

    database = await Database.open(settings.database_url or "", size=1, application="mpcas2 start")
    try:
        migrated = await is_migrated(database)
    finally:
        await database.close()
    if not migrated:
        raise CliError(
            "The database is older than this version of mpcas2.",
            hint="Run `mpcas2 migrate`, then start it again.",
            code="NOT_MIGRATED",
        )


async def _work(settings: Settings) -> None:
    from mpcas2_core.engine import Engine  # noqa: PLC0415 - heavy

    await _check_version(settings)
    engine = await Engine.open(settings, application="mpcas2 worker")
    stop = asyncio.Event()

    def end() -> None:
        if stop.is_set():
            # Nothing is lost: what was claimed is taken over when its lease ends.
            os._exit(ExitCode.INTERRUPTED)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(_sweep_hourly(engine)),
                group.create_task(_keep_accounts(engine)),
                group.create_task(engine.webhook_effects.run()),
            ]
            await engine.worker().run(stop)
            for task in beside:
                task.cancel()
    finally:
        await engine.close()


async def _keep_accounts(engine: Engine) -> None:
    """Keeps connected accounts alive for as long as the worker runs."""
    while True:
        # Uneven, so that the workers of an installation do not all look at one moment.
        await asyncio.sleep(UPKEEP_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - not a secret
        try:
            kept = await engine.upkeep.run()
            forgotten = await engine.webhook_effects.clear()
        except Exception as error:  # noqa: BLE001 - looking after accounts must never end a worker
            log.warning("upkeep_failed", detail=type(error).__name__)
        else:
            log.info("accounts_kept", webhooks_forgotten=forgotten, **msgspec.to_builtins(kept))


async def _sweep_hourly(engine: Engine) -> None:
    """Clears away abandoned uploads and orphaned files, for as long as the worker runs."""
    while True:
        # Not at once: what a process left behind a moment ago may still be taken up again.
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await engine.storage.remove_abandoned()
            swept = await engine.sweep.run()
        except Exception as error:  # noqa: BLE001 - clearing away must never end a worker
            log.warning("sweep_failed", detail=type(error).__name__)
        else:
            log.info("swept", **msgspec.to_builtins(swept))


def _settings(parent: int | None, **given: Any) -> Settings:
    from mpcas2_core.logs import configure  # noqa: PLC0415 - keeps help quick
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.cli.installation import attached  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.supervise import die_with_parent  # noqa: PLC0415 - only here

    if parent is not None:
        die_with_parent(parent)
    # Through the environment, so that the web server's processes see the same.
    os.environ.update(
        {f"MPCAS2_{key.upper()}": str(value) for key, value in given.items() if value}
    )
    settings = attached(Settings.load())
    configure(level=settings.log_level, log_format=settings.log_format)
    if not (settings.database_url and settings.redis_url):
        raise CliError(
            "DATABASE_URL and REDIS_URL are not set, and no `mpcas2 up` runs here.",
            hint="Set both, or run `mpcas2 up`, which brings its own servers.",
            code="SETTINGS_INVALID",
        )
    os.environ["MPCAS2_DATABASE_URL"] = settings.database_url
    os.environ["MPCAS2_REDIS_URL"] = settings.redis_url
    return settings
