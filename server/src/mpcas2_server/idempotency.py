"""``Idempotency-Key``: a POST that comes twice has one effect and gets one answer.

Every POST handler gives its work to :func:`once` (or :func:`once_anonymous` before anybody is signed
in). Effect and answer are written in one transaction; a request that fails keeps nothing, so that
its key may be tried again. Two at the same moment: the second waits and gets the first one's answer.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse

from mpcas2_core.database import Scope
from mpcas2_core.errors import EngineError, InvalidInput
from mpcas2_core.identity import Principal, Replay
from mpcas2_server.caller import Caller, engine_of
from mpcas2_server.wire import ENCODER, answer, no_content

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = ("Outcome", "earlier_answer", "key_of", "once", "once_anonymous")

Outcome = tuple[int, msgspec.Struct | None]
"""Status and body of an answer; None for 204."""

REPLAYED = {"idempotent-replay": "true"}
NO_CONTENT = 204
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_CANONICAL = msgspec.json.Encoder(order="deterministic")


def key_of(request: Request[Any, Any, Any]) -> str | None:
    """Gives the request's key, or None.

    Raises:
        InvalidInput: ``IDEMPOTENCY_KEY_INVALID``.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidInput(
            "Idempotency-Key must be 1 to 255 visible ASCII characters, for example a UUID.",
            code="IDEMPOTENCY_KEY_INVALID",
            details={"header": "Idempotency-Key"},
        )
    return key


async def earlier_answer(
    request: Request[Any, Any, Any], caller: Caller, body: msgspec.Struct | bytes
) -> ASGIResponse | None:
    """Gives the stored answer of the same request, for handlers that first turn to a network.

    Args:
        request: The request.
        caller: Who makes it.
        body: What :func:`once` will be given.

    Raises:
        Conflict: ``IDEMPOTENCY_KEY_REUSED``.
    """
    key = key_of(request)
    if key is None:
        return None
    digest = _digest(request, body)

    async def find(scope: Scope, principal: Principal) -> Replay | None:
        return await caller.engine.identity.replays.find(scope, principal.user_id, key, digest)

    replay = await caller.run(find)
    return _respond(replay, replayed=True) if replay else None


async def once(
    request: Request[Any, Any, Any],
    caller: Caller,
    body: msgspec.Struct | bytes,
    work: Callable[[Scope, Principal], Awaitable[Outcome]],
) -> ASGIResponse:
    """Does the work in one transaction, unless this key had its answer already.

    Args:
        request: The request.
        caller: Who makes it.
        body: The decoded body, or another value that tells requests apart (for an upload the
            digest of its fields and file).
        work: Gives status and body of the answer.

    Raises:
        Conflict: ``IDEMPOTENCY_KEY_REUSED``.
    """
    key = key_of(request)
    if key is None:
        status, result = await caller.run(work)
        return _respond(Replay(status=status, body=_encoded(result)))
    replays = caller.engine.identity.replays
    digest = _digest(request, body)

    async def guarded(scope: Scope, principal: Principal) -> tuple[Replay, bool]:
        earlier = await replays.claim(scope, principal.user_id, key, digest)
        if earlier is not None:
            return earlier, True
        status, result = await work(scope, principal)
        replay = Replay(status=status, body=_encoded(result))
        await replays.keep(scope, principal.user_id, key, replay)
        return replay, False

    replay, replayed = await caller.run(guarded)
    return _respond(replay, replayed=replayed)


async def once_anonymous(
    request: Request[Any, Any, Any],
    body: msgspec.Struct,
    work: Callable[[Connection], Awaitable[Outcome | EngineError]],
) -> ASGIResponse:
    """Does what :func:`once` does for a request that has no tenant yet.

    Args:
        request: The request.
        body: The decoded body.
        work: Gives status and body; it may be run twice. An error that it *returns* is raised
            after the commit.

    Raises:
        Conflict: ``IDEMPOTENCY_KEY_REUSED``.
    """
    identity = engine_of(request).identity
    key = key_of(request)
    digest = _digest(request, body)

    async def attempt() -> tuple[Replay | EngineError, bool]:
        async with identity.transaction() as connection:
            if key is not None:
                earlier = await identity.replays.claim_anonymous(connection, key, digest)
                if earlier is not None:
                    return earlier, True
            outcome = await work(connection)
            if isinstance(outcome, EngineError):
                return outcome, False
            status, result = outcome
            replay = Replay(status=status, body=_encoded(result))
            if key is not None:
                await identity.replays.keep_anonymous(connection, key, digest, replay)
            return replay, False

    try:
        replay, replayed = await attempt()
    except asyncpg.InvalidCachedStatementError:
        # A migration changed a table under a cached statement, which is forgotten now.
        replay, replayed = await attempt()
    if isinstance(replay, EngineError):
        raise replay
    return _respond(replay, replayed=replayed)


def _digest(request: Request[Any, Any, Any], body: msgspec.Struct | bytes) -> bytes:
    canonical = body if isinstance(body, bytes) else _CANONICAL.encode(body)
    replays = engine_of(request).identity.replays
    return replays.digest(request.method, request.scope["path"], canonical)


def _encoded(result: msgspec.Struct | None) -> bytes:
    return b"" if result is None else ENCODER.encode(result)


def _respond(replay: Replay, *, replayed: bool = False) -> ASGIResponse:
    headers = REPLAYED if replayed else None
    if replay.status == NO_CONTENT:
        return no_content(headers)
    return answer(replay.body, replay.status, headers)
