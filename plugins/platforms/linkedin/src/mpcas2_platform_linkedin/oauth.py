"""LinkedIn's OAuth 2: the consent, the code, the renewal.

LinkedIn knows no PKCE for these apps and wants the app's secret in the form. An access token lasts 60
days. Only approved partners get refresh tokens, which end 365 days after the first consent and are not
extended by renewing; everybody else has to consent again. Whoever asks for one scope too many is refused
as a whole, so only what the installation's settings name is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec

from mpcas2_hookspecs import (
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
from mpcas2_platform_linkedin.wire import TokenAnswer

__all__ = (
    "ORGANIZATION_SCOPES",
    "REQUIRED_SCOPES",
    "grant_request",
    "parse_grant",
    "parse_refresh",
    "refresh_request",
    "scopes_asked",
)

REQUIRED_SCOPES = ("openid", "profile", "w_member_social")
"""Who the member is, and posting as the member."""

ORGANIZATION_SCOPES = ("w_organization_social", "r_organization_social", "rw_organization_admin")
"""Posting as a page, reading its posts, and looking up which pages there are."""

_APP_FAULTS = frozenset({"invalid_client", "unauthorized_client"})
_LONGEST_QUOTE = 300


def scopes_asked(*, organizations: bool, more: str) -> tuple[str, ...]:
    """Lists the scopes that the settings ask for, each once.

    Args:
        organizations: Whether pages can be connected.
        more: Further ones, with blanks or commas between them.
    """
    pages = ORGANIZATION_SCOPES if organizations else ()
    return tuple(dict.fromkeys((*REQUIRED_SCOPES, *pages, *_scopes(more))))


def grant_request(token_url: str, code: str, redirect_uri: str, app: OAuthApp) -> HttpRequest:
    """Builds the request that trades a code for a grant."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return _token_request(token_url, form, app)


def refresh_request(token_url: str, grant: Grant, app: OAuthApp | None) -> HttpRequest:
    """Builds the request that renews a grant.

    Raises:
        Unauthorized: LinkedIn gave no refresh token, or nobody knows the app of the grant.
    """
    if grant.refresh_token is None or app is None:
        raise Unauthorized(
            "LinkedIn gives this app no way to renew its permission, which ends after 60 days; "
            "connect the account again.",
            code="no-refresh-token",
            revoked=True,
        )
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    return _token_request(token_url, form, app)


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: LinkedIn refused the code or the app.
        RateLimited: LinkedIn asks to come back later.
        Unavailable: Anything else.
    """
    _raise_passing(answer)
    if answer.status < HTTPStatus.BAD_REQUEST:
        return _grant(answer)
    error, said = _oauth_error(answer.body)
    if error in _APP_FAULTS:
        raise Rejected(
            "LinkedIn does not know the app by this client id and secret. Whoever runs this "
            "installation has to compare both with the app's page at LinkedIn.",
            code=error,
        )
    detail = f" It said: {said}" if said else ""
    raise Rejected(
        "LinkedIn refused the code of the consent page; it is good once and for a short while. Start "
        "the connection again. If this stays, register the redirect address, letter by letter, on "
        f"the app's page at LinkedIn.{detail}",
        code=error or str(answer.status),
    )


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: The refresh token is no longer good.
        RateLimited: LinkedIn asks to come back later.
        Unavailable: Anything else.
    """
    _raise_passing(answer)
    if answer.status < HTTPStatus.BAD_REQUEST:
        return _grant(answer)
    error, _ = _oauth_error(answer.body)
    if error in _APP_FAULTS:
        raise Unavailable(
            "LinkedIn does not know the app by this client id and secret, so the permission cannot "
            "be renewed. Whoever runs this installation has to compare both with the app's page.",
            code=error,
        )
    # LinkedIn says invalid_request where RFC 6749 has invalid_grant (from memory): both are meant.
    refused = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if answer.status in refused:
        raise Unauthorized(
            "LinkedIn no longer renews the account's permission; connect the account again.",
            code=error or str(answer.status),
            revoked=True,
        )
    raise Unavailable(
        f"LinkedIn did not renew the permission ({answer.status}).",
        code=error or str(answer.status),
    )


def _token_request(token_url: str, form: dict[str, str], app: OAuthApp) -> HttpRequest:
    # An app without a secret is refused by LinkedIn, in words that parse_grant explains.
    proof = {"client_id": app.client_id, "client_secret": app.client_secret or ""}
    return HttpRequest(method="POST", url=token_url, form={**form, **proof})


def _raise_passing(answer: HttpAnswer) -> None:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        now = _answered_at(answer.headers)
        raise RateLimited(
            "LinkedIn asks to come back later: too many requests.",
            retry_after=None if now is None else retry_after(answer.headers, now),
        )
    passing = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if passing or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        raise Unavailable(f"LinkedIn answered with {answer.status}.", code=str(answer.status))


def _grant(answer: HttpAnswer) -> Grant:
    try:
        told = msgspec.convert(answer.body, TokenAnswer)
    except msgspec.ValidationError:
        told = None
    if told is None or not told.access_token:
        # The error of msgspec may quote the body: it is not kept.
        raise Unavailable("LinkedIn's answer cannot be read.", code=str(answer.status))
    # LinkedIn tells seconds from its own now. Parsing is pure, so the moment is the answer's own.
    now = _answered_at(answer.headers)
    ends = None
    if now is not None and told.expires_in is not None:
        ends = now + timedelta(seconds=told.expires_in)
    return Grant(
        access_token=told.access_token,
        refresh_token=told.refresh_token or None,
        expires_at=ends,
        scopes=None if told.scope is None else _scopes(told.scope),
    )


def _scopes(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


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
    said = body.get("error_description") or body.get("message") or ""
    return str(body.get("error") or ""), str(said)[:_LONGEST_QUOTE]
