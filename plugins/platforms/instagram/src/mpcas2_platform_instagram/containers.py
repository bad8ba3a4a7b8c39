"""Makes containers, sends their bytes, and waits for Instagram to be through with them.

A container is Instagram's own word for media on its way to a post. It is journalled the moment it
exists, so a successor goes on with it; it lives for 24 hours.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from mpcas2_hookspecs import NotReady, PublishContext, Rejected, Unavailable
from mpcas2_platform_instagram.fault_words import MEDIA, OTHER_CONTAINER
from mpcas2_platform_instagram.faults import MISSING
from mpcas2_platform_instagram.graph import Graph, send
from mpcas2_platform_instagram.orders import Order
from mpcas2_platform_instagram.wire import ContainerAnswer, IdAnswer, UploadAnswer

__all__ = ("GONE", "ask_container", "brought", "settle")

GONE = "GONE"
"""Stands for the status of a container that Instagram does not know."""

_STATUS = "status_code,status"
# The subcode at the end of a sentence, as in "Media upload has failed with error code 2207053".
_SUBCODE = re.compile(r"\b(2207\d{3})\b")
# Pictures are through in seconds; the vendor asks to look about once a minute for what takes longer.
_YOUNG = timedelta(seconds=30)
_SOON = 3.0
_LATER = 60.0


class Brought(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A container as the journal has it.

    Attributes:
        id: Instagram's id; empty for one that is to be made anew.
        digest: Of the order that it was made for.
        made_at: When.
        uploaded: Whether all bytes of its video are there.
    """

    id: str
    digest: str
    made_at: datetime
    uploaded: bool = True


async def brought(order: Order, graph: Graph, ctx: PublishContext) -> str:
    """Makes a container with all its bytes, or goes on with the one of an earlier run.

    Returns:
        Its id.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    known = _known(order, ctx)
    if known is None:
        known = await _make(order, graph, ctx)
        await _upload(order, known, 0, graph, ctx)
        return known.id
    if not known.uploaded and order.video is not None:
        told = await ask_container(known.id, graph, ctx, fields=f"{_STATUS},video_status")
        if told.status_code in {GONE, "EXPIRED"}:
            await _forget(order, known, ctx)
            return await brought(order, graph, ctx)
        if told.status_code != "IN_PROGRESS":
            return known.id
        there = 0 if told.video_status is None else _received(told, order.video.size)
        await _upload(order, known, there, graph, ctx)
    return known.id


async def settle(order: Order, graph: Graph, ctx: PublishContext) -> bool:
    """Looks once whether a container can be published.

    Returns:
        False for one that ran out, which is forgotten: it has to be made anew.

    Raises:
        NotReady: Instagram is still at it.
        Rejected: Instagram does not take the file; the message says why.
        Unavailable: Instagram failed; the container is forgotten, and made anew next time.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    known = _known(order, ctx)
    if known is None:
        return False
    told = await ask_container(known.id, graph, ctx)
    if told.status_code in {"FINISHED", "PUBLISHED"}:
        # One that is a post already is not made again: ``publish`` is refused, and ``find`` tells.
        return True
    if told.status_code in {GONE, "EXPIRED"}:
        await _forget(order, known, ctx)
        return False
    if told.status_code == "ERROR":
        await _forget(order, known, ctx)
        raise _failure(told)
    young = ctx.now() - known.made_at < _YOUNG
    raise NotReady(
        "Instagram is still preparing the post.",
        code=told.status_code,
        answer={"status": told.status},
        check_after=_SOON if young else _LATER,
    )


async def ask_container(
    container: str, graph: Graph, ctx: PublishContext, *, fields: str = _STATUS
) -> ContainerAnswer:
    """Asks what became of a container; :data:`GONE` is its status when there is none.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    try:
        return await graph.get(
            ctx.http, container, {"fields": fields}, ContainerAnswer, now=ctx.now()
        )
    except Rejected as error:
        if error.code != MISSING:
            raise
        return ContainerAnswer(status_code=GONE)


def _known(order: Order, ctx: PublishContext) -> Brought | None:
    if order.name not in ctx.journal:
        return None
    known = msgspec.convert(ctx.journal[order.name], Brought)
    return known if known.id and known.digest == order.digest else None


async def _make(order: Order, graph: Graph, ctx: PublishContext) -> Brought:
    addresses = {name: ctx.media_url(media) for name, media in order.addresses.items()}
    path = f"{ctx.account.platform_account_id}/media"
    made = await graph.post(ctx.http, path, {**order.fields, **addresses}, IdAnswer, now=ctx.now())
    known = Brought(
        id=made.id, digest=order.digest, made_at=ctx.now(), uploaded=order.video is None
    )
    await ctx.record(order.name, msgspec.to_builtins(known))
    return known


async def _upload(
    order: Order, known: Brought, start: int, graph: Graph, ctx: PublishContext
) -> None:
    """Sends the bytes of a video from one on; nothing when there is no video."""
    video = order.video
    if video is None:
        return
    if start < video.size:
        request = ctx.http.build_request(
            "POST",
            f"{graph.upload}/ig-api-upload/{graph.version}/{known.id}",
            headers={
                "offset": str(start),
                "file_size": str(video.size),
                "content-length": str(video.size - start),
                "content-type": "application/octet-stream",
            },
            content=ctx.open_media(video, start),
        )
        answer = await send(ctx.http, request, UploadAnswer, now=ctx.now())
        if not answer.success:
            raise Unavailable("Instagram did not take the video; it is sent again.")
    done = msgspec.structs.replace(known, uploaded=True)
    await ctx.record(order.name, msgspec.to_builtins(done))


def _received(told: ContainerAnswer, size: int) -> int:
    phase = None if told.video_status is None else told.video_status.uploading_phase
    if phase is None:
        return 0
    return size if phase.status == "complete" else phase.bytes_transferred


async def _forget(order: Order, known: Brought, ctx: PublishContext) -> None:
    await ctx.record(order.name, msgspec.to_builtins(msgspec.structs.replace(known, id="")))


def _failure(told: ContainerAnswer) -> Rejected | Unavailable:
    found = _SUBCODE.search(told.status)
    subcode = int(found[1]) if found else 0
    code, answer = str(subcode or told.status_code), {"status": told.status}
    if subcode in OTHER_CONTAINER:
        return Unavailable(OTHER_CONTAINER[subcode], code=code, answer=answer)
    words = MEDIA.get(subcode) or f"Instagram could not prepare the post: {told.status}"
    return Rejected(words, code=code, answer=answer)
