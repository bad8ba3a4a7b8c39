"""The token routes: a code, a short-lived token, a long-lived one, Page tokens, and their check.

There is no refresh token. A Page token that was asked for with a long-lived token has no end of
its own; one that was asked for with a short-lived token ends with that.
"""

import hmac
import urllib.parse
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_facebook.sandbox.errors import (
    GraphError,
    bad_parameter,
    graph_json,
    missing_parameter,
)
from mpcas2_platform_facebook.sandbox.graph_call import authorization_letters, token_behind
from mpcas2_platform_facebook.sandbox.members import Page, Person
from mpcas2_platform_facebook.sandbox.state import LONG_SECONDS, FacebookState
from mpcas2_sandbox.oauth import Refusal
from mpcas2_sandbox.oauth.forms import form_text
from mpcas2_sandbox.oauth.grants import Token


def token_routes(state: FacebookState) -> list[BaseRoute]:
    """Returns the routes that trade and check tokens, with and without a version before them."""

    async def trade(request: Request) -> Response:
        form = dict(urllib.parse.parse_qsl(await form_text(request)))
        return _answer(state, {**request.query_params, **form})

    async def check(request: Request) -> Response:
        given = dict(request.query_params)
        letters = given.pop("access_token", "") or authorization_letters(request)
        try:
            return graph_json({"data": _checked(state, given, letters)})
        except GraphError as error:
            return error.answer()

    routes: list[BaseRoute] = []
    for before in ("", "/{version:facebook_version}"):
        path = f"{before}/oauth/access_token"
        routes.append(Route(path, trade, methods=["GET", "POST"]))
        routes.append(Route(f"{before}/debug_token", check, methods=["GET"]))
    return routes


def _answer(state: FacebookState, given: dict[str, str]) -> Response:
    try:
        for name in ("client_id", "client_secret"):
            if not given.get(name):
                raise missing_parameter(name)
        match given.get("grant_type", "authorization_code"):
            case "authorization_code":
                return graph_json(_short(state, given))
            case "fb_exchange_token":
                return graph_json(_long(state, given))
            case "client_credentials":
                _prove(state, given)
                letters = f"{given['client_id']}|{given['client_secret']}"
                return graph_json({"access_token": letters, "token_type": "bearer"})
            case other:
                raise bad_parameter(f"Unsupported grant_type: {other}")
    except GraphError as error:
        return error.answer()


def _prove(state: FacebookState, given: dict[str, str]) -> None:
    client = state.oauth.clients.find(given["client_id"])
    if client is None:
        raise GraphError(101, "Error validating application. Cannot get application info.")
    expected = client.client_secret or ""
    if not hmac.compare_digest(expected.encode(), given["client_secret"].encode()):
        raise GraphError(1, "Error validating client secret.")


def _short(state: FacebookState, given: dict[str, str]) -> dict[str, object]:
    for name in ("redirect_uri", "code"):
        if not given.get(name):
            raise missing_parameter(name)
    _prove(state, given)
    grant = state.oauth.take_code(given)
    if isinstance(grant, Refusal):
        raise GraphError(100, grant.description, subcode=36009)
    seconds = state.settings.short_seconds
    return {
        "access_token": state.oauth.give_token(grant, seconds, "short"),
        "token_type": "bearer",
        "expires_in": int(seconds),
    }


def _long(state: FacebookState, given: dict[str, str]) -> dict[str, object]:
    _prove(state, given)
    if not given.get("fb_exchange_token"):
        raise missing_parameter("fb_exchange_token")
    token = token_behind(state, given["fb_exchange_token"])
    if token.grant.client_id != given["client_id"]:
        raise bad_parameter("The access token does not belong to application.")
    if token.kind == "page":
        raise bad_parameter("A Page access token cannot be exchanged.")
    seconds = state.oauth.settings.access_seconds or LONG_SECONDS
    state.exchanged += 1
    token.grant.refreshes += 1
    return {
        "access_token": state.oauth.give_token(token.grant, seconds, "long"),
        "token_type": "bearer",
        "expires_in": int(seconds),
    }


def page_token(state: FacebookState, token: Token[Person], page: Page) -> str:
    """Returns the token with which the holder of a user token speaks for a Page.

    The same user token gets the same Page token.
    """
    key = (token.letters, page.id)
    known = state.oauth.token_of(state.page_tokens.get(key, ""))
    now = state.core.clock.now()
    if known is not None and known.fault(now) is None:
        return known.letters
    seconds = None
    if token.kind != "long" and token.expires_at is not None:
        seconds = (token.expires_at - now).total_seconds()
    letters = state.oauth.give_token(token.grant, seconds, "page", place=page.id)
    state.page_tokens[key] = letters
    return letters


def _checked(state: FacebookState, given: dict[str, str], letters: str) -> dict[str, Any]:
    wanted = given.get("input_token")
    if not wanted:
        raise bad_parameter("You must provide an input_token")
    client_id, _, secret = letters.partition("|")
    if secret:
        _prove(state, {"client_id": client_id, "client_secret": secret})
    else:
        token_behind(state, letters)
    token = state.oauth.token_of(wanted)
    if token is None:
        fault = {"code": 190, "message": "Invalid OAuth access token."}
        return {"error": fault, "is_valid": False, "scopes": []}
    shown: dict[str, Any] = {
        "app_id": token.grant.client_id,
        "type": "PAGE" if token.kind == "page" else "USER",
        "application": "Practice",
        "expires_at": _second(token),
        "data_access_expires_at": int(
            (
                token.grant.created_at + timedelta(seconds=state.settings.data_access_seconds)
            ).timestamp()
        ),
        "issued_at": int(token.given_at.timestamp()),
        "is_valid": True,
        "scopes": list(token.grant.scopes),
        "granular_scopes": [
            {"scope": one, "target_ids": list(token.grant.places)}
            for one in token.grant.scopes
            if one.startswith("pages_")
        ],
        "user_id": token.grant.account.id,
    }
    if token.kind == "page":
        shown["profile_id"] = token.place
    try:
        token_behind(state, wanted)
    except GraphError as error:
        shown["is_valid"] = False
        shown["error"] = {"code": error.code, "message": str(error), "subcode": error.subcode}
    return shown


def _second(token: Token[Person]) -> int:
    return 0 if token.expires_at is None else int(token.expires_at.timestamp())
