"""Trades what a consent page sent back for a grant and the accounts that it is good for.

OAuth 2 (RFC 6749, 4.1.3). Each way in which it fails has a code and words of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import httpx

from mpcas2_core.accounts.asking import SECONDS, ConnectingContext, asked, refusal_behind
from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.errors import Conflict, InvalidInput, NetworkFault
from mpcas2_core.outbound.clients import Clients
from mpcas2_hookspecs import Connection, ConnectsOAuth, Grant, OAuthApp, Platform

__all__ = ("OAuthPlatform", "check_answer", "collect", "the_wanted")


class OAuthPlatform(Platform, ConnectsOAuth, Protocol):
    """A platform with a consent page, for the type checker."""


async def collect(
    platform: OAuthPlatform,
    code: str,
    *,
    redirect_uri: str,
    verifier: str,
    app: OAuthApp,
    clients: Clients,
) -> Sequence[Connection]:
    """Collects the permission, once, and asks which accounts it is good for.

    Args:
        platform: Describes the request and reads the answer.
        code: From the callback.
        redirect_uri: The address that the callback came to.
        verifier: The PKCE verifier.
        app: The registration that the consent page named.
        clients: HTTP.

    Returns:
        One account at least.

    Raises:
        InvalidInput: ``CODE_REFUSED``, ``SCOPES_MISSING`` or ``NO_ACCOUNT``.
        NetworkFault: ``ANSWER_LOST``, or the network cannot be reached now.
    """
    request = platform.grant_request(code, redirect_uri, verifier, app)
    try:
        answer = await clients.ask(request, seconds=SECONDS)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NetworkFault(
            refusal_behind(error)
            or f"{platform.title} cannot be reached now, so the permission could not be "
            "collected. Start again later."
        ) from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise NetworkFault(
            f"{platform.title}'s answer was lost when the permission was to be collected, and "
            "its code is good only once. Start again.",
            code="ANSWER_LOST",
        ) from error

    async def granted() -> Grant:
        return platform.parse_grant(answer)

    grant = await asked(platform, granted(), refused="CODE_REFUSED")
    _check_scopes(platform, grant)
    async with clients.bearing(grant.access_token) as http:
        found = await asked(
            platform,
            platform.connections(grant, ConnectingContext(http, app)),
            refused="NO_ACCOUNT",
        )
    if not found:
        raise InvalidInput(
            f"{platform.title} names no account that this permission could post for. Sign in "
            "there with another login, then start again.",
            code="NO_ACCOUNT",
        )
    return found


def the_wanted(found: Sequence[Connection], wanted: AccountRow) -> Connection:
    """Gives the connection of the account that was to be connected anew.

    Raises:
        Conflict: The person signed in as somebody else.
    """
    for connection in found:
        if connection.profile.platform_account_id == wanted.platform_account_id:
            return connection
    raise Conflict(
        f"You signed in as @{found[0].profile.username}, but @{wanted.username} was to be "
        f"connected anew. Sign out at the network, sign in as @{wanted.username}, and start again.",
        code="WRONG_ACCOUNT",
    )


def check_answer(platform: Platform, query: Mapping[str, str]) -> None:
    """Refuses a callback without a code (RFC 6749, 4.1.2.1)."""
    error = query.get("error")
    if error == "access_denied":
        raise InvalidInput(
            f"The permission was not given on {platform.title}'s page. Nothing was connected. Start "
            "again if that was a mistake.",
            code="CONSENT_DENIED",
        )
    if error:
        told = query.get("error_description") or error
        raise InvalidInput(
            f"{platform.title} did not take the request: {told[:300]}. Whoever runs this installation "
            "has to look at the app's settings there (`mpcas2 doctor` names the redirect address).",
            code="CONSENT_REFUSED",
            details={"networkCode": error[:100]},
        )
    if not query.get("code"):
        raise InvalidInput(
            f"{platform.title} sent you back without a code. Start again.",
            code="CALLBACK_INCOMPLETE",
        )


def _check_scopes(platform: OAuthPlatform, grant: Grant) -> None:
    if grant.scopes is None:
        return
    missing = [name for name in platform.consent.required if name not in grant.scopes]
    if missing:
        raise InvalidInput(
            f"On {platform.title}'s page not everything was allowed: {', '.join(missing)} is missing, "
            "and without it nothing can be posted. Start again and leave every box ticked.",
            code="SCOPES_MISSING",
            details={"missing": missing},
        )
