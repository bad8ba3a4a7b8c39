"""The token routes: a code, a short-lived token, a long-lived one, a fresh one.

A long-lived token is its own means of renewal: there is no refresh token.
"""

import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.errors import (
    GraphError,
    bad_parameter,
    graph_json,
    missing_parameter,
)
from mpcas2_platform_threads.sandbox.graph_call import (
    authorization_letters,
    read_parameters,
    token_behind,
)
from mpcas2_platform_threads.sandbox.state import LONG_SECONDS, SHORT_SECONDS, ThreadsState
from mpcas2_sandbox.oauth import Refusal
from mpcas2_sandbox.oauth.grants import Token

_OLD_ENOUGH = timedelta(hours=24)
_BAD_REQUEST = 400

Trade = Callable[[ThreadsState, dict[str, str], Token[Account]], dict[str, object]]


def token_routes(state: ThreadsState) -> list[BaseRoute]:
    """Returns the routes that trade codes and tokens, with and without a version before them."""

    async def short(request: Request) -> Response:
        try:
            return _short(state, await read_parameters(request))
        except GraphError as error:
            return error.answer()

    async def of_app(request: Request) -> Response:
        return _of_app(state, dict(request.query_params))

    async def long(request: Request) -> Response:
        return _traded(_long, state, request)

    async def fresh(request: Request) -> Response:
        return _traded(_fresh, state, request)

    routes: list[BaseRoute] = []
    for before in ("", "/v1.0"):
        routes += [
            Route(f"{before}/oauth/access_token", short, methods=["POST"]),
            Route(f"{before}/oauth/access_token", of_app, methods=["GET"]),
            Route(f"{before}/access_token", long, methods=["GET"]),
            Route(f"{before}/refresh_access_token", fresh, methods=["GET"]),
        ]
    return routes


def _refused(message: str) -> Response:
    refusal = {"error_type": "OAuthException", "code": _BAD_REQUEST, "error_message": message}
    return graph_json(refusal, _BAD_REQUEST)


def _short(state: ThreadsState, given: dict[str, str]) -> Response:
    for name in ("client_id", "client_secret", "grant_type", "redirect_uri", "code"):
        if not given.get(name):
            return _refused(f"Missing required field {name}")
    if given["grant_type"] != "authorization_code":
        return _refused("Invalid grant_type: must be authorization_code")
    code = state.oauth.book.code(given["code"])
    if code is not None:
        code.challenge = ""  # the network knows no PKCE and ignores its parameters
        given.pop("code_verifier", None)
    grant = state.oauth.take_code(given)
    if isinstance(grant, Refusal):
        return _refused(grant.description)
    letters = state.oauth.give_token(grant, SHORT_SECONDS, "short")
    return graph_json({"access_token": letters, "user_id": grant.account.id})


def _of_app(state: ThreadsState, given: dict[str, str]) -> Response:
    if given.get("grant_type") != "client_credentials":
        return _refused("Invalid grant_type: must be client_credentials")
    client_id, secret = given.get("client_id", ""), given.get("client_secret", "")
    if not _right_secret(state, client_id, secret):
        return _refused("Error validating client secret.")
    return graph_json({"access_token": f"TH|{client_id}|{secret}", "token_type": "bearer"})


def _right_secret(state: ThreadsState, client_id: str, secret: str) -> bool:
    client = state.oauth.clients.find(client_id)
    wanted = "" if client is None else client.client_secret or ""
    return bool(wanted) and hmac.compare_digest(wanted.encode(), secret.encode())


def _traded(trade: Trade, state: ThreadsState, request: Request) -> Response:
    given = dict(request.query_params)
    try:
        letters = given.get("access_token", "") or authorization_letters(request)
        return graph_json(trade(state, given, token_behind(state, letters)))
    except GraphError as error:
        return error.answer()


def _long(state: ThreadsState, given: dict[str, str], token: Token[Account]) -> dict[str, object]:
    _grant_type(given, "th_exchange_token")
    if not _right_secret(state, token.grant.client_id, given.get("client_secret", "")):
        raise GraphError(1, "Error validating client secret.")
    if token.kind != "short":
        raise GraphError(
            452,
            "Session key invalid. This could be because the session key has an incorrect format, "
            "or because the user has revoked this session",
        )
    return _long_token(state, token)


def _fresh(state: ThreadsState, given: dict[str, str], token: Token[Account]) -> dict[str, object]:
    _grant_type(given, "th_refresh_token")
    if token.kind == "short":
        raise bad_parameter("Only a long-lived token can be refreshed.")
    if state.core.clock.now() < token.given_at + _OLD_ENOUGH:
        raise bad_parameter("The access token must be at least 24 hours old to be refreshed.")
    if state.settings.refresh_ends_old:
        state.oauth.end_token(token.letters)
    token.grant.refreshes += 1
    state.refreshed += 1
    return _long_token(state, token)


def _grant_type(given: dict[str, str], wanted: str) -> None:
    if not given.get("grant_type"):
        raise missing_parameter("grant_type")
    if given["grant_type"] != wanted:
        raise bad_parameter(f"grant_type must be {wanted}")


def _long_token(state: ThreadsState, token: Token[Account]) -> dict[str, Any]:
    seconds = state.oauth.settings.access_seconds or LONG_SECONDS
    return {
        "access_token": state.oauth.give_token(token.grant, seconds, "long"),
        "token_type": "bearer",
        "expires_in": int(seconds),
    }
