"""Connecting a Google account, and renewing its grant.

Source: https://developers.google.com/identity/protocols/oauth2/web-server and RFC 6749. A renewal
gives no new refresh token: the old one stays good.
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
)
from mpcas2_platform_youtube.wire import TokenAnswer, TokenFault

__all__ = ("SCOPES", "consent", "grant_request", "parse_grant", "parse_refresh", "refresh_request")

_AUTH = "https://www.googleapis.com/auth"
SCOPES = (
    # Upload and thumbnail; lists; playlists and deletion.
    f"{_AUTH}/youtube.upload",
    f"{_AUTH}/youtube.readonly",
    f"{_AUTH}/youtube.force-ssl",
)
"""What a person is asked to allow. Without readonly nobody learns what became of an upload."""

_REFUSALS = {
    "invalid_grant": "Google says that the sign-in has run out or was used already; connect the "
    "account again.",
    "redirect_uri_mismatch": "Google does not know this redirect address; add it, letter for letter, "
    "to the OAuth client in the Google Cloud console.",
}
_UNKNOWN_APP = (
    "Google does not accept the client id and secret of this installation; its operator has to compare "
    "them with the OAuth client in the Google Cloud console."
)
_LONGEST_QUOTE = 300
_APP_FAULTS = frozenset({"invalid_client", "unauthorized_client", "deleted_client"})


def consent(accounts_url: str) -> Consent:
    """Describes the consent page.

    ``access_type`` asks for a refresh token and ``prompt`` has it given a second time too.
    """
    return Consent(
        url=f"{accounts_url}/o/oauth2/v2/auth",
        scopes=SCOPES,
        required=SCOPES,
        parameters={
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "true",
        },
    )


def grant_request(
    token_url: str, code: str, redirect_uri: str, verifier: str, app: OAuthApp
) -> HttpRequest:
    """Builds the request that trades a code for a grant."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return HttpRequest(method="POST", url=f"{token_url}/token", form={**form, **_app(app)})


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: Google refused code, address or app, or gave no lasting access.
        RateLimited: Google asks to come back later.
        Unavailable: Anything else.
    """
    if answer.status == HTTPStatus.OK:
        grant = _grant(answer)
        if grant.refresh_token is None:
            raise Rejected(
                "Google gave access for an hour only. Remove this app at "
                "https://myaccount.google.com/permissions, then connect the account again.",
                code="no-refresh-token",
            )
        return grant
    fault = _fault(answer)
    if fault.error in _APP_FAULTS:
        raise Rejected(_UNKNOWN_APP, code=fault.error)
    if fault.error in _REFUSALS:
        raise Rejected(_REFUSALS[fault.error], code=fault.error)
    if answer.status == HTTPStatus.BAD_REQUEST and fault.error:
        said = fault.error_description or fault.error
        raise Rejected(f"Google refused the sign-in: {said[:_LONGEST_QUOTE]}", code=fault.error)
    raise _passing(answer, fault)


def refresh_request(token_url: str, grant: Grant, app: OAuthApp | None) -> HttpRequest:
    """Builds the request that renews a grant.

    Raises:
        Unauthorized: There is no refresh token, or no app that the grant was given to.
    """
    if grant.refresh_token is None or app is None:
        raise Unauthorized(
            "The access to this Google account cannot be renewed; reconnect it.", revoked=True
        )
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    return HttpRequest(method="POST", url=f"{token_url}/token", form={**form, **_app(app)})


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: The refresh token is no longer good, always with ``revoked``.
        RateLimited: Google asks to come back later.
        Unavailable: Anything else; the standing grant may still be good.
    """
    if answer.status == HTTPStatus.OK:
        return _grant(answer)
    fault = _fault(answer)
    if fault.error == "invalid_grant":
        raise Unauthorized(
            "Google has ended the access to this account; reconnect it. (While the consent screen is "
            'in "testing", Google does so after seven days.)',
            code=fault.error,
            revoked=True,
        )
    if fault.error in _APP_FAULTS:
        raise Unavailable(_UNKNOWN_APP, code=fault.error)
    raise _passing(answer, fault)


def _app(app: OAuthApp) -> dict[str, str]:
    secret = {} if app.client_secret is None else {"client_secret": app.client_secret}
    return {"client_id": app.client_id, **secret}


def _grant(answer: HttpAnswer) -> Grant:
    try:
        token = msgspec.convert(answer.body, TokenAnswer)
    except msgspec.ValidationError:
        # Chained from nothing: the fault quotes the body, and the body may hold tokens.
        raise Unavailable("Google's answer with the access cannot be read.") from None
    return Grant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        expires_at=_end(token.expires_in, answer.headers.get("date", "")),
        scopes=None if token.scope is None else tuple(token.scope.split()),
    )


def _end(seconds: float | None, date: str) -> datetime | None:
    """Counts from the answer's own ``Date`` (RFC 9110, 6.6.1); None when either is missing."""
    if seconds is None:
        return None
    try:
        given = parsedate_to_datetime(date)
        return given.replace(tzinfo=given.tzinfo or UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None


def _fault(answer: HttpAnswer) -> TokenFault:
    try:
        return msgspec.convert(answer.body, TokenFault)
    except msgspec.ValidationError:
        return TokenFault()


def _passing(answer: HttpAnswer, fault: TokenFault) -> RateLimited | Unavailable:
    code = fault.error or str(answer.status)
    details: dict[str, Any] = {"status": answer.status, "error": fault.error}
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        told = answer.headers.get("retry-after", "").strip()
        return RateLimited(
            "Google asks to come back later.",
            code=code,
            answer=details,
            retry_after=float(told) if told.isdecimal() else None,
        )
    return Unavailable(f"Google did not give access now ({code}).", code=code, answer=details)
