"""What the engine hands to an adapter: HTTP clients, clock, journal and media."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from mpcas2_hookspecs.account import Account
from mpcas2_hookspecs.post import Media

if TYPE_CHECKING:
    # Adapters depend on httpx; the contract itself does not.
    import httpx

__all__ = ("ConnectContext", "PublishContext")


class ConnectContext(Protocol):
    """What an adapter may use while an account is being connected."""

    @property
    def http(self) -> httpx.AsyncClient:
        """A client without credentials. It refuses addresses inside private networks."""

    def now(self) -> datetime:
        """Tells the time (aware, UTC). Adapters read no other clock."""


class PublishContext(Protocol):
    """What an adapter may use while it works on one part of one post."""

    @property
    def account(self) -> Account:
        """The account that the part is for."""

    @property
    def http(self) -> httpx.AsyncClient:
        """A client that adds the account's access token to every request.

        It refuses addresses inside private networks (``httpx.ConnectError``), follows no redirects
        and never retries.
        """

    @property
    def bare_http(self) -> httpx.AsyncClient:
        """The same client without credentials, for upload hosts that refuse them."""

    def now(self) -> datetime:
        """Tells the time (aware, UTC). Adapters read no other clock."""

    @property
    def journal(self) -> Mapping[str, Any]:
        """What :meth:`record` stored for this part, by this process or by one that died."""

    async def record(self, name: str, value: Any) -> None:
        """Stores a durable handle the moment it exists, so that a successor resumes with it.

        Storing a name again replaces its value.

        Args:
            name: Names the handle within the part, for example ``"upload:0"``.
            value: JSON. Never a secret.

        Raises:
            Exception: The engine stops the attempt when the part is no longer this worker's.
                Let it pass through.
        """

    def open_media(self, media: Media) -> AsyncIterator[bytes]:
        """Reads a file of the part in chunks, in constant memory.

        Args:
            media: One of :attr:`Part.media`.

        Raises:
            Unavailable: The storage cannot be reached now.
            Rejected: The file is gone.
        """
