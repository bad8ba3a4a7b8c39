"""Google's resumable upload: opening a session, asking how far it is, sending a range.

Source: https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from mpcas2_hookspecs import (
    AccountContext,
    Media,
    PublishContext,
    Rejected,
    Unavailable,
    lost_connection,
)
from mpcas2_platform_youtube.data_api import send
from mpcas2_platform_youtube.faults import fault_of
from mpcas2_platform_youtube.wire import UploadedVideo

__all__ = (
    "Finished",
    "Gone",
    "SessionState",
    "Waiting",
    "ask_session",
    "open_session",
    "send_range",
)

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_DONE = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
_RANGE = re.compile(r"\s*(?:bytes=)?0-([0-9]+)\s*")


class Waiting(msgspec.Struct, frozen=True):
    """The session waits for bytes.

    Attributes:
        received: How many it has, from the first on.
    """

    received: int


class Finished(msgspec.Struct, frozen=True):
    """The session has everything, and YouTube has made a video of it.

    Attributes:
        video_id: The video; None when the answer could not be read.
    """

    video_id: str | None


class Gone(msgspec.Struct, frozen=True):
    """YouTube does not know the session: it ended, or it was finished long ago."""


SessionState = Waiting | Finished | Gone
"""What a session says of itself."""


async def open_session(
    ctx: AccountContext,
    api_url: str,
    resource: dict[str, Any],
    params: dict[str, str],
    media: Media,
) -> str:
    """Opens a session for one video; YouTube checks the metadata here.

    Args:
        ctx: Client and clock.
        api_url: Base address of the API.
        resource: The video's metadata.
        params: Query parameters of ``videos.insert``.
        media: The file.

    Returns:
        The session's address.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``: a session alone makes no video.
    """
    request = ctx.http.build_request(
        "POST",
        f"{api_url}/upload/youtube/v3/videos",
        params={"uploadType": "resumable", **params},
        content=msgspec.json.encode(resource),
        headers={
            "content-type": "application/json; charset=UTF-8",
            "x-upload-content-length": str(media.size),
            "x-upload-content-type": media.mime_type,
        },
    )
    response = await send(ctx.http, request, now=ctx.now(), quota="uploads")
    told: str | None = response.headers.get("location")
    if not told:
        raise Unavailable("YouTube opened an upload session and did not say where.")
    session = urljoin(str(request.url), told)
    _refuse_other_origin(session, api_url)
    return session


async def ask_session(
    ctx: AccountContext, api_url: str, session: str, total: int, *, irreversible: bool = False
) -> SessionState:
    """Asks a session how far it is.

    Args:
        ctx: Client and clock.
        api_url: Base address of the API.
        session: The session's address.
        total: The file's size.
        irreversible: True when it is asked in place of sending the last bytes.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    headers = {"content-range": f"bytes */{total}", "content-length": "0"}
    return await _put(ctx, api_url, session, b"", headers, irreversible=irreversible)


async def send_range(
    ctx: PublishContext,
    api_url: str,
    session: str,
    media: Media,
    first: int,
    length: int,
    *,
    irreversible: bool,
) -> SessionState:
    """Sends some bytes of the file, in constant memory.

    Args:
        ctx: Client, clock and file.
        api_url: Base address of the API.
        session: The session's address.
        media: The file.
        first: Where the range begins.
        length: How long it is; a multiple of 256 KiB unless it goes up to the file's end.
        irreversible: True when it may go up to the file's end.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    headers = {
        "content-range": f"bytes {first}-{first + length - 1}/{media.size}",
        "content-length": str(length),
        "content-type": media.mime_type,
    }
    async with aclosing(_range_of(ctx, media, first, length)) as content:
        return await _put(ctx, api_url, session, content, headers, irreversible=irreversible)


async def _put(
    ctx: AccountContext,
    api_url: str,
    session: str,
    content: bytes | AsyncIterator[bytes],
    headers: dict[str, str],
    *,
    irreversible: bool,
) -> SessionState:
    _refuse_other_origin(session, api_url)
    request = ctx.http.build_request("PUT", session, content=content, headers=headers)
    try:
        response = await ctx.http.send(request)
    except httpx.RequestError as error:
        raise lost_connection(error, "YouTube", irreversible=irreversible) from error
    return _state_of(response, irreversible=irreversible, now=ctx.now())


def _state_of(response: httpx.Response, *, irreversible: bool, now: datetime) -> SessionState:
    if response.status_code in _DONE:
        try:
            return Finished(msgspec.json.decode(response.content, type=UploadedVideo).id)
        except msgspec.MsgspecError:
            return Finished(None)
    if response.status_code == HTTPStatus.PERMANENT_REDIRECT and not _is_redirect(response):
        # Google's "308 Resume Incomplete"; without the header nothing has arrived.
        told = _RANGE.fullmatch(response.headers.get("range", ""))
        return Waiting(int(told.group(1)) + 1 if told else 0)
    if response.status_code in _GONE:
        return Gone()
    raise fault_of(response, irreversible=irreversible, now=now, quota="uploads")


async def _range_of(
    ctx: PublishContext, media: Media, first: int, length: int
) -> AsyncGenerator[bytes, None]:
    """Reads a range of the file; it never gives fewer bytes than were announced."""
    left = length
    stream = ctx.open_media(media, start=first)
    try:
        async for chunk in stream:
            yield chunk[:left]
            left -= min(left, len(chunk))
            if left == 0:
                return
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
    raise Rejected("The stored file is shorter than it was; upload it again.", code="media-short")


def _is_redirect(response: httpx.Response) -> bool:
    """Tells a proxy's "308 Permanent Redirect" from Google's 308, which names no other place."""
    told = response.headers.get("location")
    if not told:
        return False
    here = urlsplit(str(response.request.url))
    there = urlsplit(urljoin(str(response.request.url), told))
    return (there.scheme, there.netloc, there.path) != (here.scheme, here.netloc, here.path)


def _refuse_other_origin(session: str, api_url: str) -> None:
    """Keeps the access token from going to another host.

    Raises:
        Rejected: The session does not lie on the API's host.
    """
    there, here = urlsplit(session), urlsplit(api_url)
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise Rejected(
            f"YouTube named {there.netloc} for the upload, and access is only given to "
            f"{here.netloc}; the operator has to check MPCAS2_YOUTUBE_API_URL.",
            code="other-host",
        )
