"""Sends requests to the X API and reads their answers into Structs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import QuotaReading, lost_connection, unreadable
from mpcas2_platform_twitter.faults import fault_of, quota_reading

__all__ = ("json_request", "send")

T = TypeVar("T")


def json_request(client: httpx.AsyncClient, url: str, body: Any) -> httpx.Request:
    """Builds a ``POST`` with a JSON body."""
    return client.build_request(
        "POST",
        url,
        content=msgspec.json.encode(body),
        headers={"content-type": "application/json"},
    )


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    answer: type[T],
    *,
    now: datetime,
    irreversible: bool = False,
    empty: T | None = None,
    quota: str | None = None,
    observe: Callable[[QuotaReading], None] | None = None,
) -> T:
    """Sends one request.

    Args:
        client: Sends it, with credentials.
        request: What to send.
        answer: The Struct to read the answer into.
        now: Aware time, for rate limits.
        irreversible: True when a lost answer leaves open what happened.
        empty: What a success without a body stands for; None when there must be one.
        quota: Name of the quota that the request spends.
        observe: Is told what the answer says about that quota.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, "X", irreversible=irreversible) from error
    if quota is not None and observe is not None:
        reading = quota_reading(response.headers, quota)
        if reading is not None:
            observe(reading)
    if not response.is_success:
        raise fault_of(response, irreversible=irreversible, now=now, quota=quota)
    if empty is not None and not response.content:
        return empty
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.MsgspecError as error:
        if _only_faults(response.content):
            raise fault_of(response, irreversible=irreversible, now=now, quota=quota) from error
        raise unreadable(response, "X", irreversible=irreversible) from error


def _only_faults(content: bytes) -> bool:
    """Tells whether a success names faults and has no data."""
    try:
        body = msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return False
    return isinstance(body, dict) and bool(body.get("errors")) and not body.get("data")
