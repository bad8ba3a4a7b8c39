"""Sends requests to the Instagram API and reads their answers into Structs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import Rejected, evidence_of, lost_connection, unreadable
from mpcas2_platform_instagram.fault_words import VERSION
from mpcas2_platform_instagram.faults import fault_of

__all__ = ("Graph", "send")

T = TypeVar("T")

_VERSION = re.compile(r"v(\d+)\.(\d+)$")
_ENDED = 2635


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """Where Instagram's hosts are, and which version of the API is spoken.

    Attributes:
        api: Base address of the API.
        web: Of the website.
        upload: Of the host for bytes.
        version: For example ``"v26.0"``.
    """

    api: str
    web: str
    upload: str
    version: str

    def address(self, path: str) -> str:
        """Gives the address of a path below the version."""
        return f"{self.api}/{self.version}/{path}"

    async def get(
        self,
        client: httpx.AsyncClient,
        path: str,
        params: Mapping[str, str],
        answer: type[T],
        *,
        now: datetime,
    ) -> T:
        """Asks a question.

        Args:
            client: Sends it, with credentials.
            path: Below the version.
            params: Query parameters.
            answer: The Struct to read the answer into.
            now: Aware time, for rate limits.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        request = client.build_request("GET", self.address(path), params=dict(params))
        return await send(client, request, answer, now=now, version=self.version)

    async def post(
        self,
        client: httpx.AsyncClient,
        path: str,
        form: Mapping[str, str],
        answer: type[T],
        *,
        now: datetime,
        irreversible: bool = False,
    ) -> T:
        """Sends a form.

        Args:
            client: Sends it, with credentials.
            path: Below the version.
            form: Names and values.
            answer: The Struct to read the answer into.
            now: Aware time, for rate limits.
            irreversible: True when a lost answer leaves open what happened.

        Raises:
            PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
        """
        request = client.build_request("POST", self.address(path), data=dict(form))
        version = "" if irreversible else self.version
        return await send(
            client, request, answer, now=now, irreversible=irreversible, version=version
        )


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    answer: type[T],
    *,
    now: datetime,
    irreversible: bool = False,
    version: str = "",
) -> T:
    """Sends one request.

    Args:
        client: Sends it.
        request: What to send.
        answer: The Struct to read the answer into.
        now: Aware time, for rate limits.
        irreversible: True when a lost answer leaves open what happened.
        version: The version that was asked for; an answer in a later one is an error, because Meta
            serves an ended version as the oldest that lives, which may mean something else. Empty to
            take what comes.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    try:
        response = await client.send(request)
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, "Instagram", irreversible=irreversible) from error
    if not response.is_success:
        raise fault_of(response, irreversible=irreversible, now=now)
    served = response.headers.get("facebook-api-version", "")
    if version and _number(served) > _number(version) > (0, 0):
        raise Rejected(
            f"{VERSION[_ENDED]} It asked for {version} and was answered in {served}.",
            code="version-ended",
            answer=evidence_of(response),
        )
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.MsgspecError as error:
        raise unreadable(response, "Instagram", irreversible=irreversible) from error


def _number(version: str) -> tuple[int, int]:
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
