"""The peer of `GET /content`: a bare Litestar + asyncpg handler that answers the same bytes.

No token, no scope, no request ids: one qualified statement on the pool, rows into JSON.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from litestar import Litestar, Request, get
from litestar.response.base import ASGIResponse

TARGET = "benchmarks.bare_list_app:application"
LIMIT = 20


class Content(msgspec.Struct, kw_only=True, rename="camel"):
    id: UUID
    type: str
    title: str
    tags: list[str]
    status: str
    created_at: datetime
    updated_at: datetime
    text: str


class Pagination(msgspec.Struct, kw_only=True, rename="camel"):
    page: int
    limit: int
    total: int
    total_pages: int


class Page(msgspec.Struct, kw_only=True):
    data: list[Content]
    pagination: Pagination


def application() -> Litestar:
    schema = os.environ["BENCH_SCHEMA"]
    sql = (
        "SELECT c.total, p.* FROM (SELECT count(*) AS total "
        f'FROM "{schema}".content WHERE deleted_at IS NULL) AS c, '
        "(SELECT id, type, title, tags, status, created_at, updated_at, body "
        f'FROM "{schema}".content WHERE deleted_at IS NULL '
        "ORDER BY created_at DESC, id DESC LIMIT $1) AS p"
    )
    encode = msgspec.json.Encoder().encode

    @asynccontextmanager
    async def with_pool(app: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["DATABASE_URL"], max_size=10) as pool:
            app.state.pool = pool
            yield

    @get("/content")
    async def content(request: Request[None, None, Litestar]) -> ASGIResponse:  # type: ignore[type-var]  # Litestar's state has no type of its own
        rows = await request.app.state.pool.fetch(sql, LIMIT)
        total = rows[0]["total"]
        body = Page(
            data=[
                Content(
                    id=row["id"],
                    type=row["type"],
                    title=row["title"],
                    tags=row["tags"],
                    status=row["status"],
                    created_at=row["created_at"],
                    updated_at=row["updated_at"],
                    text=row["body"],
                )
                for row in rows
            ],
            pagination=Pagination(page=1, limit=LIMIT, total=total, total_pages=-(-total // LIMIT)),
        )
        return ASGIResponse(body=encode(body), media_type="application/json")

    return Litestar(
        route_handlers=[content], lifespan=[with_pool], openapi_config=None, logging_config=None
    )
