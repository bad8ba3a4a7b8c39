"""The body of a request that brings content or a part of it, read as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException

from mpcas2_core.database import Scope
from mpcas2_core.errors import InvalidInput, TooLarge
from mpcas2_core.identity import Principal
from mpcas2_server.caller import Caller

__all__ = ("bounded_body", "chunks_of", "room_for")

AnyRequest = Request[Any, Any, Any]
# The route has no limit of Litestar's, which would hold for files too.
MAX_JSON_BYTES = 1_000_000
IDLE_SECONDS = 30.0
SEND_AGAIN = "Send it again."


async def chunks_of(request: AnyRequest, *, advice: str = SEND_AGAIN) -> AsyncIterator[bytes]:
    """Gives the body piece by piece.

    Args:
        request: The request.
        advice: What to do when the connection ends too early.

    Raises:
        InvalidInput: The connection ended before the body did, or nothing came for half a minute: a
            silent sender must not hold room and a place for ever.
    """
    stream = aiter(request.stream())
    try:
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            yield chunk
    except TimeoutError as error:
        raise InvalidInput(
            f"Nothing came for {IDLE_SECONDS:.0f} seconds in the middle of the body. {advice}",
            code="UPLOAD_INCOMPLETE",
        ) from error
    except InternalServerException as error:
        # What Litestar says when the client went away; there is nobody left to read the answer.
        raise InvalidInput(
            f"The connection ended before the body did. {advice}", code="UPLOAD_INCOMPLETE"
        ) from error


async def bounded_body(request: AnyRequest) -> bytes:
    """Reads a body of JSON whole.

    Raises:
        InvalidInput: The connection ended before the body did.
        TooLarge: It is larger than JSON may be.
    """
    body = bytearray()
    async for chunk in chunks_of(request):
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise TooLarge("The body is larger than 1 MB. Shorten the text.")
    return bytes(body)


async def room_for(caller: Caller, scope: Scope, principal: Principal) -> tuple[Principal, int]:
    """Tells how much may come in: more than the tenant has room for is not even received."""
    most = caller.engine.settings.max_upload_bytes
    usage = await caller.engine.uploads.usage(scope)
    if usage.limit:
        # The tenant may send a file again that it has: that takes no room, so the limit itself holds.
        most = min(most, usage.limit)
    return principal, most
