"""The practice network's own part of the control API, below ``/_sandbox/``.

- ``GET accounts``, ``POST accounts {"count": n, "prefix": "user"}``: creators.
- ``POST accounts/{handle} {"private": true, …}``: what a creator's settings allow.
- ``GET posts[?account=]``: every post and draft with all that is known of it.
- ``POST posts/{publish_id}/take-down``: a post goes away.
- ``GET settings``, ``POST settings {…}``: audit, planned refusals, verified domains and the like.
- ``GET stats``: the counts.

Beside them stand ``decisions``, ``limits`` and ``webhooks`` of the core.
"""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_tiktok.sandbox.creators import Creator, Privacy
from mpcas2_platform_tiktok.sandbox.publishes import Publish
from mpcas2_platform_tiktok.sandbox.state import Settings, TikTokState
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.windows import limits_routes

_NOBODY = "this network has no account of that handle"


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many creators to make, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{1,11}$")] = "user"


class CreatorChange(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename="camel",
    omit_defaults=True,
):
    """What a creator's settings allow from now on; what is absent stays as it is."""

    private: bool | None = None
    banned: bool | None = None
    comment_disabled: bool | None = None
    duet_disabled: bool | None = None
    stitch_disabled: bool | None = None
    max_video_seconds: Annotated[int, msgspec.Meta(ge=1)] | None = None
    options: tuple[Privacy, ...] | None = None


def _account(creator: Creator) -> dict[str, Any]:
    return {
        "id": creator.id,
        "handle": creator.handle,
        "name": creator.name,
        "private": creator.private,
        "banned": creator.banned,
        "options": creator.privacy_options,
        "commentDisabled": creator.comment_disabled,
        "duetDisabled": creator.duet_disabled,
        "stitchDisabled": creator.stitch_disabled,
        "maxVideoSeconds": creator.max_video_seconds,
    }


def _post(publish: Publish, state: TikTokState) -> dict[str, Any]:
    now = state.core.clock.now()
    return {
        "publishId": publish.id,
        "postId": str(publish.post_id),
        "account": publish.creator.handle,
        "clientId": publish.client_id,
        "kind": "photo" if publish.photos else "video",
        "draft": not publish.direct,
        "source": "PULL_FROM_URL" if publish.upload is None else "FILE_UPLOAD",
        "text": publish.text,
        "options": publish.info,
        "cover": publish.cover,
        "status": publish.status(now),
        "failReason": publish.fail_reason(now),
        "exists": publish.exists(now),
        "public": publish.is_public(now),
        "path": publish.path,
        "createdAt": timestamp(publish.created_at),
        "received": publish.file.size,
        "chunks": publish.chunks,
        "urls": publish.urls,
        "media": [
            {
                **msgspec.to_builtins(one.judged),
                "size": one.file.size,
                "sha256": one.file.sha256,
                "url": one.url,
            }
            for one in publish.media
        ],
        "comments": [],
    }


def network_control_routes(state: TikTokState) -> list[BaseRoute]:
    """Returns the control routes of creators, posts, settings and of what the core steers."""

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_account(one) for one in state.creators.all()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        made = state.creators.add_many(order.count, order.prefix)
        return control_json({"accounts": [_account(one) for one in made]}, 201)

    async def post_account(request: Request) -> Response:
        creator = state.creators.find(request.path_params["handle"])
        if creator is None:
            return control_error(_NOBODY, 404)
        try:
            change = await control_body(request, CreatorChange)
        except ValueError as error:
            return control_error(str(error))
        for name, value in msgspec.structs.asdict(change).items():
            if value is not None:
                setattr(creator, name, value)
        return control_json(_account(creator))

    async def get_posts(request: Request) -> Response:
        account = request.query_params.get("account")
        shown = [one for one in state.publishes.all() if account in {None, one.creator.handle}]
        return control_json({"posts": [_post(one, state) for one in shown]})

    async def take_down(request: Request) -> Response:
        publish = state.publishes.find(request.path_params["publish_id"])
        now = state.core.clock.now()
        if publish is None or not publish.exists(now):
            return control_error("there is no post of that publish_id", 404)
        was_public = publish.is_public(now)
        publish.removed_at = now
        if was_public:
            state.events.tell_taken_down(publish, now)
        return control_json(_post(publish, state))

    async def get_settings(_request: Request) -> Response:
        return control_json(state.settings)

    async def post_settings(request: Request) -> Response:
        try:
            given = await control_body(request, dict[str, Any])
            state.change(
                msgspec.convert({**msgspec.to_builtins(state.settings), **given}, Settings)
            )
        except ValueError as error:
            return control_error(str(error))
        return await get_settings(request)

    async def get_stats(_request: Request) -> Response:
        return control_json(state.stats())

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/accounts/{handle}", post_account, methods=["POST"]),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/posts/{publish_id}/take-down", take_down, methods=["POST"]),
        Route("/_sandbox/settings", get_settings, methods=["GET"]),
        Route("/_sandbox/settings", post_settings, methods=["POST"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
        *state.decisions.routes(),
        *limits_routes(state.windows),
        *state.events.sender.routes(),
    ]
