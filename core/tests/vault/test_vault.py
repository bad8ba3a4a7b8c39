"""Values open for their tenant and purpose only, and go on opening through every rotation."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable

import pytest

from mpcas2_core.database import Database, Tenant
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, SealedValueError, SecretsError, Vault

Story = Callable[[Database, Tenant, Tenant], Awaitable[None]]
PLAIN = b"the grant of an account"


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


FIRST = new_key()


def vault(text: str = FIRST) -> Vault:
    """A vault as another process has it, with an empty cache."""
    return Vault(MasterKeys(text))


def tell(url: str, story: Story) -> None:
    async def whole() -> None:
        database = await Database.open(url, size=2)
        try:
            tenants = Tenants(database, vault())
            async with database.public() as connection, connection.transaction():
                mine = await tenants.create(connection, "Mine")
                other = await tenants.create(connection, "Other")
            await story(database, mine, other)
        finally:
            await database.close()

    asyncio.run(whole())


async def sealed_by(box: Vault, database: Database, tenant: Tenant) -> bytes:
    await box.load(database, tenant)
    return box.seal(tenant, "grant", PLAIN)


def test_a_value_opens_in_any_process_of_the_installation(fresh_database_url: str) -> None:
    async def story(database: Database, mine: Tenant, _other: Tenant) -> None:
        sealed = await sealed_by(vault(), database, mine)
        assert PLAIN not in sealed
        assert await vault().open(database, mine, "grant", sealed) == PLAIN
        assert await sealed_by(vault(), database, mine) != sealed

    tell(fresh_database_url, story)


def test_another_tenant_or_purpose_does_not_open_it(fresh_database_url: str) -> None:
    async def story(database: Database, mine: Tenant, other: Tenant) -> None:
        box = vault()
        sealed = await sealed_by(box, database, mine)
        for tenant, purpose in ((other, "grant"), (mine, "password"), (mine, "")):
            with pytest.raises(SealedValueError, match="another tenant or purpose"):
                await box.open(database, tenant, purpose, sealed)

    tell(fresh_database_url, story)


def test_a_changed_or_cut_value_does_not_open(fresh_database_url: str) -> None:
    async def story(database: Database, mine: Tenant, _other: Tenant) -> None:
        box = vault()
        sealed = await sealed_by(box, database, mine)
        changed = [
            sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))
        ]
        for bad in (*changed, *(sealed[:n] for n in range(len(sealed))), sealed + b"x"):
            with pytest.raises(SealedValueError):
                await box.open(database, mine, "grant", bad)

    tell(fresh_database_url, story)


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key(
    fresh_database_url: str,
) -> None:
    async def story(database: Database, mine: Tenant, other: Tenant) -> None:
        rotating, stale = vault(), vault()
        old = await sealed_by(rotating, database, mine)
        await stale.load(database, mine)
        assert await rotating.rotate(database, mine) == 2
        new = rotating.seal(mine, "grant", PLAIN)
        assert (rotating.is_current(mine, old), rotating.is_current(mine, new)) == (False, True)
        for box in (rotating, stale, vault()):
            for sealed in (old, new):
                assert await box.open(database, mine, "grant", sealed) == PLAIN
        # The stale one met the new key in a value, and seals with it from now on.
        assert rotating.is_current(mine, stale.seal(mine, "grant", PLAIN))
        assert await rotating.rotate(database, other) == 2

    tell(fresh_database_url, story)


def test_two_rotations_at_once_make_two_keys(fresh_database_url: str) -> None:
    async def story(database: Database, mine: Tenant, _other: Tenant) -> None:
        versions = await asyncio.gather(*(vault().rotate(database, mine) for _ in range(2)))
        assert sorted(versions) == [2, 3]

    tell(fresh_database_url, story)


def test_the_master_key_is_rotated_by_rewrapping(fresh_database_url: str) -> None:
    async def story(database: Database, mine: Tenant, other: Tenant) -> None:
        sealed = {tenant: await sealed_by(vault(), database, tenant) for tenant in (mine, other)}
        second = new_key()
        both = vault(f"{second}\n{FIRST}\n")
        assert await both.open(database, mine, "grant", sealed[mine]) == PLAIN
        assert await both.rewrap(database) == 2
        assert await both.rewrap(database) == 0
        for tenant, value in sealed.items():
            assert await vault(second).open(database, tenant, "grant", value) == PLAIN
            with pytest.raises(SecretsError, match=r"not configured.*MPCAS2_MASTER_KEY"):
                await vault().open(database, tenant, "grant", value)

    tell(fresh_database_url, story)


def test_a_tenants_key_does_not_open_in_another_tenants_row(fresh_database_url: str) -> None:
    async def story(database: Database, mine: Tenant, other: Tenant) -> None:
        async with database.public() as connection:
            await connection.execute(
                "UPDATE tenant_keys SET sealed = (SELECT sealed FROM tenant_keys WHERE "
                "tenant_id = $1) WHERE tenant_id = $2",
                other.id,
                mine.id,
            )
        with pytest.raises(SecretsError, match="damaged or belongs elsewhere"):
            await vault().load(database, mine)

    tell(fresh_database_url, story)


def test_a_tenant_without_a_key_says_what_to_do(fresh_database_url: str) -> None:
    async def story(database: Database, mine: Tenant, _other: Tenant) -> None:
        async with database.public() as connection:
            await connection.execute("DELETE FROM tenant_keys")
        with pytest.raises(SecretsError, match="restore one from a backup"):
            await vault().load(database, mine)

    tell(fresh_database_url, story)
