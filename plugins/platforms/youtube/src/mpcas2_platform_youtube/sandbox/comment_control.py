"""The control routes with which a test lets people comment."""

import secrets
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_youtube.sandbox.state import YouTubeState
from mpcas2_platform_youtube.sandbox.videos import Comment
from mpcas2_sandbox.control import control_body, control_error, control_json


class NewComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody writes below a video, with his first channel."""

    account: str
    text: Annotated[str, msgspec.Meta(min_length=1)]


class CommentsChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How far the lists of comments lag behind, in seconds."""

    lag_seconds: Annotated[float, msgspec.Meta(ge=0)]


def comment_control_routes(state: YouTubeState) -> list[BaseRoute]:
    """Returns the control routes of comments."""

    async def post_comment(request: Request) -> Response:
        video = state.videos.get(request.path_params["video_id"])
        if video is None:
            return control_error("there is no video of that id", 404)
        try:
            order = await control_body(request, NewComment)
        except ValueError as error:
            return control_error(str(error))
        person = state.people.find(order.account)
        if person is None or not person.channels:
            return control_error("there is nobody of that handle with a channel", 404)
        comment = Comment(
            id="Ug" + secrets.token_urlsafe(18),
            author=person.channels[0],
            text=order.text,
            at=state.core.clock.now(),
        )
        video.comments.append(comment)
        return control_json({"id": comment.id}, 201)

    async def post_comments(request: Request) -> Response:
        try:
            order = await control_body(request, CommentsChange)
        except ValueError as error:
            return control_error(str(error))
        state.comments_lag_seconds = order.lag_seconds
        return control_json({"lagSeconds": state.comments_lag_seconds})

    return [
        Route("/_sandbox/videos/{video_id}/comments", post_comment, methods=["POST"]),
        Route("/_sandbox/comments", post_comments, methods=["POST"]),
    ]
