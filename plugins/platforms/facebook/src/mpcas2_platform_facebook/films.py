"""Uploads films; each has an id before its first byte, and its status tells what became of it.

Sources: https://developers.facebook.com/docs/video-api/guides/reels-publishing (reels and stories: one
request to the upload host, which goes on at the byte that it has come to) and
https://developers.facebook.com/docs/graph-api/reference/page/videos (the feed: pieces of the size that
Facebook asks for). Nothing is public before the finish phase, which is the one irreversible request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from mpcas2_hookspecs import (
    FormFile,
    Media,
    PublishContext,
    Rejected,
    Unavailable,
    form_with_files,
)
from mpcas2_platform_facebook.api import Graph, send
from mpcas2_platform_facebook.faults import MISPLACED, is_gone
from mpcas2_platform_facebook.film_status import failure_of, film_of
from mpcas2_platform_facebook.wire import Chunk, FilmStarted

__all__ = ("KeptFilm", "uploaded_film")

_NAME = "film"
# How long an unfinished film is kept is not told; a new one costs an upload only.
_LASTS = timedelta(hours=20)
_MOST_PIECES = 100_000


class KeptFilm(msgspec.Struct, frozen=True, kw_only=True):
    """A film as the journal keeps it.

    Attributes:
        id: Facebook's id of it.
        edge: What it is for: ``videos``, ``video_reels`` or ``video_stories``.
        media: The file.
        at: When it was begun.
        session: Names its upload; ``videos`` only.
        start: Byte that Facebook wants next; ``videos`` only.
        end: Byte behind the piece that it wants; ``videos`` only.
        whole: Whether all bytes are there.
    """

    id: str
    edge: str
    media: str
    at: datetime
    session: str = ""
    start: int = 0
    end: int = 0
    whole: bool = False


async def uploaded_film(
    media: Media, edge: str, ctx: PublishContext, graph: Graph, quota: str | None = None
) -> KeptFilm:
    """Gives a film all of whose bytes are there, going on where an earlier attempt came to.

    Args:
        media: The file.
        edge: What it is for: ``videos``, ``video_reels`` or ``video_stories``.
        ctx: Clients, clock, journal and media.
        graph: Facebook.
        quota: The quota that a refusal for too many films is about.

    Raises:
        Rejected: Facebook does not take the file.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    film = _kept(media, edge, ctx)
    if film is not None and film.whole:
        if await _is_good(film, ctx, graph):
            # Also one that was published: finishing it again makes no second post.
            return film
        film = None
    resumed = film is not None
    if film is None:
        film = await _begun(media, edge, ctx, graph, quota)
    try:
        if edge == "videos":
            film = await _sent_in_pieces(film, media, ctx, graph)
        else:
            await _sent_at_once(film, media, ctx, graph, resumed=resumed)
        told = await film_of(film.id, ctx, graph)
    except Rejected as error:
        # What was refused is begun anew, with another file perhaps.
        await ctx.record(_NAME, None)
        if is_gone(error):
            raise Unavailable(
                "Facebook dropped the film; it is uploaded anew.", code=error.code
            ) from error
        raise
    failed = failure_of(told)
    if failed is not None:
        await ctx.record(_NAME, None)
        raise failed
    film = msgspec.structs.replace(film, whole=True)
    await ctx.record(_NAME, msgspec.to_builtins(film))
    return film


def _kept(media: Media, edge: str, ctx: PublishContext) -> KeptFilm | None:
    noted = ctx.journal.get(_NAME)
    if noted is None:
        return None
    film = msgspec.convert(noted, KeptFilm)
    good = film.edge == edge and film.media == media.id and ctx.now() - film.at < _LASTS
    return film if good else None


async def _is_good(film: KeptFilm, ctx: PublishContext, graph: Graph) -> bool:
    try:
        return failure_of(await film_of(film.id, ctx, graph)) is None
    except Rejected as error:
        if not is_gone(error):
            raise
        return False


async def _begun(
    media: Media, edge: str, ctx: PublishContext, graph: Graph, quota: str | None
) -> KeptFilm:
    form = {"upload_phase": "start"}
    if edge == "videos":
        form["file_size"] = str(media.size)
    path = f"{ctx.account.platform_account_id}/{edge}"
    told = await graph.post(ctx, path, form, FilmStarted, quota=quota)
    film = KeptFilm(
        id=told.video_id,
        edge=edge,
        media=media.id,
        at=ctx.now(),
        session=told.upload_session_id,
        start=_byte(told.start_offset),
        end=_byte(told.end_offset),
    )
    await ctx.record(_NAME, msgspec.to_builtins(film))
    return film


async def _sent_at_once(
    film: KeptFilm, media: Media, ctx: PublishContext, graph: Graph, *, resumed: bool
) -> None:
    start = 0
    if resumed:
        phase = (await film_of(film.id, ctx, graph)).status.uploading_phase
        start = phase.bytes_transferred or phase.bytes_transfered or 0
        if phase.status == "complete" or start >= media.size:
            return
    request = ctx.http.build_request(
        "POST",
        f"{graph.upload}/video-upload/{graph.version}/{film.id}",
        content=ctx.open_media(media, start),
        headers={
            "offset": str(start),
            "file_size": str(media.size),
            "content-type": "application/octet-stream",
            "content-length": str(media.size - start),
        },
    )
    await send(ctx.http, request, msgspec.Raw, now=ctx.now())


async def _sent_in_pieces(
    film: KeptFilm, media: Media, ctx: PublishContext, graph: Graph
) -> KeptFilm:
    corrected = False
    for _ in range(_MOST_PIECES):
        if film.start >= film.end:
            return film
        try:
            wanted = await _sent_piece(film, media, ctx, graph)
        except Unavailable as error:
            place = _place_in(error)
            # A piece arrived whose answer was lost; more than once in a row is something else.
            if place is None or corrected or place == (film.start, film.end):
                raise
            corrected, wanted = True, place
        else:
            corrected = False
        film = msgspec.structs.replace(film, start=wanted[0], end=wanted[1])
        await ctx.record(_NAME, msgspec.to_builtins(film))
    raise Unavailable("Facebook asked for too many pieces of the film.", code="too-many-pieces")


async def _sent_piece(
    film: KeptFilm, media: Media, ctx: PublishContext, graph: Graph
) -> tuple[int, int]:
    end = min(film.end, media.size)
    fields = {
        "upload_phase": "transfer",
        "upload_session_id": film.session,
        "start_offset": str(film.start),
    }
    file = FormFile(
        name="video_file_chunk",
        file_name="chunk",
        mime_type="application/octet-stream",
        size=end - film.start,
        content=_first(ctx.open_media(media, film.start), end - film.start),
    )
    path = f"{ctx.account.platform_account_id}/videos"
    told = await graph.post(ctx, path, form_with_files(fields, [file]), Chunk)
    return _byte(told.start_offset), _byte(told.end_offset)


async def _first(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    left = size
    async for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


def _place_in(error: Unavailable) -> tuple[int, int] | None:
    """Reads which piece Facebook wants from its complaint about another."""
    if not (error.code or "").endswith(f"/{MISPLACED}"):
        return None
    start, end = error.answer.get("start_offset"), error.answer.get("end_offset")
    if isinstance(start, str) and isinstance(end, str) and (start + end).isdecimal():
        return int(start), int(end)
    return None


def _byte(told: str) -> int:
    if not told.isdecimal():
        raise Unavailable("Facebook's answer names no place in the film.", code="offset")
    return int(told)
