"""The methods that delete videos, make playlists, fill them and set thumbnails."""

from typing import Any

from starlette.responses import Response

from mpcas2_platform_youtube.sandbox.api_call import ApiCall, Method, api_json, parts_of
from mpcas2_platform_youtube.sandbox.errors import (
    ApiError,
    bad_request,
    forbidden,
    invalid_metadata,
    not_found,
)
from mpcas2_platform_youtube.sandbox.media_kinds import thumbnail_type
from mpcas2_platform_youtube.sandbox.read_methods import readable_playlist
from mpcas2_platform_youtube.sandbox.resource_fields import PLAYLIST, PLAYLIST_ITEM
from mpcas2_platform_youtube.sandbox.scopes import TO_UPLOAD, TO_WRITE
from mpcas2_platform_youtube.sandbox.videos import Thumbnail, Video

MAX_THUMBNAIL_BYTES = 50 * 1024 * 1024
_MAX_PLAYLIST_TITLE = 150
_MAX_PLAYLIST_ITEMS = 5000
_THUMBNAIL_TYPES = {"image/jpeg", "image/png", "application/octet-stream"}
_ON_BEHALF = frozenset({"onBehalfOfContentOwner"})


def _own_video(call: ApiCall, video_id: str, parameter: str) -> Video:
    video = call.state.videos.get(video_id)
    if video is None:
        raise not_found("video", parameter)
    if not call.person.owns(video.channel):
        raise forbidden("The request might not be properly authorized.")
    return video


def _delete_video(call: ApiCall) -> Response:
    call.state.delete_video(_own_video(call, call.text("id") or "", "id"))
    return Response(status_code=204)


def _insert_playlist(call: ApiCall) -> Response:
    body = call.resource(PLAYLIST)
    snippet = body.get("snippet", {})
    title = snippet.get("title", "")
    if not title.strip():
        raise invalid_metadata(
            "playlistTitleRequired",
            "The request must specify a playlist title.",
            "snippet.title",
            domain="youtube.playlist",
        )
    if len(title) > _MAX_PLAYLIST_TITLE or "<" in title or ">" in title:
        raise invalid_metadata(
            "invalidPlaylistSnippet",
            "The request provides an invalid playlist snippet.",
            "snippet",
            domain="youtube.playlist",
        )
    playlist = call.state.playlists.create(
        call.channel(),
        title=title,
        description=snippet.get("description", ""),
        privacy=body.get("status", {}).get("privacyStatus", "public"),
        now=call.now,
    )
    return api_json(playlist.resource(call.parts, call.host))


def _item_error(reason: str, message: str, field: str) -> ApiError:
    return invalid_metadata(reason, message, f"snippet.{field}", domain="youtube.playlistItem")


def _item_video(call: ApiCall, snippet: dict[str, Any]) -> Video:
    resource = snippet.get("resourceId")
    if not resource:
        message = "The request must contain a resource in which the snippet has a resourceId."
        raise _item_error("resourceIdRequired", message, "resourceId")
    if resource.get("kind") != "youtube#video":
        message = "The type specified for the resource ID is not supported for this operation."
        raise _item_error("invalidResourceType", message, "resourceId.kind")
    video = call.state.videos.get(resource.get("videoId", ""))
    if video is None or not (call.person.owns(video.channel) or video.watchable(call.now)):
        raise not_found("video", "snippet.resourceId.videoId")
    return video


def _insert_playlist_item(call: ApiCall) -> Response:
    snippet = call.resource(PLAYLIST_ITEM).get("snippet", {})
    playlist_id = snippet.get("playlistId")
    if not playlist_id:
        message = "The request does not specify a value for the required playlistId property."
        raise _item_error("playlistIdRequired", message, "playlistId")
    playlist = readable_playlist(call, playlist_id)
    if playlist is None:
        raise not_found("playlist", "snippet.playlistId")
    if not call.person.owns(playlist.channel):
        message = "The request is not properly authorized to insert the specified playlist item."
        raise ApiError(403, "playlistItemsNotAccessible", message, domain="youtube.playlistItem")
    if playlist.uploads:
        message = (
            "The API does not support the ability to insert videos into the specified playlist."
        )
        raise _item_error("playlistOperationUnsupported", message, "playlistId")
    video = _item_video(call, snippet)
    if len(playlist.items) >= _MAX_PLAYLIST_ITEMS:
        message = "The playlist already contains the maximum allowed number of items."
        raise ApiError(
            403, "playlistContainsMaximumNumberOfVideos", message, domain="youtube.playlistItem"
        )
    try:
        item = playlist.insert(video, snippet.get("position"), call.now)
    except IndexError as error:
        message = "The request attempts to set the playlist item's position to an invalid value."
        raise _item_error("invalidPlaylistItemPosition", message, "position") from error
    return api_json(playlist.item_resource(item, video, call.parts, call.now, call.host))


def _set_thumbnail(call: ApiCall) -> Response:
    if call.text("uploadType") not in {None, "media"}:
        raise bad_request("This practice network takes a thumbnail as the whole body only.")
    video = _own_video(call, call.text("videoId") or "", "videoId")
    if not call.body:
        message = "The request does not include the image content."
        raise ApiError(400, "mediaBodyRequired", message, domain="youtube.thumbnail")
    said = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in _THUMBNAIL_TYPES:
        message = (
            f"Media type '{said}' is not supported. Valid media types: "
            "[application/octet-stream, image/jpeg, image/png]"
        )
        raise ApiError(400, "badContent", message)
    if len(call.body) > MAX_THUMBNAIL_BYTES:
        raise ApiError(413, "uploadTooLarge", "The picture is larger than 50 MiB.")
    media_type = thumbnail_type(call.body)
    if media_type is None:
        message = "The provided image content is invalid."
        raise ApiError(400, "invalidImage", message, domain="youtube.thumbnail")
    video.thumbnail = Thumbnail(data=call.state.disk.new_file(call.body), media_type=media_type)
    call.state.counters.thumbnails += 1
    return api_json(
        {
            "kind": "youtube#thumbnailSetResponse",
            "etag": "thumbnail",
            "items": [video.thumbnails(call.host)],
        }
    )


WRITE_METHODS = (
    Method(
        name="videos.delete",
        verb="DELETE",
        path="/youtube/v3/videos",
        scopes=TO_WRITE,
        units=50,
        parameters=_ON_BEHALF | {"id"},
        required=("id",),
        parts=frozenset(),
        run=_delete_video,
    ),
    Method(
        name="playlists.insert",
        verb="POST",
        path="/youtube/v3/playlists",
        scopes=TO_WRITE,
        units=50,
        parameters=_ON_BEHALF | {"part", "onBehalfOfContentOwnerChannel"},
        required=("part",),
        parts=parts_of(PLAYLIST),
        run=_insert_playlist,
    ),
    Method(
        name="playlistItems.insert",
        verb="POST",
        path="/youtube/v3/playlistItems",
        scopes=TO_WRITE,
        units=50,
        parameters=_ON_BEHALF | {"part"},
        required=("part",),
        parts=parts_of(PLAYLIST_ITEM),
        run=_insert_playlist_item,
    ),
    Method(
        name="thumbnails.set",
        verb="POST",
        path="/upload/youtube/v3/thumbnails/set",
        scopes=TO_UPLOAD,
        units=50,
        parameters=_ON_BEHALF | {"videoId", "uploadType"},
        required=("videoId",),
        parts=frozenset(),
        run=_set_thumbnail,
    ),
)
