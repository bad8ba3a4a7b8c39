"""``mpcas2 up``: everything on one machine, from the servers to the workers."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.output import json_option, print_fields, print_json

if TYPE_CHECKING:
    from mpcas2_core.servers import LocalServers
    from mpcas2_core.settings import Settings
    from mpcas2_server.supervise import Program, Supervisor

__all__ = ("up",)

_HELP = """Run everything on this machine until Ctrl-C.

Starts PostgreSQL and Valkey unless DATABASE_URL and REDIS_URL are set,
brings the database up to this version, and runs the API and the workers.
What dies is started again. SIGHUP renews API and workers one after the
other, as after an installation of plugins; no post is dropped.

\b
Examples:
  mpcas2 up
  MPCAS2_HOME=/srv/mpcas2 mpcas2 up --port 8080 --workers 2
  MPCAS2_HOME=~/practice mpcas2 up --sandbox
"""

_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
_USUAL_PORT = 3001
_LOOK_SECONDS = 5.0
_READY_POLL_SECONDS = 0.1
_READY_POLLS = 600
_LOG_TAIL = 600
# A worker gets this much longer than it gives its posts.
_DRAIN_MARGIN_SECONDS = 5.0


@click.command(help=_HELP)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API; 3001 by default.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many workers publish.",
)
@click.option(
    "--logs/--no-logs",
    default=None,
    help="Show the logs here instead of writing files; the default off a terminal without --json.",
)
@click.option(
    "--sandbox", is_flag=True, help="Take practice networks for the real ones; they run too."
)
@json_option
def up(*, port: int | None, workers: int, logs: bool | None, sandbox: bool, as_json: bool) -> None:
    """Runs the command; its help is above."""
    from mpcas2_core.servers import LocalServers  # noqa: PLC0415 - heavy
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.cli.installation import quiet_logs  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.cli.practice import (  # noqa: PLC0415 - keeps help quick
        PracticeNetworks,
        check_home,
    )
    from mpcas2_server.cli.processes import check_port  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.renewal import RunningNote  # noqa: PLC0415 - only here
    from mpcas2_server.supervise import Supervisor  # noqa: PLC0415 - keeps help quick

    quiet_logs()
    if port is not None:
        os.environ["MPCAS2_PORT"] = str(port)
    settings = Settings.load()
    check_home(settings.home, sandbox=sandbox)
    say = _Teller(as_json=as_json)
    say("Starting …")
    # Taken in any case: the lock of the home is the servers'.
    with (
        LocalServers(
            settings.home, postgres=not settings.database_url, valkey=not settings.redis_url
        ) as servers,
        contextlib.ExitStack() as stack,
    ):
        check_port(settings.host, settings.port)
        networks = stack.enter_context(PracticeNetworks()) if sandbox else None
        addresses = {
            "MPCAS2_DATABASE_URL": settings.database_url or servers.database_url,
            "MPCAS2_REDIS_URL": settings.redis_url or servers.redis_url,
        }
        not_served = _migrate(settings, addresses["MPCAS2_DATABASE_URL"])
        for told in not_served:
            say(f"Not served until it is mended: {told}")
        in_files = (as_json or sys.stdout.isatty()) if logs is None else not logs
        environment = {**os.environ, **addresses, "MPCAS2_HOME": str(settings.home)}
        environment |= {} if networks is None else networks.settings
        stages = _programs(settings, environment, workers=workers, in_files=in_files)
        note = RunningNote(settings.home)
        # The signals first: what reads the note may send one at once.
        with Supervisor(stages, say=say, renewed=note.count) as supervisor, note:
            if not _until_it_answers(supervisor, settings, stages):
                return
            index = None if networks is None else networks.index
            _announce(settings, servers, not_served, index, in_files=in_files, as_json=as_json)
            say.runs = True
            while supervisor.wait(_LOOK_SECONDS):
                _revive(servers, settings, say)
                if networks is not None:
                    networks.revive(say)
    say("Stopped.")


class _Teller:
    """Tells what happens: a person in plain lines, a program in lines of JSON.

    A program is told nothing before everything runs, so that a start that fails leaves its error
    alone on standard error.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.runs = False

    def __call__(self, text: str) -> None:
        if not self._as_json:
            click.echo(text, err=True)
        elif self.runs:
            click.echo(json.dumps({"message": text}, ensure_ascii=False), err=True)


def _migrate(settings: Settings, database_url: str) -> list[str]:
    """Brings the database up to date and gives what keeps tenants from being served."""
    import asyncio  # noqa: PLC0415 - keeps help quick

    import msgspec  # noqa: PLC0415 - keeps help quick

    from mpcas2_server.cli.processes import run_migrations  # noqa: PLC0415 - keeps help quick

    whole = msgspec.structs.replace(settings, database_url=database_url)
    report = asyncio.run(run_migrations(whole))
    return list(report.failed.values())


