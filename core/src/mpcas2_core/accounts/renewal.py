"""Asks a network to renew a grant, and tells a refusal from an answer that was lost."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from mpcas2_core.outbound.clients import Clients
from mpcas2_hookspecs import (
    Account,
    Grant,
    OAuthApp,
    PlatformError,
    RefreshesGrant,
    Unavailable,
)

__all__ = ("AnswerLost", "ask")


class AnswerLost(Unavailable):
    """The request may have reached the network; what it did with it is not known."""


async def ask(
    clients: Clients,
    platform: RefreshesGrant,
    account: Account,
    old: Grant,
    app: OAuthApp | None,
    *,
    seconds: float,
) -> Grant:
    """Sends one request for a renewal, once.

    Args:
        clients: HTTP.
        platform: Builds the request and reads the answer.
        account: Whose grant it is.
        old: The standing grant.
        app: The app that it was given to; None for a grant that came from a form.
        seconds: How long the network may take.

    Returns:
        The new grant, as the network gave it.

    Raises:
        AnswerLost: The network may have renewed the grant, and we do not have the new one.
        PlatformError: It did not, and the standing grant is what it was.
        Exception: Anything else that the adapter raised while it built the request; nothing was sent.
    """
    request = platform.refresh_request(account, old, app)
    try:
        answer = await clients.ask(request, seconds=seconds)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unavailable(f"The network cannot be reached: {error}.") from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise AnswerLost("The network's answer to a token renewal was lost.") from error
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise AnswerLost(f"The network answered {answer.status} to a token renewal.")
    renewed = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    try:
        new = platform.parse_refresh(answer)
        usable = bool(new.access_token)
    except Unavailable as error:
        if renewed:
            # It did renew, and we cannot read what it gave.
            raise AnswerLost(error.message) from error
        raise
    except PlatformError:
        raise
    except Exception as error:  # noqa: BLE001 - an adapter may raise anything, and the answer counts
        message = f"The answer to a token renewal cannot be read ({type(error).__name__})."
        # From nothing: the error may quote the answer, and the answer holds tokens.
        raise (AnswerLost if renewed else Unavailable)(message) from None
    if not usable:
        raise AnswerLost("The network's answer to a token renewal holds no token.")
    return new
