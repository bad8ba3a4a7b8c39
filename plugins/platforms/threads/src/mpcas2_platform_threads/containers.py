"""Containers: what a post is made of before it is one.

Source: https://developers.facebook.com/docs/threads/posts. Each file of a carousel has a container of
its own, and the post has one; Threads fetches the files, and drops a container after a day. A container
is the durable handle of a post: its status says whether it was published.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from mpcas2_hookspecs import Media, NotReady, Part, PublishContext, Unavailable
from mpcas2_platform_threads.api import Graph
from mpcas2_platform_threads.faults import container_fault
from mpcas2_platform_threads.options import options_of
from mpcas2_platform_threads.wire import Container, Created

__all__ = ("PUBLISHED", "READY", "contained", "status_of")

PUBLISHED = "PUBLISHED"
READY = "FINISHED"
_WORKING = "IN_PROGRESS"
_EXPIRED = "EXPIRED"

_LASTS = timedelta(hours=23)
# Meta advises to ask about once a minute; texts and pictures are ready much sooner.
_FIRST_LOOK = 2.0
_NEXT_LOOK = 15.0


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A container as the journal keeps it.

    Attributes:
        id: Threads' id of it.
        made_at: When it was made.
        ready: Whether it was seen ready.
    """

    id: str
    made_at: datetime
    ready: bool = False


async def contained(part: Part, ctx: PublishContext, graph: Graph) -> Kept:
    """Gives a container of the part that is ready to be published, making what is missing.

    Raises:
        NotReady: Threads is still fetching or processing a file.
        PlatformError: Any other of the tree but ``OutcomeUnknown``: containers are seen by nobody.
    """
    children: list[str] = []
    carousel = len(part.media) > 1
    if carousel and _kept(ctx, "post") is None:
        # All are begun before the first is waited for: Threads fetches them side by side.
        for index, media in enumerate(part.media):
            fields = {**_file(media, ctx), "is_carousel_item": "true"}
            await _begun(ctx, graph, f"file:{index}", fields)
        for index in range(len(part.media)):
            child = await _ready(ctx, graph, f"file:{index}")
            children.append(child.id)
    if _kept(ctx, "post") is None:
        fields = _fields(part)
        if carousel:
            fields |= {"media_type": "CAROUSEL", "children": ",".join(children)}
        elif part.media:
            fields |= _file(part.media[0], ctx)
        else:
            fields |= {"media_type": "TEXT"}
        await _begun(ctx, graph, "post", fields)
    return await _ready(ctx, graph, "post")


async def status_of(container_id: str, ctx: PublishContext, graph: Graph) -> Container:
    """Asks how far a container is.

    Raises:
        PlatformError: The question itself failed.
    """
    return await graph.get(
        ctx.http, container_id, {"fields": "status,error_message"}, Container, now=ctx.now()
    )


def _kept(ctx: PublishContext, name: str) -> Kept | None:
    """Gives a journalled container, unless Threads has dropped it or soon will."""
    noted = ctx.journal.get(name)
    if noted is None:
        return None
    kept = msgspec.convert(noted, Kept)
    return kept if ctx.now() - kept.made_at < _LASTS else None


async def _begun(ctx: PublishContext, graph: Graph, name: str, fields: dict[str, str]) -> None:
    if _kept(ctx, name) is not None:
        return
    made = await graph.post(ctx.http, "me/threads", fields, Created, now=ctx.now())
    await ctx.record(name, msgspec.to_builtins(Kept(id=made.id, made_at=ctx.now())))


async def _ready(ctx: PublishContext, graph: Graph, name: str) -> Kept:
    kept = _kept(ctx, name)
    if kept is None:
        raise Unavailable("Threads dropped what was prepared; it is prepared anew.")
    if kept.ready:
        return kept
    told = await status_of(kept.id, ctx, graph)
    if told.status in {READY, PUBLISHED}:
        kept = msgspec.structs.replace(kept, ready=True)
        await ctx.record(name, msgspec.to_builtins(kept))
        return kept
    if told.status == _WORKING:
        young = ctx.now() - kept.made_at < timedelta(seconds=_NEXT_LOOK)
        raise NotReady(
            "Threads is fetching and processing the files.",
            code="container-in-progress",
            check_after=_FIRST_LOOK if young else _NEXT_LOOK,
        )
    await ctx.record(name, None)
    if told.status == _EXPIRED:
        raise Unavailable("Threads dropped what was prepared; it is prepared anew.", code=_EXPIRED)
    raise container_fault(told.error_message or "")


def _file(media: Media, ctx: PublishContext) -> dict[str, str]:
    kind = "IMAGE" if media.kind == "image" else "VIDEO"
    fields = {"media_type": kind, f"{kind.lower()}_url": ctx.media_url(media)}
    if media.alt_text:
        fields["alt_text"] = media.alt_text
    return fields


def _fields(part: Part) -> dict[str, str]:
    """Gives what the container of a post has beside its files."""
    options = options_of(part.options)
    fields: dict[str, str] = {}
    if part.text:
        fields["text"] = part.text
    if options.spoiler_media and part.media:
        fields["is_spoiler_media"] = "true"
    if part.parent is not None:
        # The rest is about the first post.
        return {**fields, "reply_to_id": part.parent.id}
    chosen = {
        "reply_control": options.reply_control,
        "topic_tag": options.topic_tag,
        "link_attachment": options.link_attachment,
        "quote_post_id": options.quote_post_id,
        "location_id": options.location_id,
    }
    fields |= {name: value for name, value in chosen.items() if value is not None}
    if options.poll is not None:
        answers = dict(
            zip(("option_a", "option_b", "option_c", "option_d"), options.poll, strict=False)
        )
        fields["poll_attachment"] = msgspec.json.encode(answers).decode()
    return fields
