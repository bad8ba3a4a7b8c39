"""Sends the chunks of a video to the address that TikTok named for them.

Source: TikTok's media transfer guide. All chunks are of one size, but for the last, which carries the
remainder; they go strictly in order. 206 asks for the next one, 201 (some clients see 200) says that the
file is whole. The address is the key: no credentials go there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from http import HTTPStatus

import httpx
import msgspec

from mpcas2_hookspecs import (
    Media,
    OutcomeUnknown,
    PublishContext,
    Rejected,
    Unavailable,
    evidence_of,
    lost_connection,
    unreadable,
)
from mpcas2_platform_tiktok.faults import fault_of

__all__ = ("CHUNK_BYTES", "chunk_count", "chunk_size", "last_start", "send_chunk")

CHUNK_BYTES = 5 * 1024 * 1024
"""Size of a chunk. TikTok takes no smaller ones; ``publish`` sends the last one, and has a short deadline."""

_WHOLE = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})


def chunk_count(size: int) -> int:
    """Tells in how many chunks a file goes; one below twice the size of a chunk goes whole."""
    return max(1, size // CHUNK_BYTES)


def chunk_size(size: int) -> int:
    """Tells how large each chunk but the last is."""
    return size if chunk_count(size) == 1 else CHUNK_BYTES


def last_start(size: int) -> int:
    """Tells where the last chunk begins, which makes the post."""
    return (chunk_count(size) - 1) * chunk_size(size)


async def send_chunk(
    ctx: PublishContext, url: str, media: Media, first: int, *, irreversible: bool
) -> None:
    """Sends one chunk in constant memory; the last one if it is irreversible.

    Args:
        ctx: Client, clock and file.
        url: The upload's address.
        media: The file.
        first: Where the chunk begins.
        irreversible: True for the last chunk.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    end = media.size if irreversible else first + chunk_size(media.size)
    headers = {
        "content-type": media.mime_type,
        "content-length": str(end - first),
        "content-range": f"bytes {first}-{end - 1}/{media.size}",
    }
    async with aclosing(_range_of(ctx, media, first, end - first)) as content:
        request = ctx.bare_http.build_request("PUT", url, content=content, headers=headers)
        try:
            response = await ctx.bare_http.send(request)
        except httpx.RequestError as error:
            raise lost_connection(error, "TikTok", irreversible=irreversible) from error
    if irreversible and response.status_code in _WHOLE:
        _refuse_other_bodies(response)
        return
    if not irreversible and response.status_code == HTTPStatus.PARTIAL_CONTENT:
        return
    if response.is_success:
        kind = OutcomeUnknown if irreversible else Unavailable
        raise kind(
            f"TikTok's answer to a chunk ({response.status_code}) is not the one that belongs there.",
            code=str(response.status_code),
            answer=evidence_of(response),
        )
    raise fault_of(response, irreversible=irreversible, now=ctx.now())


def _refuse_other_bodies(response: httpx.Response) -> None:
    """Takes an empty body, or JSON: what else says 200 is a page that something in between put there.

    Raises:
        OutcomeUnknown: It is such a page.
    """
    try:
        if response.content:
            msgspec.json.decode(response.content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise unreadable(response, "TikTok", irreversible=True) from error


async def _range_of(
    ctx: PublishContext, media: Media, first: int, length: int
) -> AsyncGenerator[bytes, None]:
    """Reads a range of the file; it never gives fewer bytes than were announced."""
    left = length
    stream: AsyncIterator[bytes] = ctx.open_media(media, start=first)
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
