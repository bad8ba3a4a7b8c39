"""The routes that make and delete posts and upload media."""

from typing import Annotated, Any, Literal

import msgspec

from mpcas2_platform_twitter.sandbox.calls import Answer, Call, number
from mpcas2_platform_twitter.sandbox.media import Media
from mpcas2_platform_twitter.sandbox.post_request import Id, PostRequest
from mpcas2_platform_twitter.sandbox.post_rules import new_post
from mpcas2_platform_twitter.sandbox.problems import (
    forbidden,
    invalid_request,
    missing,
    processing_failed,
)

_LAST_SEGMENT = 999
_MAX_TOTAL = 17_179_869_184

MediaType = Literal[
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
]
Category = Literal[
    "amplify_video",
    "tweet_gif",
    "tweet_image",
    "tweet_video",
    "dm_gif",
    "dm_image",
    "dm_video",
    "subtitles",
]


class UploadStart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /2/media/upload/initialize``."""

    media_category: Category
    media_type: MediaType
    total_bytes: Annotated[int, msgspec.Meta(ge=1, le=_MAX_TOTAL)]
    additional_owners: tuple[Id, ...] = ()
    shared: bool = False


class AltText(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture shows, in words."""

    text: Annotated[str, msgspec.Meta(max_length=1000)]


class MetadataValues(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said about media; all but the alt text is taken and forgotten."""

    alt_text: AltText | msgspec.UnsetType = msgspec.UNSET


class MetadataRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of ``POST /2/media/metadata``."""

    id: Id
    metadata: MetadataValues = MetadataValues()


def create_post(call: Call) -> Answer:
    """Makes a post (``POST /2/tweets``)."""
    request = call.json(PostRequest)
    post = new_post(call.state, call.account, request, call.state.core.clock.now())
    call.state.posts.add(post)
    call.state.spend_credit()
    for media in post.media:
        media.used = True
    text, _ = post.shown_text()
    return {"data": {"id": post.id, "text": text, "edit_history_post_ids": [post.id]}}


def delete_post(call: Call) -> Answer:
    """Deletes an own post (``DELETE /2/tweets/{id}``)."""
    post_id = call.path("id")
    post = call.state.posts.find(post_id)
    if post is None:
        raise missing("tweet", "id", post_id)
    if post.author is not call.account:
        raise forbidden("You are not authorized to delete this Tweet.")
    call.state.posts.remove(post)
    return {"data": {"deleted": True}}


def upload(call: Call) -> Answer:
    """Takes a whole file (``POST /2/media/upload``)."""
    fields = call.form({"media", "media_category", "additional_owners", "media_type", "shared"})
    if "media_category" not in fields:
        raise invalid_request("media_category is required")
    category = fields["media_category"].decode(errors="replace")
    media = call.state.media.begin(call.account, category)
    call.state.media.complete(media, fields["media"])
    return _shown(call, media)


def initialize(call: Call) -> Answer:
    """Opens an upload in segments (``POST /2/media/upload/initialize``)."""
    start = call.json(UploadStart)
    media = call.state.media.begin(
        call.account,
        start.media_category,
        said_type=start.media_type,
        total_bytes=start.total_bytes,
    )
    return _shown(call, media)


def append(call: Call) -> Answer:
    """Takes one segment (``POST /2/media/upload/{id}/append``)."""
    media = _own_media(call, call.path("id"))
    fields = call.form({"media", "segment_index"})
    index = fields.get("segment_index", b"").decode(errors="replace")
    if not (index.isascii() and index.isdigit() and int(index) <= _LAST_SEGMENT):
        raise invalid_request(f"segment_index must be a number from 0 to {_LAST_SEGMENT}")
    call.state.media.append(media, int(index), fields["media"])
    return {"data": {"expires_at": int(media.expires_at.timestamp())}}


def finalize(call: Call) -> Answer:
    """Puts the segments together (``POST /2/media/upload/{id}/finalize``)."""
    media = _own_media(call, call.path("id"))
    call.state.media.finalize(media)
    return _shown(call, media)


def upload_status(call: Call) -> Answer:
    """Tells how far an upload is (``GET /2/media/upload``)."""
    query = call.query({"media_id", "command"})
    if query.get("command", "STATUS") != "STATUS":
        raise invalid_request("command must be STATUS")
    media_id = number("media_id", query.get("media_id", ""))
    media = _own_media(call, media_id)
    answer = _shown(call, media)
    if call.state.media.state(media) == "failed" and media.failure is not None:
        answer["errors"] = [processing_failed(media_id, media.failure)]
    return answer


def set_metadata(call: Call) -> Answer:
    """Says what a file shows (``POST /2/media/metadata``)."""
    request = call.json(MetadataRequest)
    media = _own_media(call, request.id)
    if request.metadata.alt_text is not msgspec.UNSET:
        media.alt_text = request.metadata.alt_text.text
    values = {"alt_text": {"text": media.alt_text}} if media.alt_text else {}
    return {"data": {"id": media.id, "associated_metadata": values}}


def _own_media(call: Call, media_id: str) -> Media:
    media = call.state.media.find(media_id, call.account)
    if media is None:
        raise missing("media", "id", media_id)
    return media


def _shown(call: Call, media: Media) -> dict[str, Any]:
    return {"data": call.state.media.shown(media)}
