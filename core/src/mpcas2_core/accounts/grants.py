"""The rows of grants: what the broker keeps sealed, and what may be known without opening it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from mpcas2_core.accounts.store import QUALIFIED, AccountRow, from_record
from mpcas2_core.database.scope import Scope
from mpcas2_hookspecs import Grant

__all__ = ("DueRenewal", "due_renewals", "note_failure", "put", "replace", "server_of")

# After a renewal ahead of need failed, the next one waits this long: the grant is still good.
RETRY_AFTER = timedelta(hours=1)


class DueRenewal(msgspec.Struct, frozen=True, kw_only=True):
    """A grant that is to be renewed although nobody needs it at this moment."""

    account: AccountRow
    version: int


async def put(
    scope: Scope, account_id: UUID, sealed: bytes, grant: Grant, client_id: str | None, server: str
) -> None:
    """Stores the grant of a fresh connection, whatever was there before.

    Args:
        scope: The tenant's scope.
        account_id: Whose grant.
        sealed: The grant, sealed.
        grant: The same, for what is known without opening it.
        client_id: The app that it was given to; None for one that came from a form.
        server: The server that the app is registered with; empty where there is only one.
    """
    await scope.execute(
        "INSERT INTO grants (account_id, sealed, expires_at, renew_at, renewable, client_id, "
        "server) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id) DO UPDATE SET "
        "sealed = excluded.sealed, expires_at = excluded.expires_at, "
        "renew_at = excluded.renew_at, renewable = excluded.renewable, "
        "renewal_failed_at = NULL, renewal_failure = NULL, "
        "client_id = excluded.client_id, server = excluded.server, version = grants.version + 1, "
        "fence = nextval('public.fences'), lease_until = NULL, refresh_started_at = NULL, "
        "updated_at = now()",
        account_id,
        sealed,
        grant.expires_at,
        grant.renew_at,
        grant.refresh_token is not None,
        client_id,
        server,
    )


async def replace(
    scope: Scope, account_id: UUID, fence: int, sealed: bytes, grant: Grant
) -> int | None:
    """Replaces a grant by the renewed one.

    Args:
        scope: The tenant's scope.
        account_id: Whose grant.
        fence: The lease's number.
        sealed: The new grant, sealed.
        grant: The same, for what is known without opening it.

    Returns:
        Its version; None when the grant is not the leader's any more.
    """
    version: int | None = await scope.fetchval(
        "/* mpcas2:refresh-store */ UPDATE grants SET sealed = $3, expires_at = $4, "
        "renew_at = $5, renewable = $6, renewal_failed_at = NULL, renewal_failure = NULL, "
        "version = version + 1, lease_until = NULL, refresh_started_at = NULL, "
        "updated_at = now() WHERE account_id = $1 AND fence = $2 RETURNING version",
        account_id,
        fence,
        sealed,
        grant.expires_at,
        grant.renew_at,
        grant.refresh_token is not None,
    )
    return version


async def due_renewals(scope: Scope, limit: int) -> list[DueRenewal]:
    """Gives grants whose time to be renewed has come, the longest overdue first."""
    rows = await scope.fetch(
        f"/* mpcas2:keep-alive */ SELECT {QUALIFIED}, g.version FROM grants g "
        "JOIN social_accounts a ON a.id = g.account_id WHERE g.renew_at <= now() "
        "AND a.status = 'connected' "
        "AND (g.renewal_failed_at IS NULL OR g.renewal_failed_at <= now() - $2::interval) "
        "ORDER BY g.renew_at LIMIT $1",
        limit,
        RETRY_AFTER,
    )
    return [DueRenewal(account=from_record(row), version=row["version"]) for row in rows]


async def note_failure(scope: Scope, account_id: UUID, version: int, message: str) -> None:
    """Keeps why a renewal ahead of need failed, for people to see, until one succeeds."""
    await scope.execute(
        "UPDATE grants SET renewal_failed_at = now(), renewal_failure = $3 "
        "WHERE account_id = $1 AND version = $2",
        account_id,
        version,
        message,
    )


async def server_of(scope: Scope, account_id: UUID) -> str:
    """Gives the server that an account was connected at; empty where there is only one."""
    server: str | None = await scope.fetchval(
        "SELECT server FROM grants WHERE account_id = $1", account_id
    )
    return server or ""
