"""``/health``: alive, and ready to serve; both without a sign-in, at the root and under the prefix."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Controller, Request, get
from litestar.response.base import ASGIResponse

from mpcas2_core.engine import Engine
from mpcas2_core.publishing.doorbell import DoorbellUnavailable
from mpcas2_server.caller import engine_of
from mpcas2_server.describe import Doc
from mpcas2_server.schema_version import UNMIGRATED, is_migrated
from mpcas2_server.wire import Output, answer, optional

__all__ = ("HealthController",)

AnyRequest = Request[Any, Any, Any]
log = structlog.get_logger(__name__)
CHECK_SECONDS = 3.0


class Live(Output, frozen=True, kw_only=True):
    """The process answers."""

    status: str = "ok"


class Check(Output, frozen=True, kw_only=True):
    """One thing that is needed."""

    ok: bool
    detail: str | msgspec.UnsetType = msgspec.UNSET


class Ready(Output, frozen=True, kw_only=True):
    """Whether everything that is needed is there: ``ok`` or ``unavailable``."""

    status: str
    checks: dict[str, Check]


class HealthController(Controller):
    """Health for load balancers."""

    path = "/health"

    @get("/live", doc=Doc(tag="Health", summary="Alive", answers={200: Live}, public=True))
    async def live(self) -> ASGIResponse:
        """Answers as long as the process does."""
        return answer(Live())

    @get(
        "/ready",
        doc=Doc(
            tag="Health",
            summary="Ready to serve",
            description="503 has the same body, with `status: unavailable`.",
            answers={200: Ready, 503: Ready},
            public=True,
        ),
    )
    async def ready(self, request: AnyRequest) -> ASGIResponse:
        """Tries everything that is needed."""
        engine = engine_of(request)
        names = ("database", "queue", "migrations", "storage")
        checks = await asyncio.gather(
            _checked(_database(engine)),
            _checked(_queue(engine)),
            _checked(_migrations(engine)),
            _checked(_storage(engine)),
        )
        good = all(check.ok for check in checks)
        body = Ready(
            status="ok" if good else "unavailable", checks=dict(zip(names, checks, strict=True))
        )
        return answer(body, 200 if good else 503)


async def _checked(check: Awaitable[Check]) -> Check:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check
    except TimeoutError:
        return Check(ok=False, detail=f"There was no answer within {CHECK_SECONDS:g} seconds.")


async def _database(engine: Engine) -> Check:
    # Strangers may read this: what exactly failed, and where, is for the log and the doctor.
    try:
        async with engine.database.public() as connection:
            await connection.fetchval("SELECT 1")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return Check(ok=False, detail="PostgreSQL does not answer. Run `mpcas2 doctor`.")
    return Check(ok=True)


async def _queue(engine: Engine) -> Check:
    try:
        await engine.doorbell.check()
    except DoorbellUnavailable:
        return Check(ok=False, detail="Valkey does not answer. Run `mpcas2 doctor`.")
    return Check(ok=True)


async def _migrations(engine: Engine) -> Check:
    try:
        if not await is_migrated(engine.database):
            return Check(ok=False, detail=UNMIGRATED)
        async with engine.database.public() as connection:
            behind = await connection.fetchval(
                "SELECT count(*) FROM public.tenants WHERE status = 'active' "
                "AND schema_version < $1",
                engine.tenants.version,
            )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return Check(ok=False, detail="PostgreSQL does not answer.")
    # The other tenants are served all the same, so this process is ready.
    detail = f"{behind} tenants are behind. Run `mpcas2 migrate`." if behind else None
    return Check(ok=True, detail=optional(detail))


async def _storage(engine: Engine) -> Check:
    fault = await engine.storage.check()
    if fault is None:
        return Check(ok=True)
    # The words name folder or bucket, which are no stranger's business.
    log.warning("media_store_unusable", detail=fault)
    return Check(ok=False, detail="The store for media cannot be used. Run `mpcas2 doctor`.")
