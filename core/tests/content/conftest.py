"""A desk to work with content at: one tenant, another next door, and a folder for files."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.rows import ContentRow, NewContent
from mpcas2_core.content.service import Contents
from mpcas2_core.content.wording import checked
from mpcas2_core.database import Database, Scope, Tenant
from mpcas2_core.storage import LocalStorage
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault

T = TypeVar("T")


@dataclass
class Desk:
    """Content of one tenant under test, with another tenant next door."""

    database: Database
    storage: LocalStorage
    contents: Contents
    tenant: Tenant
    user_id: UUID
    other: Tenant
    root: Path
    cancelled: list[UUID] = field(default_factory=list)

    async def run(self, work: Callable[[Scope], Awaitable[T]], tenant: Tenant | None = None) -> T:
        return await self.database.run(tenant or self.tenant, work)

    async def add(
        self, title: str = "T", *, file: bytes = b"", tenant: Tenant | None = None
    ) -> ContentRow:
        """Makes content of a document, or of text where there is no file."""
        owner = tenant or self.tenant
        kind = NewContent(title=title, type="document") if file else None
        new = kind or NewContent(title=title, type="text", text="Words")
        async with self.contents.receive(owner) as upload:
            if file:
                await upload.write(file)
                await upload.check("document", "paper.pdf")
                await upload.place()
            return await self.run(
                lambda scope: self.contents.create(
                    scope,
                    self.user_id,
                    checked(new, has_file=bool(file)),
                    upload if file else None,
                ),
                owner,
            )

    def files(self) -> list[Path]:
        return [path for path in self.root.rglob("*") if path.is_file()]


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Callable[[Callable[[Desk], Awaitable[None]]], None]:
    """Runs a story at a desk."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Desk]:
        database = await Database.open(database_url, size=8)
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
            cancelled: list[UUID] = []

            async def cancel(_scope: Scope, content_id: UUID, _user_id: UUID) -> list[UUID]:
                cancelled.append(content_id)
                return [content_id]

            storage = LocalStorage(tmp_path)
            contents = Contents(database, storage, FileProbe(), cancel)
            yield Desk(database, storage, contents, mine, user_id, other, tmp_path, cancelled)
        finally:
            await database.close()

    def run(story: Callable[[Desk], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with opened() as found:
                await story(found)

        asyncio.run(whole())

    return run
