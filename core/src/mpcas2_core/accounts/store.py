"""The rows of connected accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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
    "set_late_policy",
    "upsert",
)

COLUMNS = (
    "id, platform, platform_account_id, username, display_name, avatar_url, data, status, "
    "status_reason, late_within_seconds, late_otherwise, connected_at"
)


class LatePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a post whose time passed while nothing ran.

    Attributes:
        within_seconds: Up to this lateness it is posted all the same.
        otherwise: Beyond it: ask a person, skip it, or post it however late.
    """

    within_seconds: int = 3600
    otherwise: Literal["ask", "skip", "post"] = "ask"


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account. ``status_reason`` says what to do when it is not ``connected``."""

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
        "display_name, avatar_url, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (platform, platform_account_id) DO UPDATE SET username = excluded.username, "
        "display_name = excluded.display_name, avatar_url = excluded.avatar_url, "
        "data = excluded.data, status = 'connected', status_reason = NULL, connected_at = now(), "
        f"updated_at = now() RETURNING {COLUMNS}, (xmax = 0) AS is_new",
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
