"""What `mpcas2 doctor` asks PostgreSQL and Valkey."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import UUID

from mpcas2_core.database import Database
from mpcas2_core.database.migrate import latest, load
from mpcas2_core.masking import mask_url as masked_url
from mpcas2_core.settings import Settings
from mpcas2_server.cli.finding import Finding

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = ("database", "queue")

_OLDEST_POSTGRES = 150000
_SKEW_SECONDS = 1.0
_QUEUE_SECONDS = 5.0
_MIGRATE = "Run `mpcas2 migrate`; `mpcas2 up` does so by itself."


async def database(settings: Settings) -> list[Finding]:
    """Looks at server, clock, migrations, tenants and keys.

    Raises:
        DatabaseUnavailable: It cannot be reached.
    """
    url = settings.database_url or ""
    pool = await Database.open(url, size=1, application="mpcas2 doctor")
    try:
        async with pool.public() as connection:
            return [
                *await _server(connection, url),
                *await _clock(connection),
                *await _migrations(connection),
            ]
    finally:
        await pool.close()


async def queue(settings: Settings) -> list[Finding]:
    """Looks at the queue's store: does it answer, and would it drop what it holds."""
    import redis.asyncio  # noqa: PLC0415 - only here
    from redis.exceptions import RedisError  # noqa: PLC0415 - only here

    url = settings.redis_url or ""
    client = redis.asyncio.Redis.from_url(
        url, socket_connect_timeout=_QUEUE_SECONDS, socket_timeout=_QUEUE_SECONDS
    )
    try:
        told = await client.info()
    except (RedisError, OSError, TimeoutError) as error:
        return [
            Finding(
                level="fail",
                area="queue",
                message=f"{masked_url(url)} does not answer ({type(error).__name__}).",
                advice="Check REDIS_URL, or leave it out to let `mpcas2 up` start a server.",
            )
        ]
    finally:
        await client.aclose()
    name = "Valkey" if "valkey_version" in told else "Redis"
    number = told.get("valkey_version") or told.get("redis_version")
    policy = str(told.get("maxmemory_policy", "noeviction"))
    safe = policy == "noeviction"
    return [
        Finding(
            level="ok" if safe else "warn",
            area="queue",
            message=f"{name} {number} at {masked_url(url)}"
            + ("" if safe else f" may drop entries ({policy})"),
            advice="Set maxmemory-policy to noeviction; posts only get late otherwise.",
        )
    ]


async def _server(connection: Connection, url: str) -> list[Finding]:
    number = int(await connection.fetchval("SHOW server_version_num"))
    name = await connection.fetchval("SHOW server_version")
    good = number >= _OLDEST_POSTGRES
    may_create = await connection.fetchval(
        "SELECT has_database_privilege(current_database(), 'CREATE')"
    )
    found = [
        Finding(
            level="ok" if good else "fail",
            area="database",
            message=f"PostgreSQL {name} at {masked_url(url)}",
            advice="" if good else "Use PostgreSQL 15 or newer; it is tested with 18.",
        )
    ]
    if not may_create:
        found.append(
            Finding(
                level="fail",
                area="database",
                message="The role may not create schemas, so no tenant can be made.",
                advice="Run GRANT CREATE ON DATABASE … TO … as an administrator.",
            )
        )
    return found


async def _clock(connection: Connection) -> list[Finding]:
    before = time.time()
    theirs = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    after = time.time()
    # Within the round trip nothing can be told.
    skew = max(before - theirs, theirs - after, 0.0)
    return [
        Finding(
            level="ok" if skew < _SKEW_SECONDS else "warn",
            area="clock",
            message=f"The clocks of this machine and of the database differ by {skew:.2f} s",
            advice="Set both by NTP: posts go out by the database's clock.",
        )
    ]


async def _migrations(connection: Connection) -> list[Finding]:
    if await connection.fetchval("SELECT to_regclass('public._public_migrations') IS NULL"):
        return [
            Finding(
                level="warn", area="migrations", message="The database is empty.", advice=_MIGRATE
            )
        ]
    done = {
        row["name"] for row in await connection.fetch("SELECT name FROM public._public_migrations")
    }
    missing = [one.name for one in load("public") if one.name not in done]
    if missing:
        return [
            Finding(
                level="fail",
                area="migrations",
                message=f"{len(missing)} migrations have not run: {', '.join(missing)}.",
                advice=_MIGRATE,
            )
        ]
    newest = latest(load("tenant"))
    rows = await connection.fetch(
        "SELECT id, name, schema_version FROM public.tenants WHERE status <> 'deleted' ORDER BY id"
    )
    behind = [row for row in rows if row["schema_version"] < newest]
    if not behind:
        message = f"Up to date, {len(rows)} tenants at {newest}"
        return [Finding(level="ok", area="migrations", message=message)]
    first: UUID = behind[0]["id"]
    return [
        Finding(
            level="fail",
            area="migrations",
            message=f"{len(behind)} of {len(rows)} tenants are behind and not served, such as "
            f"{behind[0]['name']!r} ({first}).",
            advice=_MIGRATE,
        )
    ]
