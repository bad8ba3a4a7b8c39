"""Connecting an account: a code becomes a short-lived token, and that one a long-lived one.

Source: https://developers.facebook.com/docs/threads/get-started. A long-lived token lasts 60 days and
renews itself once it is a day old, as long as it has not ended; it has no other refresh token.
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
from mpcas2_platform_threads.api import Graph
from mpcas2_platform_threads.wire import ErrorAnswer, GraphError, Me, TokenAnswer

__all__ = (
    "connection",
    "consent",
    "grant_request",
    "parse_grant",
    "parse_refresh",
    "profile",
    "refresh_request",
)

SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_read_replies",
    "threads_manage_replies",
    "threads_manage_insights",
    "threads_delete",
)
_REQUIRED = SCOPES[:2]
# Redirects of Threads end in this, and codes do not (from memory of Meta's documentation).
_CODE_TAIL = "#_"
_PROFILE_FIELDS = "id,username,name,threads_profile_picture_url"
_TOKEN_DEAD = frozenset({102, 190})
_THROTTLED = frozenset({4, 17, 32, 341, 613})
_APP_WORDS = ("client_secret", "client secret", "app id", "application")
_LONGEST_QUOTE = 300


def consent(web_url: str) -> Consent:
    """Gives the consent page; reading replies, figures and deletion may be left out."""
    return Consent(
        url=f"{web_url}/oauth/authorize",
        scopes=SCOPES,
        required=_REQUIRED,
        scope_separator=",",
        pkce=False,
    )


def grant_request(api_url: str, code: str, redirect_uri: str, app: OAuthApp) -> HttpRequest:
    """Builds the request that trades a code for a short-lived token."""
    return HttpRequest(
        method="POST",
        url=f"{api_url}/oauth/access_token",
        form={
            "client_id": app.client_id,
            "client_secret": app.client_secret or "",
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": code.removesuffix(_CODE_TAIL),
        },
    )


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: Threads refused the code or the app.
        RateLimited: It asks to come back later.
        Unavailable: Anything else.
    """
    error = _checked(answer)
    if error is None:
        return Grant(access_token=_token(answer).access_token)
    said = f" It said: {error.message[:_LONGEST_QUOTE]}" if error.message else ""
    if any(word in error.message.lower() for word in _APP_WORDS):
        raise Rejected(
            "Threads does not know the app by this id and secret. Whoever runs this installation has "
            f"to compare both with the app's page in Meta's developer console.{said}",
            code=_code(error, answer),
        )
    raise Rejected(
        "Threads refused the code of its consent page; it is good for an hour and only once. Start "
        f"the connection again. If it stays, compare the redirect address in the app's settings.{said}",
        code=_code(error, answer),
    )


async def connection(graph: Graph, token_graph: Graph, ctx: ConnectContext) -> Connection:
    """Trades the short-lived token for a long-lived one, and asks whose it is.

    Raises:
        Rejected: Threads refuses.
        RateLimited: It asks to come back later.
        Unavailable: It cannot be reached now.
    """
    if ctx.app is None or ctx.app.client_secret is None:
        raise Rejected(
            "The app has no secret, which Threads wants. Whoever runs this installation has to set "
            "THREADS_CLIENT_SECRET."
        )
    params = {"grant_type": "th_exchange_token", "client_secret": ctx.app.client_secret}
    now = ctx.now()
    try:
        token = await token_graph.get(ctx.http, "access_token", params, TokenAnswer, now=now)
        who = await profile(graph, ctx)
    except Unauthorized as error:
        raise Rejected(
            "Threads refused the permission that it has just given. Start the connection again.",
            code=error.code,
            answer=error.answer,
        ) from error
    return Connection(profile=who, grant=_long_lived(token, now))


async def profile(graph: Graph, ctx: ConnectContext | AccountContext) -> AccountProfile:
    """Asks who the account is.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    me = await graph.get(ctx.http, "me", {"fields": _PROFILE_FIELDS}, Me, now=ctx.now())
    return AccountProfile(
        platform_account_id=me.id,
        username=me.username,
        display_name=me.name or None,
        avatar_url=me.threads_profile_picture_url,
    )


def refresh_request(api_url: str, grant: Grant) -> HttpRequest:
    """Builds the request that lets the token renew itself.

    Raises:
        Unauthorized: The grant cannot be renewed.
    """
    if grant.refresh_token is None:
        raise Unauthorized(
            "Threads gave no lasting token; connect the account again.",
            code="no-refresh-token",
            revoked=True,
        )
    query = urlencode({"grant_type": "th_refresh_token", "access_token": grant.refresh_token})
    return HttpRequest(method="GET", url=f"{api_url}/refresh_access_token?{query}")


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: The token is no longer good.
        RateLimited: Threads asks to come back later.
        Unavailable: Anything else.
    """
    error = _checked(answer)
    if error is None:
        return _long_lived(_token(answer), _answered_at(answer.headers))
    if error.code in _TOKEN_DEAD or answer.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(
            "Threads no longer accepts the account's permission; connect the account again.",
            code=_code(error, answer),
            revoked=True,
        )
    raise Unavailable(
        f"Threads did not renew the permission ({answer.status}).", code=_code(error, answer)
    )


def _checked(answer: HttpAnswer) -> GraphError | None:
    """Gives Meta's refusal; None for a success.

    Raises:
        RateLimited: It asks to come back later.
        Unavailable: The fault passes.
    """
    error = _refusal(answer.body)
    throttled = answer.status == HTTPStatus.TOO_MANY_REQUESTS
    if throttled or (error is not None and error.code in _THROTTLED):
        raise RateLimited("Threads asks to come back later: too many requests.")
    if error is None and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    passing = not HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
    if passing and answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise Unavailable(f"Threads answered with {answer.status}.", code=str(answer.status))
    if error is not None and (error.is_transient or error.code in {1, 2}):
        raise Unavailable("Threads has a fault of its own; try again.", code=str(error.code))
    return error or GraphError()


def _refusal(body: Any) -> GraphError | None:
    if isinstance(body, Mapping) and isinstance(body.get("error_message"), str):
        # The old form, which the token endpoint still uses.
        code = body.get("code")
        return GraphError(
            message=body["error_message"], code=code if isinstance(code, int) else None
        )
    try:
        return msgspec.convert(body, ErrorAnswer).error
    except msgspec.ValidationError:
        return None


def _token(answer: HttpAnswer) -> TokenAnswer:
    try:
        told = msgspec.convert(answer.body, TokenAnswer)
    except msgspec.ValidationError:
        told = None
    if told is None or not told.access_token:
        # The error of msgspec may quote the body: it is not kept.
        raise Unavailable("Threads' answer cannot be read.", code=str(answer.status))
    return told


def _long_lived(token: TokenAnswer, now: datetime | None) -> Grant:
    ends = half = None
    if now is not None and token.expires_in is not None:
        ends = now + timedelta(seconds=token.expires_in)
        # Well before the end, so that an account that rests does not lose it; never in the first day.
        half = now + timedelta(seconds=max(token.expires_in / 2, 24 * 3600.0))
    return Grant(
        access_token=token.access_token,
        refresh_token=token.access_token,
        expires_at=ends,
        renew_at=half,
    )


def _answered_at(headers: Mapping[str, str]) -> datetime | None:
    """Reads when the network answered (RFC 9110, 6.6.1); None when it does not say."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _code(error: GraphError, answer: HttpAnswer) -> str:
    return str(answer.status if error.code is None else error.code)
