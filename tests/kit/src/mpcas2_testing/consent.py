"""Connects an account of a practice network through its consent page, as a person and the engine do."""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

from mpcas2_hookspecs import Connection, ConnectsOAuth, HttpAnswer, HttpRequest, OAuthApp
from mpcas2_sandbox import Control
from mpcas2_testing.context import MemoryConnectContext

__all__ = ("PRACTICE_APP", "answer_to", "connect_with_consent")

PRACTICE_APP = OAuthApp(client_id="practice-client", client_secret="practice-secret")
"""The app that every practice network knows."""

_REDIRECT = "http://127.0.0.1:1/callback"


async def connect_with_consent(
    platform: ConnectsOAuth, control: Control, account: str
) -> list[Connection]:
    """Connects one account, the whole way.

    Args:
        platform: The adapter.
        control: Control of its practice network; it consents for the person.
        account: The handle of the person who consents.

    Raises:
        PlatformError: What the adapter raises.
    """
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": PRACTICE_APP.client_id,
        "redirect_uri": _REDIRECT,
        "scope": " ".join(platform.consent.scopes),
        "state": "kit",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **platform.consent.parameters,
    }
    url = f"{platform.consent.url}?{urlencode(query)}"
    location = control.call("POST", "oauth/consent", {"url": url, "account": account})["location"]
    code = parse_qs(urlsplit(location).query)["code"][0]
    request = platform.grant_request(code, _REDIRECT, verifier, PRACTICE_APP)
    grant = platform.parse_grant(await answer_to(request))
    async with MemoryConnectContext(access_token=grant.access_token) as ctx:
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
