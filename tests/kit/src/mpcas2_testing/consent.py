"""Connects an account of a practice network through its consent page, as a person and the engine do."""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

from mpcas2_hookspecs import (
    Connection,
    ConnectsOAuth,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    RegistersApp,
)
from mpcas2_sandbox import Control
from mpcas2_testing.context import MemoryConnectContext

__all__ = (
    "PRACTICE_APP",
    "REDIRECT",
    "answer_to",
    "app_of",
    "connect_with_consent",
    "consent_address",
)

PRACTICE_APP = OAuthApp(client_id="practice-client", client_secret="practice-secret")
"""The app that every practice network knows."""

REDIRECT = "http://127.0.0.1:1/callback"
"""The address that consent pages send a person back to; nobody listens there."""


async def app_of(platform: ConnectsOAuth, server: str = "") -> OAuthApp:
    """Gives the app that a grant is asked for: the practice app, or one registered on the spot.

    Args:
        platform: The adapter.
        server: What a person types, for a network of many servers.

    Raises:
        PlatformError: What the adapter raises.
    """
    if not isinstance(platform, RegistersApp):
        return PRACTICE_APP
    async with MemoryConnectContext() as ctx:
        return await platform.register_app(platform.server_of(server), REDIRECT, ctx)


def consent_address(platform: ConnectsOAuth, app: OAuthApp, verifier: str) -> str:
    """Builds the address of the consent page as the engine does.

    Args:
        platform: The adapter.
        app: The registration that is to be given the grant.
        verifier: The PKCE verifier; unused where the network knows no PKCE.
    """
    consent = platform.consent
    if isinstance(platform, RegistersApp):
        consent = platform.consent_at(app.server)
    query = {
        "response_type": "code",
        consent.client_id_name: app.client_id,
        "redirect_uri": REDIRECT,
        "scope": consent.scope_separator.join(consent.scopes),
        "state": "kit",
        **consent.parameters,
    }
    if consent.pkce:
        digest = hashlib.sha256(verifier.encode()).digest()
        query["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        query["code_challenge_method"] = "S256"
    return f"{consent.url}?{urlencode(query)}"


async def connect_with_consent(
    platform: ConnectsOAuth, control: Control, account: str, *, app: OAuthApp = PRACTICE_APP
) -> list[Connection]:
    """Connects one account, the whole way.

    Args:
        platform: The adapter.
        control: Control of its practice network; it consents for the person.
        account: The handle of the person who consents.
        app: The registration that is to be given the grant.

    Raises:
        PlatformError: What the adapter raises.
    """
    verifier = secrets.token_urlsafe(48)
    order = {"url": consent_address(platform, app, verifier), "account": account}
    location = control.call("POST", "oauth/consent", order)["location"]
    code = parse_qs(urlsplit(location).query)["code"][0]
    request = platform.grant_request(code, REDIRECT, verifier, app)
    grant = platform.parse_grant(await answer_to(request))
    async with MemoryConnectContext(access_token=grant.access_token, app=app) as ctx:
        return list(await platform.connections(grant, ctx))


async def answer_to(request: HttpRequest) -> HttpAnswer:
    """Sends a request that an adapter described, as the engine does."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.form,
            json=request.json,
        )
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        body = response.text
    return HttpAnswer(status=response.status_code, headers=dict(response.headers), body=body)
