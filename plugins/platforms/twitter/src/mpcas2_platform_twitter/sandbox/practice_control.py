"""The practice network's own part of the control API."""

from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_twitter.sandbox.accounts import Account
from mpcas2_platform_twitter.sandbox.media import Media
from mpcas2_platform_twitter.sandbox.posts import StoredPost
from mpcas2_platform_twitter.sandbox.state import XSettings, XState
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.windows import limits_routes


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many accounts to make, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,8}$")] = "user"


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of an account."""

    subscription: Literal["None", "Basic", "Premium", "PremiumPlus"]


def practice_control_routes(state: XState) -> list[BaseRoute]:
    """Returns the control routes for accounts, settings, limits, posts, media and statistics."""

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_account(state, one) for one in state.accounts.all()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        made = state.accounts.add_many(order.count, order.prefix, state.core.clock.now())
        return control_json({"accounts": [_account(state, one) for one in made]}, 201)

    async def post_account(request: Request) -> Response:
        account = state.accounts.by_handle(request.path_params["handle"])
        if account is None:
            return control_error("there is no such account", 404)
        try:
            account.subscription = (await control_body(request, AccountChange)).subscription
        except ValueError as error:
            return control_error(str(error))
        return control_json(_account(state, account))

    async def get_settings(_request: Request) -> Response:
        return control_json(state.settings)

    async def post_settings(request: Request) -> Response:
        try:
            change = await control_body(request, dict[str, Any])
            merged = {**msgspec.to_builtins(state.settings), **change}
            state.change(msgspec.convert(merged, XSettings))
        except ValueError as error:
            return control_error(str(error))
        return await get_settings(request)

    async def get_posts(request: Request) -> Response:
        handle = request.query_params.get("account")
        posts = [
            _post(state, one) for one in state.posts.all() if handle in {None, one.author.handle}
        ]
        return control_json({"posts": posts})

    async def get_media(_request: Request) -> Response:
        return control_json({"media": [_media(state, one) for one in state.media.all()]})

    async def get_stats(_request: Request) -> Response:
        return control_json(state.stats())

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/accounts/{handle}", post_account, methods=["POST"]),
        Route("/_sandbox/settings", get_settings, methods=["GET"]),
        Route("/_sandbox/settings", post_settings, methods=["POST"]),
        *limits_routes(state.limits),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/media", get_media, methods=["GET"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
    ]


def _account(state: XState, account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "handle": account.handle,
        "name": account.name,
        "posts": len(state.posts.of(account)),
        "subscription": account.subscription,
    }


def _post(state: XState, post: StoredPost) -> dict[str, object]:
    return {
        "id": post.id,
        "account": post.author.handle,
        "accountId": post.author.id,
        "text": post.request.text,
        "request": post.request,
        "mediaIds": [one.id for one in post.media],
        "altTexts": [one.alt_text for one in post.media],
        "mediaSha256": [one.file.sha256 if one.file is not None else None for one in post.media],
        "replyTo": None if post.parent is None else post.parent.id,
        "conversationId": post.conversation_id,
        "comments": [one.id for one in state.posts.all() if one.parent is post],
        "createdAt": timestamp(post.created_at),
        "path": post.path,
    }


def _media(state: XState, media: Media) -> dict[str, object]:
    return {
        "id": media.id,
        "account": media.owner.handle,
        "category": media.category,
        "mediaType": media.mime_type or media.said_type,
        "state": state.media.state(media),
        "segments": {str(at): file.size for at, file in sorted(media.segments.items())},
        "size": None if media.file is None else media.file.size,
        "sha256": None if media.file is None else media.file.sha256,
        "altText": media.alt_text,
        "used": media.used,
    }
