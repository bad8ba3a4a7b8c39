"""Connecting an account: X's OAuth 2 with PKCE, and who a grant is for.

Source: https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code. A confidential app
sends its id and secret as HTTP Basic, a public one its id in the form. Refresh tokens rotate: a
renewal answers with a new one, and the old one is dead.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from mpcas2_hookspecs import (
    AccountProfile,
    Connection,
    Grant,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_twitter import api
from mpcas2_platform_twitter.faults import when_again
from mpcas2_platform_twitter.wire import TokenAnswer, User, UserAnswer

__all__ = (
    "SCOPES",
    "grant_request",
    "parse_grant",
    "parse_refresh",
    "profile",
    "refresh_request",
    "who",
)

SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
"""What posting needs: read and write posts, read the own profile, upload media, renew the grant."""

_USER_FIELDS = "name,profile_image_url,subscription_type,username,verified,verified_type"
_APP_FAULTS = frozenset({"invalid_client", "unauthorized_client"})
_LONGEST_QUOTE = 300


def grant_request(
    token_url: str, code: str, redirect_uri: str, verifier: str, app: OAuthApp
) -> HttpRequest:
    """Builds the request that trades a code for a grant; X gives 30 seconds for it."""
    return _token_request(
        token_url,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        },
        app,
    )


def refresh_request(token_url: str, grant: Grant, app: OAuthApp | None) -> HttpRequest:
    """Builds the request that renews a grant.

    Raises:
        Unauthorized: The grant has no refresh token, or nobody knows the app that it was given to.
    """
    if grant.refresh_token is None or app is None:
        raise Unauthorized(
            "X gave no way to renew the grant; reconnect the account.",
            code="no-refresh-token",
            revoked=True,
        )
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    return _token_request(token_url, form, app)


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: X refused the code or the app.
        RateLimited: X asks to come back later.
        Unavailable: Anything else.
    """
    _raise_passing(answer)
    if answer.status < HTTPStatus.BAD_REQUEST:
        return _grant(answer)
    error, said = _oauth_error(answer.body)
    if error in _APP_FAULTS:
        raise Rejected(
            "X does not know the app by this client id and secret. Whoever runs this installation "
            "has to compare both with the app's page in X's developer console.",
            code=error,
        )
    if "redirect" in said.lower():
        raise Rejected(
            "X refuses the redirect address. Register it, letter by letter, in the app's settings "
            "in X's developer console.",
            code=error,
        )
    # invalid_grant, or X's own "Value passed for the authorization code was invalid".
    detail = f" It said: {said}" if said else ""
    raise Rejected(
        "X refused the code of the consent page; it is good for 30 seconds and only once. Start "
        f"the connection again.{detail}",
        code=error or str(answer.status),
    )


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: The refresh token is no longer good.
        RateLimited: X asks to come back later.
        Unavailable: Anything else.
    """
    _raise_passing(answer)
    if answer.status < HTTPStatus.BAD_REQUEST:
        return _grant(answer)
    error, said = _oauth_error(answer.body)
    if error in _APP_FAULTS:
        raise Unavailable(
            "X does not know the app by this client id and secret, so the grant cannot be renewed. "
            "Whoever runs this installation has to compare both with X's developer console.",
            code=error,
        )
    # X says invalid_request with "Value passed for the token was invalid" where RFC 6749 has
    # invalid_grant (from client code of other publishers).
    refused = error == "invalid_grant" or (error == "invalid_request" and "token" in said.lower())
    if refused or answer.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(
            "X no longer accepts the account's grant; reconnect the account.",
            code=error or str(answer.status),
            revoked=True,
        )
    raise Unavailable(
        f"X did not renew the grant ({answer.status}).", code=error or str(answer.status)
    )


async def who(client: httpx.AsyncClient, api_url: str, grant: Grant, now: datetime) -> Connection:
    """Asks whose the grant is.

    Raises:
        Rejected: X refuses to tell.
        RateLimited: X asks to come back later.
        Unavailable: X cannot be reached now.
    """
    try:
        told = await profile(client, api_url, now)
    except Unauthorized as error:
        raise Rejected(
            "X refused the grant that it has just given. Start the connection again.",
            code=error.code,
            answer=error.answer,
        ) from error
    return Connection(profile=told, grant=grant)


async def profile(client: httpx.AsyncClient, api_url: str, now: datetime) -> AccountProfile:
    """Asks who the account is and which plan it has.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    request = client.build_request(
        "GET", f"{api_url}/2/users/me", params={"user.fields": _USER_FIELDS}
    )
    user = (await api.send(client, request, UserAnswer, now=now)).data
    return AccountProfile(
        platform_account_id=user.id,
        username=user.username,
        display_name=user.name,
        avatar_url=user.profile_image_url,
        data=_plan(user),
    )


def _token_request(token_url: str, form: dict[str, str], app: OAuthApp) -> HttpRequest:
    if app.client_secret is None:
        return HttpRequest(method="POST", url=token_url, form={**form, "client_id": app.client_id})
    # RFC 6749, 2.3.1: both are form-encoded before they are joined.
    pair = f"{quote(app.client_id, safe='')}:{quote(app.client_secret, safe='')}"
    basic = b64encode(pair.encode()).decode()
    return HttpRequest(
        method="POST", url=token_url, headers={"authorization": f"Basic {basic}"}, form=form
    )


def _raise_passing(answer: HttpAnswer) -> None:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(
            "X asks to come back later: its rate limit is reached.",
            retry_after=when_again(answer.headers, _answered_at(answer.headers)),
        )
    passing = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if passing or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        raise Unavailable(f"X answered with {answer.status}.", code=str(answer.status))


def _grant(answer: HttpAnswer) -> Grant:
    try:
        told = msgspec.convert(answer.body, TokenAnswer)
    except msgspec.ValidationError:
        told = None
    if told is None or not told.access_token:
        # The error of msgspec may quote the body: it is not kept.
        raise Unavailable("X's answer cannot be read.", code=str(answer.status))
    # X tells seconds from its own now. Parsing is pure, so the moment is the answer's own.
    now = _answered_at(answer.headers)
    ends = None
    if now is not None and told.expires_in is not None:
        ends = now + timedelta(seconds=told.expires_in)
    return Grant(
        access_token=told.access_token,
        refresh_token=told.refresh_token or None,
        expires_at=ends,
        scopes=None if told.scope is None else tuple(told.scope.split()),
    )


def _answered_at(headers: Mapping[str, str]) -> datetime | None:
    """Reads when the network answered (RFC 9110, 6.6.1); None when it does not say."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _oauth_error(body: Any) -> tuple[str, str]:
    if not isinstance(body, Mapping):
        return "", ""
    said = body.get("error_description") or body.get("detail") or ""
    return str(body.get("error") or ""), str(said)[:_LONGEST_QUOTE]


def _plan(user: User) -> dict[str, Any]:
    """Tells whether the account may write long posts; nothing when X does not say.

    Every paid plan may (from memory: X's help pages say so of Basic, Premium and Premium+).
    """
    plan = (user.subscription_type or "").lower()
    if plan:
        return {"premium": plan != "none"}
    if user.verified_type:
        return {"premium": user.verified_type.lower() == "blue"}
    return {}
