"""The connection pool, and the only two ways to a connection: a tenant's scope, or ``public``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import asyncpg

from mpcas2_core.database.scope import Scope, Tenant

__all__ = ("Connection", "Database", "DatabaseUnavailable")

if TYPE_CHECKING:
    # The pool lends proxies; neither class can be subscripted at run time.
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection

_T = TypeVar("_T")

# A connection that touched many tenants holds their catalogue entries; recycled, it gives them back.
MAX_QUERIES = 5_000
CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 60.0


class DatabaseUnavailable(Exception):
    """PostgreSQL cannot be reached; the message says where it was looked for."""


class Database:
    """A pool of connections to PostgreSQL.

    Use :meth:`open`. Work on a tenant's data goes through :meth:`run`; only code that serves all
    tenants (sign-in, the due index, migrations) uses :meth:`public`.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, *, size: int = 10, application: str = "mpcas2") -> Database:
        """Connects.

        Args:
            url: ``postgresql://…``.
            size: Greatest number of connections.
            application: Name that the server shows for them.

        Raises:
            DatabaseUnavailable: The address cannot be read, or the server does not answer or
                refuses the credentials.
        """
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                max_queries=MAX_QUERIES,
                timeout=CONNECT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
                init=_prepare,
                reset=_reset,
                server_settings={"application_name": application, "search_path": "public"},
            )
        except ValueError:
            # Not chained and not quoted: the parser's words may hold a piece of the password.
            raise DatabaseUnavailable(
                "DATABASE_URL cannot be read. It looks like postgresql://user:password@host:port/name; "
                "in the password, characters such as @ : / # ? are percent-encoded."
            ) from None
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            raise DatabaseUnavailable(
                f"PostgreSQL cannot be reached ({type(error).__name__}: {error}). "
                "Check DATABASE_URL, or leave it out to let `mpcas2 up` start a server."
            ) from error
        return cls(pool)

    async def close(self) -> None:
        """Closes every connection; the ones in use get a moment to end."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=5)
        except TimeoutError:
            self._pool.terminate()

    async def run(self, tenant: Tenant, work: Callable[[Scope], Awaitable[_T]]) -> _T:
        """Runs work inside one transaction in the tenant's schema.

        The work must not wait for a network: it holds a connection and its locks. It is run a
        second time when a migration changed a table under a cached statement or when PostgreSQL
        broke a deadlock by choosing it, hence it must leave nothing behind outside the transaction.

        Args:
            tenant: From :func:`mpcas2_core.tenants.resolve` or a claimed job.
            work: Gets the scope; its result is returned after the commit.

        Raises:
            asyncpg.InFailedSQLTransactionError: The work kept a failed statement to itself;
                PostgreSQL undid all of it.
        """
        async with self._pool.acquire() as connection:
            try:
                return await _once(connection, tenant, work)
            except (asyncpg.InvalidCachedStatementError, asyncpg.DeadlockDetectedError):
                # On this connection again: its cache was emptied just now, another one's may have
                # been filled by a tenant of the other shape since.
                return await _once(connection, tenant, work)

    @asynccontextmanager
    async def public(self) -> AsyncIterator[Connection]:
        """Lends a connection whose search path is ``public`` alone, outside any tenant."""
        async with self._pool.acquire() as connection:
            yield connection


async def _once(
    connection: Connection, tenant: Tenant, work: Callable[[Scope], Awaitable[_T]]
) -> _T:
    try:
        # One message instead of two; the schema's name is hexadecimal by construction.
        await connection.execute(f'BEGIN; SET LOCAL search_path = "{tenant.schema}"')
        result = await work(Scope(tenant, connection))
        end = await connection.execute("COMMIT")
    except asyncpg.InternalClientError as error:
        # asyncpg says so of a connection that the server cut at this very moment.
        connection.terminate()
        raise asyncpg.ConnectionDoesNotExistError("The connection was cut.") from error
    except BaseException:
        # Also when no transaction seems to be open: a cancelled BEGIN may have taken effect.
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    # A transaction in which a statement failed is ended by COMMIT without an error, and undone.
    if end != "COMMIT":
        raise asyncpg.InFailedSQLTransactionError(
            "A statement failed in this scope and the failure was not passed on: nothing of the "
            "scope was stored. Let the error leave the scope."
        )
    return result


async def _prepare(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )


async def _reset(_connection: object) -> None:
    # Scopes set nothing beyond their transaction, so the usual reset round trip is not needed; a
    # transaction that was left open is ended by asyncpg itself before it calls this.
    return
