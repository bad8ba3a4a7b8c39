"""What a worker hands to an adapter while it works on one part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

import httpx

from mpcas2_core.content.links import MAX_SECONDS, MediaLinks
from mpcas2_core.database.scope import Tenant
from mpcas2_core.outbound import Clients
from mpcas2_core.publishing.compose import media_of
from mpcas2_core.publishing.ledger import PartRow, Work
from mpcas2_core.quotas import Meter
from mpcas2_core.storage import Storage, StoredFileMissing
from mpcas2_hookspecs import Account, Media, Part, QuotaReading, Rejected, Unavailable

__all__ = ("PartContext", "WorkingContext", "part_of")


class WorkingContext:
    """The :class:`~mpcas2_hookspecs.AccountContext` of one account.

    Args:
        account: For whom.
        clients: Make the HTTP clients, each when it is first asked for.
        token: The account's access token.
        meter: Its quotas.
    """

    def __init__(self, *, account: Account, clients: Clients, token: str, meter: Meter) -> None:
        self.account = account
        self.meter = meter
        self._clients = clients
        self._token = token
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Closes the clients; the connections stay in the pool."""
        await self._open.aclose()

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """A client with the account's token."""
        return self._closing(self._clients.bearing(self._token))

    @cached_property
    def bare_http(self) -> httpx.AsyncClient:
        """A client without. One of its own, because a client keeps cookies."""
        return self._closing(self._clients.bare())

    def _closing(self, client: httpx.AsyncClient) -> httpx.AsyncClient:
        self._open.push_async_callback(client.aclose)
        return client

    def now(self) -> datetime:
        """Tells the time (aware, UTC)."""
        return datetime.now(UTC)

    async def spend(self, quota: str, amount: int = 1) -> None:
        """Counts a use of a declared quota."""
        await self.meter.spend(quota, amount)

    def observe(self, reading: QuotaReading) -> None:
        """Takes what an answer told about a declared quota."""
        self.meter.observe(reading)


class PartContext(WorkingContext):
    """The :class:`~mpcas2_hookspecs.PublishContext` of one part.

    Args:
        account: For whom.
        clients: Make the HTTP clients, each when it is first asked for.
        token: The account's access token.
        meter: Its quotas.
        journal: Handles stored so far.
        save: Stores one more; it raises when the job was lost.
        storage: Where the tenant's files are.
        links: Makes the addresses from which networks fetch files.
        tenant: Whose files.
    """

    def __init__(
        self,
        *,
        account: Account,
        clients: Clients,
        token: str,
        meter: Meter,
        journal: Mapping[str, Any],
        save: Callable[[str, Any], Awaitable[None]],
        storage: Storage,
        links: MediaLinks,
        tenant: Tenant,
    ) -> None:
        super().__init__(account=account, clients=clients, token=token, meter=meter)
        self._journal = dict(journal)
        self._save = save
        self._storage = storage
        self._links = links
        self._tenant = tenant

    @property
    def journal(self) -> Mapping[str, Any]:
        """What was stored for this part."""
        return self._journal

    async def record(self, name: str, value: Any) -> None:
        """Stores a durable handle before it returns."""
        await self._save(name, value)
        self._journal[name] = value

    async def open_media(self, media: Media, start: int = 0) -> AsyncIterator[bytes]:
        """Reads a file of the part in chunks."""
        try:
            async for chunk in self._storage.open(self._tenant.id, media.id, start):
                yield chunk
        except StoredFileMissing as error:
            raise Rejected("A file of this post is no longer stored. Upload it again.") from error
        except OSError as error:
            raise Unavailable(f"The file store cannot be read now: {error}.") from error

    def media_url(self, media: Media) -> str:
        """Gives an address from which the network can fetch a file, for a day."""
        if not self._links.reach_networks:
            raise Rejected(
                "The network fetches files itself, and this installation has no address that it could "
                "reach. Ask the operator to set MPCAS2_PUBLIC_URL to an https:// address that the "
                "internet leads to this installation, then use `retry`.",
                code="NO_PUBLIC_ADDRESS",
            )
        return self._links.make(self._tenant.id, media.id, media.mime_type, MAX_SECONDS).url


def part_of(work: Work, options: Any) -> Part:
    """Gives the part of an attempt as adapters see it."""
    part: PartRow = work.part
    earlier = [one.as_published() for one in work.earlier]
    # A comment hangs below the post itself, however long the thread is.
    parents = earlier[:1] if part.role == "comment" else earlier
    return Part(
        index=part.position,
        role=part.role,
        text=part.text,
        title=part.title,
        media=tuple(media_of(file) for file in part.media),
        thumbnail=None if part.thumbnail is None else media_of(part.thumbnail),
        options=options,
        root=earlier[0] if earlier else None,
        parent=parents[-1] if parents else None,
    )
