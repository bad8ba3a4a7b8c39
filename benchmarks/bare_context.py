"""The least that an adapter needs: clients, clock, a journal in memory, and one file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from mpcas2_hookspecs import Account, Media, OAuthApp, QuotaReading, Rejected

__all__ = ("BareContext", "BearerToken")

# As the engine's storage reads.
STEP = 256 * 1024


class BareContext:
    """What the bare loop hands to an adapter, for one post.

    Args:
        account: For whom.
        http: With the account's token.
        bare_http: Without.
        film: The only file there is; None where posts have none.
    """

    def __init__(
        self,
        account: Account,
        http: httpx.AsyncClient,
        bare_http: httpx.AsyncClient,
        film: Path | None = None,
    ) -> None:
        self.account = account
        self.http = http
        self.bare_http = bare_http
        self._film = film
        self._journal: dict[str, Any] = {}

    @property
    def journal(self) -> Mapping[str, Any]:
        """What was recorded for this post."""
        return self._journal

    @property
    def app(self) -> OAuthApp | None:
        """None: nothing is connected through a consent page here."""
        return None

    def media_url(self, media: Media) -> str:
        """Refuses: the networks of the benchmarks are sent bytes.

        Raises:
            Rejected: Always.
        """
        raise Rejected(f"{media.id} has no address here.")

    def now(self) -> datetime:
        """Tells the time."""
        return datetime.now(UTC)

    async def record(self, name: str, value: Any) -> None:
        """Keeps a handle for as long as the post is worked on, and no longer."""
        self._journal[name] = value

    async def spend(self, quota: str, amount: int = 1) -> None:
        """Counts nothing."""

    def observe(self, reading: QuotaReading) -> None:
        """Learns nothing."""

    async def open_media(self, media: Media, start: int = 0) -> AsyncIterator[bytes]:
        """Reads the file.

        Raises:
            ValueError: The loop was given none.
        """
        if self._film is None:
            raise ValueError(f"the loop has no file for {media.id}")
        with self._film.open("rb") as file:
            file.seek(start)
            while step := file.read(STEP):
                yield step


class BearerToken(httpx.Auth):
    """Adds an access token to every request."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Adds the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
