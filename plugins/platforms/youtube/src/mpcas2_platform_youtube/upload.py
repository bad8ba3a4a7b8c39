"""Brings a file to YouTube: everything but its end may be repeated, the end makes the video."""

from __future__ import annotations

from datetime import datetime
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
from mpcas2_platform_youtube.resumable import (
    Finished,
    Gone,
    SessionState,
    Waiting,
    ask_session,
    open_session,
    send_range,
)
from mpcas2_platform_youtube.upload_state import OpenedSession, StagedUpload

__all__ = ("CHUNK_BYTES", "LAST_BYTES", "finish", "opened_before", "prepare", "start")

CHUNK_BYTES = 8 * 1024 * 1024
"""How much one request sends while an upload is prepared."""

LAST_BYTES = 1024 * 1024
"""How much is left to ``publish`` at most: the send that makes the video has a short deadline."""

_UNIT = 256 * 1024
"""Every range but the last is a multiple of this (resumable upload protocol)."""

_MAX_SETBACKS = 3
_JOURNAL = "upload"


def opened_before(ctx: PublishContext, draft: str) -> OpenedSession | None:
    """Gives the session that an earlier run opened for the same draft, from the journal."""
    known = ctx.journal.get(_JOURNAL)
    if known is None:
        return None
    session = msgspec.convert(known, OpenedSession)
    return session if session.draft == draft else None


async def start(
    ctx: PublishContext,
    api_url: str,
    resource: dict[str, Any],
    params: dict[str, str],
    media: Media,
    draft: str,
) -> OpenedSession:
    """Opens a session and journals it at once.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    await ctx.spend("uploads")
    opened_at: datetime = ctx.now()
    uri = await open_session(ctx, api_url, resource, params, media)
    session = OpenedSession(uri=uri, opened_at=opened_at, draft=draft)
    await ctx.record(_JOURNAL, msgspec.to_builtins(session))
    return session


async def prepare(
    ctx: PublishContext, api_url: str, session: OpenedSession, media: Media, *, fresh: bool
) -> int | None:
    """Sends the file up to, and without, its last bytes.

    The server's own count says where to go on, so nothing is journalled between the chunks.

    Args:
        ctx: Client, clock and file.
        api_url: Base address of the API.
        session: The session.
        media: The file.
        fresh: True when it was opened just now, so that it need not be asked.

    Returns:
        How many bytes the session has; the file's size when the video is finished already; None when
        the session is gone and another one is needed.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    state: SessionState = Waiting(0)
    if not fresh:
        state = await ask_session(ctx, api_url, session.uri, media.size)
    if isinstance(state, Waiting):
        state = await _push(ctx, api_url, session.uri, media, state, keep=LAST_BYTES)
    if isinstance(state, Waiting):
        return state.received
    return media.size if isinstance(state, Finished) else None


async def finish(ctx: PublishContext, api_url: str, upload: StagedUpload) -> str:
    """Sends the last bytes, which makes the video.

    Returns:
        The video's id.

    Raises:
        OutcomeUnknown: The answer is missing, or the session is not through with the bytes.
        PlatformError: Any other of the tree: this send made no video.
    """
    total = upload.media.size
    state: SessionState = Waiting(upload.offset)
    if upload.offset >= total:
        state = await ask_session(ctx, api_url, upload.session, total, irreversible=True)
    if isinstance(state, Waiting):
        state = await _push(ctx, api_url, upload.session, upload.media, state, keep=0)
    if isinstance(state, Gone):
        raise Rejected(
            "YouTube no longer knows the upload, so the video was not finished. Retry: the file is "
            "sent anew.",
            code="session-gone",
        )
    if isinstance(state, Waiting):
        raise OutcomeUnknown(f"YouTube has {state.received} of {total} bytes and no video yet.")
    if state.video_id is None:
        raise OutcomeUnknown("YouTube has the whole video, and its answer cannot be read.")
    return state.video_id


async def _push(
    ctx: PublishContext, api_url: str, session: str, media: Media, state: Waiting, *, keep: int
) -> SessionState:
    """Sends range after range until no more than ``keep`` bytes are left.

    Where the server stands elsewhere than we thought, we follow it, but not without end.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when nothing is kept.
    """
    setbacks = 0
    while media.size - state.received > keep:
        length = min(CHUNK_BYTES, media.size - state.received)
        if keep:
            length = min(length, (media.size - state.received - 1) // _UNIT * _UNIT)
        try:
            answer = await send_range(
                ctx, api_url, session, media, state.received, length, irreversible=not keep
            )
        except Rejected as refusal:
            answer = await _after_refusal(ctx, api_url, session, media, state, refusal, keep=keep)
        if not isinstance(answer, Waiting):
            return answer
        if answer.received <= state.received:
            setbacks += 1
            if setbacks == _MAX_SETBACKS:
                kind = Unavailable if keep else OutcomeUnknown
                raise kind(f"YouTube stays at byte {answer.received} of {media.size}.")
        state = answer
    return state


async def _after_refusal(
    ctx: PublishContext,
    api_url: str,
    session: str,
    media: Media,
    state: Waiting,
    refusal: Rejected,
    *,
    keep: int,
) -> SessionState:
    """Asks the session whether it refused a range because it stands elsewhere.

    Raises:
        Rejected: It stands where we thought: the refusal is meant.
        PlatformError: The question failed.
    """
    if "status" not in refusal.answer:
        # Ours, not the server's: the file itself is missing or too short.
        raise refusal
    try:
        answer = await ask_session(ctx, api_url, session, media.size)
    except PlatformError as error:
        if keep:
            raise
        raise OutcomeUnknown(refusal.message, code=refusal.code, answer=refusal.answer) from error
    if answer == state:
        raise refusal
    return answer
