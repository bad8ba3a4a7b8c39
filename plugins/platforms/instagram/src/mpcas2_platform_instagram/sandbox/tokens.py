"""The token routes of Instagram login: a code, a short-lived token, a long-lived one, a fresh one.

A long-lived token is its own means of renewal: there is no refresh token.
"""

import hmac
import urllib.parse
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.errors import (
    GraphError,
    bad_parameter,
    graph_json,
    missing_parameter,
)
from mpcas2_platform_instagram.sandbox.graph_call import authorization_letters, token_behind
from mpcas2_platform_instagram.sandbox.state import LONG_SECONDS, SHORT_SECONDS, InstagramState
from mpcas2_sandbox.oauth import Refusal
from mpcas2_sandbox.oauth.forms import form_text
from mpcas2_sandbox.oauth.grants import Token

_OLD_ENOUGH = timedelta(hours=24)
_BAD_REQUEST = 400


def token_routes(state: InstagramState) -> list[BaseRoute]:
    """Returns the routes that trade codes and tokens, with and without a version before them."""

    async def short(request: Request) -> Response:
        return _short(state, await form_text(request))

    async def long(request: Request) -> Response:
        return _graph_answer(_long, state, request)

    async def fresh(request: Request) -> Response:
        return _graph_answer(_fresh, state, request)

    routes: list[BaseRoute] = [Route("/oauth/access_token", short, methods=["POST"])]
    for before in ("", "/{version:graph_version}"):
        routes.append(Route(f"{before}/access_token", long, methods=["GET"]))
        routes.append(Route(f"{before}/refresh_access_token", fresh, methods=["GET"]))
    return routes


def _refused(message: str) -> Response:
    refusal = {
        "error_type": "OAuthException",
        "code": _BAD_REQUEST,
        "error_message": message,
    }
    return graph_json(refusal, _BAD_REQUEST)


def _short(state: InstagramState, text: str) -> Response:
    form = dict(urllib.parse.parse_qsl(text))
    for name in ("client_id", "client_secret", "grant_type", "redirect_uri", "code"):
        if not form.get(name):
            return _refused(f"Missing required field {name}")
    if form["grant_type"] != "authorization_code":
        return _refused("Invalid grant_type: must be authorization_code")
    code = state.oauth.book.code(form["code"])
    if code is not None:
        code.challenge = ""  # the network knows no PKCE and ignores its parameters
        form.pop("code_verifier", None)
    grant = state.oauth.take_code(form)
    if isinstance(grant, Refusal):
        return _refused(grant.description)
    facebook = state.settings.new_tokens == "facebook"
    seconds, kind = (LONG_SECONDS, "facebook") if facebook else (SHORT_SECONDS, "short")
    answer: dict[str, Any] = {
        "access_token": state.oauth.give_token(grant, seconds, kind),
        "user_id": int(grant.account.scoped_id),
        "permissions": list(grant.scopes),
    }
    if state.settings.code_answer == "data":
        told = {"user_id": grant.account.scoped_id, "permissions": ",".join(grant.scopes)}
        return graph_json({"data": [{**answer, **told}]})
    return graph_json(answer)


def _graph_answer(trade: Any, state: InstagramState, request: Request) -> Response:
    given = dict(request.query_params)
    try:
        letters = given.get("access_token", "") or authorization_letters(request)
        return graph_json(trade(state, given, token_behind(state, letters)))
    except GraphError as error:
        return error.answer()


def _long(state: InstagramState, given: dict[str, str], token: Token[Account]) -> dict[str, object]:
    _grant_type(given, "ig_exchange_token")
    client = state.oauth.clients.find(token.grant.client_id)
    secret = given.get("client_secret", "")
    if client is None or not hmac.compare_digest(
        (client.client_secret or "").encode(), secret.encode()
    ):
        raise GraphError(1, "Error validating client secret.")
    if token.kind != "short":
        raise GraphError(
            452,
            "Session key invalid. This could be because the session key has an "
            "incorrect format, or because the user has revoked this session",
        )
    return _long_token(state, token)


def _fresh(
    state: InstagramState, given: dict[str, str], token: Token[Account]
) -> dict[str, object]:
    _grant_type(given, "ig_refresh_token")
    if token.kind in {"short", "facebook"}:
        raise bad_parameter("Only a long-lived token of Instagram login can be refreshed.")
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


def _long_token(state: InstagramState, token: Token[Account]) -> dict[str, object]:
    seconds = state.oauth.settings.access_seconds or LONG_SECONDS
    return {
        "access_token": state.oauth.give_token(token.grant, seconds, "long"),
        "token_type": "bearer",
        "expires_in": int(seconds),
        "permissions": ",".join(token.grant.scopes),
    }
