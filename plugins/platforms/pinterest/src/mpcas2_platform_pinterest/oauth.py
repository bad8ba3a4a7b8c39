"""Connecting an account, and keeping its permission alive.

Source: Pinterest's OpenAPI description 5.23.0 (``POST /oauth/token``). The app proves itself with HTTP
Basic. A refresh token lasts 60 days, and each renewal gives one that lasts 60 days more; apps from before
25 September 2025 get such a token only when they ask with ``continuous_refresh``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import msgspec

from mpcas2_hookspecs import (
    AccountContext,
    AccountProfile,
    ConnectContext,
    Connection,
    Consent,
    Grant,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_pinterest.api import Api
from mpcas2_platform_pinterest.faults import waits_for
from mpcas2_platform_pinterest.wire import ErrorAnswer, TokenAnswer, User

__all__ = (
    "connection",
    "consent",
    "grant_request",
    "parse_grant",
    "parse_refresh",
    "profile",
    "refresh_request",
)

_SCOPES = ("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read")
_SECRET_SCOPES = (
    "boards:read_secret",
    "boards:write_secret",
    "pins:read_secret",
    "pins:write_secret",
)
_LONGEST_QUOTE = 300
# Words of a refusal that is about the app and not about the code or token (from memory).
_APP_WORDS = ("client", "consumer", "application", "app id", "app_id")


def consent(web_url: str, *, secret_boards: bool) -> Consent:
    """Gives the consent page.

    Args:
        web_url: Address of the website.
        secret_boards: Whether to ask for secret boards as well.
    """
    return Consent(
        url=f"{web_url}/oauth/",
        scopes=(*_SCOPES, *_SECRET_SCOPES) if secret_boards else _SCOPES,
        required=_SCOPES,
        scope_separator=",",
        pkce=False,
    )


def grant_request(api: Api, code: str, redirect_uri: str, app: OAuthApp) -> HttpRequest:
    """Builds the request that trades a code for a grant."""
    return _request(
        api,
        app,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "continuous_refresh": "true",
        },
    )


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: Pinterest refused the code or the app.
        RateLimited: It asks to come back later.
        Unavailable: Anything else.
    """
    refusal = _refusal(answer)
    if refusal is None:
        return _grant(answer)
    if answer.status == HTTPStatus.UNAUTHORIZED or _is_about_app(refusal):
        raise Rejected(
            "Pinterest does not know the app by this id and secret. Whoever runs this installation has "
            f"to compare both with the app's page at Pinterest.{_said(refusal)}",
            code=str(refusal.code),
        )
    raise Rejected(
        "Pinterest refused the code of its consent page, which is good for a short while and only once. "
        "Start the connection again. If it stays, compare the redirect address with the app's page at "
        f"Pinterest.{_said(refusal)}",
        code=str(refusal.code),
    )


