"""The practice network's own part of the control API."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_linkedin.sandbox.directory import Member, Organization, Role
from mpcas2_platform_linkedin.sandbox.limits import DayLimit
from mpcas2_platform_linkedin.sandbox.media import Asset
from mpcas2_platform_linkedin.sandbox.posts import Post, shown_comment
from mpcas2_platform_linkedin.sandbox.state import LinkedInSettings, LinkedInState
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json

_NOBODY = "this network has no account of that handle"


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many members to make, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,8}$")] = "user"


class NewOrganization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation and the role of each member, by handle."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ]{0,98}$")]
    roles: dict[str, Role] = {}


class RoleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which role a member has at an organisation from now on; None takes it away."""

    organization: str
    account: str
    role: Role | None


class NewComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a member writes below a post, without an app."""

    post: str
    account: str
    text: Annotated[str, msgspec.Meta(min_length=1)]


def practice_control_routes(state: LinkedInState) -> list[BaseRoute]:
    """Returns the control routes for settings, limits, posts, media and statistics."""

    async def get_settings(_request: Request) -> Response:
        return control_json(state.settings)

    async def post_settings(request: Request) -> Response:
        try:
            change = await control_body(request, dict[str, Any])
            merged = {**msgspec.to_builtins(state.settings), **change}
            state.change(msgspec.convert(merged, LinkedInSettings))
        except ValueError as error:
            return control_error(str(error))
        return await get_settings(request)

    async def get_limits(_request: Request) -> Response:
        return control_json({"limits": state.limits.all()})

    async def post_limit(request: Request) -> Response:
        try:
            state.limits.change(await control_body(request, DayLimit))
        except ValueError as error:
            return control_error(str(error))
        return await get_limits(request)

    async def get_posts(request: Request) -> Response:
        handle = request.query_params.get("account")
        posts = [
            _post(state, one) for one in state.posts.all() if handle in {None, one.writer.handle}
        ]
        return control_json({"posts": posts})

    async def post_comment(request: Request) -> Response:
        try:
            order = await control_body(request, NewComment)
        except ValueError as error:
            return control_error(str(error))
        post, member = state.posts.find(order.post), state.directory.member(order.account)
        if post is None or member is None:
            return control_error("there is no such post, or no such account", 404)
        comment = state.posts.add_comment(post, member, member, order.text)
        state.notifications.tell_comment(post, comment)
        return control_json(shown_comment(post, comment), 201)

    async def get_media(_request: Request) -> Response:
        return control_json({"media": [_media(state, one) for one in state.media.all()]})

    async def get_stats(_request: Request) -> Response:
        return control_json(state.stats())

    return [
        *_directory_routes(state),
        *state.media.processing.routes(),
        *state.media.picture_processing.routes(),
        *state.posts.moderation.routes(),
        *state.notifications.routes(),
        Route("/_sandbox/settings", get_settings, methods=["GET"]),
        Route("/_sandbox/settings", post_settings, methods=["POST"]),
        Route("/_sandbox/limits", get_limits, methods=["GET"]),
        Route("/_sandbox/limits", post_limit, methods=["POST"]),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/comments", post_comment, methods=["POST"]),
        Route("/_sandbox/media", get_media, methods=["GET"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
    ]


def _directory_routes(state: LinkedInState) -> list[BaseRoute]:
    directory = state.directory

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_account(state, one) for one in directory.members()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        made = directory.add_members(order.count, order.prefix, state.core.clock.now())
        return control_json({"accounts": [_account(state, one) for one in made]}, 201)

    async def get_organizations(_request: Request) -> Response:
        shown = [_organization(one) for one in directory.organizations()]
        return control_json({"organizations": shown})

    async def post_organization(request: Request) -> Response:
        try:
            order = await control_body(request, NewOrganization)
        except ValueError as error:
            return control_error(str(error))
        if any(directory.member(handle) is None for handle in order.roles):
            return control_error(_NOBODY, 404)
        roles: dict[str, str] = dict(order.roles)
        made = directory.add_organization(order.name, roles, state.core.clock.now())
        return control_json(_organization(made), 201)

    async def post_role(request: Request) -> Response:
        try:
            order = await control_body(request, RoleChange)
        except ValueError as error:
            return control_error(str(error))
        found = directory.organization(order.organization)
        if found is None or directory.member(order.account) is None:
            return control_error("there is no such organization, or no such account", 404)
        if order.role is None:
            found.roles.pop(order.account, None)
        else:
            found.roles[order.account] = order.role
        return control_json(_organization(found))

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/organizations", get_organizations, methods=["GET"]),
        Route("/_sandbox/organizations", post_organization, methods=["POST"]),
        Route("/_sandbox/roles", post_role, methods=["POST"]),
    ]


def _account(state: LinkedInState, member: Member) -> dict[str, object]:
    return {
        "id": member.id,
        "handle": member.handle,
        "name": member.name,
        "urn": member.urn,
        "posts": len(state.posts.of(member)),
    }


def _organization(one: Organization) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "vanityName": one.vanity_name,
        "urn": one.urn,
        "roles": one.roles,
    }


def _state(state: LinkedInState, post: Post) -> str:
    if post.deleted_at is not None:
        return "deleted"
    return "public" if state.posts.public(post) else "withdrawn"


def _post(state: LinkedInState, post: Post) -> dict[str, object]:
    return {
        "id": post.urn,
        "account": post.writer.handle,
        "accountId": post.writer.id,
        "author": post.author.urn,
        "text": post.text.shown,
        "truncated": post.text.cut,
        "mentions": [one.mention for one in post.text.pieces if one.mention is not None],
        "hashtags": [one.text for one in post.text.pieces if one.hashtag],
        "request": post.body,
        "mediaIds": [one.urn for one in post.media],
        "mediaSha256": [one.file.sha256 if one.file is not None else None for one in post.media],
        "state": _state(state, post),
        "withdrawn": state.posts.verdict(post).withdrawn,
        "comments": [shown_comment(post, one) for one in post.comments],
        "createdAt": timestamp(post.created_at),
        "path": post.path,
    }


def _media(state: LinkedInState, asset: Asset) -> dict[str, object]:
    return {
        "id": asset.urn,
        "kind": asset.kind,
        "owner": asset.owner.urn,
        "status": state.media.status(asset),
        "failure": state.media.failure(asset),
        "parts": [None if one.file is None else one.file.size for one in asset.parts],
        "extras": {
            name: None if file is None else file.sha256 for name, file in asset.extras.items()
        },
        "mediaType": asset.media_type,
        "size": None if asset.file is None else asset.file.size,
        "sha256": None if asset.file is None else asset.file.sha256,
        "used": asset.used,
    }
