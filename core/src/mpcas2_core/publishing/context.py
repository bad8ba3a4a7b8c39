"""What a worker hands to an adapter while it works on one part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

import httpx

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
        tenant: Tenant,
    ) -> None:
        super().__init__(account=account, clients=clients, token=token, meter=meter)
        self._journal = dict(journal)
        self._save = save
        self._storage = storage
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


def part_of(work: Work, options: Any) -> Part:
    """Gives the part of an attempt as adapters see it."""
    part: PartRow = work.part
    return Part(
        index=part.position,
        text=part.text,
        title=part.title,
        media=tuple(media_of(file) for file in part.media),
        thumbnail=None if part.thumbnail is None else media_of(part.thumbnail),
        options=options,
        root=work.earlier[0].as_published() if work.earlier else None,
        parent=work.earlier[-1].as_published() if work.earlier else None,
    )
