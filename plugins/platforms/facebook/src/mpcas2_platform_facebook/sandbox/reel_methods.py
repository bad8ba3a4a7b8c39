"""Reels and film stories: begun here, uploaded to the upload host, finished here."""

from typing import Any

from mpcas2_platform_facebook.sandbox.errors import GraphError, bad_parameter, unknown_object
from mpcas2_platform_facebook.sandbox.feed_methods import checked_text, scheduled
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.media import Video
from mpcas2_platform_facebook.sandbox.media_rules import VideoKind
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_platform_facebook.sandbox.posts import Post

_REEL = ("description", "title", "video_state", "scheduled_publish_time", "is_ai_generated")
_REEL_TOO = ("place", "tags", "targeting", "feed_targeting", "privacy")


async def add_reel(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``POST /{page}/video_reels``.

    A success answer to ``finish`` says only that the network will see to it; finishing twice makes
    one reel.
    """
    return _phase(call, page, "reel")


async def add_video_story(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``POST /{page}/video_stories``."""
    return _phase(call, page, "story")


def _phase(call: GraphCall, page: Page, kind: VideoKind) -> dict[str, Any]:
    call.may_publish(page)
    match call.needed("upload_phase"):
        case "start":
            call.knows("upload_phase", "file_size")
            video = call.state.begin_video(page, kind)
            video.unknown = call.unknown
            url = f"{call.here}/video-upload/v{call.version}.0/{video.id}"
            return {"video_id": video.id, "upload_url": url}
        case "finish":
            return _finish(call, page, kind)
        case other:
            raise bad_parameter(f"Param upload_phase must be start or finish: {other}")


def _finish(call: GraphCall, page: Page, kind: VideoKind) -> dict[str, Any]:
    more = (*_REEL, *_REEL_TOO) if kind == "reel" else ("is_ai_generated",)
    call.knows("upload_phase", "video_id", *more)
    video = call.state.videos.get(call.needed("video_id"))
    if video is None or video.page is not page or video.kind != kind:
        raise unknown_object(call.verb, call.given["video_id"])
    if not video.post_id:
        _make(call, page, video)
    if kind == "story":
        return {"success": True, "post_id": video.post_id}
    return {"success": True, "message": "Upload successful"}


def _make(call: GraphCall, page: Page, video: Video) -> None:
    text = checked_text(call, "description")
    state = call.given.get("video_state", "DRAFT") if video.kind == "reel" else "PUBLISHED"
    second = call.moment("scheduled_publish_time")
    publishes_at = None
    match state:
        case "PUBLISHED":
            publishes_at = call.now
        case "SCHEDULED" if second is not None:
            publishes_at = scheduled(call, second)
        case "DRAFT":
            pass
        case _:
            raise bad_parameter(
                "Param video_state must be PUBLISHED, DRAFT or SCHEDULED with its time"
            )
    if not video.uploaded:
        raise GraphError(
            6000, "The video has not been uploaded. Please upload it first.", subcode=1363019
        )
    _count_reel(call, page, video, draft=publishes_at is None)
    call.count_publish(page)
    story = video.kind == "story"
    number = call.state.next_number("15" if story else "12")
    video.request, video.unknown = call.given, (*video.unknown, *call.unknown)
    post = Post(
        id=number if story else f"{page.id}_{number}",
        page=page,
        kind="story" if story else "reel",
        text=text,
        title=call.given.get("title", ""),
        made_at=call.now,
        client_id=call.token.grant.client_id,
        publishes_at=publishes_at,
        draft=publishes_at is None,
        video=video,
        request=call.given,
    )
    call.state.add_post(post)


def _count_reel(call: GraphCall, page: Page, video: Video, *, draft: bool) -> None:
    if video.kind != "reel" or draft:
        return
    settings = call.state.settings
    if page.used_reels(call.now, settings.reels_seconds) >= settings.reels_total:
        raise GraphError(
            613,
            "(#613) Calls to this api have exceeded the rate limit.",
            told="You have published too many reels in the last 24 hours. Try again later.",
        )
    page.reels.append(call.now)
