"""What a worker hands to an adapter while it works on one part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from mpcas2_core.database.scope import Tenant
from mpcas2_core.publishing.ledger import PartRow, Work
from mpcas2_core.storage import Storage, StoredFileMissing
from mpcas2_hookspecs import Account, Media, Part, Rejected, Unavailable

__all__ = ("PartContext", "part_of")


class PartContext:
    """The :class:`~mpcas2_hookspecs.PublishContext` of one part.

    Args:
        account: For whom.
        http: Client with the account's token.
        bare_http: Client without.
        journal: Handles stored so far.
        save: Stores one more; it raises when the job was lost.
        storage: Where the tenant's files are.
        tenant: Whose files.
    """

    def __init__(
        self,
        *,
        account: Account,
        http: httpx.AsyncClient,
        bare_http: httpx.AsyncClient,
        journal: Mapping[str, Any],
        save: Callable[[str, Any], Awaitable[None]],
        storage: Storage,
        tenant: Tenant,
    ) -> None:
        self.account = account
        self.http = http
        self.bare_http = bare_http
        self._journal = dict(journal)
        self._save = save
        self._storage = storage
        self._tenant = tenant

    @property
    def journal(self) -> Mapping[str, Any]:
        """What was stored for this part."""
        return self._journal

    def now(self) -> datetime:
        """Tells the time (aware, UTC)."""
        return datetime.now(UTC)

    async def record(self, name: str, value: Any) -> None:
        """Stores a durable handle before it returns."""
        await self._save(name, value)
        self._journal[name] = value

    async def open_media(self, media: Media) -> AsyncIterator[bytes]:
        """Reads a file of the part in chunks."""
        try:
            async for chunk in self._storage.open(self._tenant.id, media.id):
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
        media=tuple(
            Media(
                id=entry["sha256"],
                kind=entry["kind"],
                mime_type=entry["mime_type"],
                size=entry["size"],
                width=entry.get("width"),
                height=entry.get("height"),
                alt_text=entry.get("alt_text") or "",
            )
            for entry in part.media
        ),
        options=options,
        root=work.earlier[0].as_published() if work.earlier else None,
        parent=work.earlier[-1].as_published() if work.earlier else None,
    )