def _programs(
    settings: Settings, environment: dict[str, str], *, workers: int, in_files: bool
) -> list[list[Program]]:
    from mpcas2_server.supervise import Program  # noqa: PLC0415 - keeps help quick

    folder = settings.home / "logs"
    folder.mkdir(exist_ok=True, mode=0o700)

    def program(name: str, *arguments: str, stop_seconds: float, **more: Any) -> Program:
        command = (sys.executable, "-m", "mpcas2_server.cli", *arguments)
        return Program(
            name=name,
            command=(*command, "--parent", str(os.getpid())),
            environment=environment,
            log=folder / f"{name.lower().replace(' ', '-')}.log" if in_files else None,
            stop_seconds=stop_seconds,
            **more,
        )

    # First nothing new comes in, then what is under way ends.
    return [
        [program("API", "serve", stop_seconds=15.0, ready=lambda: _answers(settings))],
        [
            program(
                f"worker {number}" if workers > 1 else "worker",
                "worker",
                stop_seconds=settings.drain_seconds + _DRAIN_MARGIN_SECONDS,
                overlaps=True,
            )
            for number in range(1, workers + 1)
        ],
    ]


def _until_it_answers(
    supervisor: Supervisor, settings: Settings, stages: Sequence[Sequence[Program]]
) -> bool:
    """Waits for the API; False when a signal came before.

    Raises:
        CliError: It died or stays silent.
    """
    for _ in range(_READY_POLLS):
        if not supervisor.wait(_READY_POLL_SECONDS):
            return False
        if _answers(settings):
            return True
        # Those that fail for one reason say it best together.
        if supervisor.deaths(stages[0][0].name):
            break
    dead = [one for stage in stages for one in stage if supervisor.deaths(one.name)]
    raise CliError(
        f"The API did not start.{''.join(_tail(one.log) for one in dead)}",
        hint="`mpcas2 doctor` examines the installation.",
        code="API_FAILED",
    )


def _answers(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(_local_host(settings), settings.port, timeout=2.0)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(
    settings: Settings,
    servers: LocalServers,
    not_served: Sequence[str],
    networks: str | None,
    *,
    in_files: bool,
    as_json: bool,
) -> None:
    address = f"http://{_local_host(settings)}:{settings.port}"
    running: Sequence[Any] = servers.processes()
    logs = str(settings.home / "logs")
    if as_json:
        print_json(
            {
                "address": address,
                "docs": f"{address}/api/v1/docs",
                "home": str(settings.home),
                "logs": logs if in_files else None,
                "pid": os.getpid(),
                "servers": [
                    {"name": one.name, "version": one.version, "port": one.port, "pid": one.pid}
                    for one in running
                ],
                "notServed": not_served,
                "practiceNetworks": networks,
            }
        )
        sys.stdout.flush()
        return
    server = "" if settings.port == _USUAL_PORT else f" --server {address}"
    click.echo("\nMPCAS2 is running.\n")
    print_fields(
        [
            ("  API", f"{address}/api/v1"),
            ("  Docs", f"{address}/api/v1/docs"),
            ("  Home", str(settings.home)),
            ("  Logs", logs if in_files else "here"),
            *([] if networks is None else [("  Networks", f"{networks} (practice)")]),
            *[(f"  {one.name}", f"{one.version}, port {one.port}") for one in running],
        ]
    )
    click.echo(
        f"\nNext, in another terminal:\n  mpcas2 register{server}\n"
        "  mpcas2 account connect bluesky\n\nCtrl-C stops everything."
    )
    sys.stdout.flush()


def _revive(servers: LocalServers, settings: Settings, say: _Teller) -> None:
    """Starts a local server again that has died."""
    from mpcas2_core.servers import ServerError  # noqa: PLC0415 - is loaded by now

    running = {one.name for one in servers.processes()}
    for name, ours, restart in (
        ("postgres", not settings.database_url, servers.postgres_restart),
        ("valkey", not settings.redis_url, servers.valkey_restart),
    ):
        if ours and name not in running:
            say(f"{name} has died; it is started again.")
            try:
                restart()
            except ServerError as error:
                say(f"{error} It is tried again in {_LOOK_SECONDS:g} s.")


def _tail(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    return f"\nThe end of {log}:\n{log.read_text(errors='replace')[-_LOG_TAIL:].strip()}"


def _local_host(settings: Settings) -> str:
    return "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
