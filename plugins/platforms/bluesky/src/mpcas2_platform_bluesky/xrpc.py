"""Sends XRPC requests and reads their answers into Structs.

Source: https://atproto.com/specs/xrpc. A query is a GET, a procedure a POST, both under ``/xrpc/``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import lost_connection, unreadable
from mpcas2_platform_bluesky.faults import fault_of

__all__ = ("procedure", "query", "upload")

T = TypeVar("T")


async def query(
    client: httpx.AsyncClient,
    server: str,
    nsid: str,
    params: Mapping[str, str],
    answer: type[T],
    *,
    now: datetime,
    headers: Mapping[str, str] | None = None,
) -> T:
    """Asks a question.

    Args:
        client: Sends it, with or without credentials.
        server: Base address without a slash at the end.
        nsid: Name of the query, for example ``com.atproto.repo.getRecord``.
        params: Its parameters.
        answer: The Struct to read the answer into.
        now: Aware time, for rate limits.
        headers: More headers, for a client without credentials.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    request = client.build_request(
        "GET", f"{server}/xrpc/{nsid}", params=dict(params), headers=headers
    )
    return await _send(client, request, answer, irreversible=False, now=now)


async def procedure(
    client: httpx.AsyncClient,
    server: str,
    nsid: str,
    body: Mapping[str, Any],
    answer: type[T],
    *,
    now: datetime,
    irreversible: bool = False,
) -> T:
    """Has something done.

    Args:
        client: Sends it, with or without credentials.
        server: Base address without a slash at the end.
        nsid: Name of the procedure, for example ``com.atproto.repo.putRecord``.
        body: Its input, JSON.
        answer: The Struct to read the answer into.
        now: Aware time, for rate limits.
        irreversible: True when a lost answer leaves open what happened.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    request = client.build_request(
        "POST",
        f"{server}/xrpc/{nsid}",
        content=msgspec.json.encode(body),
        headers={"content-type": "application/json"},
    )
    return await _send(client, request, answer, irreversible=irreversible, now=now)


async def upload(
    client: httpx.AsyncClient,
    server: str,
    nsid: str,
    chunks: AsyncIterator[bytes],
    answer: type[T],
    *,
    mime_type: str,
    size: int,
    now: datetime,
) -> T:
    """Streams a file in constant memory.

    The size is announced, so that the body is not chunked: a server may refuse a file whose size it
    does not know beforehand.

    Args:
        client: Sends it, with credentials.
        server: Base address without a slash at the end.
        nsid: Name of the procedure, for example ``com.atproto.repo.uploadBlob``.
        chunks: The file's bytes.
        answer: The Struct to read the answer into.
        mime_type: Kind of file.
        size: The file's size in bytes.
        now: Aware time, for rate limits.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``: a blob that no record names goes away
            by itself.
    """
    request = client.build_request(
        "POST",
        f"{server}/xrpc/{nsid}",
        content=chunks,
        headers={"content-type": mime_type, "content-length": str(size)},
    )
    return await _send(client, request, answer, irreversible=False, now=now)


async def _send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    answer: type[T],
    *,
    irreversible: bool,
    now: datetime,
) -> T:
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, "Bluesky", irreversible=irreversible) from error
    if response.status_code != HTTPStatus.OK:
        raise fault_of(response, irreversible=irreversible, now=now)
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.MsgspecError as error:
        raise unreadable(response, "Bluesky", irreversible=irreversible) from error
