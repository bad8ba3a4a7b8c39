"""Sends requests to TikTok's API and reads their answers into Structs.

Source: TikTok's API v2. Every answer is ``{"data", "error"}``; a success says ``ok`` there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import lost_connection, unreadable
from mpcas2_platform_tiktok.faults import OK, fault_of
from mpcas2_platform_tiktok.wire import Envelope

__all__ = ("CONTENT", "CREATOR", "DRAFT", "STATUS", "VIDEO", "TikTokApi")

T = TypeVar("T")

_PUBLISH = "v2/post/publish"
CREATOR = f"{_PUBLISH}/creator_info/query/"
"""What the creator allows now."""

VIDEO = f"{_PUBLISH}/video/init/"
"""Begins a video."""

DRAFT = f"{_PUBLISH}/inbox/video/init/"
"""Begins a video that becomes a draft."""

CONTENT = f"{_PUBLISH}/content/init/"
"""Makes a post of photos."""

STATUS = f"{_PUBLISH}/status/fetch/"
"""What became of a post."""

_JSON = {"content-type": "application/json; charset=UTF-8"}


class TikTokApi:
    """The API below one address.

    Args:
        url: Its base address, without the version.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    async def get(
        self,
        client: httpx.AsyncClient,
        path: str,
        answer: type[T],
        *,
        now: datetime,
        params: Mapping[str, str],
    ) -> T:
        """Asks a question with ``GET``.

        Args:
            client: Sends it, with credentials.
            path: Below the base address.
            answer: What ``data`` of the answer is read into.
            now: Aware time, for rate limits.
            params: The query.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        request = client.build_request("GET", f"{self.url}/{path}", params=dict(params))
        return await self._answered(client, request, answer, now=now)

    async def post(
        self,
        client: httpx.AsyncClient,
        path: str,
        answer: type[T],
        *,
        now: datetime,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        irreversible: bool = False,
        quota: str | None = None,
    ) -> T:
        """Sends a request with ``POST``, once.

        Args:
            client: Sends it, with credentials.
            path: Below the base address.
            answer: What ``data`` of the answer is read into.
            now: Aware time, for rate limits.
            body: The JSON; None for an empty body.
            params: The query; None for none.
            irreversible: True when a lost answer leaves open what happened.
            quota: The quota of a minute that it spends.

        Raises:
            PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
        """
        request = client.build_request(
            "POST",
            f"{self.url}/{path}",
            params=None if params is None else dict(params),
            content=b"" if body is None else msgspec.json.encode(body),
            headers=_JSON,
        )
        return await self._answered(
            client, request, answer, now=now, irreversible=irreversible, quota=quota
        )

    async def _answered(
        self,
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
            raise lost_connection(error, "TikTok", irreversible=irreversible) from error
        if not response.is_success:
            raise fault_of(response, irreversible=irreversible, now=now, quota=quota)
        try:
            # Not strict: ids and counts come as numbers here and as texts there.
            read = msgspec.json.decode(response.content, type=Envelope[Any], strict=False)
            if read.error.code == OK:
                return msgspec.convert(read.data, answer, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise unreadable(response, "TikTok", irreversible=irreversible) from error
        raise fault_of(response, irreversible=irreversible, now=now, quota=quota)