def refresh_request(api: Api, grant: Grant, app: OAuthApp | None) -> HttpRequest:
    """Builds the request that renews a grant.

    Raises:
        Unauthorized: The grant cannot be renewed.
    """
    if grant.refresh_token is None or app is None:
        raise Unauthorized(
            "Pinterest gave no token to renew the permission with; connect the account again.",
            code="no-refresh-token",
            revoked=True,
        )
    return _request(api, app, {"grant_type": "refresh_token", "refresh_token": grant.refresh_token})


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: The refresh token is no longer good.
        RateLimited: Pinterest asks to come back later.
        Unavailable: Anything else.
    """
    refusal = _refusal(answer)
    if refusal is None:
        return _grant(answer)
    if _is_about_app(refusal):
        raise Unavailable(
            "Pinterest does not know the app by this id and secret. Whoever runs this installation has "
            f"to compare both with the app's page at Pinterest.{_said(refusal)}",
            code=str(refusal.code),
        )
    if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Unauthorized(
            "Pinterest no longer renews the account's permission; connect the account again."
            f"{_said(refusal)}",
            code=str(refusal.code),
            revoked=True,
        )
    raise Unavailable(
        f"Pinterest did not renew the permission ({answer.status}).{_said(refusal)}",
        code=str(refusal.code),
    )


async def connection(api: Api, grant: Grant, ctx: ConnectContext) -> Connection:
    """Asks whose the fresh grant is.

    Raises:
        Rejected: Pinterest refuses.
        RateLimited: It asks to come back later.
        Unavailable: It cannot be reached now.
    """
    try:
        return Connection(profile=await profile(api, ctx), grant=grant)
    except Unauthorized as error:
        raise Rejected(
            "Pinterest refused the permission that it has just given. Start the connection again.",
            code=error.code,
            answer=error.answer,
        ) from error


async def profile(api: Api, ctx: ConnectContext | AccountContext) -> AccountProfile:
    """Asks who the account is.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    user = await api.get(ctx.http, "user_account", User, now=ctx.now())
    return AccountProfile(
        platform_account_id=user.id,
        username=user.username,
        display_name=user.business_name or None,
        avatar_url=user.profile_image or None,
    )


def _request(api: Api, app: OAuthApp, form: dict[str, str]) -> HttpRequest:
    pair = f"{app.client_id}:{app.client_secret or ''}".encode()
    return HttpRequest(
        method="POST",
        url=f"{api.base}/oauth/token",
        headers={"Authorization": f"Basic {b64encode(pair).decode()}"},
        form=form,
    )


def _refusal(answer: HttpAnswer) -> ErrorAnswer | None:
    """Gives Pinterest's refusal; None for a success.

    Raises:
        RateLimited: It asks to come back later.
        Unavailable: The fault passes.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(
            "Pinterest asks to come back later: too many requests.",
            code=str(answer.status),
            retry_after=waits_for(answer.headers, _date(answer.headers)),
        )
    if not HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"Pinterest answered with {answer.status}.", code=str(answer.status))
    try:
        return msgspec.convert(answer.body, ErrorAnswer)
    except msgspec.ValidationError:
        return ErrorAnswer(code=answer.status)


def _is_about_app(refusal: ErrorAnswer) -> bool:
    said = refusal.message.lower()
    return any(word in said for word in _APP_WORDS)


def _said(refusal: ErrorAnswer) -> str:
    return f" It said: {refusal.message[:_LONGEST_QUOTE]}" if refusal.message else ""


def _grant(answer: HttpAnswer) -> Grant:
    try:
        token = msgspec.convert(answer.body, TokenAnswer)
    except msgspec.ValidationError:
        token = None
    if token is None or not token.access_token:
        # The error of msgspec may quote the body: it is not kept.
        raise Unavailable("Pinterest's answer with the permission cannot be read.")
    now = _given_at(token, answer.headers)
    lives = [one for one in (token.expires_in, token.refresh_token_expires_in) if one is not None]
    return Grant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        expires_at=_after(now, token.expires_in),
        scopes=None if token.scope is None else tuple(token.scope.replace(",", " ").split()),
        # Long before either token ends, so that an account that rests does not lose them.
        renew_at=_after(now, min(lives) / 2 if lives and token.refresh_token else None),
    )


def _after(now: datetime | None, seconds: float | None) -> datetime | None:
    return None if now is None or seconds is None else now + timedelta(seconds=seconds)


def _given_at(token: TokenAnswer, headers: Mapping[str, str]) -> datetime | None:
    """Tells when the tokens were given: the answer's own date, or what its life times say."""
    date = _date(headers)
    ends, lasts = token.refresh_token_expires_at, token.refresh_token_expires_in
    if date is not None or ends is None or lasts is None:
        return date
    return datetime.fromtimestamp(ends - lasts, UTC)


def _date(headers: Mapping[str, str]) -> datetime | None:
    """Reads when the network answered (RFC 9110, 6.6.1); None when it does not say."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
