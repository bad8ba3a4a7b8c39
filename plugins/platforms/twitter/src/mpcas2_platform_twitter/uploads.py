"""Brings the files of a part to X, resumable by another process at any point.

Source: https://docs.x.com/x-api/media/quickstart/media-upload-chunked and the API's OpenAPI
description. Pictures go up in one request; videos and GIFs in segments that X numbers, so that a
segment sent twice is one segment. X then processes the file, and drops it after a day without a post.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
import msgspec

from mpcas2_hookspecs import Media, NotReady, PublishContext, Rejected
from mpcas2_platform_twitter.api import json_request, send
from mpcas2_platform_twitter.rules import GIF
from mpcas2_platform_twitter.wire import MediaAnswer, Nothing, Processing, UploadedMedia

__all__ = ("SEGMENT_BYTES", "upload")

SEGMENT_BYTES = 4 * 1024 * 1024
"""Size of every segment but the last; X takes up to 5 MB, and at most 1,000 segments."""

_KEPT = timedelta(hours=24)
# An upload that ends within this time is made anew rather than raced with.
_MARGIN = timedelta(minutes=10)
_CHECK_AFTER = 2.0
_LONGEST_PAUSE = 60.0
_FAILED = "media-processing-failed"
_GONE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class _Upload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a file is, as the journal keeps it.

    Attributes:
        id: X's id of the file.
        expires_at: When X drops it.
        segments: Segments that X has.
        complete: True when X has the whole file.
        ready: True when X has processed it.
        described: True when X has the alternative text.
    """

    id: str
    expires_at: datetime
    segments: int = 0
    complete: bool = False
    ready: bool = False
    described: bool = False


async def upload(media: Media, ctx: PublishContext, api_url: str) -> str:
    """Gives X's id of a file that is ready for a post, uploading what X does not have yet.

    Args:
        media: One of the part's files.
        ctx: Clients, clock, journal and media.
        api_url: Base address of the API.

    Raises:
        NotReady: X is still processing the file.
        PlatformError: Any other of the tree but ``OutcomeUnknown``: a file that no post carries goes away
            by itself.
    """
    work = _Work(media, ctx, api_url)
    kept = work.kept()
    if kept is not None:
        try:
            return await work.finish(kept, resumed=True)
        except Rejected as error:
            # X no longer knows the upload that an earlier run began.
            if error.code == _FAILED or error.answer.get("status") not in _GONE:
                raise
    return await work.finish(await work.begin(), resumed=False)


