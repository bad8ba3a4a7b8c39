"""Brings a video to LinkedIn in the ranges that it asks for, resumable at any of them.

``?action=initializeUpload`` gives an address for each range; a ``PUT`` takes exactly that range, without
Authorization and without a version, and answers with an ETag. ``?action=finalizeUpload`` names the ETags
in order, and LinkedIn processes the video until it is AVAILABLE.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus

import msgspec

from mpcas2_hookspecs import Media, NotReady, PublishContext, Rejected, unreadable
from mpcas2_platform_linkedin.faults import has_status
from mpcas2_platform_linkedin.rest import NETWORK, Rest, send
from mpcas2_platform_linkedin.uploads import FORGET, expired, initialize, kept, settled
from mpcas2_platform_linkedin.wire import UploadPart

__all__ = ("await_video", "upload_video")

_OVER = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_BYTES = "application/octet-stream"


class _Plan(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What LinkedIn asked for, as the journal keeps it; written once.

    Attributes:
        urn: LinkedIn's name of the video.
        token: What the end of the upload repeats; may be empty.
        parts: The ranges and their addresses.
        thumbnail_url: The address that takes the cover; empty when there is none.
        expires_at: Until when the addresses are good, in milliseconds since 1970.
    """

    urn: str
    token: str
    parts: tuple[UploadPart, ...]
    thumbnail_url: str = ""
    expires_at: int | None = None


class _Progress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far the upload is, as the journal keeps it; written after each step.

    Attributes:
        tags: ETags of the ranges that LinkedIn has, in order.
        covered: True when LinkedIn has the cover, or there is none.
        finalized: True when the video was put together.
        ready: True when a post can carry it.
    """

    tags: tuple[str, ...] = ()
    covered: bool = False
    finalized: bool = False
    ready: bool = False


async def upload_video(
    media: Media, cover: Media | None, ctx: PublishContext, rest: Rest
) -> tuple[str, bool]:
    """Gives the URN of a video of which LinkedIn has all bytes, and whether it has the cover.

    Args:
        media: The video.
        cover: The picture that stands for it; None for LinkedIn's own choice.
        ctx: Clients, clock, journal and media.
        rest: Builds requests.

    Raises:
        PlatformError: Any of the tree but ``NotReady`` and ``OutcomeUnknown``.
    """
    work = _Work(media, cover, ctx, rest)
    plan = kept(ctx, work.plan_name, _Plan)
    progress = work.progress()
    if plan is not None and progress.finalized:
        return plan.urn, bool(plan.thumbnail_url)
    if plan is not None and not expired(plan.expires_at, ctx.now()):
        try:
            return await work.send_all(plan, progress, resumed=True)
        except Rejected as error:
            # LinkedIn no longer knows the upload that an earlier run began.
            if not has_status(error, *_OVER):
                raise
    return await work.send_all(await work.begin(), _Progress(), resumed=False)


async def await_video(media: Media, ctx: PublishContext, rest: Rest) -> None:
    """Makes sure that LinkedIn has processed an uploaded video.

    Raises:
        NotReady: It has not.
        Rejected: It cannot process the video.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    work = _Work(media, None, ctx, rest)
    plan, progress = kept(ctx, work.plan_name, _Plan), work.progress()
    if plan is not None and not progress.ready:
        await settled("video", plan.urn, ctx, rest, work.names)
        await work.note(msgspec.structs.replace(progress, ready=True))


class _Work:
    """The steps of one video's upload."""

    def __init__(self, media: Media, cover: Media | None, ctx: PublishContext, rest: Rest) -> None:
        self._media = media
        self._cover = cover
        self._ctx = ctx
        self._rest = rest
        self.plan_name = f"upload:{media.id}"
        self.progress_name = f"progress:{media.id}"
        self.names = (self.plan_name, self.progress_name)

    def progress(self) -> _Progress:
        return kept(self._ctx, self.progress_name, _Progress) or _Progress()

    async def note(self, progress: _Progress) -> _Progress:
        await self._ctx.record(self.progress_name, msgspec.to_builtins(progress))
        return progress

    async def begin(self) -> _Plan:
        """Opens an upload, forgetting the progress of one before."""
        order = {
            "fileSizeBytes": self._media.size,
            "uploadCaptions": False,
            "uploadThumbnail": self._cover is not None,
        }
        ticket = await initialize("video", order, self._ctx, self._rest)
        if self.progress_name in self._ctx.journal:
            await self._ctx.record(self.progress_name, FORGET)
        plan = _Plan(
            urn=ticket.video,
            token=ticket.upload_token,
            parts=ticket.upload_instructions,
            thumbnail_url=ticket.thumbnail_upload_url if self._cover is not None else "",
            expires_at=ticket.upload_urls_expire_at,
        )
        await self._ctx.record(self.plan_name, msgspec.to_builtins(plan))
        return plan

    async def send_all(
        self, plan: _Plan, progress: _Progress, *, resumed: bool
    ) -> tuple[str, bool]:
        """Goes on from any state until LinkedIn has put the video together."""
        for part in plan.parts[len(progress.tags) :]:
            tag = await self._send_part(part)
            progress = await self.note(
                msgspec.structs.replace(progress, tags=(*progress.tags, tag))
            )
        if self._cover is not None and plan.thumbnail_url and not progress.covered:
            await self._send_cover(self._cover, plan.thumbnail_url)
            progress = await self.note(msgspec.structs.replace(progress, covered=True))
        if not (resumed and await self._is_together(plan)):
            order = {
                "video": plan.urn,
                "uploadToken": plan.token,
                "uploadedPartIds": list(progress.tags),
            }
            request = self._rest.request(
                self._ctx.http,
                "POST",
                "videos?action=finalizeUpload",
                {"finalizeUploadRequest": order},
            )
            await send(self._ctx.http, request, now=self._ctx.now())
        await self.note(msgspec.structs.replace(progress, finalized=True))
        return plan.urn, bool(plan.thumbnail_url)

    async def _is_together(self, plan: _Plan) -> bool:
        """Tells whether an earlier run finalized the video and died before it could note that."""
        try:
            await settled("video", plan.urn, self._ctx, self._rest, self.names)
        except NotReady as error:
            return error.code != "WAITING_UPLOAD"
        return True

    async def _send_part(self, part: UploadPart) -> str:
        length = part.last_byte - part.first_byte + 1
        request = self._ctx.bare_http.build_request(
            "PUT",
            part.upload_url,
            headers={"content-type": _BYTES, "content-length": str(length)},
            content=_first(self._ctx.open_media(self._media, part.first_byte), length),
        )
        response = await send(self._ctx.bare_http, request, now=self._ctx.now())
        tag = str(response.headers.get("etag", "")).strip('"')
        if not tag:
            raise unreadable(response, NETWORK, irreversible=False)
        return tag

    async def _send_cover(self, cover: Media, url: str) -> None:
        request = self._ctx.bare_http.build_request(
            "PUT",
            url,
            headers={"content-type": _BYTES, "content-length": str(cover.size)},
            content=self._ctx.open_media(cover),
        )
        await send(self._ctx.bare_http, request, now=self._ctx.now())


async def _first(chunks: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    """Gives the first bytes of a stream and no more."""
    left = length
    async for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return
