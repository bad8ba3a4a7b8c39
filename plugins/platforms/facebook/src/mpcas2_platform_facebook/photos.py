"""Uploads pictures that nobody sees yet; a post or a story shows them later.

Source: https://developers.facebook.com/docs/graph-api/reference/page/photos. The bytes go up in a form, so
the installation needs no address that Facebook could reach.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from mpcas2_hookspecs import FormFile, Media, PublishContext, form_with_files
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.wire import Created

__all__ = ("photo_name", "staged_photo")

# Facebook drops a picture that no post shows after about a day (from memory).
_LASTS = timedelta(hours=20)


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    media: str
    at: datetime


def photo_name(index: int) -> str:
    """Names a picture in the journal by its place in the post."""
    return f"photo:{index}"


async def staged_photo(media: Media, index: int, ctx: PublishContext, graph: Graph) -> str:
    """Gives the id of an uploaded picture, uploading it when the journal has none.

    Args:
        media: The picture.
        index: Its place in the post.
        ctx: Client, clock, journal and media.
        graph: Facebook.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    name = photo_name(index)
    noted = ctx.journal.get(name)
    if noted is not None:
        kept = msgspec.convert(noted, _Kept)
        if kept.media == media.id and ctx.now() - kept.at < _LASTS:
            return kept.id
    fields = {"published": "false"}
    if media.alt_text:
        fields["alt_text_custom"] = media.alt_text
    file = FormFile(
        name="source",
        file_name=f"picture.{media.mime_type.rpartition('/')[2]}",
        mime_type=media.mime_type,
        size=media.size,
        content=ctx.open_media(media),
    )
    path = f"{ctx.account.platform_account_id}/photos"
    made = await graph.post(ctx, path, form_with_files(fields, [file]), Created)
    kept = _Kept(id=made.id, media=media.id, at=ctx.now())
    await ctx.record(name, msgspec.to_builtins(kept))
    return made.id
