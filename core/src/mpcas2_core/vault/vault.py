"""Seals and opens a tenant's secrets with the tenant's own data key."""

from __future__ import annotations

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mpcas2_core.database.pool import Connection, Database
from mpcas2_core.database.scope import Tenant
from mpcas2_core.vault.keys import KEY_BYTES, NONCE_BYTES, MasterKeys, SecretsError

__all__ = ("SealedValueError", "Vault")

VERSION_BYTES = 4


class SealedValueError(Exception):
    """A sealed value cannot be opened: it was changed, or belongs to another tenant or purpose."""


class Vault:
    """Envelope encryption: values under a tenant's key, tenants' keys under the master key.

    A sealed value is the key's version (4 bytes), a nonce (12) and AES-256-GCM's output. Tenant and
    purpose are authenticated with it, so a value that is copied elsewhere does not open.

    Args:
        keys: The master keys.
    """

    def __init__(self, keys: MasterKeys) -> None:
        self.keys = keys
        self._opened: dict[tuple[UUID, int], AESGCM] = {}
        self._current: dict[UUID, int] = {}

    async def create_tenant_key(self, connection: Connection, tenant_id: UUID) -> int:
        """Makes the next data key of a tenant in the transaction that is open.

        Returns:
            The new key's version.
        """
        version: int = await connection.fetchval(
            "SELECT coalesce(max(version), 0) + 1 FROM public.tenant_keys WHERE tenant_id = $1",
            tenant_id,
        )
        key_id, sealed = self.keys.seal(os.urandom(KEY_BYTES), _context(tenant_id, version))
        await connection.execute(
            "INSERT INTO public.tenant_keys (tenant_id, version, master_key_id, sealed) "
            "VALUES ($1, $2, $3, $4)",
            tenant_id,
            version,
            key_id,
            sealed,
        )
        return version

    async def load(self, database: Database, tenant: Tenant, *, version: int | None = None) -> None:
        """Makes a tenant's keys ready, so that :meth:`seal` and :meth:`open` need no I/O.

        Args:
            database: Where the sealed keys are.
            tenant: Whose.
            version: A key that is needed; without it, any will do.

        Raises:
            SecretsError: The tenant has no key, or the master key for it is not configured.
        """
        known = self._current.get(tenant.id)
        if known is not None and (version is None or (tenant.id, version) in self._opened):
            return
        async with database.public() as connection:
            rows = await connection.fetch(
                "SELECT version, master_key_id, sealed FROM public.tenant_keys "
                "WHERE tenant_id = $1 ORDER BY version",
                tenant.id,
            )
        if not rows:
            raise SecretsError(f"Tenant {tenant.id} has no data key; restore one from a backup.")
        for row in rows:
            plain = self.keys.open(
                row["master_key_id"], row["sealed"], _context(tenant.id, row["version"])
            )
            self._opened[tenant.id, row["version"]] = AESGCM(plain)
            self._current[tenant.id] = row["version"]

    def seal(self, tenant: Tenant, purpose: str, plain: bytes) -> bytes:
        """Encrypts a value for one tenant and purpose; :meth:`load` came before."""
        version = self._current[tenant.id]
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._opened[tenant.id, version].encrypt(nonce, plain, _aad(tenant, purpose))
        return version.to_bytes(VERSION_BYTES) + nonce + sealed

    async def open(self, database: Database, tenant: Tenant, purpose: str, sealed: bytes) -> bytes:
        """Decrypts a value; a key that another process made meanwhile is loaded.

        Raises:
            SealedValueError: The value was changed, or is another tenant's or purpose's.
        """
        version = int.from_bytes(sealed[:VERSION_BYTES])
        await self.load(database, tenant, version=version)
        key = self._opened.get((tenant.id, version))
        nonce, body = sealed[VERSION_BYTES:][:NONCE_BYTES], sealed[VERSION_BYTES + NONCE_BYTES :]
        if key is None:
            raise SealedValueError(f"No key of version {version} for tenant {tenant.id}.")
        if not body:
            raise SealedValueError("A sealed value is cut short.")
        try:
            return key.decrypt(nonce, body, _aad(tenant, purpose))
        except InvalidTag as error:
            raise SealedValueError(
                "A sealed value is damaged, or belongs to another tenant or purpose."
            ) from error

    def is_current(self, tenant: Tenant, sealed: bytes) -> bool:
        """Tells whether a value is sealed with the newest key that :meth:`load` found."""
        return int.from_bytes(sealed[:VERSION_BYTES]) == self._current[tenant.id]

    async def rotate(self, database: Database, tenant: Tenant) -> int:
        """Makes a new data key for a tenant; what was sealed with the older ones still opens.

        Other processes seal with the key they know until they meet a value of the new one.

        Returns:
            The new key's version.
        """
        async with database.public() as connection, connection.transaction():
            # One rotation at a time.
            await connection.execute(
                "SELECT 1 FROM public.tenants WHERE id = $1 FOR UPDATE", tenant.id
            )
            version = await self.create_tenant_key(connection, tenant.id)
        self._current.pop(tenant.id, None)
        await self.load(database, tenant)
        return version

    async def rewrap(self, database: Database) -> int:
        """Seals every tenant's keys with the newest master key.

        Returns:
            How many keys were sealed anew.
        """
        async with database.public() as connection, connection.transaction():
            rows = await connection.fetch(
                "SELECT tenant_id, version, master_key_id, sealed FROM public.tenant_keys "
                "WHERE master_key_id <> $1 FOR UPDATE",
                self.keys.current,
            )
            for row in rows:
                context = _context(row["tenant_id"], row["version"])
                plain = self.keys.open(row["master_key_id"], row["sealed"], context)
                key_id, sealed = self.keys.seal(plain, context)
                await connection.execute(
                    "UPDATE public.tenant_keys SET master_key_id = $3, sealed = $4 "
                    "WHERE tenant_id = $1 AND version = $2",
                    row["tenant_id"],
                    row["version"],
                    key_id,
                    sealed,
                )
            return len(rows)


def _context(tenant_id: UUID, version: int) -> str:
    return f"tenant-key:{tenant_id}:{version}"


def _aad(tenant: Tenant, purpose: str) -> bytes:
    return f"{tenant.id}:{purpose}".encode()
