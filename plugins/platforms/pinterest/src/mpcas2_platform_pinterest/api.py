"""Sends requests to the Pinterest API and reads their answers into Structs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import lost_connection, unreadable
from mpcas2_platform_pinterest.faults import fault_of

__all__ = ("NETWORK", "Api")

T = TypeVar("T")

NETWORK = "Pinterest"


class Api:
    """The API at one address, in one version.

    Args:
        api_url: Base address.
        version: For example ``v5``.
    """

    def __init__(self, api_url: str, version: str) -> None:
        self.base = f"{api_url}/{version}"

    async def get(
        self,
        client: httpx.AsyncClient,
        path: str,
        answer: type[T],
        *,
        now: datetime,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """Asks.

        Args:
            client: Sends it, with credentials.
            path: Below the version, such as ``boards``.
            answer: The Struct to read the answer into.
            now: Aware time, for rate limits.
            params: Query parameters.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        request = client.build_request("GET", f"{self.base}/{path}", params=params)
        return _read(await _sent(client, request, now=now), answer)

    async def post(
        self, client: httpx.AsyncClient, path: str, body: Any, answer: type[T], *, now: datetime
    ) -> T:
        """Sends JSON for something that may be done again.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        request = client.build_request("POST", f"{self.base}/{path}", json=body)
        return _read(await _sent(client, request, now=now), answer)

    async def post_once(
        self,
        client: httpx.AsyncClient,
        path: str,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes],
        answer: type[T],
        *,
        now: datetime,
    ) -> T:
        """Sends a body in chunks, for something that cannot be taken back.

        Args:
            client: Sends it, with credentials.
            path: Below the version.
            headers: Type and length of the body.
            content: The body.
            answer: The Struct to read the answer into.
            now: Aware time.

        Raises:
            PlatformError: Any of the tree; what the body raises passes through, for then the request
                never was whole.
        """
        request = client.build_request(
            "POST", f"{self.base}/{path}", headers=dict(headers), content=content
        )
        response = await _sent(client, request, now=now, irreversible=True)
        return _read(response, answer, irreversible=True)

    async def delete(self, client: httpx.AsyncClient, path: str, *, now: datetime) -> None:
        """Deletes.

        Raises:
            PlatformError: Any of the tree.
        """
        request = client.build_request("DELETE", f"{self.base}/{path}")
        await _sent(client, request, now=now, irreversible=True)


async def _sent(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    now: datetime,
    irreversible: bool = False,
) -> httpx.Response:
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, NETWORK, irreversible=irreversible) from error
    if not response.is_success:
        raise fault_of(response, irreversible=irreversible, now=now)
    return response


def _read(response: httpx.Response, answer: type[T], *, irreversible: bool = False) -> T:
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.MsgspecError as error:
        raise unreadable(response, NETWORK, irreversible=irreversible) from error
