"""The methods that write, list and delete the comments below videos."""

import secrets
from datetime import timedelta
from html import escape
from typing import Any

from starlette.responses import Response

from mpcas2_platform_youtube.sandbox.api_call import ApiCall, Method, api_json, parts_of
from mpcas2_platform_youtube.sandbox.api_times import api_time
from mpcas2_platform_youtube.sandbox.errors import (
    ApiError,
    forbidden,
    invalid_metadata,
    invalid_parameter,
    no_filter,
    not_found,
)
from mpcas2_platform_youtube.sandbox.resource_fields import COMMENT_THREAD
from mpcas2_platform_youtube.sandbox.scopes import TO_COMMENT
from mpcas2_platform_youtube.sandbox.videos import Comment, Video

_MAX_CHARACTERS = 10_000
_USUAL_THREADS = 20
_MOST_THREADS = 100
_DOMAIN = "youtube.commentThread"


def _commented_video(call: ApiCall, video_id: str, parameter: str) -> Video:
    video = call.state.videos.get(video_id)
    if video is None or not (call.person.owns(video.channel) or video.watchable(call.now)):
        raise not_found("video", parameter)
    if video.status.get("selfDeclaredMadeForKids"):
        message = "The video identified by the videoId parameter has disabled comments."
        raise ApiError(403, "commentsDisabled", message, domain=_DOMAIN)
    return video


def _insert_comment_thread(call: ApiCall) -> Response:
    snippet = call.resource(COMMENT_THREAD).get("snippet", {})
    text = snippet.get("topLevelComment", {}).get("snippet", {}).get("textOriginal", "")
    where = "snippet.topLevelComment.snippet.textOriginal"
    if not text.strip():
        message = "The resource that is being inserted must specify a value for textOriginal."
        raise invalid_metadata("commentTextRequired", message, where, domain=_DOMAIN)
    if len(text) > _MAX_CHARACTERS:
        message = "The comment resource that is being inserted contains too many characters."
        raise invalid_metadata("commentTextTooLong", message, where, domain=_DOMAIN)
    author = call.channel()
    video = _commented_video(call, snippet.get("videoId", ""), "snippet.videoId")
    comment = Comment(id="Ug" + secrets.token_urlsafe(18), author=author, text=text, at=call.now)
    video.comments.append(comment)
    return api_json(_thread(call, video, comment, plain=True))


def _list_comment_threads(call: ApiCall) -> Response:
    video_id = call.text("videoId")
    if not video_id:
        raise no_filter("videoId")
    order = call.text("order") or "time"
    form = call.text("textFormat") or "html"
    if order not in {"time", "relevance"}:
        raise invalid_parameter("order", order)
    if form not in {"html", "plainText"}:
        raise invalid_parameter("textFormat", form)
    video = _commented_video(call, video_id, "videoId")
    shown_until = call.now - timedelta(seconds=call.state.comments_lag_seconds)
    found = [one for one in reversed(video.comments) if one.at <= shown_until]
    return call.page(
        "commentThread",
        found,
        lambda one: _thread(call, video, one, plain=form == "plainText"),
        usual=_USUAL_THREADS,
        most=_MOST_THREADS,
    )


def _delete_comment(call: ApiCall) -> Response:
    comment_id = call.text("id")
    for video in call.state.videos.values():
        for comment in video.comments:
            if comment.id == comment_id:
                if not any(map(call.person.owns, (comment.author, video.channel))):
                    raise forbidden("The comment cannot be deleted because of its ownership.")
                video.comments.remove(comment)
                return Response(status_code=204)
    raise not_found("comment", "id")


def _thread(call: ApiCall, video: Video, comment: Comment, *, plain: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": "youtube#commentThread",
        "etag": comment.id[-20:],
        "id": comment.id,
    }
    if "snippet" not in call.parts:
        return shown
    text: dict[str, str] = {
        "textDisplay": comment.text if plain else escape(comment.text).replace("\n", "<br>")
    }
    if call.person.owns(comment.author):
        text["textOriginal"] = comment.text
    shown["snippet"] = {
        "channelId": video.channel.id,
        "videoId": video.id,
        "topLevelComment": {
            "kind": "youtube#comment",
            "etag": comment.id[-19:],
            "id": comment.id,
            "snippet": {
                "channelId": video.channel.id,
                "videoId": video.id,
                **text,
                "authorDisplayName": f"@{comment.author.handle}",
                "authorChannelId": {"value": comment.author.id},
                "canRate": True,
                "viewerRating": "none",
                "likeCount": 0,
                "publishedAt": api_time(comment.at),
                "updatedAt": api_time(comment.at),
            },
        },
        "canReply": True,
        "totalReplyCount": 0,
        "isPublic": True,
    }
    return shown


COMMENT_METHODS = (
    Method(
        name="commentThreads.insert",
        verb="POST",
        path="/youtube/v3/commentThreads",
        scopes=TO_COMMENT,
        units=50,
        parameters=frozenset({"part"}),
        required=("part",),
        parts=parts_of(COMMENT_THREAD),
        run=_insert_comment_thread,
    ),
    Method(
        name="commentThreads.list",
        verb="GET",
        path="/youtube/v3/commentThreads",
        scopes=TO_COMMENT,
        units=1,
        parameters=frozenset({"part", "videoId", "order", "textFormat", "maxResults", "pageToken"}),
        required=("part",),
        parts=parts_of(COMMENT_THREAD),
        run=_list_comment_threads,
    ),
    Method(
        name="comments.delete",
        verb="DELETE",
        path="/youtube/v3/comments",
        scopes=TO_COMMENT,
        units=50,
        parameters=frozenset({"id"}),
        required=("id",),
        parts=frozenset(),
        run=_delete_comment,
    ),
)
