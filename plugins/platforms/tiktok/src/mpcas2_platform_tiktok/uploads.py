"""Brings a video to TikTok: begun once, resumed where it broke off, ended by ``publish``.

A publish_id makes one post at most, and only the last chunk makes it. So nothing is public before, and
nothing is sent twice as long as the same publish_id is used.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Media,
    OutcomeUnknown,
    PlatformError,
    PublishContext,
    Rejected,
    Unavailable,
)
from mpcas2_platform_tiktok.api import DRAFT, VIDEO, TikTokApi
from mpcas2_platform_tiktok.chunks import chunk_count, chunk_size, last_start, send_chunk
from mpcas2_platform_tiktok.faults import NO_SUCH_POST
from mpcas2_platform_tiktok.options import Mode
from mpcas2_platform_tiktok.post_info import video_body
from mpcas2_platform_tiktok.records import Upload
from mpcas2_platform_tiktok.status import FAILED, UPLOADING, status_of
from mpcas2_platform_tiktok.wire import Begun, PublishStatus

__all__ = ("begin", "bring", "finish", "forget", "resume")

_JOURNAL = "upload"
# An upload address is good for about an hour (from memory); nobody sends to one that is this old.
_LIFE = timedelta(minutes=50)
_DEAD = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_OUT_OF_STEP = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


async def begin(
    api: TikTokApi,
    ctx: PublishContext,
    info: dict[str, Any] | None,
    media: Media,
    draft: str,
    mode: Mode,
) -> Upload:
    """Begins a video and journals its publish_id at once; a lost answer leaves nothing public.

    Args:
        api: The API.
        ctx: Client, clock and journal.
        info: ``post_info``; None for a draft.
        media: The file.
        draft: Digest of the post.
        mode: Published, or left as a draft.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    await ctx.spend("inits")
    await ctx.spend("posts" if mode == "direct" else "drafts")
    began_at = ctx.now()
    begun = await api.post(
        ctx.http,
        VIDEO if mode == "direct" else DRAFT,
        Begun,
        now=began_at,
        body=video_body(info, media.size, chunk_size(media.size), chunk_count(media.size)),
        quota="inits",
    )
    if not begun.upload_url:
        raise Unavailable("TikTok began a video and did not say where its bytes go.")
    upload = Upload(
        publish_id=begun.publish_id, url=begun.upload_url, began_at=began_at, draft=draft
    )
    return await _record(ctx, upload)


async def resume(api: TikTokApi, ctx: PublishContext, media: Media, draft: str) -> Upload | None:
    """Gives the upload that an earlier run began for the same post, as far as it can be gone on with.

    Returns:
        The upload, with as many bytes as TikTok has; None when one has to be begun.

    Raises:
        PlatformError: The question failed.
    """
    known = ctx.journal.get(_JOURNAL)
    if known is None:
        return None
    upload = msgspec.convert(known, Upload)
    if upload.draft != draft:
        return None
    aged = ctx.now() - upload.began_at > _LIFE
    if upload.offset >= last_start(media.size) and not aged:
        # All that may be repeated is done: there is nothing to ask.
        return upload
    try:
        told = await status_of(api, ctx, upload.publish_id)
    except Rejected as error:
        if error.code in NO_SUCH_POST:
            return None
        raise
    if told.status == FAILED:
        return None
    if _arrived(told, media.size):
        return msgspec.structs.replace(upload, offset=media.size)
    if told.uploaded_bytes is None:
        raise Unavailable("TikTok does not say how much of the video it has.")
    return None if aged else _standing(upload, media, told.uploaded_bytes)


async def bring(ctx: PublishContext, upload: Upload, media: Media) -> Upload:
    """Sends all chunks but the last, and journals after each how many bytes TikTok has.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    while upload.offset < last_start(media.size):
        try:
            await send_chunk(ctx, upload.url, media, upload.offset, irreversible=False)
        except Rejected as refusal:
            if refusal.answer.get("status") in _DEAD:
                await forget(ctx)
                raise Unavailable(
                    "TikTok no longer takes bytes for this upload; it is begun anew.",
                    code=refusal.code,
                    answer=refusal.answer,
                ) from refusal
            if refusal.answer.get("status") == _OUT_OF_STEP:
                raise Unavailable(
                    "TikTok expects another piece of the video; it is asked which.",
                    code=refusal.code,
                    answer=refusal.answer,
                ) from refusal
            raise
        sent = upload.offset + chunk_size(media.size)
        upload = await _record(ctx, msgspec.structs.replace(upload, offset=sent))
    return upload


async def finish(api: TikTokApi, ctx: PublishContext, upload: Upload, media: Media) -> None:
    """Sends the last chunk, which makes the post.

    Raises:
        OutcomeUnknown: The answer is missing or unreadable.
        PlatformError: Any other of the tree: this send made no post.
    """
    if upload.offset >= media.size:
        return
    if ctx.now() - upload.began_at > _LIFE:
        raise Rejected(
            "The address that TikTok gave for this video is about to end. Retry: the video is "
            "uploaded anew.",
            code="upload-ended",
        )
    try:
        await send_chunk(ctx, upload.url, media, upload.offset, irreversible=True)
    except Rejected as refusal:
        if "status" not in refusal.answer:
            # Ours, not TikTok's: the file itself is missing or too short.
            raise
        if not await _has_all(api, ctx, upload, media, refusal):
            raise


async def forget(ctx: PublishContext) -> None:
    """Lets the next run begin anew, where TikTok takes nothing more for an upload."""
    if ctx.journal.get(_JOURNAL) is not None:
        await ctx.record(_JOURNAL, None)


async def _has_all(
    api: TikTokApi, ctx: PublishContext, upload: Upload, media: Media, refusal: Rejected
) -> bool:
    """Tells whether a chunk was refused because it came before; otherwise notes where to go on.

    Raises:
        OutcomeUnknown: Nobody can tell now.
    """
    try:
        told = await status_of(api, ctx, upload.publish_id)
    except PlatformError as error:
        raise OutcomeUnknown(refusal.message, code=refusal.code, answer=refusal.answer) from error
    if told.status != FAILED and _arrived(told, media.size):
        return True
    if told.status == UPLOADING and refusal.answer["status"] == _OUT_OF_STEP:
        await _record(ctx, _standing(upload, media, told.uploaded_bytes or 0))
    else:
        await forget(ctx)
    return False


def _arrived(told: PublishStatus, size: int) -> bool:
    return told.status != UPLOADING or (told.uploaded_bytes or 0) >= size


def _standing(upload: Upload, media: Media, received: int) -> Upload:
    """Places the upload at the beginning of the first chunk that TikTok does not have whole."""
    step = chunk_size(media.size)
    whole = min(received - received % step, last_start(media.size))
    return msgspec.structs.replace(upload, offset=whole)


async def _record(ctx: PublishContext, upload: Upload) -> Upload:
    await ctx.record(_JOURNAL, msgspec.to_builtins(upload))
    return upload
