"""Sends requests to the Threads API and reads their answers into Structs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import lost_connection, unreadable
from mpcas2_platform_threads.faults import error_in, fault_of

__all__ = ("Graph",)

T = TypeVar("T")


class Graph:
    """The API at one address, in one version.

    Args:
        api_url: Base address.
        version: For example ``v1.0``.
    """

    def __init__(self, api_url: str, version: str) -> None:
        self._base = f"{api_url}/{version}" if version else api_url

    async def get(
        self,
        client: httpx.AsyncClient,
        path: str,
        params: Mapping[str, str],
        answer: type[T],
        *,
        now: datetime,
    ) -> T:
        """Asks.

        Args:
            client: Sends it, with credentials.
            path: Below the version, such as ``me/threads``.
            params: Query parameters.
            answer: The Struct to read the answer into.
            now: Aware time, for rate limits.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        request = client.build_request("GET", f"{self._base}/{path}", params=dict(params))
        return await _sent(client, request, answer, now=now)

    async def post(
        self,
        client: httpx.AsyncClient,
        path: str,
        fields: Mapping[str, str],
        answer: type[T],
        *,
        now: datetime,
        irreversible: bool = False,
        quota: str | None = None,
    ) -> T:
        """Sends a form.

        Args:
            client: Sends it, with credentials.
            path: Below the version.
            fields: The form.
            answer: The Struct to read the answer into.
            now: Aware time, for rate limits.
            irreversible: True when a lost answer leaves open what happened.
            quota: The quota that a refusal for too many posts is about.

        Raises:
            PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
        """
        request = client.build_request("POST", f"{self._base}/{path}", data=dict(fields))
        return await _sent(client, request, answer, now=now, irreversible=irreversible, quota=quota)

    async def delete(
        self, client: httpx.AsyncClient, path: str, answer: type[T], *, now: datetime
    ) -> T:
        """Deletes.

        Raises:
            PlatformError: Any of the tree.
        """
        request = client.build_request("DELETE", f"{self._base}/{path}")
        return await _sent(client, request, answer, now=now, irreversible=True)


async def _sent(
    client: httpx.AsyncClient,
    request: httpx.Request,
    answer: type[T],
    *,
    now: datetime,
    irreversible: bool = False,
    quota: str | None = None,
) -> T:
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, "Threads", irreversible=irreversible) from error
    # Meta has answered 200 with an error in it before.
    if not response.is_success or error_in(response.content) is not None:
        raise fault_of(response, irreversible=irreversible, now=now, quota=quota)
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.MsgspecError as error:
        raise unreadable(response, "Threads", irreversible=irreversible) from error
