"""Connecting an account: Postbox's OAuth 2 with PKCE (RFC 6749, RFC 7636).

The engine does the work: consent page, callback, sending, keeping. Here is only what is Postbox's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec
from mpcas2_hookspecs import (
    Account,
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
    retry_after,
)

from .api import send
from .wire import Me, Tokens

__all__ = ("ConnectsPostbox",)


class ConnectsPostbox:
    """The part of the adapter that connects accounts and keeps their grants alive.

    Args:
        settings: ``api_url`` and ``web_url`` of the manifest.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._api_url = str(settings["api_url"]).rstrip("/")
        self._web_url = str(settings["web_url"]).rstrip("/")

    @property
    def consent(self) -> Consent:
        """The consent page; without statistics one can still post."""
        return Consent(
            url=f"{self._web_url}/oauth/authorize",
            scopes=("posts.write", "statistics.read"),
            required=("posts.write",),
        )

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        return self._token_request(form, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: Postbox refused the code or the app.
            RateLimited: Postbox asks to come back later.
            Unavailable: Anything else.
        """
        match _oauth_error(answer):
            case None:
                return _grant(answer)
            case "invalid_client" as error:
                raise Rejected(
                    "Postbox does not know the app by this client id and secret; whoever runs this "
                    "installation has to compare both with Postbox's page of the app.",
                    code=error,
                )
            case error:
                raise Rejected(
                    "Postbox refused the code of the consent page; start the connection again.",
                    code=error,
                )

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells the one account that the grant is for.

        Raises:
            Rejected: Postbox refuses to tell.
            RateLimited: Postbox asks to come back later.
            Unavailable: Postbox cannot be reached now.
        """
        try:
            me = await send(ctx.http, "GET", f"{self._api_url}/v1/me", Me, now=ctx.now())
        except Unauthorized as error:
            raise Rejected(
                "Postbox refused the grant that it has just given; start the connection again.",
                code=error.code,
                answer=error.answer,
            ) from error
        profile = AccountProfile(
            platform_account_id=me.id, username=me.handle, display_name=me.name
        )
        return (Connection(profile=profile, grant=grant),)

    def refresh_request(
        self,
        account: Account,
        grant: Grant,
        app: OAuthApp | None,
    ) -> HttpRequest:
        """Builds the request that renews a grant; the refresh token is spent by it.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        if grant.refresh_token is None or app is None:
            raise Unauthorized("The grant cannot be renewed; reconnect the account.", revoked=True)
        form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
        return self._token_request(form, app)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a renewal.

        Raises:
            Unauthorized: The refresh token is no longer good.
            RateLimited: Postbox asks to come back later.
            Unavailable: Anything else.
        """
        match _oauth_error(answer):
            case None:
                return _grant(answer)
            case "invalid_grant" as error:
                # The only answer that ends a grant. A wrong client secret is the operator's fault.
                raise Unauthorized(
                    "Postbox no longer accepts the grant; reconnect the account.",
                    code=error,
                    revoked=True,
                )
            case error:
                raise Unavailable(f"Postbox did not renew the grant ({error}).", code=error)

    def _token_request(self, form: dict[str, str], app: OAuthApp) -> HttpRequest:
        proof = {"client_id": app.client_id, "client_secret": app.client_secret or ""}
        return HttpRequest(
            method="POST", url=f"{self._api_url}/oauth/token", form={**form, **proof}
        )


def _oauth_error(answer: HttpAnswer) -> str | None:
    """Gives the code of a refusal (RFC 6749, 5.2), None for a success; faults that pass are raised."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = retry_after(answer.headers, _answered_at(answer))
        raise RateLimited("Postbox asks to come back later.", retry_after=wait)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"Postbox has a fault ({answer.status}).", code=str(answer.status))
    if answer.status < HTTPStatus.BAD_REQUEST:
        return None
    told = answer.body.get("error") if isinstance(answer.body, dict) else None
    return str(told or answer.status)


def _grant(answer: HttpAnswer) -> Grant:
    try:
        tokens = msgspec.convert(answer.body, Tokens)
    except msgspec.ValidationError:
        tokens = None
    if tokens is None or not tokens.access_token:
        # Not `from error`, and no evidence: both could quote a token.
        raise Unavailable("Postbox's answer cannot be read.", code=str(answer.status))
    ends = None
    if tokens.expires_in is not None:
        ends = _answered_at(answer) + timedelta(seconds=tokens.expires_in)
    return Grant(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_at=ends,
        scopes=None if tokens.scope is None else tuple(tokens.scope.split()),
    )


def _answered_at(answer: HttpAnswer) -> datetime:
    """Reads when Postbox answered; an adapter that parses has no other clock (RFC 9110, 6.6.1)."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        # Long ago: a grant whose end is not known is better renewed too early than too late.
        return datetime(2000, 1, 1, tzinfo=UTC)
    return moment.replace(tzinfo=moment.tzinfo or UTC)
