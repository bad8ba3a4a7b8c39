"""Sends requests to LinkedIn's versioned API and reads their answers into Structs.

Rest.li 2.0: URNs stand percent-encoded as a whole in paths and queries, the brackets and commas of
``List(…)`` and ``(share:…)`` do not, so addresses are written here and not by the client's ``params``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from mpcas2_hookspecs import lost_connection, unreadable
from mpcas2_platform_linkedin.faults import fault_of

__all__ = ("NETWORK", "Rest", "encoded", "read", "send")

NETWORK = "LinkedIn"

T = TypeVar("T")


def encoded(urn: str) -> str:
    """Encodes a URN for a path or a query, colons and brackets included."""
    return quote(urn, safe="")


class Rest:
    """Builds the requests of one version of the API.

    Args:
        api_url: Base address, without a slash at its end.
        version: Year and month, such as ``"202607"``.
    """

    def __init__(self, api_url: str, version: str) -> None:
        self.api_url = api_url
        self._headers = {
            "linkedin-version": version,
            "x-restli-protocol-version": "2.0.0",
        }

    def request(
        self, client: httpx.AsyncClient, method: str, path: str, body: Any = None
    ) -> httpx.Request:
        """Builds a request.

        Args:
            client: Will send it.
            method: ``"GET"``, ``"POST"`` or ``"DELETE"``.
            path: What follows ``/rest/``, with its query, encoded already.
            body: Value for a JSON body; None for no body.
        """
        url = f"{self.api_url}/rest/{path}"
        if body is None:
            return client.build_request(method, url, headers=self._headers)
        headers = {**self._headers, "content-type": "application/json"}
        return client.build_request(method, url, headers=headers, content=msgspec.json.encode(body))

    async def get(self, client: httpx.AsyncClient, path: str, answer: type[T], now: datetime) -> T:
        """Asks a question.

        Args:
            client: Sends it, with credentials.
            path: What follows ``/rest/``, encoded.
            answer: The Struct to read the answer into.
            now: Aware time, for rate limits.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return read(await send(client, self.request(client, "GET", path), now=now), answer)


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    now: datetime,
    irreversible: bool = False,
) -> httpx.Response:
    """Sends one request and gives its answer, which is a success.

    Args:
        client: Sends it.
        request: What to send.
        now: Aware time, for rate limits.
        irreversible: True when a lost answer leaves open what happened.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, NETWORK, irreversible=irreversible) from error
    if not response.is_success:
        raise fault_of(response, irreversible=irreversible, now=now)
    return response


def read(response: httpx.Response, answer: type[T], *, irreversible: bool = False) -> T:
    """Reads the body of a success.

    Raises:
        Unavailable: It cannot be read.
        OutcomeUnknown: It cannot be read, and the request was irreversible.
    """
    try:
        return msgspec.json.decode(response.content, type=answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise unreadable(response, NETWORK, irreversible=irreversible) from error
