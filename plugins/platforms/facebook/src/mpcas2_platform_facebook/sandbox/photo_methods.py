"""Pictures: published at once, staged for a post, or shown as a story."""

from typing import Any

from mpcas2_platform_facebook.sandbox.errors import (
    DUPLICATE_PHOTOS,
    UNREADABLE_PHOTO,
    GraphError,
    bad_parameter,
    told,
)
from mpcas2_platform_facebook.sandbox.feed_methods import (
    COMMON,
    checked_text,
    publish_time,
    unused_photo,
)
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.media import Photo
from mpcas2_platform_facebook.sandbox.media_header import picture_type
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_platform_facebook.sandbox.posts import Post
from mpcas2_sandbox.files import StoredFile
from mpcas2_sandbox.pull import PullError, pull

_KNOWN = ("url", "source", "message", "caption", "alt_text_custom", "temporary", "no_story")
_KNOWN_TOO = ("place", "tags", "targeting")


async def add_photo(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``POST /{page}/photos``."""
    call.may_publish(page)
    call.knows(*_KNOWN, *_KNOWN_TOO, *COMMON)
    text = checked_text(call, "message") or checked_text(call, "caption")
    publishes_at = publish_time(call)
    staged = publishes_at is None
    temporary = call.flag("temporary", usual=False)
    if temporary and not staged:
        raise bad_parameter("temporary goes with published=false only.")
    file = await _bytes(call)
    media_type = picture_type(file)
    if file.size > call.state.settings.photo_bytes or not media_type:
        raise told(UNREADABLE_PHOTO)
    if not staged and _repeats(call, page, text, file.sha256):
        raise told(DUPLICATE_PHOTOS)
    call.count_publish(page)
    photo = Photo(
        id=call.state.next_number("18"),
        page=page,
        file=file,
        media_type=media_type,
        alt_text=call.given.get("alt_text_custom", ""),
        caption=text,
        made_at=call.now,
        temporary=temporary,
        request=call.given,
        unknown=call.unknown,
    )
    call.state.add_photo(photo)
    if staged:
        return {"id": photo.id}
    post = Post(
        id=f"{page.id}_{call.state.next_number('12')}",
        page=page,
        kind="photo",
        text=text,
        made_at=call.now,
        client_id=call.token.grant.client_id,
        publishes_at=publishes_at,
        photos=(photo,),
        request=call.given,
        unknown=call.unknown,
    )
    return {"id": photo.id, "post_id": call.state.add_post(post).id}


async def _bytes(call: GraphCall) -> StoredFile:
    url, source = call.given.get("url"), call.files.get("source")
    if url and source is not None:
        raise bad_parameter("url and source cannot be used together.")
    if source is not None:
        return source
    if not url:
        raise GraphError(324, "(#324) Requires upload file")
    return await fetched(call, url, call.state.settings.photo_bytes, _photo_fault)


def _photo_fault(reason: str) -> GraphError:
    if reason == "address":
        return bad_parameter("url should represent a valid URL")
    if reason == "too_large":
        return told(UNREADABLE_PHOTO)
    return GraphError(324, "(#324) Missing or invalid image file", subcode=2069019)


async def fetched(call: GraphCall, url: str, limit: int, fault: Any) -> StoredFile:
    """Fetches a file from its address before the request is answered.

    Args:
        call: The request.
        url: The address.
        limit: How many bytes it may have.
        fault: Makes the refusal of the reason why it could not be had.

    Raises:
        GraphError: It could not be had.
    """
    try:
        seconds = call.state.settings.pull_seconds
        pulled = await pull(url, call.state.disk, limit=limit, seconds=seconds)
    except PullError as error:
        raise fault(error.reason) from None
    return pulled.file


def _repeats(call: GraphCall, page: Page, text: str, sha256: str) -> bool:
    """Tells whether the Page's latest post is the same picture with the same words."""
    mine = (
        one
        for one in reversed(call.state.posts.values())
        if one.page is page and one.kind != "story"
    )
    last = next(mine, None)
    return (
        last is not None
        and last.kind == "photo"
        and last.text == text
        and last.photos[0].file.sha256 == sha256
    )


async def add_photo_story(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``POST /{page}/photo_stories``: a staged picture becomes a story."""
    call.may_publish(page)
    call.knows("photo_id", "is_ai_generated")
    photo = unused_photo(call, page, call.needed("photo_id"))
    call.count_publish(page)
    post = Post(
        id=call.state.next_number("15"),
        page=page,
        kind="story",
        made_at=call.now,
        client_id=call.token.grant.client_id,
        publishes_at=call.now,
        photos=(photo,),
        request=call.given,
        unknown=call.unknown,
    )
    return {"success": True, "post_id": call.state.add_post(post).id}


async def list_stories(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``GET /{page}/stories``: the stories of the last 24 hours."""
    call.of_page(page)
    call.needs(("pages_read_engagement",))
    call.knows("fields", "limit", "after", "before", "since", "until", "status")
    shown = [one for one in call.state.public_posts() if one.page is page and one.kind == "story"]
    return {
        "data": [
            {
                "post_id": one.id,
                "status": "PUBLISHED",
                "creation_time": str(int(one.made_at.timestamp())),
                "media_type": "photo" if one.photos else "video",
                "media_id": one.photos[0].id if one.photos else one.video.id if one.video else "",
                "url": f"{call.here}{one.path}",
            }
            for one in shown
        ]
    }
