"""Contexts for adapters under test: real HTTP clients, everything else in memory."""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from mpcas2_hookspecs import Account, Media, OAuthApp, QuotaReading, Rejected
from mpcas2_testing.media_host import media_host
from mpcas2_testing.trouble import Trouble, TroubledTransport

__all__ = ("MemoryConnectContext", "MemoryPublishContext", "system_clock")

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC."""

_TIMEOUT_SECONDS = 10.0
_CHUNK_BYTES = 64 * 1024


def system_clock() -> datetime:
    """Tells the machine's time, aware and in UTC."""
    return datetime.now(UTC)


class MemoryConnectContext:
    """A :class:`~mpcas2_hookspecs.ConnectContext` to use with ``async with``.

    Unlike the engine's, its client reaches private networks, where practice networks live.

    Args:
        access_token: What ``http`` sends as ``Authorization: Bearer``; None for no credentials.
        app: The registration that the grant was given to; None outside a consent flow.
        clock: The time that the adapter is told.
        timeout: Seconds to wait for the network.
    """

    def __init__(
        self,
        *,
        access_token: str | None = None,
        app: OAuthApp | None = None,
        clock: Clock = system_clock,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._app = app
        self._clock = clock
        self._client = _client(access_token, timeout)

    @property
    def http(self) -> httpx.AsyncClient:
        """A client with the access token, if one was given."""
        return self._client

    @property
    def app(self) -> OAuthApp | None:
        """The registration that the grant was given to."""
        return self._app

    def now(self) -> datetime:
        """Tells the time of the given clock."""
        return self._clock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()


class MemoryPublishContext:
    """A :class:`~mpcas2_hookspecs.PublishContext` to use with ``async with``.

    As in the engine, nothing that is not JSON gets into the journal, and the client follows no
    redirect and never retries. Unlike the engine's, it reaches private networks.

    Args:
        account: The account to publish for.
        access_token: What ``http`` sends as ``Authorization: Bearer``.
        media: The bytes of each file by :attr:`Media.id`.
        journal: The journal; hand the same one to a second context to play a successor.
        clock: The time that the adapter is told.
        timeout: Seconds to wait for the network.
        trouble: What goes wrong on this side.
        on_read: Called with the number of bytes so far before each chunk of a file is given.
    """

    def __init__(
        self,
        *,
        account: Account,
        access_token: str,
        media: Mapping[str, bytes] | None = None,
        journal: MutableMapping[str, Any] | None = None,
        clock: Clock = system_clock,
        timeout: float = _TIMEOUT_SECONDS,
        trouble: Trouble | None = None,
        on_read: Callable[[int], None] | None = None,
    ) -> None:
        self._on_read = on_read
        self._account = account
        self._media = dict(media or {})
        self._journal: MutableMapping[str, Any] = {} if journal is None else journal
        self._clock = clock
        self._trouble = trouble
        self._http = _client(access_token, timeout, trouble)
        self._bare_http = _client(None, timeout, trouble)
        self.spent: list[tuple[str, int]] = []
        self.readings: list[QuotaReading] = []
        self.media_urls: list[str] = []

    @property
    def account(self) -> Account:
        """The account that the part is for."""
        return self._account

    @property
    def http(self) -> httpx.AsyncClient:
        """A client that adds the access token to every request."""
        return self._http

    @property
    def bare_http(self) -> httpx.AsyncClient:
        """A client without credentials."""
        return self._bare_http

    @property
    def journal(self) -> Mapping[str, Any]:
        """What was recorded so far."""
        return self._journal

    def now(self) -> datetime:
        """Tells the time of the given clock."""
        return self._clock()

    async def record(self, name: str, value: Any) -> None:
        """Stores a handle as JSON; a later one of the same name replaces it.

        Raises:
            TypeError: The value is not JSON.
        """
        content, trouble = msgspec.json.decode(msgspec.json.encode(value)), self._trouble
        if trouble is None:
            self._journal[name] = content
            return
        trouble.writes += 1
        struck = trouble.writes == trouble.write
        if trouble.stored or not struck:
            self._journal[name] = content
        if struck:
            raise trouble.write_fails()

    async def spend(self, quota: str, amount: int = 1) -> None:
        """Notes a use of a quota in ``spent``; there is always enough."""
        self.spent.append((quota, amount))

    def observe(self, reading: QuotaReading) -> None:
        """Keeps what an answer told in ``readings``."""
        self.readings.append(reading)

    async def open_media(self, media: Media, start: int = 0) -> AsyncIterator[bytes]:
        """Reads a file from a byte on, in chunks of 64 KiB.

        Raises:
            Rejected: The context was given no such file.
        """
        if media.id not in self._media:
            raise Rejected(f"The file {media.id} is gone; upload it again.", code="media-gone")
        content = self._media[media.id]
        for place in range(start, len(content), _CHUNK_BYTES):
            if self._on_read is not None:
                self._on_read(place)
            yield content[place : place + _CHUNK_BYTES]

    def media_url(self, media: Media) -> str:
        """Gives an address on this machine from which the file can be fetched; see ``media_urls``.

        Raises:
            Rejected: The context was given no such file.
        """
        if media.id not in self._media:
            raise Rejected(f"The file {media.id} is gone; upload it again.", code="media-gone")
        url = media_host().offer(self._media[media.id], media.mime_type)
        self.media_urls.append(url)
        return url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()
        await self._bare_http.aclose()


def _client(
    access_token: str | None, timeout: float, trouble: Trouble | None = None
) -> httpx.AsyncClient:
    headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
    plain = httpx.AsyncHTTPTransport(verify=_trust())
    # A transport of its own, so that no proxy of the machine stands between a test and its network.
    return httpx.AsyncClient(
        headers=headers,
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        transport=plain if trouble is None else TroubledTransport(plain, trouble),
    )


@functools.cache
def _trust() -> ssl.SSLContext:
    # Reading the certificates takes longer than all the requests of a test.
    return ssl.create_default_context()
