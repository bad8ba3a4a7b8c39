"""Rows of logins, memberships and users, and the look-up that every request begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import uuid_utils.compat as uuids

from mpcas2_core.database.scope import Scope, Tenant, TenantBehind, TenantUnavailable, schema_of
from mpcas2_core.errors import Conflict, NotAllowed, Unauthenticated
from mpcas2_core.identity.principal import Principal, Role, UserRow
from mpcas2_core.identity.tokens import AccessClaims
from mpcas2_core.tenants import Tenants

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = (
    "SchemaMissing",
    "add_user",
    "enter",
    "find_login",
    "home_of",
    "insert_login",
    "list_users",
    "look_up",
    "membership",
    "unverified",
)

PRINCIPAL = (
    "/* mpcas2:principal */ "
    "SELECT t.name, t.status, t.schema_version, m.user_id, u.email, u.name AS user_name, u.role, "
    "u.avatar_url FROM public.tenants t "
    "LEFT JOIN public.memberships m ON m.tenant_id = t.id AND m.login_id = $2 "
    "LEFT JOIN users u ON u.id = m.user_id WHERE t.id = $1"
)


class SchemaMissing(TenantBehind):
    """The tenant's schema lacks what the look-up reads: the tenant is far behind, or gone."""


def unverified(claims: AccessClaims) -> Tenant:
    """Names the tenant of a verified token, before :func:`look_up` has judged it."""
    return Tenant(id=claims.tenant_id, name="", schema=schema_of(claims.tenant_id))


async def enter(connection: Connection, tenant: Tenant) -> Scope:
    """Turns the transaction that is open on a connection into the tenant's scope.

    Only sign-up, sign-in and refresh do so: they write in ``public`` and in the tenant at once.
    """
    await connection.execute(f'SET LOCAL search_path = "{tenant.schema}"')
    return Scope(tenant, connection)


async def look_up(scope: Scope, claims: AccessClaims, tenants: Tenants) -> Principal:
    """Tells who makes the request, in one statement, and puts the judged tenant into the scope.

    Raises:
        Unauthenticated: The tenant or the user of the token is no longer there.
        NotAllowed: The tenant is suspended.
        TenantBehind: The tenant's schema is older than this code.
        SchemaMissing: The statement could not be run in the tenant's schema.
    """
    try:
        row = await scope.fetchrow(PRINCIPAL, claims.tenant_id, claims.login_id)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise SchemaMissing(
            f"Schema {scope.tenant.schema} is far behind this code. Run `mpcas2 migrate`."
        ) from error
    if row is None:
        raise _gone()
    try:
        tenant = tenants.check(claims.tenant_id, row)
    except TenantUnavailable as error:
        raise NotAllowed(
            f"{error} Ask the operator of this installation.", code="TENANT_UNAVAILABLE"
        ) from error
    if row["user_id"] != claims.user_id or row["email"] is None:
        raise _gone()
    scope.tenant = tenant
    return Principal(
        tenant=tenant,
        user_id=row["user_id"],
        login_id=claims.login_id,
        email=row["email"],
        name=row["user_name"],
        role=row["role"],
        avatar_url=row["avatar_url"],
    )


async def find_login(connection: Connection, email: str) -> tuple[UUID, str] | None:
    """Gives id and password hash of a login, whatever the case of the address."""
    row = await connection.fetchrow(
        "SELECT id, password_hash FROM public.logins WHERE lower(email) = lower($1)", email
    )
    return (row["id"], row["password_hash"]) if row else None


async def insert_login(connection: Connection, email: str, password_hash: str) -> UUID:
    """Adds a login.

    Raises:
        Conflict: ``EMAIL_TAKEN``.
    """
    login_id = uuids.uuid7()
    try:
        await connection.execute(
            "INSERT INTO public.logins (id, email, password_hash) VALUES ($1, $2, $3)",
            login_id,
            email,
            password_hash,
        )
    except asyncpg.UniqueViolationError as error:
        raise Conflict(
            f"{email} is registered already. Sign in, or register with another address.",
            code="EMAIL_TAKEN",
            details={"field": "email"},
        ) from error
    return login_id


async def add_user(scope: Scope, login_id: UUID, *, email: str, name: str, role: Role) -> Principal:
    """Makes a login a user of the scope's tenant.

    Raises:
        Conflict: ``USER_EXISTS``: it is one already.
    """
    user_id = uuids.uuid7()
    try:
        await scope.execute(
            "INSERT INTO users (id, login_id, email, name, role) VALUES ($1, $2, $3, $4, $5)",
            user_id,
            login_id,
            email,
            name,
            role,
        )
    except asyncpg.UniqueViolationError as error:
        raise Conflict(
            f"{email} is a user of {scope.tenant.name!r} already.", code="USER_EXISTS"
        ) from error
    await scope.execute(
        "INSERT INTO public.memberships (login_id, tenant_id, user_id) VALUES ($1, $2, $3)",
        login_id,
        scope.tenant.id,
        user_id,
    )
    return Principal(
        tenant=scope.tenant, user_id=user_id, login_id=login_id, email=email, name=name, role=role
    )


async def home_of(connection: Connection, login_id: UUID) -> AccessClaims:
    """Gives the tenant that a login enters: the first it joined among those in service.

    Raises:
        NotAllowed: ``NO_TENANT``: it belongs to none.
    """
    row = await connection.fetchrow(
        "SELECT m.tenant_id, m.user_id FROM public.memberships m "
        "JOIN public.tenants t ON t.id = m.tenant_id WHERE m.login_id = $1 "
        "ORDER BY t.status <> 'active', m.created_at, m.tenant_id LIMIT 1",
        login_id,
    )
    if row is None:
        raise NotAllowed(
            "This login belongs to no tenant. Ask the operator to add it to one with "
            "`mpcas2 user create`.",
            code="NO_TENANT",
        )
    return AccessClaims(user_id=row["user_id"], tenant_id=row["tenant_id"], login_id=login_id)


async def membership(
    connection: Connection, login_id: UUID, tenant_id: UUID
) -> AccessClaims | None:
    """Gives what a token of this login for this tenant says; None when it is no longer a user."""
    user_id = await connection.fetchval(
        "SELECT user_id FROM public.memberships WHERE login_id = $1 AND tenant_id = $2",
        login_id,
        tenant_id,
    )
    if user_id is None:
        return None
    return AccessClaims(user_id=user_id, tenant_id=tenant_id, login_id=login_id)


async def list_users(scope: Scope) -> list[UserRow]:
    """Gives the tenant's users, the oldest first."""
    rows = await scope.fetch(
        "SELECT id, email, name, role, created_at FROM users ORDER BY created_at, id"
    )
    return [UserRow(**row) for row in rows]


def _gone() -> Unauthenticated:
    return Unauthenticated(
        "The user of this token is no longer there. Sign in again.", code="TOKEN_INVALID"
    )
