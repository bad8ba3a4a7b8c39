"""Uploads of videos: registered with the API, sent to an upload host, and processed.

Source: Pinterest's OpenAPI description 5.23.0 (``POST /media``, ``GET /media/{media_id}``). The upload
host takes a form as Amazon S3 does, with the file behind all other fields (from memory).
"""

from __future__ import annotations

import httpx
import msgspec

from mpcas2_hookspecs import (
    FormFile,
    Media,
    NotReady,
    PublishContext,
    Rejected,
    form_with_files,
    lost_connection,
)
from mpcas2_platform_pinterest.api import NETWORK, Api
from mpcas2_platform_pinterest.faults import is_gone, upload_fault
from mpcas2_platform_pinterest.wire import Upload, UploadState

__all__ = ("uploaded_video",)

_ENTRY = "video"
_NEXT_LOOK = 5.0


class _Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the journal holds of an upload. The form's signed fields are not kept."""

    media_id: str
    sent: bool


async def uploaded_video(media: Media, ctx: PublishContext, api: Api) -> str:
    """Uploads a video once, and looks until Pinterest has processed it.

    Returns:
        Pinterest's id of the media.

    Raises:
        NotReady: Pinterest is still processing it.
        Rejected: It cannot be processed.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    entry, state = await _standing(ctx, api)
    # An attempt that died while it sent the file leaves open whether the file arrived.
    if entry is None or state is None or (state.status == "registered" and not entry.sent):
        made = await api.post(ctx.http, "media", {"media_type": "video"}, Upload, now=ctx.now())
        await _record(ctx, _Entry(media_id=made.media_id, sent=False))
        await _send(made, media, ctx)
        entry = _Entry(media_id=made.media_id, sent=True)
        await _record(ctx, entry)
        state = await _state(entry, ctx, api)
    if state.status == "succeeded":
        return entry.media_id
    if state.status == "failed":
        # Without this, whoever has mended nothing but the network's mood could never retry.
        await ctx.record(_ENTRY, None)
        raise Rejected(
            "Pinterest cannot process the video. Convert it to MP4 with H.264, check that it lasts 4 "
            "seconds to 15 minutes, and publish again.",
            code="failed",
            answer={"media_id": state.media_id, "status": state.status},
        )
    raise NotReady("Pinterest is processing the video.", code=state.status, check_after=_NEXT_LOOK)


async def _standing(ctx: PublishContext, api: Api) -> tuple[_Entry | None, UploadState | None]:
    """Gives the upload of an earlier attempt and how far it is, as far as there is one."""
    kept = ctx.journal.get(_ENTRY)
    if kept is None:
        return None, None
    entry = msgspec.convert(kept, _Entry)
    try:
        return entry, await _state(entry, ctx, api)
    except Rejected as error:
        if not is_gone(error):
            raise
        return entry, None


async def _state(entry: _Entry, ctx: PublishContext, api: Api) -> UploadState:
    return await api.get(ctx.http, f"media/{entry.media_id}", UploadState, now=ctx.now())


async def _send(made: Upload, media: Media, ctx: PublishContext) -> None:
    file = FormFile(
        name="file",
        file_name="video",
        mime_type=media.mime_type,
        size=media.size,
        content=ctx.open_media(media),
    )
    form = form_with_files(made.upload_parameters, [file])
    request = ctx.bare_http.build_request(
        "POST", made.upload_url, headers=form.headers, content=form.content
    )
    try:
        response = await ctx.bare_http.send(request)
    except httpx.RequestError as error:
        raise lost_connection(error, f"{NETWORK}'s upload host", irreversible=False) from error
    if not response.is_success:
        raise upload_fault(response)


async def _record(ctx: PublishContext, entry: _Entry) -> None:
    await ctx.record(_ENTRY, msgspec.to_builtins(entry))