class _Work:
    """The steps of one file's upload."""

    def __init__(self, media: Media, ctx: PublishContext, api_url: str) -> None:
        self._media = media
        self._ctx = ctx
        self._url = f"{api_url}/2/media/upload"
        self._metadata_url = f"{api_url}/2/media/metadata"
        self._name = f"upload:{media.id}"

    def kept(self) -> _Upload | None:
        """Gives the journalled upload, unless X has dropped it or is about to."""
        noted = self._ctx.journal.get(self._name)
        if noted is None:
            return None
        state = msgspec.convert(noted, _Upload)
        return state if self._ctx.now() + _MARGIN < state.expires_at else None

    async def begin(self) -> _Upload:
        """Sends a picture whole, or opens the upload of a video or GIF."""
        if self._media.kind == "image" and self._media.mime_type != GIF:
            # At most 5 MB by the rules, so it may be held in memory.
            content = b"".join([chunk async for chunk in self._ctx.open_media(self._media)])
            told = await self._send(
                self._ctx.http.build_request(
                    "POST",
                    self._url,
                    data={"media_category": "tweet_image"},
                    files={"media": ("media", content, self._media.mime_type)},
                )
            )
            state = self._state_of(told, _Upload(id=told.id, expires_at=self._expiry(told)))
        else:
            category = "tweet_gif" if self._media.mime_type == GIF else "tweet_video"
            told = await self._send(
                json_request(
                    self._ctx.http,
                    f"{self._url}/initialize",
                    {
                        "media_type": self._media.mime_type,
                        "media_category": category,
                        "total_bytes": self._media.size,
                    },
                )
            )
            state = _Upload(id=told.id, expires_at=self._expiry(told))
        return await self._note(state)

    async def finish(self, state: _Upload, *, resumed: bool) -> str:
        """Goes on from any state until a post can carry the file."""
        if not state.complete:
            state = await self._append(state)
            state = await self._note(
                self._state_of(await self._finalize(state, resumed=resumed), state)
            )
        if not state.ready:
            state = await self._processed(state)
        if self._media.alt_text and not state.described:
            body = {"id": state.id, "metadata": {"alt_text": {"text": self._media.alt_text}}}
            await send(
                self._ctx.http,
                json_request(self._ctx.http, self._metadata_url, body),
                Nothing,
                now=self._ctx.now(),
                empty=Nothing(),
            )
            state = await self._note(msgspec.structs.replace(state, described=True))
        return state.id

    async def _append(self, state: _Upload) -> _Upload:
        start = state.segments * SEGMENT_BYTES
        if start >= self._media.size:
            return state
        async for segment in _segments(self._ctx.open_media(self._media, start)):
            request = self._ctx.http.build_request(
                "POST",
                f"{self._url}/{state.id}/append",
                data={"segment_index": str(state.segments)},
                files={"media": ("media", segment, "application/octet-stream")},
            )
            # The description has a body here; an empty answer is taken too.
            await send(self._ctx.http, request, Nothing, now=self._ctx.now(), empty=Nothing())
            done = msgspec.structs.replace(state, segments=state.segments + 1)
            state = await self._note(done)
        return state

    async def _finalize(self, state: _Upload, *, resumed: bool) -> UploadedMedia:
        url = f"{self._url}/{state.id}/finalize"
        try:
            return await self._send(self._ctx.http.build_request("POST", url))
        except Rejected:
            if not resumed:
                raise
            # An earlier run may have finalized it and died before it could note that.
            return await self._status(state)

    async def _processed(self, state: _Upload) -> _Upload:
        """Makes sure that X has processed the file.

        Raises:
            NotReady: It has not; the upload is kept and asked about later.
        """
        told = await self._status(state)
        state = self._state_of(told, state)
        if state.ready:
            return await self._note(state)
        processing = told.processing_info or Processing()
        done = processing.progress_percent
        raise NotReady(
            "X is processing the file" + (f" ({done} %)." if done else "."),
            code="media-processing",
            check_after=min(processing.check_after_secs or _CHECK_AFTER, _LONGEST_PAUSE),
        )

    async def _status(self, state: _Upload) -> UploadedMedia:
        params = {"command": "STATUS", "media_id": state.id}
        return await self._send(self._ctx.http.build_request("GET", self._url, params=params))

    def _state_of(self, told: UploadedMedia, state: _Upload) -> _Upload:
        """Reads what X tells about a file that it has whole.

        Raises:
            Rejected: X cannot process the file.
        """
        processing = told.processing_info or Processing()
        if processing.state == "failed":
            reason = processing.error.get("message")
            said = f" X said: {reason}" if isinstance(reason, str) else ""
            raise Rejected(
                "X cannot process the file; convert it (MP4 with H.264 and AAC for a video) and "
                f"upload it again.{said}",
                code=_FAILED,
                answer=msgspec.to_builtins(processing),
            )
        return msgspec.structs.replace(
            state,
            expires_at=self._expiry(told) if told.expires_after_secs else state.expires_at,
            complete=True,
            ready=processing.state == "succeeded",
        )

    def _expiry(self, told: UploadedMedia) -> datetime:
        seconds = told.expires_after_secs
        return self._ctx.now() + (_KEPT if seconds is None else timedelta(seconds=seconds))

    async def _note(self, state: _Upload) -> _Upload:
        await self._ctx.record(self._name, msgspec.to_builtins(state))
        return state

    async def _send(self, request: httpx.Request) -> UploadedMedia:
        answer = await send(self._ctx.http, request, MediaAnswer, now=self._ctx.now())
        return answer.data


async def _segments(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Joins chunks of any size into segments, holding no more than one and a chunk."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= SEGMENT_BYTES:
            yield bytes(held[:SEGMENT_BYTES])
            del held[:SEGMENT_BYTES]
    if held:
        yield bytes(held)
