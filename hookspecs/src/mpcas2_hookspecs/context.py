"""What the engine hands to an adapter: HTTP clients, clock, journal and media."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from mpcas2_hookspecs.account import Account
from mpcas2_hookspecs.oauth import OAuthApp
from mpcas2_hookspecs.post import Media
from mpcas2_hookspecs.quotas import QuotaReading

if TYPE_CHECKING:
    # Adapters depend on httpx; the contract itself does not.
    import httpx

__all__ = ("AccountContext", "ConnectContext", "PublishContext")


class ConnectContext(Protocol):
    """What an adapter may use while an account is being connected."""

    @property
    def http(self) -> httpx.AsyncClient:
        """A client without credentials; for ``connections`` it adds the fresh grant's access token.

        It refuses addresses inside private networks (``httpx.ConnectError``), follows no redirects
        and never retries.
        """

    @property
    def app(self) -> OAuthApp | None:
        """The registration that the grant was given to; None outside a consent flow.

        Some networks want its secret again, to trade a short-lived token for a long-lived one.
        """

    def now(self) -> datetime:
        """Tells the time (aware, UTC). Adapters read no other clock."""


class AccountContext(Protocol):
    """What an adapter may use while it works for a connected account."""

    @property
    def account(self) -> Account:
        """The account."""

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

    async def spend(self, quota: str, amount: int = 1) -> None:
        """Counts a use of a declared quota, right before the request that uses it.

        Args:
            quota: :attr:`QuotaRule.name`.
            amount: How much is used.

        Raises:
            RateLimited: Not so much is left; let it pass through. Nothing was counted.
        """

    def observe(self, reading: QuotaReading) -> None:
        """Takes what an answer told about a declared quota.

        Args:
            reading: What it told.
        """


class PublishContext(AccountContext, Protocol):
    """What an adapter may use while it works on one part of one post."""

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

    def open_media(self, media: Media, start: int = 0) -> AsyncIterator[bytes]:
        """Reads a file of the part in chunks, in constant memory.

        Args:
            media: One of :attr:`Part.media`, or :attr:`Part.thumbnail`.
            start: Byte to begin with.

        Raises:
            Unavailable: The storage cannot be reached now.
            Rejected: The file is gone.
        """

    def media_url(self, media: Media) -> str:
        """Gives an address from which the network can fetch a file of the part, for a day.

        The address is good for whoever has it, so it goes to the network and nowhere else. It is
        another one at every call; what is journalled is what the network made of it.

        Args:
            media: One of :attr:`Part.media`, or :attr:`Part.thumbnail`.

        Raises:
            Rejected: The installation has no address that a network could reach; the message says
                what the operator has to set.
        """
