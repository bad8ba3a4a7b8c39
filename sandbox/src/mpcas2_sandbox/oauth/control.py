"""The authorization server's part of the control API, below ``/_sandbox/oauth``."""

import dataclasses
import urllib.parse
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.oauth.clients import PRACTICE_CLIENT_ID, Client
from mpcas2_sandbox.oauth.grants import Grant
from mpcas2_sandbox.oauth.requests import AskedWrongError, SentBackError

if TYPE_CHECKING:
    from mpcas2_sandbox.oauth.server import OAuthServer

_PREFIX = "/_sandbox/oauth"
_NOBODY = "this network has no account of that handle"


class ConsentOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person would do on the consent page at ``url``; no places means all of them."""

    url: str
    account: str
    deny: bool = False
    withhold: tuple[str, ...] = ()
    places: tuple[str, ...] | None = None


class GrantOrder(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """A grant to be made without consent and code; no scopes or places means all of them."""

    account: str
    scopes: tuple[str, ...] | None = None
    client_id: str = PRACTICE_CLIENT_ID
    places: tuple[str, ...] | None = None


class SettingsChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """Life times in seconds and rotation; what is absent stays as it is."""

    access_seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    code_seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    refresh_seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    rotates: bool | None = None


def _entry(server: "OAuthServer[Any]", grant: Grant[Any], *, tokens: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": grant.id,
        "account": grant.account.handle,
        "accountId": grant.account.id,
        "clientId": grant.client_id,
        "scopes": grant.scopes,
        "places": grant.places,
        "createdAt": timestamp(grant.created_at),
        "refreshes": grant.refreshes,
        "ended": grant.ended,
    }
    if tokens:
        shown["accessTokens"] = server.book.access_tokens(grant)
        shown["refreshToken"] = grant.refresh_token
    return shown


def oauth_control_routes(server: "OAuthServer[Any]") -> list[BaseRoute]:
    """Returns the control routes for clients, consents, grants and settings."""

    async def post_consent(request: Request) -> Response:
        try:
            order = await control_body(request, ConsentOrder)
            asked = server.asked(urllib.parse.urlsplit(order.url).query)
        except SentBackError as error:
            return control_json({"location": error.location})
        except (ValueError, AskedWrongError) as error:
            return control_error(str(error))
        account = server.person(order.account)
        if account is None:
            return control_error(_NOBODY, 404)
        if order.deny:
            return control_json({"location": server.deny(asked)})
        scopes = [scope for scope in asked.scopes if scope not in order.withhold]
        return control_json({"location": server.allow(asked, account, scopes, order.places)})

    async def get_clients(_request: Request) -> Response:
        return control_json({"clients": server.clients.all()})

    async def post_client(request: Request) -> Response:
        try:
            client = await control_body(request, Client)
            server.clients.add(client)
        except ValueError as error:
            return control_error(str(error))
        return control_json(client, 201)

    async def get_settings(_request: Request) -> Response:
        return control_json(server.settings)

    async def post_settings(request: Request) -> Response:
        try:
            change = await control_body(request, SettingsChange)
        except ValueError as error:
            return control_error(str(error))
        given = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if value is not None
        }
        server.settings = msgspec.structs.replace(server.settings, **given)
        return await get_settings(request)

    async def get_counters(_request: Request) -> Response:
        counted = dataclasses.asdict(server.counters)
        live = sum(grant.ended is None for grant in server.book.all())
        return control_json({**counted, "live_grants": live})

    return [
        *_grant_routes(server),
        Route(f"{_PREFIX}/consent", post_consent, methods=["POST"]),
        Route(f"{_PREFIX}/clients", get_clients, methods=["GET"]),
        Route(f"{_PREFIX}/clients", post_client, methods=["POST"]),
        Route(f"{_PREFIX}/settings", get_settings, methods=["GET"]),
        Route(f"{_PREFIX}/settings", post_settings, methods=["POST"]),
        Route(f"{_PREFIX}/counters", get_counters, methods=["GET"]),
    ]


def _grant_routes(server: "OAuthServer[Any]") -> list[BaseRoute]:
    async def get_grants(request: Request) -> Response:
        account = request.query_params.get("account")
        tokens = request.query_params.get("tokens") == "1"
        grants = [one for one in server.book.all() if account in {None, one.account.handle}]
        return control_json({"grants": [_entry(server, one, tokens=tokens) for one in grants]})

    async def post_grant(request: Request) -> Response:
        try:
            order = await control_body(request, GrantOrder)
        except ValueError as error:
            return control_error(str(error))
        account = server.person(order.account)
        if account is None:
            return control_error(_NOBODY, 404)
        scopes = tuple(server.rules.scopes) if order.scopes is None else order.scopes
        if not set(scopes) <= set(server.rules.scopes) or not scopes:
            return control_error("scopes must be some of " + " ".join(server.rules.scopes))
        if server.clients.find(order.client_id) is None:
            return control_error("no client of that id is registered", 404)
        rules, seconds = server.rules, server.settings.access_seconds
        grant = server.open_grant(
            account,
            order.client_id,
            scopes,
            offline=rules.refresh_tokens and rules.offline_scope in {None, *scopes},
            places=server.places_of(account, order.places),
        )
        token = server.give_token(grant, seconds)
        more = {"accessToken": token, "expiresIn": None if seconds is None else int(seconds)}
        return control_json({**_entry(server, grant, tokens=True), **more}, 201)

    async def revoke_grant(request: Request) -> Response:
        grant = server.book.find(request.path_params["grant_id"])
        if grant is None:
            return control_error("there is no grant of that id", 404)
        server.end(grant, "revoked by the control API")
        return control_json(_entry(server, grant, tokens=False))

    async def revoke_account(request: Request) -> Response:
        account = server.person(request.path_params["handle"])
        if account is None:
            return control_error(_NOBODY, 404)
        grants = server.book.live(account.id)
        for grant in grants:
            server.end(grant, "revoked by the account's owner")
        return control_json({"revoked": len(grants)})

    return [
        Route(f"{_PREFIX}/grants", get_grants, methods=["GET"]),
        Route(f"{_PREFIX}/grants", post_grant, methods=["POST"]),
        Route(f"{_PREFIX}/grants/{{grant_id}}/revoke", revoke_grant, methods=["POST"]),
        Route(f"{_PREFIX}/accounts/{{handle}}/revoke", revoke_account, methods=["POST"]),
    ]
