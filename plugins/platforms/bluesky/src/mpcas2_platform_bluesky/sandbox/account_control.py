"""The practice server's own part of the control API."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_bluesky.sandbox.accounts import Account
from mpcas2_platform_bluesky.sandbox.post_rules import POST
from mpcas2_platform_bluesky.sandbox.state import PdsState
from mpcas2_sandbox.control import control_body, control_error, control_json


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many accounts to make, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,11}$")] = "user"


class RevokeOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether access tokens end too, and whether the app password is replaced as well."""

    access: bool = True
    password: bool = False


class TimesChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How long new tokens are to live, in seconds; what is absent stays as it is."""

    access_seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    refresh_seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    grace_seconds: Annotated[float, msgspec.Meta(ge=0)] | None = None


def _entry(account: Account) -> dict[str, object]:
    return {
        "id": account.did,
        "did": account.did,
        "handle": account.handle,
        "email": account.email,
        "password": account.password,
        "appPassword": account.app_password,
        "posts": len(account.repo.collections.get(POST, {})),
        "sessions": account.sessions,
        "refreshes": account.refreshes,
    }


def account_control_routes(state: PdsState) -> list[BaseRoute]:
    """Returns the control routes for accounts, token times, posts and statistics."""

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_entry(one) for one in state.accounts.all()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        made = state.accounts.add_many(order.count, order.prefix, state.core.clock.now())
        return control_json({"accounts": [_entry(one) for one in made]}, 201)

    async def revoke(request: Request) -> Response:
        account = state.accounts.find(request.path_params["did"])
        if account is None:
            return control_error("there is no account of that did or handle", 404)
        try:
            order = await control_body(request, RevokeOrder)
        except ValueError as error:
            return control_error(str(error))
        if order.password:
            account.change_app_password()
        ended = state.sessions.revoke(account, access=order.access)
        return control_json({"endedSessions": ended, "appPassword": account.app_password})

    async def get_tokens(_request: Request) -> Response:
        return control_json(state.sessions.times)

    async def post_tokens(request: Request) -> Response:
        try:
            change = await control_body(request, TimesChange)
        except ValueError as error:
            return control_error(str(error))
        given = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if value is not None
        }
        state.sessions.times = msgspec.structs.replace(state.sessions.times, **given)
        return await get_tokens(request)

    async def get_posts(request: Request) -> Response:
        did = request.query_params.get("did")
        posts = [state.post_entry(stored) for stored in state.posts.values()]
        return control_json({"posts": [one for one in posts if did in {None, one["did"]}]})

    async def get_stats(_request: Request) -> Response:
        return control_json(state.stats())

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/accounts/{did}/revoke", revoke, methods=["POST"]),
        Route("/_sandbox/tokens", get_tokens, methods=["GET"]),
        Route("/_sandbox/tokens", post_tokens, methods=["POST"]),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
    ]
