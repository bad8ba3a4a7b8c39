"""Connecting an account with Instagram login, and keeping its token alive.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login. A code
gives a token for an hour, the app's secret turns that into one for 60 days, and that one renews itself:
it stands in the grant as access token and as refresh token. It can be renewed once it is a day old, and
no longer once it has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec

from mpcas2_hookspecs import (
    ConnectContext,
    Connection,
    Consent,
    Grant,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_instagram.faults import code_of, read_fault, regain_seconds
from mpcas2_platform_instagram.graph import Graph, send
from mpcas2_platform_instagram.profiles import profile_of
from mpcas2_platform_instagram.wire import Fault, TokenAnswer, TokenFault

__all__ = (
    "connections",
    "consent",
    "grant_request",
    "parse_grant",
    "parse_refresh",
    "refresh_request",
)

_BASIC = "instagram_business_basic"
_PUBLISH = "instagram_business_content_publish"
_SCOPES = (
    _BASIC,
    _PUBLISH,
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
)
_SHORT_LIFE = timedelta(hours=1)
_LEAST_AGE = timedelta(hours=24)
_THROTTLED = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
_ENDED = frozenset({102, 190})
_LONGEST_QUOTE = 300


def consent(auth_url: str) -> Consent:
    """Describes the consent page; Instagram knows no PKCE and separates scopes with commas."""
    return Consent(
        url=f"{auth_url}/oauth/authorize",
        scopes=_SCOPES,
        required=(_BASIC, _PUBLISH),
        scope_separator=",",
        pkce=False,
    )


def grant_request(token_url: str, code: str, redirect_uri: str, app: OAuthApp) -> HttpRequest:
    """Builds the request that trades a code for a token of an hour."""
    return HttpRequest(
        method="POST",
        url=f"{token_url}/oauth/access_token",
        form={
            "client_id": app.client_id,
            "client_secret": app.client_secret or "",
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            # Instagram's page adds it to the address, and refuses a code that still has it.
            "code": code.removesuffix("#_"),
        },
    )


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: Instagram refused the code or the app.
        RateLimited: Instagram asks to come back later.
        Unavailable: Anything else.
    """
    fault = _fault(answer)
    _raise_passing(answer, fault)
    if answer.status < HTTPStatus.BAD_REQUEST:
        token, now = _token(answer), _answered_at(answer.headers)
        return Grant(
            access_token=token.access_token,
            expires_at=None if now is None else now + _SHORT_LIFE,
            scopes=_scopes(token),
        )
    said = (_token_fault(answer).error_message or fault.message)[:_LONGEST_QUOTE]
    if "redirect" in said.lower():
        words = (
            "Instagram refuses the redirect address. Register it, letter by letter, in the app's "
            "business login settings."
        )
    elif "client" in said.lower() or "platform app" in said.lower():
        words = (
            "Instagram does not know the app by this id and secret. Whoever runs this installation has "
            "to compare both with the Instagram app id and secret in Meta's app dashboard."
        )
    else:
        detail = f" It said: {said}" if said else ""
        words = (
            "Instagram refused the code of the consent page; it is good for an hour and only once. "
            f"Start the connection again.{detail}"
        )
    raise Rejected(words, code=code_of(fault) or str(answer.status))


async def connections(graph: Graph, grant: Grant, ctx: ConnectContext) -> tuple[Connection, ...]:
    """Trades the token of an hour for one of 60 days, and asks whose it is.

    Raises:
        Rejected: Instagram refuses, or the account is no professional one.
        RateLimited: Instagram asks to come back later.
        Unavailable: Instagram cannot be reached now.
    """
    secret = ctx.app.client_secret if ctx.app is not None else None
    if not secret:
        raise Rejected(
            "Instagram gives a lasting access only to an app with a secret. Whoever runs this "
            "installation has to set the Instagram app secret.",
            code="no-secret",
        )
    request = ctx.http.build_request(
        "GET",
        f"{graph.api}/access_token",
        params={
            "grant_type": "ig_exchange_token",
            "client_secret": secret,
            "access_token": grant.access_token,
        },
    )
    try:
        token = await send(ctx.http, request, TokenAnswer, now=ctx.now())
        profile = await profile_of(graph, ctx.http, ctx.now())
    except Unauthorized as error:
        raise Rejected(
            "Instagram refused the access that it has just given. Start the connection again.",
            code=error.code,
            answer=error.answer,
        ) from error
    lasting = _lasting(token, ctx.now(), grant.scopes)
    return (Connection(profile=profile, grant=lasting),)


