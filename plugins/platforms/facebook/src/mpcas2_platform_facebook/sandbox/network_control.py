"""The practice network's own part of the control API, below ``/_sandbox/``; see the README."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_facebook.sandbox.media import Photo, Video
from mpcas2_platform_facebook.sandbox.member_control import member_control_routes
from mpcas2_platform_facebook.sandbox.posts import Post
from mpcas2_platform_facebook.sandbox.state import FacebookState, Settings
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json


class NewComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody writes below a post."""

    post: str
    account: str
    text: Annotated[str, msgspec.Meta(min_length=1)]


def _photo(photo: Photo) -> dict[str, Any]:
    return {
        "id": photo.id,
        "mediaType": photo.media_type,
        "size": photo.file.size,
        "sha256": photo.file.sha256,
        "altText": photo.alt_text,
    }


def _video(video: Video) -> dict[str, Any]:
    return {
        "id": video.id,
        "mediaType": video.media_type,
        "size": video.file.size,
        "sha256": video.file.sha256,
        "altText": "",
    }


def _post(state: FacebookState, post: Post) -> dict[str, Any]:
    media = [_photo(one) for one in post.photos]
    if post.video is not None:
        media.append(_video(post.video))
    return {
        "id": post.id,
        "pageId": post.page.id,
        "page": post.page.handle,
        "account": state.members.owner_of(post.page).handle,
        "kind": post.kind,
        "text": post.text,
        "title": post.title,
        "link": post.link,
        "path": post.path,
        "state": post.state(state.core.clock.now()),
        "createdAt": timestamp(post.made_at),
        "publishesAt": None if post.publishes_at is None else timestamp(post.publishes_at),
        "clientId": post.client_id,
        "request": post.request,
        "unknown": post.all_unknown,
        "media": media,
        "comments": [
            {"id": one.id, "by": one.author, "text": one.text, "unknown": one.unknown}
            for one in post.comments
        ],
    }


def network_control_routes(state: FacebookState) -> list[BaseRoute]:
    """Returns the control routes of members, posts, media and settings."""

    async def get_posts(request: Request) -> Response:
        wanted = request.query_params.get("account")
        shown = [_post(state, one) for one in state.posts.values()]
        return control_json({"posts": [one for one in shown if wanted in {None, one["account"]}]})

    async def remove_post(request: Request) -> Response:
        post = state.find_post(request.path_params["number"])
        if post is None:
            return control_error("there is no post of that id", 404)
        state.drop_post(post)
        return control_json({"id": post.id})

    async def get_media(_request: Request) -> Response:
        now = state.core.clock.now()
        photos = [
            {**_photo(one), "pageId": one.page.id, "postId": one.post_id, "request": one.request}
            for one in state.photos.values()
            if one.lives(now)
        ]
        videos = [
            {
                **_video(one),
                "pageId": one.page.id,
                "postId": one.post_id,
                "kind": one.kind,
                "status": one.status(now),
            }
            for one in state.videos.values()
        ]
        return control_json({"photos": photos, "videos": videos})

    async def post_comment(request: Request) -> Response:
        try:
            order = await control_body(request, NewComment)
        except ValueError as error:
            return control_error(str(error))
        post, author = state.find_post(order.post), state.members.named(order.account)
        if post is None or author is None:
            return control_error("there is no post of that id, or no person of that handle", 404)
        return control_json({"id": state.add_comment(post, author, order.text).id}, 201)

    async def get_unknown(_request: Request) -> Response:
        return control_json({"unknown": state.unknown})

    async def get_settings(_request: Request) -> Response:
        return control_json(state.settings)

    async def post_settings(request: Request) -> Response:
        try:
            change = await control_body(request, dict[str, Any])
            old = msgspec.to_builtins(state.settings)
            state.settings = msgspec.convert({**old, **change}, Settings)
        except ValueError as error:
            return control_error(str(error))
        return control_json(state.settings)

    async def get_stats(_request: Request) -> Response:
        return control_json(state.stats())

    return [
        *member_control_routes(state),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/posts/{number}/remove", remove_post, methods=["POST"]),
        Route("/_sandbox/media", get_media, methods=["GET"]),
        Route("/_sandbox/comments", post_comment, methods=["POST"]),
        Route("/_sandbox/unknown", get_unknown, methods=["GET"]),
        Route("/_sandbox/settings", get_settings, methods=["GET"]),
        Route("/_sandbox/settings", post_settings, methods=["POST"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
    ]
