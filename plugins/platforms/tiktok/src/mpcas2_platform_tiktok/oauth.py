"""Connecting a TikTok account, and renewing its grant.

Source: TikTok's Login Kit for Web and "managing user access tokens", with the departures from RFC 6749:
``client_key`` in place of ``client_id``, commas between scopes, and no PKCE for web apps. A renewal gives
a new refresh token, and the one that was sent is dead at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Consent,
    Grant,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    retry_after,
)
from mpcas2_platform_tiktok.wire import TokenAnswer, TokenFault

__all__ = ("consent", "grant_request", "parse_grant", "parse_refresh", "refresh_request")

_BASIC, _PUBLISH, _UPLOAD = "user.info.basic", "video.publish", "video.upload"
_UNKNOWN_APP = (
    "TikTok does not accept the client key and client secret of this installation; its operator has to "
    "compare them with the app in TikTok's developer portal."
)
_LONGEST_QUOTE = 300


def consent(web_url: str, scopes: str) -> Consent:
    """Describes the consent page.

    Args:
        web_url: Address of the website.
        scopes: What to ask for, with commas between.
    """
    asked = _scopes(scopes)
    # Without the scope of direct posts an installation still leaves drafts.
    needed = (_BASIC, _PUBLISH if _PUBLISH in asked else _UPLOAD)
    asked = tuple(dict.fromkeys((*asked, *needed)))
    return Consent(
        url=f"{web_url}/v2/auth/authorize/",
        scopes=asked,
        required=needed,
        client_id_name="client_key",
        scope_separator=",",
        pkce=False,
    )


def grant_request(api_url: str, code: str, redirect_uri: str, app: OAuthApp) -> HttpRequest:
    """Builds the request that trades a code for a grant."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return _token_request(api_url, form, app)


def refresh_request(api_url: str, grant: Grant, app: OAuthApp | None) -> HttpRequest:
    """Builds the request that renews a grant.

    Raises:
        Unauthorized: There is no refresh token, or no app that the grant was given to.
    """
    if grant.refresh_token is None or app is None:
        raise Unauthorized(
            "The access to this TikTok account cannot be renewed; connect it again.", revoked=True
        )
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    return _token_request(api_url, form, app)


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: TikTok refused the code, the address or the app.
        RateLimited: TikTok asks to come back later.
        Unavailable: Anything else.
    """
    _raise_passing(answer)
    fault = _fault(answer)
    if not fault.error:
        return _grant(answer)
    if fault.error == "invalid_client":
        raise Rejected(_UNKNOWN_APP, code=fault.error)
    if fault.error == "invalid_grant":
        raise Rejected(
            "TikTok says that the sign-in has run out or was used already; connect the account "
            "again.",
            code=fault.error,
        )
    said = fault.error_description or fault.error
    raise Rejected(
        f"TikTok refused the sign-in: {said[:_LONGEST_QUOTE]} If this stays, the operator has to "
        "register the redirect address, letter by letter, with the app in TikTok's developer portal.",
        code=fault.error,
    )


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: The refresh token is no longer good, always with ``revoked``.
        RateLimited: TikTok asks to come back later.
        Unavailable: Anything else; the standing grant may still be good.
    """
    _raise_passing(answer)
    fault = _fault(answer)
    if fault.error == "invalid_client":
        raise Unavailable(_UNKNOWN_APP, code=fault.error)
    if fault.error == "invalid_grant" or answer.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(
            "TikTok has ended the access to this account; connect it again.",
            code=fault.error or str(answer.status),
            revoked=True,
        )
    if fault.error or answer.status != HTTPStatus.OK:
        code = fault.error or str(answer.status)
        raise Unavailable(f"TikTok did not renew the access now ({code}).", code=code)
    return _grant(answer)


def _token_request(api_url: str, form: dict[str, str], app: OAuthApp) -> HttpRequest:
    # Web apps always have a secret; TikTok refuses a request without one.
    proof = {"client_key": app.client_id, "client_secret": app.client_secret or ""}
    return HttpRequest(method="POST", url=f"{api_url}/v2/oauth/token/", form={**proof, **form})


def _raise_passing(answer: HttpAnswer) -> None:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(
            "TikTok asks to come back later: too many requests.",
            code=str(answer.status),
            retry_after=retry_after(answer.headers, _answered_at(answer)),
        )
    passing = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if passing or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        raise Unavailable(f"TikTok answered with {answer.status}.", code=str(answer.status))


def _grant(answer: HttpAnswer) -> Grant:
    try:
        token = msgspec.convert(answer.body, TokenAnswer, strict=False)
    except msgspec.ValidationError:
        token = None
    if token is None or not token.access_token:
        # Chained from nothing: the fault quotes the body, and the body may hold tokens.
        raise Unavailable("TikTok's answer with the access cannot be read.")
    now = _answered_at(answer)
    ends = _after(now, token.refresh_expires_in)
    return Grant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        expires_at=_after(now, token.expires_in),
        scopes=None if token.scope is None else _scopes(token.scope),
        # Half of the refresh token's life: an account that rests keeps its access.
        renew_at=None if now is None or ends is None else now + (ends - now) / 2,
    )


def _after(now: datetime | None, seconds: float | None) -> datetime | None:
    return None if now is None or seconds is None else now + timedelta(seconds=seconds)


def _answered_at(answer: HttpAnswer) -> datetime | None:
    """Reads when TikTok answered (RFC 9110, 6.6.1): lifetimes count from there."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _scopes(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _fault(answer: HttpAnswer) -> TokenFault:
    body: Any = answer.body
    try:
        fault = msgspec.convert(body, TokenFault)
    except msgspec.ValidationError:
        fault = TokenFault()
    if not fault.error and answer.status >= HTTPStatus.BAD_REQUEST:
        return TokenFault(error=str(answer.status))
    return fault
