"""Databases of their own, small migration folders, and a fleet of 200 tenants."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mpcas2_core.database import Database, Tenant
from mpcas2_core.database.migrate import FOLDER, load
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault

if TYPE_CHECKING:
    from shared_servers import Stores

NOTES = """
CREATE TABLE notes (id integer PRIMARY KEY, owner text NOT NULL, body text NOT NULL);
INSERT INTO notes SELECT n, current_schema(), '0' FROM generate_series(1, 3) AS n;
"""
AT_A_TIME = 8


@pytest.fixture(scope="session")
def found_tenants() -> Callable[[str, Path, list[str]], list[Tenant]]:
    """Makes tenants from a folder of migrations, several at a time, in the order of their names."""

    async def found(url: str, folder: Path, names: list[str]) -> list[Tenant]:
        database = await Database.open(url, size=AT_A_TIME)
        vault = Vault(MasterKeys(base64.b64encode(os.urandom(32)).decode()))
        tenants = Tenants(database, vault, load("tenant", folder))

        async def one(name: str) -> Tenant:
            async with database.public() as connection, connection.transaction():
                return await tenants.create(connection, name)

        try:
            return list(await asyncio.gather(*map(one, names)))
        finally:
            await database.close()

    return lambda url, folder, names: asyncio.run(found(url, folder, names))


def _steps(folder: Path) -> Path:
    shutil.copytree(FOLDER / "public", folder / "public")
    (folder / "tenant").mkdir()
    (folder / "tenant" / "0001_notes.sql").write_text(NOTES)
    return folder


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A folder of migrations: the real ones of `public`, and one small table for tenants."""
    return _steps(tmp_path / "migrations")


@pytest.fixture(scope="module")
def fleet_url(servers: Stores) -> Iterator[str]:
    """The database of the module's fleet."""
    with servers.database() as url:
        yield url


@pytest.fixture(scope="module")
def fleet(
    fleet_url: str,
    found_tenants: Callable[[str, Path, list[str]], list[Tenant]],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Tenant]:
    """200 tenants; each has three notes that carry its own schema's name."""
    folder = _steps(tmp_path_factory.mktemp("fleet") / "migrations")
    return found_tenants(fleet_url, folder, [f"tenant {number}" for number in range(200)])
