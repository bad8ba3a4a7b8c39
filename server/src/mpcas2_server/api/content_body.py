"""The body of a request to make content, read as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException

from mpcas2_core.errors import InvalidInput, TooLarge

__all__ = ("bounded_body", "chunks_of")

AnyRequest = Request[Any, Any, Any]
# The route has no limit of Litestar's, which would hold for files too.
MAX_JSON_BYTES = 1_000_000


async def chunks_of(request: AnyRequest) -> AsyncIterator[bytes]:
    """Gives the body piece by piece.

    Raises:
        InvalidInput: The connection ended before the body did.
    """
    try:
        async for chunk in request.stream():
            yield chunk
    except InternalServerException as error:
        # What Litestar says when the client went away; there is nobody left to read the answer.
        raise InvalidInput(
            "The connection ended before the body did. Send it again.", code="UPLOAD_INCOMPLETE"
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
