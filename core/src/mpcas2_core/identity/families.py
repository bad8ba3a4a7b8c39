"""Refresh-token families: one per sign-in, ended by sign-out and by the reuse of an old member."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mpcas2_core.errors import Unauthenticated
from mpcas2_core.identity.tokens import RefreshTokens

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = ("Families", "Refusal", "Rotation", "refuse")

# Any number does, as long as every version of the product uses the same and no other lock does.
LOCK_SPACE = 0x4D51


class Refusal(Enum):
    """Why a refresh token was not exchanged."""

    UNKNOWN = "This refresh token is not known. Sign in again."
    EXPIRED = "The refresh token has expired. Sign in again."
    REVOKED = "This sign-in was ended. Sign in again."
    REUSED = (
        "This refresh token was used before, so the sign-in was ended: somebody else may have a "
        "copy. Sign in again, and keep only the newest refresh token."
    )


def refuse(refusal: Refusal) -> Unauthenticated:
    """Gives the refusal as an error with code ``REFRESH_<why>``, for raising after the commit."""
    return Unauthenticated(refusal.value, code=f"REFRESH_{refusal.name}")


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """Whose token was exchanged, and for which one."""

    login_id: UUID
    tenant_id: UUID
    token: str

    def __repr__(self) -> str:
        """Shows whose it is and never the token."""
        return f"Rotation(login_id={self.login_id!r}, tenant_id={self.tenant_id!r})"


class Families:
    """Rows of ``public.refresh_tokens``. Every method works in the transaction that is open.

    Args:
        tokens: Makes and hashes tokens.
        seconds: How long an unused token lasts.
        grace_seconds: How long the immediate predecessor still yields the same successor.
    """

    def __init__(self, tokens: RefreshTokens, *, seconds: int, grace_seconds: int) -> None:
        self._tokens = tokens
        self._seconds = seconds
        self._grace_seconds = grace_seconds

    async def start(self, connection: Connection, login_id: UUID, tenant_id: UUID) -> str:
        """Starts a family and gives its first token; ones long out of date are swept away."""
        token = self._tokens.first()
        await connection.execute(
            "DELETE FROM public.refresh_tokens WHERE token_hash IN (SELECT token_hash "
            "FROM public.refresh_tokens WHERE expires_at < now() - interval '1 day' "
            "ORDER BY expires_at LIMIT 50 FOR UPDATE SKIP LOCKED)"
        )
        await self._insert(connection, token, uuids.uuid7(), login_id, tenant_id)
        return token

    async def rotate(self, connection: Connection, token: str) -> Rotation | Refusal:
        """Exchanges a token for its successor. A refusal may have ended the family: commit it."""
        ours, successor = self._tokens.hash(token), self._tokens.successor(token)
        theirs = self._tokens.hash(successor)
        # A lock first and the rows in a later statement: of two exchanges at once, the second then
        # sees what the first has written.
        await connection.execute(
            "SELECT pg_advisory_xact_lock($2, hashtext(family_id::text)) "
            "FROM public.refresh_tokens WHERE token_hash = $1",
            ours,
            LOCK_SPACE,
        )
        rows = await connection.fetch(
            "SELECT token_hash, family_id, login_id, tenant_id, used_at IS NOT NULL AS used, "
            "revoked_at IS NOT NULL AS revoked, expires_at <= now() AS expired, "
            "used_at > clock_timestamp() - make_interval(secs => $2) AS in_grace "
            "FROM public.refresh_tokens WHERE token_hash = ANY($1::bytea[])",
            [ours, theirs],
            float(self._grace_seconds),
        )
        family = {row["token_hash"]: row for row in rows}
        row = family.get(ours)
        if row is None:
            return Refusal.UNKNOWN
        if row["revoked"]:
            return Refusal.REVOKED
        if row["expired"]:
            return Refusal.EXPIRED
        rotation = Rotation(login_id=row["login_id"], tenant_id=row["tenant_id"], token=successor)
        if not row["used"]:
            await connection.execute(
                "UPDATE public.refresh_tokens SET used_at = clock_timestamp() "
                "WHERE token_hash = $1",
                ours,
            )
            await self._insert(
                connection, successor, row["family_id"], row["login_id"], row["tenant_id"]
            )
            return rotation
        follower = family.get(theirs)
        if row["in_grace"] and follower is not None and not follower["used"]:
            return rotation
        await self._revoke(connection, row["family_id"])
        return Refusal.REUSED

    async def end(self, connection: Connection, token: str) -> None:
        """Ends the family of a token; an unknown one is no fault."""
        family_id = await connection.fetchval(
            "SELECT family_id FROM public.refresh_tokens WHERE token_hash = $1",
            self._tokens.hash(token),
        )
        if family_id is not None:
            await self._revoke(connection, family_id)

    async def _revoke(self, connection: Connection, family_id: UUID) -> None:
        await connection.execute(
            "UPDATE public.refresh_tokens SET revoked_at = now() "
            "WHERE family_id = $1 AND revoked_at IS NULL",
            family_id,
        )

    async def _insert(
        self,
        connection: Connection,
        token: str,
        family_id: UUID,
        login_id: UUID,
        tenant_id: UUID,
    ) -> None:
        await connection.execute(
            "INSERT INTO public.refresh_tokens "
            "(token_hash, family_id, login_id, tenant_id, created_at, expires_at) "
            "VALUES ($1, $2, $3, $4, clock_timestamp(), now() + make_interval(secs => $5))",
            self._tokens.hash(token),
            family_id,
            login_id,
            tenant_id,
            float(self._seconds),
        )
