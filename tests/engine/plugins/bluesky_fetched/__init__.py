"""Bluesky as it would be if it fetched media by address before it took a post."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import httpx

from mpcas2_hookspecs import (
    Part,
    Platform,
    PublishContext,
    Rejected,
    Staged,
    hookimpl,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform


class FetchedPlatform(BlueskyPlatform):
    """Fetches what a link names, as a network would, and wants the very file."""

    key = "bluesky-fetched"
    title = "Bluesky, fetched"

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Fetches every file, whole and in part."""
        for media in part.media:
            url = ctx.media_url(media)
            whole = await ctx.bare_http.get(url)
            piece = await ctx.bare_http.get(url, headers={"Range": "bytes=1-3"})
            if hashlib.sha256(whole.content).hexdigest() != media.id:
                raise Rejected(f"The link gave {whole.status_code} and another file.")
            if (piece.status_code, piece.content) != (
                httpx.codes.PARTIAL_CONTENT,
                whole.content[1:4],
            ):
                raise Rejected(f"The link gave {piece.status_code} for a part of the file.")
            if whole.headers["content-type"] != media.mime_type:
                raise Rejected("The link gave another type.")
        return await super().stage(part, ctx)


@hookimpl
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Registers the network."""
    return (FetchedPlatform(),)
