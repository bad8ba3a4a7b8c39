"""Brings pictures and documents to LinkedIn, resumable by another process at any point.

``?action=initializeUpload`` gives a URN and an address, one ``PUT`` with the bearer token takes the bytes,
and LinkedIn then prepares the file. The URN is journalled the moment it exists. A file that no post
carries is seen by nobody, so where an upload cannot go on it is simply made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import (
    Media,
    NotReady,
    PublishContext,
    Rejected,
    Unavailable,
    unreadable,
)
from mpcas2_platform_linkedin.accounts import is_page
from mpcas2_platform_linkedin.faults import has_status
from mpcas2_platform_linkedin.rest import NETWORK, Rest, encoded, read, send
from mpcas2_platform_linkedin.wire import Asset, UploadAnswer, UploadTicket

__all__ = ("FORGET", "await_asset", "expired", "initialize", "kept", "settled", "upload_whole")

FORGET = None
"""What the journal holds for an upload that has to be made anew."""

_CHECK_AFTER = 5.0
# An upload that ends within this time is made anew rather than raced with.
_MARGIN = timedelta(minutes=5)
_OVER = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)

T = TypeVar("T")


class _Upload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a file is, as the journal keeps it.

    Attributes:
        urn: LinkedIn's name of the file.
        url: The address that takes its bytes, which it does only with the account's token.
        expires_at: Until when, in milliseconds since 1970; None when LinkedIn did not say.
        sent: True when LinkedIn has all bytes.
        ready: True when a post can carry it.
    """

    urn: str
    url: str
    expires_at: int | None = None
    sent: bool = False
    ready: bool = False


async def upload_whole(media: Media, name: str, ctx: PublishContext, rest: Rest) -> str:
    """Gives the URN of a picture or document of which LinkedIn has all bytes.

    Args:
        media: The file.
        name: Its name in the journal.
        ctx: Clients, clock, journal and media.
        rest: Builds requests.

    Raises:
        PlatformError: Any of the tree but ``NotReady`` and ``OutcomeUnknown``.
    """
    state = kept(ctx, name, _Upload)
    if state is not None and state.sent:
        return state.urn
    if state is not None and not expired(state.expires_at, ctx.now()):
        try:
            return await _put(state, media, name, ctx)
        except Rejected as error:
            # The address of an earlier run may be over.
            if not has_status(error, *_OVER):
                raise
    ticket = await initialize(media.kind, {}, ctx, rest)
    state = _Upload(
        urn=ticket.image or ticket.document,
        url=ticket.upload_url,
        expires_at=ticket.upload_url_expires_at,
    )
    await ctx.record(name, msgspec.to_builtins(state))
    return await _put(state, media, name, ctx)


async def await_asset(kind: str, name: str, ctx: PublishContext, rest: Rest) -> None:
    """Makes sure that LinkedIn has prepared an uploaded picture or document, where it tells.

    Args:
        kind: ``"image"`` or ``"document"``.
        name: The file's name in the journal.
        ctx: Clients, clock and journal.
        rest: Builds requests.

    Raises:
        NotReady: It has not.
        Rejected: It cannot prepare the file.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    state = kept(ctx, name, _Upload)
    # LinkedIn does not tell a member's token about pictures.
    if state is None or state.ready or (kind == "image" and not is_page(ctx.account)):
        return
    try:
        await settled(kind, state.urn, ctx, rest, (name,))
    except Rejected as error:
        if not has_status(error, HTTPStatus.FORBIDDEN):
            raise
    await ctx.record(name, msgspec.to_builtins(msgspec.structs.replace(state, ready=True)))


async def settled(
    kind: str, urn: str, ctx: PublishContext, rest: Rest, names: tuple[str, ...]
) -> None:
    """Asks once whether LinkedIn has prepared a file.

    Args:
        kind: ``"image"``, ``"document"`` or ``"video"``.
        urn: LinkedIn's name of the file.
        ctx: Clients, clock and journal.
        rest: Builds requests.
        names: What to forget in the journal when the file is good for nothing.

    Raises:
        NotReady: It has not.
        Rejected: It cannot prepare the file, or does not tell (403).
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    try:
        told = await rest.get(ctx.http, f"{kind}s/{encoded(urn)}", Asset, ctx.now())
    except Rejected as error:
        if not has_status(error, HTTPStatus.NOT_FOUND):
            raise
        for name in names:
            await ctx.record(name, FORGET)
        raise Unavailable(
            "LinkedIn no longer has an uploaded file; it is uploaded again.",
            code="upload-gone",
            answer=error.answer,
        ) from error
    if told.status == "AVAILABLE":
        return
    if told.status == "PROCESSING_FAILED":
        for name in names:
            await ctx.record(name, FORGET)
        said = told.processing_failure_reason
        raise Rejected(
            f"LinkedIn cannot process the {'picture' if kind == 'image' else kind}; convert it and "
            "publish again." + (f" LinkedIn said: {said}" if said else ""),
            code="PROCESSING_FAILED",
            answer=msgspec.to_builtins(told),
        )
    raise NotReady(
        f"LinkedIn is processing the {'picture' if kind == 'image' else kind}.",
        code=told.status,
        check_after=_CHECK_AFTER,
    )


async def initialize(
    kind: str, more: Mapping[str, Any], ctx: PublishContext, rest: Rest
) -> UploadTicket:
    """Opens an upload for the account.

    Raises:
        PlatformError: Any of the tree but ``NotReady`` and ``OutcomeUnknown``.
    """
    order = {"initializeUploadRequest": {"owner": ctx.account.platform_account_id, **more}}
    request = rest.request(ctx.http, "POST", f"{kind}s?action=initializeUpload", order)
    response = await send(ctx.http, request, now=ctx.now())
    ticket = read(response, UploadAnswer).value
    if not (ticket.image or ticket.document or ticket.video):
        raise unreadable(response, NETWORK, irreversible=False)
    return ticket


def kept(ctx: PublishContext, name: str, kind: type[T]) -> T | None:
    """Reads a handle from the journal; None when there is none or it was forgotten."""
    noted = ctx.journal.get(name)
    return None if noted is FORGET else msgspec.convert(noted, kind)


def expired(at: int | None, now: datetime) -> bool:
    """Tells whether an upload address is over, or about to be.

    Args:
        at: Milliseconds since 1970; None when LinkedIn did not say.
        now: Aware time.
    """
    return at is not None and datetime.fromtimestamp(at / 1_000, UTC) <= now + _MARGIN


async def _put(state: _Upload, media: Media, name: str, ctx: PublishContext) -> str:
    request: httpx.Request = ctx.http.build_request(
        "PUT",
        state.url,
        headers={"content-type": media.mime_type, "content-length": str(media.size)},
        content=ctx.open_media(media),
    )
    await send(ctx.http, request, now=ctx.now())
    await ctx.record(name, msgspec.to_builtins(msgspec.structs.replace(state, sent=True)))
    return state.urn
