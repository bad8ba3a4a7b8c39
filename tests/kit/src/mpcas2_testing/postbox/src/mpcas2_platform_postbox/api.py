"""Sends requests to Postbox, so that each ends in a readable answer or in an error of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec
from mpcas2_hookspecs import lost_connection, unreadable

from .faults import fault_of

__all__ = ("send",)

T = TypeVar("T")


async def send(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    answer: type[T],
    *,
    now: datetime,
    json: Any = None,
    content: AsyncIterator[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    irreversible: bool = False,
) -> T:
    """Sends one request and reads its answer. It is never repeated: that is the engine's business.

    Args:
        client: One of the context's clients.
        method: HTTP method.
        url: Absolute address.
        answer: The Struct to read the answer into; an empty body stands for ``{}``.
        now: Aware time, for ``Retry-After``.
        json: Value for a JSON body.
        content: The body in chunks; only one of the two may be given.
        headers: Further headers.
        params: Query parameters.
        irreversible: True when a request that may have arrived cannot be taken back.

    Raises:
        PlatformError: Any of the tree but ``NotReady``; ``OutcomeUnknown`` only if ``irreversible``.
    """
    try:
        response = await client.request(
            method, url, json=json, content=content, headers=headers, params=params
        )
    except httpx.RequestError as error:
        raise lost_connection(error, "Postbox", irreversible=irreversible) from error
    if not response.is_success:
        raise fault_of(response, irreversible=irreversible, now=now)
    try:
        return msgspec.json.decode(response.content or b"{}", type=answer)
    except msgspec.MsgspecError as error:
        raise unreadable(response, "Postbox", irreversible=irreversible) from error
