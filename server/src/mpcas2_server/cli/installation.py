"""The installation as an operator's command sees it: settings, servers, engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from mpcas2_core.settings import Settings

if TYPE_CHECKING:
    from mpcas2_core.engine import Engine
    from mpcas2_core.servers import LocalServers

__all__ = ("attached", "installation", "quiet_logs", "with_engine")

_T = TypeVar("_T")


def quiet_logs() -> None:
    """Lets only errors of the engine through to the terminal of a short command."""
    from mpcas2_core.logs import configure  # noqa: PLC0415 - keeps help quick

    configure(level="error", log_format="pretty")


def attached(settings: Settings) -> Settings:
    """Fills in the addresses of servers that another process runs on the home, if one does."""
    if settings.database_url and settings.redis_url:
        return settings
    from mpcas2_core.servers import LocalServers  # noqa: PLC0415 - brings asyncpg

    servers = LocalServers.attach(settings.home)
    return settings if servers is None else _filled(settings, servers)


@contextmanager
def installation() -> Iterator[Settings]:
    """Gives settings whose servers run.

    Servers that are given by DATABASE_URL and REDIS_URL are used; else those of a running
    `mpcas2 up`; else they are started for as long as the block lasts.

    Raises:
        SettingsError: A setting is wrong.
        ServerError: The servers cannot be started.
    """
    from mpcas2_core.servers import LocalServers  # noqa: PLC0415 - brings asyncpg

    settings = attached(Settings.load())
    if settings.database_url and settings.redis_url:
        yield settings
        return
    with LocalServers(
        settings.home, postgres=not settings.database_url, valkey=not settings.redis_url
    ) as servers:
        yield _filled(settings, servers)


def with_engine(work: Callable[[Engine], Awaitable[_T]]) -> _T:
    """Opens the engine of the installation for one piece of work.

    Args:
        work: Gets the open engine.
    """

    async def run(settings: Settings) -> _T:
        from mpcas2_core.database.migrate import migrate  # noqa: PLC0415 - heavy
        from mpcas2_core.engine import Engine  # noqa: PLC0415 - heavy

        engine = await Engine.open(settings, application="mpcas2 command")
        try:
            async with engine.database.public() as connection:
                fresh = await connection.fetchval("SELECT to_regclass('public.tenants') IS NULL")
            # A command may be the first that ever touches the installation.
            if fresh:
                await migrate(engine.database)
            return await work(engine)
        finally:
            await engine.close()

    quiet_logs()
    with installation() as settings:
        return asyncio.run(run(settings))


def _filled(settings: Settings, servers: LocalServers) -> Settings:
    import msgspec  # noqa: PLC0415 - keeps help quick

    names = {process.name for process in servers.processes()}
    changes = {}
    if not settings.database_url and "postgres" in names:
        changes["database_url"] = servers.database_url
    if not settings.redis_url and "valkey" in names:
        changes["redis_url"] = servers.redis_url
    return msgspec.structs.replace(settings, **changes)
