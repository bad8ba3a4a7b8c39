"""Asks a network to renew a grant, and tells a refusal from an answer that was lost."""

from __future__ import annotations

import asyncio

import httpx

from mpcas2_core.outbound.clients import Clients, body_of
from mpcas2_hookspecs import Account, Grant, PlatformError, RefreshesGrant, Unavailable

__all__ = ("AnswerLost", "ask")


class AnswerLost(Unavailable):
    """The request may have reached the network; what it did with it is not known."""


async def ask(
    clients: Clients, platform: RefreshesGrant, account: Account, old: Grant, *, seconds: float
) -> Grant:
    """Sends one request for a renewal, once.

    Args:
        clients: HTTP.
        platform: Builds the request and reads the answer.
        account: Whose grant it is.
        old: The standing grant.
        seconds: How long the network may take.

    Returns:
        The new grant, as the network gave it.

    Raises:
        AnswerLost: The network may have renewed the grant, and we do not have the new one.
        PlatformError: It did not, and the standing grant is what it was.
        Exception: Anything else that the adapter raised while it built the request; nothing was sent.
    """
    request = platform.refresh_request(account, old)
    async with clients.bare() as client:
        try:
            async with asyncio.timeout(seconds):
                response = await client.request(
                    request.method,
                    request.url,
                    headers=request.headers,
                    data=request.form,
                    json=request.json,
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(f"The network cannot be reached: {error}.") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise AnswerLost("The network's answer to a token renewal was lost.") from error
    if response.is_server_error:
        raise AnswerLost(f"The network answered {response.status_code} to a token renewal.")
    try:
        new = platform.parse_refresh(response.status_code, body_of(response))
        usable = bool(new.access_token)
    except Unavailable as error:
        if response.is_success:
            # It did renew, and we cannot read what it gave.
            raise AnswerLost(error.message) from error
        raise
    except PlatformError:
        raise
    except Exception as error:  # noqa: BLE001 - an adapter may raise anything, and the answer counts
        message = f"The answer to a token renewal cannot be read ({type(error).__name__})."
        # From nothing: the error may quote the answer, and the answer holds tokens.
        raise (AnswerLost if response.is_success else Unavailable)(message) from None
    if not usable:
        raise AnswerLost("The network's answer to a token renewal holds no token.")
    return new
