"""Runs what an adapter does while an account is connected, and says in plain words how it failed."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar

import httpx
import structlog

from mpcas2_core.errors import InvalidInput, NetworkFault
from mpcas2_core.outbound.guard import AddressRefused
from mpcas2_hookspecs import OAuthApp, Platform, PlatformError, RateLimited, Unavailable

__all__ = ("ConnectingContext", "asked", "refusal_behind")

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

# Longest time for all requests of one connection together.
SECONDS = 30.0


class ConnectingContext:
    """The :class:`~mpcas2_hookspecs.ConnectContext` of one connection.

    Args:
        http: With the fresh grant's token, or without credentials.
        app: The registration that the grant was given to.
    """

    def __init__(self, http: httpx.AsyncClient, app: OAuthApp | None = None) -> None:
        self.http = http
        self.app = app

    def now(self) -> datetime:
        """Tells the time (aware, UTC)."""
        return datetime.now(UTC)


async def asked(platform: Platform, work: Awaitable[_T], *, refused: str) -> _T:
    """Waits for an adapter's answer and translates its faults for a person.

    Args:
        platform: The network, for the words.
        work: What the adapter does.
        refused: Code of the error when the network or the adapter says no.

    Raises:
        InvalidInput: The network said no; the message says what to do.
        NetworkFault: The network cannot be reached now, or its plugin failed.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await work
    except (Unavailable, RateLimited) as error:
        raise NetworkFault(refusal_behind(error) or error.message, details=_code(error)) from error
    except PlatformError as error:
        raise InvalidInput(error.message, code=refused, details=_code(error)) from error
    except TimeoutError as error:
        raise NetworkFault(
            f"{platform.title} did not answer within {SECONDS:.0f} seconds. Try again later."
        ) from error
    except Exception as error:
        # Where it happened, without the message: it may quote the credentials.
        log.error(  # noqa: TRY400 - as above
            "connect_failed",
            platform=platform.key,
            detail=type(error).__name__,
            where="".join(traceback.format_tb(error.__traceback__)),
        )
        raise NetworkFault(
            refusal_behind(error)
            or f"{platform.title} could not be connected ({type(error).__name__}). Check what "
            "you typed; if it stays, the log of the server says where it failed."
        ) from error


def refusal_behind(error: BaseException | None) -> str | None:
    """Finds the guard's own words, which say what to do, behind an adapter's."""
    while error is not None and not isinstance(error, AddressRefused):
        error = error.__cause__
    return str(error) if error else None


def _code(error: PlatformError) -> dict[str, str] | None:
    return {"networkCode": error.code} if error.code else None
