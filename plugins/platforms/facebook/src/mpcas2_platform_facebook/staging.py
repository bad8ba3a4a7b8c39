"""Prepares a part: uploads what it shows, and writes down the one request that makes it public."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mpcas2_hookspecs import Part, PublishContext, Rejected
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.films import uploaded_film
from mpcas2_platform_facebook.options import options_of
from mpcas2_platform_facebook.photos import photo_name, staged_photo
from mpcas2_platform_facebook.rules import REELS, part_problems
from mpcas2_platform_facebook.staged import POST, StagedPart

__all__ = ("staged_part",)

_SINCE = "since"
_SPENT = "spent"
_NO_TEXT = "A story on Facebook shows no text, so the text of the post was left out."


async def staged_part(part: Part, ctx: PublishContext, graph: Graph) -> StagedPart:
    """Prepares a part.

    Raises:
        Rejected: The part breaks a rule, or Facebook refuses a file.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    for problem in part_problems(part):
        raise Rejected(problem.message, code="invalid-post")
    if ctx.journal.get(POST) is not None:
        # It was public and is staged again, so it was taken down: its pictures cannot be shown again.
        for index in range(len(part.media)):
            await ctx.record(photo_name(index), None)
        await ctx.record(POST, None)
    since = await _since(ctx)
    if part.role == "comment":
        return _comment(part, since)
    placement = options_of(part.options).placement
    if part.media and part.media[0].kind == "video":
        return await _film(part, since, ctx, graph)
    photos = [
        await staged_photo(media, index, ctx, graph) for index, media in enumerate(part.media)
    ]
    page = ctx.account.platform_account_id
    if placement == "story":
        return StagedPart(
            kind="photo-story",
            path=f"{page}/photo_stories",
            form={"photo_id": photos[0]},
            since=since,
            photos=photos,
            warnings=[_NO_TEXT] if part.text else [],
        )
    form = {"message": part.text} if part.text else {}
    link = options_of(part.options).link
    if link is not None:
        form["link"] = link
    if photos:
        shown = [{"media_fbid": photo} for photo in photos]
        form["attached_media"] = msgspec.json.encode(shown).decode()
    return StagedPart(kind="feed", path=f"{page}/feed", form=form, since=since, photos=photos)


def _comment(part: Part, since: datetime) -> StagedPart:
    if part.root is None:
        raise Rejected("A comment needs the post that it stands below.", code="no-root")
    return StagedPart(
        kind="comment",
        path=f"{part.root.id}/comments",
        form={"message": part.text},
        since=since,
    )


async def _film(part: Part, since: datetime, ctx: PublishContext, graph: Graph) -> StagedPart:
    placement = options_of(part.options).placement
    page, media = ctx.account.platform_account_id, part.media[0]
    if placement == "story":
        film = await uploaded_film(media, "video_stories", ctx, graph)
        return StagedPart(
            kind="video-story",
            path=f"{page}/video_stories",
            form={"upload_phase": "finish", "video_id": film.id},
            since=since,
            film=film.id,
            warnings=[_NO_TEXT] if part.text else [],
        )
    words = {"description": part.text, "title": part.title}
    form = {"upload_phase": "finish", **{name: text for name, text in words.items() if text}}
    if placement == "reel":
        film = await uploaded_film(media, "video_reels", ctx, graph, REELS)
        await _spend(film.id, ctx)
        form |= {"video_id": film.id, "video_state": "PUBLISHED"}
        if options_of(part.options).ai_generated:
            form["is_ai_generated"] = "true"
        return StagedPart(
            kind="reel", path=f"{page}/video_reels", form=form, since=since, film=film.id
        )
    film = await uploaded_film(media, "videos", ctx, graph)
    form["upload_session_id"] = film.session
    return StagedPart(kind="video", path=f"{page}/videos", form=form, since=since, film=film.id)


async def _since(ctx: PublishContext) -> datetime:
    """Gives when the part was first staged: an attempt before this one may have posted it."""
    noted = ctx.journal.get(_SINCE)
    if noted is not None:
        return msgspec.convert(noted, datetime)
    now = ctx.now()
    await ctx.record(_SINCE, msgspec.to_builtins(now))
    return now


async def _spend(film_id: str, ctx: PublishContext) -> None:
    """Counts a reel once, however often it is staged."""
    if ctx.journal.get(_SPENT) != film_id:
        await ctx.spend(REELS)
        await ctx.record(_SPENT, film_id)
