"""The rows of uploads."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec

from mpcas2_core.content.rows import ContentFile, NewContent
from mpcas2_core.database.scope import Scope
from mpcas2_core.uploads.rows import NewUpload, Refusal, UploadRow, UploadState

__all__ = (
    "EXPIRY",
    "claim",
    "delete",
    "due",
    "from_record",
    "get",
    "insert",
    "keep_file",
    "name_content",
    "note_received",
    "release",
    "renew",
    "settle",
)

EXPIRY = timedelta(hours=24)
COLUMNS = (
    "id, user_id, size, file_name, content, metadata, state, received, file, content_id, refusal, "
    "created_at, touched_at, coalesce(held_until > clock_timestamp(), false) AS held, "
    "coalesce(held_until <= clock_timestamp(), false) AS left_held"
)


def from_record(row: asyncpg.Record) -> UploadRow:
    """Reads a row that holds ``COLUMNS``."""
    return UploadRow(
        id=row["id"],
        user_id=row["user_id"],
        size=row["size"],
        file_name=row["file_name"],
        content=msgspec.convert(row["content"], NewContent),
        metadata=row["metadata"],
        state=row["state"],
        received=row["received"],
        held=row["held"],
        left_held=row["left_held"],
        file=msgspec.convert(row["file"], ContentFile | None),
        content_id=row["content_id"],
        refusal=msgspec.convert(row["refusal"], Refusal | None),
        created_at=row["created_at"],
        expires_at=row["touched_at"] + EXPIRY,
    )


async def insert(scope: Scope, upload_id: UUID, user_id: UUID, new: NewUpload) -> UploadRow:
    """Adds an upload."""
    (row,) = await scope.fetch(
        "/* mpcas2:uploads.insert */ INSERT INTO uploads (id, user_id, size, file_name, content, "
        f"metadata) VALUES ($1, $2, $3, $4, $5, $6) RETURNING {COLUMNS}",
        upload_id,
        user_id,
        new.size,
        new.file_name,
        msgspec.to_builtins(new.content),
        new.metadata,
    )
    return from_record(row)


async def get(scope: Scope, upload_id: UUID) -> UploadRow | None:
    """Gives an upload, or None."""
    row = await scope.fetchrow(
        f"/* mpcas2:uploads.get */ SELECT {COLUMNS} FROM uploads WHERE id = $1", upload_id
    )
    return from_record(row) if row else None


async def claim(scope: Scope, upload_id: UUID, holder: UUID, lease: timedelta) -> UploadRow | None:
    """Takes an upload for one writer; None when another has it or there is none."""
    row = await scope.fetchrow(
        "/* mpcas2:uploads.claim */ UPDATE uploads SET holder = $2, "
        "held_until = clock_timestamp() + $3 WHERE id = $1 "
        f"AND (held_until IS NULL OR held_until <= clock_timestamp()) RETURNING {COLUMNS}",
        upload_id,
        holder,
        lease,
    )
    return from_record(row) if row else None


async def renew(scope: Scope, upload_id: UUID, holder: UUID, lease: timedelta) -> bool:
    """Keeps an upload that was claimed; False when somebody else has it by now."""
    tag = await scope.execute(
        "/* mpcas2:uploads.renew */ UPDATE uploads SET held_until = clock_timestamp() + $3 "
        "WHERE id = $1 AND holder = $2",
        upload_id,
        holder,
        lease,
    )
    return tag == "UPDATE 1"


async def release(scope: Scope, upload_id: UUID, holder: UUID) -> None:
    """Lets an upload go."""
    await scope.execute(
        "/* mpcas2:uploads.release */ UPDATE uploads SET holder = NULL, held_until = NULL "
        "WHERE id = $1 AND holder = $2",
        upload_id,
        holder,
    )


async def note_received(
    scope: Scope, upload_id: UUID, holder: UUID, received: int
) -> UploadRow | None:
    """Notes how many bytes are kept; with the last one the upload is to be checked.

    Returns:
        The upload, or None when somebody else has it by now.
    """
    row = await scope.fetchrow(
        "/* mpcas2:uploads.note_received */ UPDATE uploads SET received = $3, touched_at = now(), "
        "file = NULL, state = CASE WHEN $3 >= size THEN 'checking' ELSE 'receiving' END "
        f"WHERE id = $1 AND holder = $2 AND state IN ('receiving', 'checking') RETURNING {COLUMNS}",
        upload_id,
        holder,
        received,
    )
    return from_record(row) if row else None


async def keep_file(scope: Scope, upload_id: UUID, holder: UUID, file: ContentFile) -> bool:
    """Notes the checked file before it is placed; False when somebody else has the upload."""
    tag = await scope.execute(
        "/* mpcas2:uploads.keep_file */ UPDATE uploads SET file = $3 "
        "WHERE id = $1 AND holder = $2 AND state = 'checking'",
        upload_id,
        holder,
        msgspec.to_builtins(file),
    )
    return tag == "UPDATE 1"


async def settle(
    scope: Scope,
    upload_id: UUID,
    holder: UUID,
    state: UploadState,
    *,
    refusal: Refusal | None = None,
) -> bool:
    """Ends an upload; False when somebody else has it by now."""
    tag = await scope.execute(
        "/* mpcas2:uploads.settle */ UPDATE uploads SET state = $3, refusal = $4, "
        "touched_at = now() WHERE id = $1 AND holder = $2 AND state IN ('receiving', 'checking')",
        upload_id,
        holder,
        state,
        None if refusal is None else msgspec.to_builtins(refusal),
    )
    return tag == "UPDATE 1"


async def name_content(scope: Scope, upload_id: UUID, content_id: UUID) -> None:
    """Notes the content that an upload became, in the transaction that makes it."""
    await scope.execute(
        "/* mpcas2:uploads.name_content */ UPDATE uploads SET content_id = $2 WHERE id = $1",
        upload_id,
        content_id,
    )


async def delete(scope: Scope, upload_id: UUID, holder: UUID) -> None:
    """Forgets an upload that was claimed; content that was made of it stays."""
    await scope.execute(
        "/* mpcas2:uploads.delete */ DELETE FROM uploads WHERE id = $1 AND holder = $2",
        upload_id,
        holder,
    )


async def due(scope: Scope, limit: int) -> list[UploadRow]:
    """Names uploads that nobody has in hand and that are to be checked, or are out of time."""
    rows = await scope.fetch(
        f"/* mpcas2:uploads.due */ SELECT {COLUMNS} FROM uploads WHERE (state = 'checking' "
        "OR touched_at < now() - $1::interval) "
        "AND (held_until IS NULL OR held_until <= clock_timestamp()) ORDER BY touched_at LIMIT $2",
        EXPIRY,
        limit,
    )
    return [from_record(row) for row in rows]
