"""The practice network's own part of the control API."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_mastodon.sandbox.accounts import Account
from mpcas2_platform_mastodon.sandbox.media import Media
from mpcas2_platform_mastodon.sandbox.refusals import Refused
from mpcas2_platform_mastodon.sandbox.settings import MastodonSettings
from mpcas2_platform_mastodon.sandbox.state import MastodonState
from mpcas2_platform_mastodon.sandbox.status_request import StatusRequest
from mpcas2_platform_mastodon.sandbox.status_rules import made_status
from mpcas2_platform_mastodon.sandbox.statuses import Status
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.windows import limits_routes


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many accounts to make, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,8}$")] = "user"


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What moderators do to an account."""

    disabled: bool


class Reply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer that somebody writes on the server's own pages."""

    account: str
    text: str


def practice_control_routes(state: MastodonState) -> list[BaseRoute]:
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
            account.disabled = (await control_body(request, AccountChange)).disabled
        except ValueError as error:
            return control_error(str(error))
        return control_json(_account(state, account))

    async def get_settings(_request: Request) -> Response:
        return control_json(state.settings)

    async def post_settings(request: Request) -> Response:
        try:
            change = await control_body(request, dict[str, Any])
            merged = {**msgspec.to_builtins(state.settings), **change}
            state.settings = msgspec.convert(merged, MastodonSettings)
        except ValueError as error:
            return control_error(str(error))
        return await get_settings(request)

    async def get_posts(request: Request) -> Response:
        handle = request.query_params.get("account")
        posts = [_post(state, one) for one in state.statuses.all()]
        return control_json({"posts": [one for one in posts if handle in {None, one["account"]}]})

    async def post_reply(request: Request) -> Response:
        try:
            order = await control_body(request, Reply)
        except ValueError as error:
            return control_error(str(error))
        author = state.accounts.by_handle(order.account)
        if author is None:
            return control_error("there is no such account", 404)
        asked = StatusRequest(status=order.text, in_reply_to_id=request.path_params["id"])
        try:
            made = made_status(state, author, asked, key="", app="Web")
        except Refused as refused:
            return control_error(refused.error, refused.status)
        return control_json(_post(state, made), 201)

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
        *state.media.decisions.routes(),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/posts/{id}/replies", post_reply, methods=["POST"]),
        Route("/_sandbox/media", get_media, methods=["GET"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
    ]


def _account(state: MastodonState, account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "handle": account.handle,
        "name": account.name,
        "disabled": account.disabled,
        "posts": len(state.statuses.of(account, account)),
    }


def _post(state: MastodonState, status: Status) -> dict[str, Any]:
    return {
        "id": status.id,
        "account": status.author.handle,
        "accountId": status.author.id,
        "text": status.text,
        "spoilerText": status.spoiler_text,
        "visibility": status.visibility,
        "sensitive": status.sensitive,
        "language": status.language,
        "poll": status.poll,
        "quotePolicy": status.quote_policy,
        "quotes": None if status.quoted is None else status.quoted.id,
        "replyTo": None if status.parent is None else status.parent.id,
        "comments": [
            {"id": one.id, "account": one.author.handle, "text": one.text}
            for one in state.statuses.replies(status)
        ],
        "mediaIds": [one.id for one in status.media],
        "mediaSha256": [one.file.sha256 for one in status.media],
        "altTexts": [one.description for one in status.media],
        "idempotencyKey": status.idempotency_key,
        "app": status.app,
        "state": "published",
        "createdAt": timestamp(status.created_at),
        "path": status.path,
    }


def _media(state: MastodonState, media: Media) -> dict[str, Any]:
    return {
        "id": media.id,
        "account": media.owner.handle,
        "kind": media.look.kind,
        "mediaType": media.look.media_type,
        "width": media.look.width,
        "height": media.look.height,
        "state": state.media.state(media),
        "size": media.file.size,
        "sha256": media.file.sha256,
        "altText": media.description,
        "focus": media.focus,
        "statusId": media.status_id,
    }
