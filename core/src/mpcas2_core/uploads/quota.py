"""How much room a tenant's files take, and how much they may.

A file counts once, whoever shows it, from the commit that brings it until it is removed. Uploads
that are under way count with their whole size, so that none is refused after hours of sending. The count
is kept by a trigger of the table ``content``; thumbnails, which are small and ours, do not count.
"""

from __future__ import annotations

import msgspec

from mpcas2_core.content import store as content_store
from mpcas2_core.content.rows import ContentFile
from mpcas2_core.database.scope import Scope
from mpcas2_core.errors import TooLarge

__all__ = ("QuotaExceeded", "Usage", "recount", "require_room", "require_room_for", "usage")


class QuotaExceeded(TooLarge):
    """The tenant's files would take more room than they may."""

    default_code = "QUOTA_EXCEEDED"


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant's files take.

    Attributes:
        used: Bytes of the files that are there.
        reserved: Bytes of the uploads that are under way.
        limit: The most that both may be together; 0 for no limit.
    """

    used: int
    reserved: int
    limit: int


async def usage(scope: Scope, default_limit: int, *, lock: bool = False) -> Usage:
    """Tells what the tenant's files take.

    Args:
        scope: The tenant.
        default_limit: Bytes for a tenant that has no limit of its own; 0 for none.
        lock: True to let nobody else of the tenant change it until the transaction ends.
    """
    row = await scope.fetchrow(
        "/* mpcas2:uploads.usage */ SELECT used, (SELECT storage_limit FROM public.tenants "
        f"WHERE id = $1) AS own FROM storage_usage{' FOR UPDATE' if lock else ''}",
        scope.tenant.id,
    )
    # A statement of its own: under the lock it sees what the one before us reserved.
    reserved = await scope.fetchval(
        "/* mpcas2:uploads.reserved */ SELECT coalesce(sum(size), 0)::bigint FROM uploads "
        "WHERE state IN ('receiving', 'checking')"
    )
    used, own = (row["used"], row["own"]) if row else (0, None)
    return Usage(used=used, reserved=reserved, limit=default_limit if own is None else own)


async def require_room(scope: Scope, size: int, default_limit: int) -> None:
    """Makes sure that a file of this size may come; holds others back until the transaction ends.

    Args:
        scope: The tenant.
        size: Bytes of the file.
        default_limit: As for :func:`usage`.

    Raises:
        QuotaExceeded: There is no room for it; ``details`` have the figures.
    """
    now = await usage(scope, default_limit, lock=True)
    if now.limit and now.used + now.reserved + size > now.limit:
        waiting = f" and uploads under way {now.reserved}" if now.reserved else ""
        raise QuotaExceeded(
            f"The file has {size} bytes; your files take {now.used}{waiting} of {now.limit}. Delete "
            "content that is no longer needed, or ask the operator for more room.",
            details={
                "used": now.used,
                "reserved": now.reserved,
                "limit": now.limit,
                "size": size,
            },
        )


async def require_room_for(scope: Scope, file: ContentFile, default_limit: int) -> None:
    """Makes sure that there is room for the file of content, unless it is there already.

    Args:
        scope: The tenant.
        file: The file; its names are locked until the scope ends.
        default_limit: As for :func:`usage`.

    Raises:
        QuotaExceeded: There is no room for it.
    """
    await content_store.lock_files(scope, *file.names)
    known = await scope.fetchval(
        "/* mpcas2:uploads.known */ SELECT EXISTS (SELECT 1 FROM content WHERE file_sha256 = $1)",
        file.sha256,
    )
    if not known:
        await require_room(scope, file.size, default_limit)


async def recount(scope: Scope) -> int:
    """Counts all files anew, and corrects the count where it was wrong.

    Returns:
        By how many bytes the count was wrong.
    """
    before = await scope.fetchval(
        "/* mpcas2:uploads.usage_lock */ SELECT used FROM storage_usage FOR UPDATE"
    )
    after = await scope.fetchval(
        "/* mpcas2:uploads.recount */ SELECT coalesce(sum(file_size), 0)::bigint FROM "
        "(SELECT DISTINCT ON (file_sha256) file_size FROM content WHERE file_sha256 IS NOT NULL) "
        "AS files"
    )
    if before != after:
        await scope.execute(
            "/* mpcas2:uploads.recounted */ UPDATE storage_usage SET used = $1", after
        )
    return int(after - before)
