"""Sends requests of the YouTube Data API and reads their answers into Structs.

Source: the discovery document ``youtube.v3.json``: every method lies under ``/youtube/v3/``, uploads
under ``/upload/youtube/v3/``. Every request costs quota units, failed ones too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import AccountContext, lost_connection, unreadable
from mpcas2_platform_youtube.faults import fault_of
from mpcas2_platform_youtube.wire import Page

__all__ = ("LIST_UNITS", "WRITE_UNITS", "ask", "listed", "pages", "send")

T = TypeVar("T")

LIST_UNITS = 1
"""What a list costs (https://developers.google.com/youtube/v3/determine_quota_cost)."""

WRITE_UNITS = 50
"""What an insert, a deletion or a thumbnail costs."""

_PAGE_SIZE = "50"


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    now: datetime,
    irreversible: bool = False,
    quota: str = "units",
) -> httpx.Response:
    """Sends a request once.

    Args:
        client: Sends it, with credentials.
        request: What to send.
        now: Aware time, for rate limits.
        irreversible: True when a lost answer leaves open what happened.
        quota: The quota that the request spends.

    Returns:
        A success, read.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, "YouTube", irreversible=irreversible) from error
    if not response.is_success:
        raise fault_of(response, irreversible=irreversible, now=now, quota=quota)
    return response


async def ask(
    client: httpx.AsyncClient,
    api_url: str,
    resource: str,
    params: Mapping[str, str],
    answer: type[T],
    *,
    now: datetime,
) -> T:
    """Asks for a list, without counting what it costs: while an account is being connected.

    Args:
        client: Sends it, with credentials.
        api_url: Base address of the API.
        resource: For example ``"videos"``.
        params: Query parameters.
        answer: The Struct to read the answer into.
        now: Aware time, for rate limits.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    request = client.build_request("GET", f"{api_url}/youtube/v3/{resource}", params=dict(params))
    response = await send(client, request, now=now)
    try:
        # Not strict: counts come as text.
        return msgspec.json.decode(response.content, type=answer, strict=False)
    except msgspec.MsgspecError as error:
        raise unreadable(response, "YouTube", irreversible=False) from error


async def listed(
    ctx: AccountContext, api_url: str, resource: str, params: Mapping[str, str], answer: type[T]
) -> T:
    """Asks for a list and counts its one unit.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    await ctx.spend("units", LIST_UNITS)
    return await ask(ctx.http, api_url, resource, params, answer, now=ctx.now())


async def pages(
    ctx: AccountContext,
    api_url: str,
    resource: str,
    params: Mapping[str, str],
    page: type[Page[T]],
) -> AsyncIterator[T]:
    """Gives the entries of a list, asking for its pages one by one.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    query: dict[str, Any] = {**params, "maxResults": _PAGE_SIZE}
    while True:
        answer = await listed(ctx, api_url, resource, query, page)
        for item in answer.items:
            yield item
        if not answer.next_page_token or answer.next_page_token == query.get("pageToken"):
            return
        query["pageToken"] = answer.next_page_token
