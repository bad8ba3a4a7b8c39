"""A desk to upload at: one tenant, another next door, and a folder for files."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest

from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.rows import NewContent
from mpcas2_core.content.service import Contents
from mpcas2_core.database import Database, Scope, Tenant
from mpcas2_core.storage import LocalStorage
from mpcas2_core.tenants import Tenants
from mpcas2_core.uploads.rows import Checksum, NewUpload, UploadRow
from mpcas2_core.uploads.service import Uploads
from mpcas2_core.uploads.sweep import Sweep
from mpcas2_core.vault import MasterKeys, Vault

T = TypeVar("T")
LIMIT = 10_000_000


@dataclass
class Desk:
    """Uploads of one tenant under test, with another tenant next door."""

    database: Database
    tenants: Tenants
    storage: LocalStorage
    contents: Contents
    uploads: Uploads
    tenant: Tenant
    other: Tenant
    user_id: UUID
    root: Path

    async def run(self, work: Callable[[Scope], Awaitable[T]], tenant: Tenant | None = None) -> T:
        return await self.database.run(tenant or self.tenant, work)

    async def sql(self, statement: str, *args: Any) -> Any:
        return await self.run(lambda scope: scope.fetchval(statement, *args))

    async def begin(self, size: int, kind: Any = "document", name: str = "paper.pdf") -> UploadRow:
        new = NewUpload(
            size=size, file_name=name, content=NewContent(title="T", type=kind), metadata=""
        )
        checked = self.uploads.check_new(new)
        return await self.run(lambda scope: self.uploads.begin(scope, self.user_id, checked))

    async def send(
        self, upload_id: UUID, offset: int, *chunks: bytes, checksum: Checksum | None = None
    ) -> UploadRow:
        return await self.uploads.receive(
            self.tenant, upload_id, offset, each(*chunks), checksum=checksum
        )

    async def whole(self, data: bytes) -> UploadRow:
        begun = await self.begin(len(data))
        return await self.send(begun.id, 0, data)

    async def used(self) -> int:
        """What is counted; it has to be what a count of all files gives."""
        counted: int = await self.sql("SELECT used FROM storage_usage")
        anew = await self.sql(
            "SELECT coalesce(sum(file_size), 0)::bigint FROM (SELECT DISTINCT file_sha256, "
            "file_size FROM content WHERE file_sha256 IS NOT NULL) AS files"
        )
        assert counted == anew
        return counted

    async def limit(self, limit: int | None) -> None:
        async with self.database.public() as connection:
            await connection.execute(
                "UPDATE tenants SET storage_limit = $2 WHERE id = $1", self.tenant.id, limit
            )

    def another_process(self) -> Uploads:
        """Uploads as another process has them: the same rows and files, nothing in memory."""
        return Uploads(self.database, self.storage, self.contents, FileProbe(), max_bytes=LIMIT)

    def sweep(self, orphan_seconds: float = 0.0) -> Sweep:
        return Sweep(
            self.database,
            self.storage,
            self.uploads,
            self.tenants,
            orphan_seconds=orphan_seconds,
        )

    def files(self) -> list[Path]:
        return [path for path in self.root.rglob("*") if path.is_file()]


async def each(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.fixture
def desk(
    fresh_database_url: str, tmp_path: Path
) -> Callable[[Callable[[Desk], Awaitable[None]]], None]:
    """Runs a story at a desk."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Desk]:
        database = await Database.open(fresh_database_url, size=8)
        try:
            vault = Vault(MasterKeys(base64.b64encode(os.urandom(32)).decode()))
            tenants = Tenants(database, vault)
            async with database.public() as connection, connection.transaction():
                mine = await tenants.create(connection, "Mine")
                other = await tenants.create(connection, "Other")
            user_id = uuid4()

            async def add_user(scope: Scope) -> None:
                await scope.execute(
                    "INSERT INTO users (id, login_id, email, name, role) "
                    "VALUES ($1, $1, 'a@b.example', 'A', 'owner')",
                    user_id,
                )

            for tenant in (mine, other):
                await database.run(tenant, add_user)

            async def cancel(_scope: Scope, _content_id: UUID, _user_id: UUID) -> list[UUID]:
                return []

            storage = LocalStorage(tmp_path)
            contents = Contents(database, storage, FileProbe(), cancel)
            uploads = Uploads(
                database, storage, contents, FileProbe(), max_bytes=LIMIT, idle_seconds=0.5
            )
            yield Desk(
                database, tenants, storage, contents, uploads, mine, other, user_id, tmp_path
            )
            await uploads.close()
        finally:
            await database.close()

    def run(story: Callable[[Desk], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with opened() as found:
                await story(found)

        asyncio.run(whole())

    return run
