"""Asks where a part can be seen, once Facebook has taken it."""

from __future__ import annotations

from typing import Any

from mpcas2_hookspecs import PollResult, PublishContext, Published, Rejected, StillDeciding
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.faults import is_gone
from mpcas2_platform_facebook.film_status import failure_of, film_of, is_public
from mpcas2_platform_facebook.staged import Handle
from mpcas2_platform_facebook.wire import PostNode

__all__ = ("outcome",)

_NEXT_LOOK = 15.0
_TAKEN_DOWN = (
    "Facebook published it and took it down at once, which it does when its rules are broken. Look at "
    "the Page's support inbox on Facebook for the reason."
)


async def outcome(handle: Handle, ctx: PublishContext, graph: Graph) -> PollResult:
    """Asks about a part that Facebook has taken.

    Raises:
        Rejected: It cannot use the film, or took the post down already.
        PlatformError: The question itself failed.
    """
    try:
        if handle.film:
            return await _film(handle, ctx, graph)
        told = await graph.get(ctx, handle.post, {"fields": "permalink_url"}, PostNode)
    except Rejected as error:
        if not is_gone(error):
            raise
        raise Rejected(_TAKEN_DOWN, code=error.code, answer=error.answer) from error
    return _published(handle, handle.post, told.permalink_url, graph)


async def _film(handle: Handle, ctx: PublishContext, graph: Graph) -> PollResult:
    film = await film_of(handle.film, ctx, graph)
    failed = failure_of(film)
    if failed is not None:
        raise failed
    if not is_public(film):
        return StillDeciding(check_after=_NEXT_LOOK, note="Facebook is processing the video.")
    if film.post_id is None and film.permalink_url is None:
        return StillDeciding(
            check_after=_NEXT_LOOK, note="The video is public; its address comes in a moment."
        )
    return _published(handle, film.post_id or film.id, film.permalink_url, graph)


def _published(handle: Handle, post: str, url: str | None, graph: Graph) -> Published:
    data: dict[str, Any] = {"kind": handle.kind}
    if handle.film:
        data["film"] = handle.film
    if handle.warnings:
        data["warnings"] = handle.warnings
    # Of films Facebook tells a path of its website.
    address = f"{graph.web}{url}" if url is not None and url.startswith("/") else url
    return Published(id=post, url=address, data=data)
