"""Servers: their addresses, the app that each of them registers, and the account that a grant is for.

Source: https://docs.joinmastodon.org/methods/apps/, .../oauth/, .../accounts/#verify_credentials and
.../instance/#v2. Tokens of Mastodon do not end by time and are not renewed.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from mpcas2_hookspecs import (
    AccountProfile,
    Grant,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_mastodon import api
from mpcas2_platform_mastodon.faults import said_in
from mpcas2_platform_mastodon.wire import (
    AccountAnswer,
    AppAnswer,
    InstanceAnswer,
    TokenAnswer,
)

__all__ = (
    "SCOPES",
    "grant_request",
    "parse_grant",
    "profile_of",
    "register",
    "server_of",
)

SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
"""Who one is, whether a post is there and how it does, posting, and uploading."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}|localhost|\d+(?:\.\d+){{3}}|\[[0-9a-f:]+\]")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_WHAT_TO_TYPE = (
    "Type the address of your server, such as mastodon.social, or your whole handle, such as "
    "@ada@mastodon.social."
)


def server_of(text: str) -> str:
    """Reads what a person typed as a server's address: https, no path, host in lower case.

    Servers on this very machine may have http, a port and a path, for practice.

    Raises:
        Rejected: It names no server.
    """
    typed = text.strip()
    if "://" not in typed:
        typed = f"https://{typed.rpartition('@')[2]}"
    try:
        parts = urlsplit(typed)
        port = f":{parts.port}" if parts.port else ""
        host = (parts.hostname or "").encode("idna").decode().lower()
    except (ValueError, UnicodeError) as error:
        raise Rejected(f"{text.strip()!r} names no server. {_WHAT_TO_TYPE}") from error
    host = f"[{host}]" if ":" in host else host.rstrip(".")
    if parts.scheme not in {"http", "https"} or _HOST.fullmatch(host) is None:
        raise Rejected(f"{text.strip()!r} names no server. {_WHAT_TO_TYPE}")
    if host in _LOCAL:
        path = "" if parts.path.startswith("/@") else parts.path.rstrip("/")
        return f"{parts.scheme}://{host}{port}{path}"
    if parts.scheme == "http":
        raise Rejected(
            f"{host} would be asked without encryption, and your permission could be read on the "
            "way. Type its address with https."
        )
    return f"https://{host}{port}"


async def register(
    client: httpx.AsyncClient, server: str, redirect_uri: str, *, name: str, website: str, now: Any
) -> OAuthApp:
    """Registers an app with a server.

    Raises:
        Rejected: That is no Mastodon server, or it registers no apps.
        Unavailable: It cannot be reached now.
        RateLimited: It asks to come back later.
    """
    body = {"client_name": name, "redirect_uris": [redirect_uri], "scopes": " ".join(SCOPES)}
    if website:
        body["website"] = website
    request = api.json_request(client, f"{server}/api/v1/apps", body)
    try:
        answer = api.read(await api.send(client, request, now=now), AppAnswer)
    except (Rejected, Unauthorized) as error:
        raise Rejected(
            f"{server} registers no app. Is it a Mastodon server? {_WHAT_TO_TYPE}",
            code=error.code,
            answer=error.answer,
        ) from error
    return OAuthApp(client_id=answer.client_id, client_secret=answer.client_secret, server=server)


def grant_request(code: str, redirect_uri: str, verifier: str, app: OAuthApp) -> HttpRequest:
    """Builds the request that trades a code for a grant."""
    return HttpRequest(
        method="POST",
        url=f"{app.server}/oauth/token",
        form={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": app.client_id,
            "client_secret": app.client_secret or "",
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        },
    )


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: The server refused the code or the app.
        RateLimited: It asks to come back later.
        Unavailable: Anything else.
    """
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("The server asks to come back later: its rate limit is reached.")
    if not HTTPStatus.OK <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"The server answered with {answer.status}.", code=str(answer.status))
    if answer.status >= HTTPStatus.BAD_REQUEST:
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if error == "invalid_client":
            raise Rejected(
                "The server no longer knows the app that it registered for this installation. Start "
                "the connection again: a new one will be registered.",
                code="invalid_client",
            )
        said = said_in(answer.body)
        raise Rejected(
            "The server refused the code of its consent page; it is good only once. Start the "
            f"connection again.{f' It said: {said}' if said else ''}",
            code=str(error or answer.status),
        )
    try:
        told = msgspec.convert(answer.body, TokenAnswer)
    except msgspec.ValidationError:
        told = None
    if told is None or not told.access_token:
        # The error of msgspec may quote the body: it is not kept.
        raise Unavailable("The server's answer cannot be read.", code=str(answer.status))
    scopes = None if told.scope is None else tuple(told.scope.split())
    return Grant(access_token=told.access_token, scopes=scopes)


async def profile_of(client: httpx.AsyncClient, server: str, now: Any) -> AccountProfile:
    """Asks whose a grant is, and what the server allows.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    who = client.build_request("GET", f"{server}/api/v1/accounts/verify_credentials")
    account = api.read(await api.send(client, who, now=now), AccountAnswer)
    what = client.build_request("GET", f"{server}/api/v2/instance")
    instance = api.read(await api.send(client, what, now=now), InstanceAnswer)
    return AccountProfile(
        # Ids are a server's own: two servers have accounts of the same.
        platform_account_id=f"{account.id}@{instance.domain}",
        username=f"{account.username}@{instance.domain}",
        display_name=account.display_name or None,
        avatar_url=account.avatar,
        data={
            "server": server,
            "id": account.id,
            "name": account.username,
            "limits": msgspec.to_builtins(instance.configuration),
        },
    )
