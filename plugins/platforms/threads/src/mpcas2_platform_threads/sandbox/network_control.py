"""The practice network's own part of the control API, below ``/_sandbox/``; see the README."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_threads.sandbox.account_control import account_control_routes
from mpcas2_platform_threads.sandbox.containers import Container
from mpcas2_platform_threads.sandbox.posts import Post
from mpcas2_platform_threads.sandbox.state import Settings, ThreadsState
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json


class NewReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody writes below a post."""

    post: str
    account: str
    text: Annotated[str, msgspec.Meta(min_length=1)]


def _file(container: Container) -> dict[str, Any]:
    file = container.file
    return {
        "containerId": container.id,
        "mediaType": container.media_type,
        "size": 0 if file is None else file.size,
        "sha256": "" if file is None else file.sha256,
        "altText": container.order.alt_text,
    }


def network_control_routes(state: ThreadsState) -> list[BaseRoute]:
    """Returns the control routes of accounts, posts, containers and settings."""

    def post(one: Post) -> dict[str, Any]:
        now = state.core.clock.now()
        return {
            "id": one.id,
            "accountId": one.owner.id,
            "account": one.owner.handle,
            "text": one.order.text,
            "mediaType": one.media_type,
            "path": one.path,
            "publishedAt": timestamp(one.published_at),
            "state": one.state(now),
            "replyTo": None if one.replied_to is None else one.replied_to.id,
            "quotes": None if one.quoted is None else one.quoted.id,
            "reposts": None if one.reposted is None else one.reposted.id,
            "hidden": one.hidden,
            "containerId": None if one.container is None else one.container.id,
            "options": one.order,
            "request": {} if one.container is None else one.container.request,
            "media": [_file(item) for item in one.items],
            "comments": [
                {"id": reply.id, "by": reply.owner.handle, "text": reply.order.text}
                for reply in one.below(now)
            ],
        }

    def container(one: Container) -> dict[str, Any]:
        now = state.core.clock.now()
        return {
            "id": one.id,
            "account": one.owner.handle,
            "status": one.status(now),
            "errorMessage": one.error_message(now),
            "createdAt": timestamp(one.created_at),
            "request": one.request,
            "postId": one.post_id,
            "file": _file(one),
        }

    async def get_posts(request: Request) -> Response:
        wanted = request.query_params.get("account")
        found = [one for one in state.posts.values() if wanted in {None, one.owner.handle}]
        return control_json({"posts": [post(one) for one in found]})

    async def remove_post(request: Request) -> Response:
        found = state.posts.get(request.path_params["number"])
        if found is None:
            return control_error("there is no post of that id", 404)
        found.gone = "removed"
        return control_json(post(found))

    async def get_containers(_request: Request) -> Response:
        return control_json({"containers": [container(one) for one in state.containers.values()]})

    async def post_comment(request: Request) -> Response:
        try:
            order = await control_body(request, NewReply)
        except ValueError as error:
            return control_error(str(error))
        found, author = state.find(order.post), state.accounts.named(order.account)
        if found is None or author is None:
            return control_error("there is no post of that id, or no account of that handle", 404)
        return control_json({"id": state.reply(author, found, order.text).id}, 201)

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
        *account_control_routes(state),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/posts/{number}/remove", remove_post, methods=["POST"]),
        Route("/_sandbox/containers", get_containers, methods=["GET"]),
        Route("/_sandbox/comments", post_comment, methods=["POST"]),
        Route("/_sandbox/settings", get_settings, methods=["GET"]),
        Route("/_sandbox/settings", post_settings, methods=["POST"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
    ]
