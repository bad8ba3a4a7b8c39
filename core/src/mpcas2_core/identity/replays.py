"""Answers kept under an Idempotency-Key, written in the transaction of their effect.

Inside a tenant the row of the key is claimed first, so that a second request with the same key waits
for the first to end and then finds its answer. Requests of strangers (sign-up, sign-in, refresh) have
no tenant: their answers hold tokens, hence lie sealed in ``public``, and a lock takes turns.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from mpcas2_core.database.scope import Scope
from mpcas2_core.errors import Conflict
from mpcas2_core.vault import MasterKeys

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = ("Replay", "Replays")

KEPT = "24 hours"
LOCK_SPACE = 0x4D52
KEY_ID_LENGTH = 16
CONTEXT = "anonymous-replay:"


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it was given; ``repr`` hides the body.

    Attributes:
        status: HTTP status.
        body: The bytes that were sent.
    """

    status: int
    body: bytes

    def __repr__(self) -> str:
        """Shows the status alone: a body may hold tokens."""
        return f"Replay(status={self.status})"


class Replays:
    """Keeps answers for a day and hands them out again.

    Args:
        keys: Seal the answers of requests without a tenant.
        secret: Keys the digests of requests, which may hold passwords.
    """

    def __init__(self, keys: MasterKeys, secret: str) -> None:
        self._keys = keys
        self._secret = secret.encode()

    def digest(self, method: str, path: str, body: bytes) -> bytes:
        """Tells requests apart without keeping them.

        Args:
            method: HTTP method.
            path: Path of the request.
            body: The body in a canonical form.
        """
        head = f"{method}\n{path}\n".encode()
        return hmac.digest(self._secret, head + body, "sha256")

    async def claim(self, scope: Scope, user_id: UUID, key: str, digest: bytes) -> Replay | None:
        """Claims a key for the work that follows in this scope.

        Returns:
            The stored answer when the request was answered before; None when the work is to be
            done and its answer to be kept with :meth:`keep`.

        Raises:
            Conflict: ``IDEMPOTENCY_KEY_REUSED``: the key came with another request.
        """
        claimed = await scope.fetchval(
            "INSERT INTO replays (user_id, key, request_hash) VALUES ($1, $2, $3) "
            "ON CONFLICT (user_id, key) DO UPDATE SET request_hash = excluded.request_hash, "
            "status = NULL, body = NULL, created_at = now() "
            f"WHERE replays.created_at < now() - interval '{KEPT}' RETURNING true",
            user_id,
            key,
            digest,
        )
        return None if claimed else await self.find(scope, user_id, key, digest)

    async def find(self, scope: Scope, user_id: UUID, key: str, digest: bytes) -> Replay | None:
        """Looks for a stored answer and claims nothing.

        Raises:
            Conflict: ``IDEMPOTENCY_KEY_REUSED``: the key came with another request.
        """
        row = await scope.fetchrow(
            "SELECT request_hash, status, body FROM replays WHERE user_id = $1 AND key = $2 "
            f"AND created_at >= now() - interval '{KEPT}'",
            user_id,
            key,
        )
        if row is None:
            return None
        _compare(row["request_hash"], digest)
        return Replay(status=row["status"], body=row["body"])

    async def keep(self, scope: Scope, user_id: UUID, key: str, replay: Replay) -> None:
        """Stores the answer under the key that :meth:`claim` claimed, and sweeps old ones away."""
        await scope.execute(
            "UPDATE replays SET status = $3, body = $4 WHERE user_id = $1 AND key = $2",
            user_id,
            key,
            replay.status,
            replay.body,
        )
        await scope.execute(
            "DELETE FROM replays WHERE (user_id, key) IN (SELECT user_id, key FROM replays "
            f"WHERE created_at < now() - interval '{KEPT}' ORDER BY created_at LIMIT 50 "
            "FOR UPDATE SKIP LOCKED)"
        )

    async def claim_anonymous(
        self, connection: Connection, key: str, digest: bytes
    ) -> Replay | None:
        """Does what :meth:`claim` does for a request that has no tenant.

        Raises:
            Conflict: ``IDEMPOTENCY_KEY_REUSED``: the key came with another request.
        """
        await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", LOCK_SPACE, key)
        row = await connection.fetchrow(
            "SELECT request_hash, status, sealed_body FROM public.anonymous_replays "
            f"WHERE key = $1 AND created_at >= now() - interval '{KEPT}'",
            key,
        )
        if row is None:
            return None
        _compare(row["request_hash"], digest)
        sealed: bytes = row["sealed_body"]
        key_id, body = sealed[:KEY_ID_LENGTH].decode(), sealed[KEY_ID_LENGTH:]
        return Replay(status=row["status"], body=self._keys.open(key_id, body, CONTEXT + key))

    async def keep_anonymous(
        self, connection: Connection, key: str, digest: bytes, replay: Replay
    ) -> None:
        """Stores the answer of a request that has no tenant, sealed, and sweeps old ones away."""
        key_id, sealed = self._keys.seal(replay.body, CONTEXT + key)
        await connection.execute(
            "DELETE FROM public.anonymous_replays WHERE key = $1 OR key IN (SELECT key "
            f"FROM public.anonymous_replays WHERE created_at < now() - interval '{KEPT}' "
            "ORDER BY created_at LIMIT 50 FOR UPDATE SKIP LOCKED)",
            key,
        )
        await connection.execute(
            "INSERT INTO public.anonymous_replays (key, request_hash, status, sealed_body) "
            "VALUES ($1, $2, $3, $4)",
            key,
            digest,
            replay.status,
            key_id.encode() + sealed,
        )


def _compare(stored: bytes, digest: bytes) -> None:
    if not hmac.compare_digest(stored, digest):
        raise Conflict(
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
            code="IDEMPOTENCY_KEY_REUSED",
        )