def refresh_request(graph: Graph, grant: Grant) -> HttpRequest:
    """Builds the request that renews a token; the app is not asked for.

    Raises:
        Unauthorized: The grant cannot be renewed.
    """
    if grant.refresh_token is None:
        raise Unauthorized(
            "Instagram gave no lasting access; reconnect the account.",
            code="no-refresh-token",
            revoked=True,
        )
    query = urlencode({"grant_type": "ig_refresh_token", "access_token": grant.refresh_token})
    return HttpRequest(method="GET", url=f"{graph.api}/refresh_access_token?{query}")


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: The token is no longer good; reconnecting is all that helps.
        RateLimited: Instagram asks to come back later.
        Unavailable: Anything else, a token that is too young among it.
    """
    fault = _fault(answer)
    _raise_passing(answer, fault)
    if answer.status < HTTPStatus.BAD_REQUEST:
        return _lasting(_token(answer), _answered_at(answer.headers), None)
    code = code_of(fault) or str(answer.status)
    if fault.code in _ENDED or answer.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(
            "Instagram no longer takes the account's access; reconnect the account.",
            code=code,
            revoked=True,
        )
    said = fault.message[:_LONGEST_QUOTE]
    raise Unavailable(f"Instagram did not renew the access ({code}). {said}".rstrip(), code=code)


def _lasting(token: TokenAnswer, now: datetime | None, scopes: tuple[str, ...] | None) -> Grant:
    ends = renew = None
    if now is not None and token.expires_in is not None:
        life = timedelta(seconds=token.expires_in)
        ends, renew = now + life, now + max(life / 2, _LEAST_AGE)
    return Grant(
        access_token=token.access_token,
        refresh_token=token.access_token,
        expires_at=ends,
        renew_at=renew if ends is not None and renew is not None and renew < ends else None,
        scopes=_scopes(token) or scopes,
    )


def _token(answer: HttpAnswer) -> TokenAnswer:
    body: Any = answer.body
    if isinstance(body, Mapping) and isinstance(body.get("data"), list) and body["data"]:
        # As the documentation shows it; clients in use read it flat.
        body = body["data"][0]
    try:
        token = msgspec.convert(body, TokenAnswer)
    except msgspec.ValidationError:
        token = None
    if token is None or not token.access_token:
        # The error of msgspec may quote the body: it is not kept.
        raise Unavailable("Instagram's answer cannot be read.", code=str(answer.status))
    return token


def _scopes(token: TokenAnswer) -> tuple[str, ...] | None:
    told = token.permissions
    if told is None:
        return None
    names = told.split(",") if isinstance(told, str) else told
    return tuple(name.strip() for name in names if name.strip())


def _fault(answer: HttpAnswer) -> Fault:
    # The body was parsed already; the envelope is read in one way only.
    return read_fault(msgspec.json.encode(answer.body))


def _token_fault(answer: HttpAnswer) -> TokenFault:
    try:
        return msgspec.convert(answer.body, TokenFault)
    except msgspec.ValidationError:
        return TokenFault()


def _raise_passing(answer: HttpAnswer, fault: Fault) -> None:
    error: PlatformError | None = None
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or fault.code in _THROTTLED:
        error = RateLimited(
            "Instagram asks to come back later: its rate limit is reached.",
            code=code_of(fault) or str(answer.status),
            retry_after=regain_seconds(answer.headers, _answered_at(answer.headers)),
        )
    elif (
        answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or answer.status == HTTPStatus.REQUEST_TIMEOUT
    ):
        error = Unavailable(f"Instagram answered with {answer.status}.", code=str(answer.status))
    if error is not None:
        raise error


def _answered_at(headers: Mapping[str, str]) -> datetime | None:
    """Reads when the network answered (RFC 9110, 6.6.1); None when it does not say."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
