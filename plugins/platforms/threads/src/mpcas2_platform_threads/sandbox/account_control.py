"""The control routes of accounts and their tokens, below ``/_sandbox/``."""

from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_threads.sandbox.accounts import Account, Hindrance
from mpcas2_platform_threads.sandbox.scopes import SCOPES
from mpcas2_platform_threads.sandbox.state import LONG_SECONDS, ThreadsState
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID

_NOBODY = "this network has no account of that handle"


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many accounts to make, and what their usernames begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{1,11}$")] = "user"


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What keeps an account from working from now on; null for nothing."""

    hindrance: Hindrance | None


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made without consent; no scopes means all of them."""

    account: str
    kind: Literal["short", "long"] = "long"
    scopes: tuple[str, ...] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0)] = LONG_SECONDS


def _account(one: Account) -> dict[str, Any]:
    return {
        "id": one.id,
        "handle": one.handle,
        "name": one.name,
        "hindrance": one.hindrance,
    }


def account_control_routes(state: ThreadsState) -> list[BaseRoute]:
    """Returns the control routes of accounts and tokens."""

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_account(one) for one in state.accounts.all()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        first = len(state.accounts.all()) + 1
        people = [
            (f"{order.prefix}{number}", f"{order.prefix.capitalize()} {number}")
            for number in range(first, first + order.count)
        ]
        made = state.accounts.add(people, state.core.clock.now())
        return control_json({"accounts": [_account(one) for one in made]}, 201)

    async def post_account(request: Request) -> Response:
        account = state.accounts.named(request.path_params["handle"])
        if account is None:
            return control_error(_NOBODY, 404)
        try:
            account.hindrance = (await control_body(request, AccountChange)).hindrance
        except ValueError as error:
            return control_error(str(error))
        return control_json(_account(account))

    async def post_deauthorize(request: Request) -> Response:
        account = state.accounts.named(request.path_params["handle"])
        if account is None:
            return control_error(_NOBODY, 404)
        return control_json({"ended": state.deauthorize(account)})

    async def post_token(request: Request) -> Response:
        try:
            order = await control_body(request, NewToken)
        except ValueError as error:
            return control_error(str(error))
        account = state.accounts.named(order.account)
        if account is None:
            return control_error(_NOBODY, 404)
        scopes = tuple(SCOPES) if order.scopes is None else order.scopes
        if not set(scopes) <= set(SCOPES):
            return control_error("scopes must be some of " + " ".join(SCOPES))
        grant = state.oauth.open_grant(account, PRACTICE_CLIENT_ID, scopes)
        letters = state.oauth.give_token(grant, order.seconds, order.kind)
        return control_json({"accessToken": letters, "kind": order.kind, "id": grant.id}, 201)

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/accounts/{handle}", post_account, methods=["POST"]),
        Route("/_sandbox/accounts/{handle}/deauthorize", post_deauthorize, methods=["POST"]),
        Route("/_sandbox/tokens", post_token, methods=["POST"]),
    ]
