"""The rows of connected accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from mpcas2_core.database.scope import Scope
from mpcas2_hookspecs import Account, AccountProfile

__all__ = (
    "AccountRow",
    "LatePolicy",
    "get",
    "get_many",
    "list_page",
    "mark_status",
    "renew_profile",
    "set_late_policy",
    "stale_profiles",
    "upsert",
)

_OWN = (
    "id",
    "platform",
    "platform_account_id",
    "username",
    "display_name",
    "avatar_url",
    "data",
    "status",
    "status_reason",
    "late_within_seconds",
    "late_otherwise",
    "connected_at",
    "profile_read_at",
)
# By sub-select, so that they can be returned by an INSERT or UPDATE of the account as well.
_OF_GRANT = (
    "(SELECT expires_at FROM grants WHERE account_id = {0}.id) AS token_expires_at, "
    "(SELECT expires_at FROM grants WHERE account_id = {0}.id AND NOT renewable) AS reconnect_by, "
    "(SELECT renewal_failure FROM grants WHERE account_id = {0}.id) AS renewal_failure"
)
COLUMNS = f"{', '.join(_OWN)}, {_OF_GRANT.format('social_accounts')}"
"""What :func:`from_record` reads, from ``social_accounts``."""

QUALIFIED = f"{', '.join(f'a.{name}' for name in _OWN)}, {_OF_GRANT.format('a')}"
"""The same from a query that calls ``social_accounts`` ``a``."""


class LatePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a post whose time passed while nothing ran.

    Attributes:
        within_seconds: Up to this lateness it is posted all the same.
        otherwise: Beyond it: ask a person, skip it, or post it however late.
    """

    within_seconds: int = 3600
    otherwise: Literal["ask", "skip", "post"] = "ask"


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account.

    Attributes:
        id: The engine's id.
        platform: Key of the network.
        platform_account_id: The network's own id.
        username: The handle.
        display_name: The name to show.
        avatar_url: Address of a picture.
        data: What the adapter keeps of it.
        status: ``connected``, ``disconnected``, ``error`` or ``expired``.
        status_reason: What to do when it is not ``connected``.
        late_policy: What becomes of late posts.
        connected_at: When a person connected it last.
        profile_read_at: When the network told name, picture and ``data`` last.
        token_expires_at: When the access token ends.
        reconnect_by: When the grant ends for good, since it cannot be renewed; None for others.
        renewal_failure: Why the last renewal ahead of need failed; None once one succeeded.
    """

    id: UUID
    platform: str
    platform_account_id: str
    username: str
    display_name: str | None
    avatar_url: str | None
    data: dict[str, Any]
    status: str
    status_reason: str | None
    late_policy: LatePolicy
    connected_at: datetime
    profile_read_at: datetime | None = None
    token_expires_at: datetime | None = None
    reconnect_by: datetime | None = None
    renewal_failure: str | None = None

    def for_adapter(self) -> Account:
        """Gives the account as adapters see it."""
        return Account(
            id=str(self.id),
            platform=self.platform,
            platform_account_id=self.platform_account_id,
            username=self.username,
            data=self.data,
        )


def from_record(row: asyncpg.Record) -> AccountRow:
    """Reads a row that holds ``COLUMNS``."""
    return AccountRow(
        id=row["id"],
        platform=row["platform"],
        platform_account_id=row["platform_account_id"],
        username=row["username"],
        display_name=row["display_name"],
        avatar_url=row["avatar_url"],
        data=row["data"],
        status=row["status"],
        status_reason=row["status_reason"],
        late_policy=LatePolicy(
            within_seconds=row["late_within_seconds"], otherwise=row["late_otherwise"]
        ),
        connected_at=row["connected_at"],
        profile_read_at=row["profile_read_at"],
        token_expires_at=row["token_expires_at"],
        reconnect_by=row["reconnect_by"],
        renewal_failure=row["renewal_failure"],
    )


async def upsert(
    scope: Scope, account_id: UUID, user_id: UUID, platform: str, profile: AccountProfile
) -> tuple[AccountRow, bool]:
    """Adds an account, or renews the one that stands for the same identity.

    Returns:
        The account, and whether it is new.
    """
    row = await scope.fetchrow(
        "INSERT INTO social_accounts (id, user_id, platform, platform_account_id, username, "
        "display_name, avatar_url, data, profile_read_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now()) "
        "ON CONFLICT (platform, platform_account_id) DO UPDATE SET username = excluded.username, "
        "display_name = excluded.display_name, avatar_url = excluded.avatar_url, "
        "data = excluded.data, status = 'connected', status_reason = NULL, connected_at = now(), "
        f"profile_read_at = now(), profile_tried_at = NULL, updated_at = now() RETURNING {COLUMNS}, (xmax = 0) AS is_new",
        account_id,
        user_id,
        platform,
        profile.platform_account_id,
        profile.username,
        profile.display_name,
        profile.avatar_url,
        profile.data,
    )
    assert row is not None, "an upsert returns its row"  # noqa: S101 - tells mypy
    return from_record(row), row["is_new"]


async def get(scope: Scope, account_id: UUID) -> AccountRow | None:
    """Gives one account, or None."""
    row = await scope.fetchrow(f"SELECT {COLUMNS} FROM social_accounts WHERE id = $1", account_id)
    return from_record(row) if row else None


async def get_many(scope: Scope, account_ids: Sequence[UUID]) -> dict[UUID, AccountRow]:
    """Gives those of the accounts that are there, by id; nobody disconnects them meanwhile."""
    rows = await scope.fetch(
        f"SELECT {COLUMNS} FROM social_accounts WHERE id = ANY($1) ORDER BY id FOR SHARE",
        list(account_ids),
    )
    return {row["id"]: from_record(row) for row in rows}


async def list_page(
    scope: Scope, *, platform: str | None, limit: int, offset: int
) -> tuple[list[AccountRow], int]:
    """Gives a page of accounts, the newest first, and how many there are in all."""
    rows = await scope.fetch(
        f"SELECT {COLUMNS} FROM social_accounts WHERE ($1::text IS NULL OR platform = $1) "
        "ORDER BY connected_at DESC, id DESC LIMIT $2 OFFSET $3",
        platform,
        limit,
        offset,
    )
    total = await scope.fetchval(
        "SELECT count(*) FROM social_accounts WHERE ($1::text IS NULL OR platform = $1)", platform
    )
    return [from_record(row) for row in rows], total


async def set_late_policy(scope: Scope, account_id: UUID, policy: LatePolicy) -> AccountRow | None:
    """Changes what becomes of late posts; None when there is no such account."""
    row = await scope.fetchrow(
        "UPDATE social_accounts SET late_within_seconds = $2, late_otherwise = $3, "
        f"updated_at = now() WHERE id = $1 RETURNING {COLUMNS}",
        account_id,
        policy.within_seconds,
        policy.otherwise,
    )
    return from_record(row) if row else None


async def renew_profile(
    scope: Scope, account_id: UUID, profile: AccountProfile
) -> AccountRow | None:
    """Stores what the network tells now; None when the account is gone or another one."""
    row = await scope.fetchrow(
        "UPDATE social_accounts SET username = $3, display_name = $4, avatar_url = $5, data = $6, "
        "profile_read_at = now(), profile_tried_at = NULL, updated_at = now() "
        f"WHERE id = $1 AND platform_account_id = $2 RETURNING {COLUMNS}",
        account_id,
        profile.platform_account_id,
        profile.username,
        profile.display_name,
        profile.avatar_url,
        profile.data,
    )
    return from_record(row) if row else None


async def stale_profiles(
    scope: Scope, platforms: Sequence[str], *, older: timedelta, tried: timedelta, limit: int
) -> list[AccountRow]:
    """Gives connected accounts whose profile is old, the oldest first, and notes the attempt.

    Args:
        scope: The tenant's scope.
        platforms: Keys of the networks that tell a profile.
        older: How old it is at least.
        tried: How long ago somebody tried last, at least.
        limit: How many at most.
    """
    rows = await scope.fetch(
        "/* mpcas2:stale-profiles */ UPDATE social_accounts SET profile_tried_at = now() "
        "WHERE id IN (SELECT id FROM social_accounts WHERE status = 'connected' "
        "AND platform = ANY($1) AND coalesce(profile_read_at, connected_at) <= now() - $2::interval "
        "AND (profile_tried_at IS NULL OR profile_tried_at <= now() - $3::interval) "
        "ORDER BY coalesce(profile_read_at, connected_at) LIMIT $4 FOR UPDATE SKIP LOCKED) "
        f"RETURNING {COLUMNS}",
        list(platforms),
        older,
        tried,
        limit,
    )
    return [from_record(row) for row in rows]


async def mark_status(
    scope: Scope, account_id: UUID, status: str, reason: str, *, grant_version: int | None = None
) -> bool:
    """Takes a connected account out of service.

    Args:
        scope: The tenant's scope.
        account_id: Which.
        status: What it becomes.
        reason: What a person should do.
        grant_version: Only while the account's grant has this version.

    Returns:
        Whether this call did it; False when it was out of service already.
    """
    changed = await scope.fetchval(
        "UPDATE social_accounts SET status = $2, status_reason = $3, updated_at = now() "
        "WHERE id = $1 AND status = 'connected' AND ($4::int IS NULL OR EXISTS "
        "(SELECT 1 FROM grants WHERE account_id = $1 AND version = $4)) RETURNING id",
        account_id,
        status,
        reason,
        grant_version,
    )
    return changed is not None
