"""Films of a Page: by address, in one piece, or in the chunks that the network asks for."""

from typing import Any

from mpcas2_platform_facebook.sandbox.errors import (
    GraphError,
    bad_parameter,
    bad_video,
    missing_parameter,
    unknown_object,
)
from mpcas2_platform_facebook.sandbox.feed_methods import COMMON, checked_text, publish_time
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.lists import LIST_PARAMETERS, paged, since_until
from mpcas2_platform_facebook.sandbox.media import Video
from mpcas2_platform_facebook.sandbox.media_header import read_film
from mpcas2_platform_facebook.sandbox.media_rules import MAX_VIDEO_BYTES, NOT_A_VIDEO, TOO_LARGE
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_platform_facebook.sandbox.nodes import show_video
from mpcas2_platform_facebook.sandbox.photo_methods import fetched
from mpcas2_platform_facebook.sandbox.posts import Post
from mpcas2_platform_facebook.sandbox.scopes import READ

_WORDS = ("description", "title", "place", "tags", "targeting", "content_category", "no_story")
_SESSION = ("upload_phase", "upload_session_id")
_TOO_BIG = "The video file you selected is too large."
_NO_FILM = "Sorry, the video file you selected is in a format that we don't support."


async def add_video(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``POST /{page}/videos``, whose ``upload_phase`` says what it is about."""
    call.may_publish(page)
    match call.given.get("upload_phase"):
        case None:
            return await _whole(call, page)
        case "start":
            return _start(call, page)
        case "transfer":
            return _transfer(call, page)
        case "finish":
            return _finish(call, page)
        case other:
            raise bad_parameter(f"Param upload_phase must be start, transfer or finish: {other}")


async def _whole(call: GraphCall, page: Page) -> dict[str, Any]:
    call.knows("file_url", "source", *_WORDS, *COMMON)
    checked_text(call, "description")
    publish_time(call)
    url, source = call.given.get("file_url"), call.files.get("source")
    if url and source is not None:
        raise bad_parameter("file_url and source cannot be used together.")
    if url:
        source = await fetched(call, url, MAX_VIDEO_BYTES, _video_fault)
    if source is None:
        raise GraphError(389, "(#389) Unable to fetch video file from URL.", subcode=1363057)
    if read_film(source) is None:
        raise bad_video(_NO_FILM, NOT_A_VIDEO)
    call.count_publish(page)
    video = call.state.begin_video(page, "video")
    video.file = source
    call.state.take_video(video)
    _post(call, page, video)
    return {"id": video.id}


def _video_fault(reason: str) -> GraphError:
    if reason == "address":
        return bad_parameter("file_url should represent a valid URL")
    if reason == "too_large":
        return bad_video(_TOO_BIG, TOO_LARGE)
    return GraphError(389, "(#389) Unable to fetch video file from URL.", subcode=1363057)


def _start(call: GraphCall, page: Page) -> dict[str, Any]:
    call.knows(*_SESSION, "file_size")
    text = call.needed("file_size")
    if not text.isdecimal() or int(text) == 0:
        raise bad_parameter("Param file_size must be a positive number of bytes")
    if int(text) > MAX_VIDEO_BYTES:
        raise bad_video(_TOO_BIG, TOO_LARGE)
    video = call.state.begin_video(page, "video")
    video.declared, video.unknown = int(text), call.unknown
    return {
        "video_id": video.id,
        "upload_session_id": video.session,
        **_next_chunk(call, video),
    }


def _next_chunk(call: GraphCall, video: Video) -> dict[str, str]:
    start, size = video.file.size, video.declared or 0
    end = min(size, start + call.state.settings.chunk_bytes)
    return {"start_offset": str(start), "end_offset": str(end)}


def _of_session(call: GraphCall, page: Page) -> Video:
    letters = call.needed("upload_session_id")
    found = (one for one in call.state.videos.values() if one.session == letters)
    video = next(found, None)
    if video is None or video.page is not page:
        raise unknown_object(call.verb, letters)
    return video


def _transfer(call: GraphCall, page: Page) -> dict[str, Any]:
    call.knows(*_SESSION, "start_offset", "video_file_chunk")
    video = _of_session(call, page)
    chunk = call.files.get("video_file_chunk")
    if chunk is None:
        raise missing_parameter("video_file_chunk")
    wanted = _next_chunk(call, video)
    room = (video.declared or 0) - video.file.size
    if call.needed("start_offset") != wanted["start_offset"] or not 0 < chunk.size <= room:
        raise GraphError(
            6001,
            "There was a problem uploading your video file. Please try again with another file.",
            subcode=1363037,
            data=wanted,
        )
    video.file.extend(chunk)
    video.unknown += call.unknown
    return _next_chunk(call, video)


def _finish(call: GraphCall, page: Page) -> dict[str, Any]:
    call.knows(*_SESSION, *_WORDS, *COMMON)
    video = _of_session(call, page)
    if video.post_id:
        return {"success": True}
    checked_text(call, "description")
    publish_time(call)
    if video.file.size != video.declared:
        raise GraphError(
            6000,
            "There was a problem uploading your video file. Please try again.",
            subcode=1363019,
        )
    call.count_publish(page)
    call.state.take_video(video)
    _post(call, page, video)
    return {"success": True}


def _post(call: GraphCall, page: Page, video: Video) -> None:
    video.request = call.given
    post = Post(
        id=f"{page.id}_{call.state.next_number('12')}",
        page=page,
        kind="video",
        text=call.given.get("description", ""),
        title=call.given.get("title", ""),
        made_at=call.now,
        client_id=call.token.grant.client_id,
        publishes_at=publish_time(call),
        video=video,
        request=call.given,
        unknown=call.unknown,
    )
    call.state.add_post(post)


async def list_videos(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``GET /{page}/videos``: films that are out, reels left aside."""
    return _listed(call, page, "videos", "video")


async def list_reels(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``GET /{page}/video_reels``: reels that are out."""
    return _listed(call, page, "video_reels", "reel")


def _listed(call: GraphCall, page: Page, edge: str, kind: str) -> dict[str, Any]:
    call.of_page(page)
    call.needs(READ)
    call.knows(*LIST_PARAMETERS, "type")
    videos = [
        one.video
        for one in call.state.public_posts()
        if one.page is page and one.kind == kind and one.video is not None
    ]
    found = since_until(call, videos, lambda one: one.made_at)
    wanted = call.fields("description,updated_time,id")
    path = f"/{page.id}/{edge}"
    return paged(call, path, found, lambda one: one.id, lambda one: show_video(call, one, wanted))
