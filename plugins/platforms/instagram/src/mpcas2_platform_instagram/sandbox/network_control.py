"""The practice network's own part of the control API, below ``/_sandbox/``; see the README."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_instagram.sandbox.account_control import account_control_routes
from mpcas2_platform_instagram.sandbox.containers import Container
from mpcas2_platform_instagram.sandbox.media import Media
from mpcas2_platform_instagram.sandbox.state import InstagramState, Settings
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json


class NewComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody writes below a post."""

    media: str
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


def network_control_routes(state: InstagramState) -> list[BaseRoute]:
    """Returns the control routes of accounts, posts, containers and settings."""

    def post(media: Media) -> dict[str, Any]:
        return {
            "id": media.id,
            "accountId": media.owner.id,
            "account": media.owner.handle,
            "text": media.container.order.caption,
            "product": media.product,
            "mediaType": media.media_type,
            "path": media.path,
            "publishedAt": timestamp(media.published_at),
            "state": "removed"
            if media.removed
            else "public"
            if media.shown(state.core.clock.now())
            else "expired",
            "clientId": media.client_id,
            "containerId": media.container.id,
            "options": media.container.order,
            "request": media.container.request,
            "media": [_file(one) for one in media.items],
            "cover": None if media.container.cover is None else media.container.cover.sha256,
            "comments": [
                {"id": one.id, "by": one.author.handle, "text": one.text} for one in media.comments
            ],
        }

    def container(one: Container) -> dict[str, Any]:
        now = state.core.clock.now()
        return {
            "id": one.id,
            "account": one.owner.handle,
            "status": one.status(now),
            "sentence": one.sentence(now),
            "createdAt": timestamp(one.created_at),
            "request": one.request,
            "mediaId": one.media_id,
            "file": _file(one),
        }

    async def get_posts(request: Request) -> Response:
        wanted = request.query_params.get("account")
        found = [one for one in state.media.values() if wanted in {None, one.owner.handle}]
        return control_json({"posts": [post(one) for one in found]})

    async def remove_post(request: Request) -> Response:
        media = state.media.get(request.path_params["number"])
        if media is None:
            return control_error("there is no post of that id", 404)
        media.removed = True
        return control_json(post(media))

    async def get_containers(_request: Request) -> Response:
        return control_json({"containers": [container(one) for one in state.containers.values()]})

    async def post_comment(request: Request) -> Response:
        try:
            order = await control_body(request, NewComment)
        except ValueError as error:
            return control_error(str(error))
        media, author = state.media.get(order.media), state.accounts.named(order.account)
        if media is None or author is None:
            return control_error("there is no post of that id, or no account of that handle", 404)
        return control_json({"id": state.comment(media, author, order.text).id}, 201)

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
