"""Sends requests to a Mastodon server and reads their answers into Structs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from mpcas2_hookspecs import QuotaReading, lost_connection, unreadable
from mpcas2_platform_mastodon.faults import fault_of, quota_reading

__all__ = ("json_request", "read", "send")

T = TypeVar("T")


def json_request(
    client: httpx.AsyncClient, url: str, body: Any, headers: dict[str, str] | None = None
) -> httpx.Request:
    """Builds a ``POST`` with a JSON body."""
    return client.build_request(
        "POST",
        url,
        content=msgspec.json.encode(body),
        headers={"content-type": "application/json", **(headers or {})},
    )


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    now: datetime,
    irreversible: bool = False,
    quota: str | None = None,
    observe: Callable[[QuotaReading], None] | None = None,
) -> httpx.Response:
    """Sends one request and gives the answer if it is a success.

    Args:
        client: Sends it, with or without credentials.
        request: What to send.
        now: Aware time, for rate limits.
        irreversible: True when a lost answer leaves open what happened.
        quota: Name of the quota that the request spends.
        observe: Is told what the answer says about that quota.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    server = request.url.host
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, server, irreversible=irreversible) from error
    if quota is not None and observe is not None:
        reading = quota_reading(response.headers, quota)
        if reading is not None:
            observe(reading)
    if not response.is_success:
        raise fault_of(response, server=server, irreversible=irreversible, now=now, quota=quota)
    return response


def read(response: httpx.Response, kind: type[T], *, irreversible: bool = False) -> T:
    """Reads the body of a success.

    Raises:
        Unavailable: It cannot be read.
        OutcomeUnknown: The same, when ``irreversible``.
    """
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.MsgspecError as error:
        server = urlsplit(str(response.request.url)).hostname or "The server"
        raise unreadable(response, server, irreversible=irreversible) from error
