"""The people of a tenant, as rows and as the one who is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

from mpcas2_core.database.scope import Tenant

__all__ = ("ROLES", "Principal", "Role", "Session", "UserRow")

Role = Literal["owner", "admin", "manager", "editor", "viewer", "programmer"]
ROLES: tuple[str, ...] = get_args(Role)


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a request: one user of one tenant, looked up for this very request.

    Attributes:
        tenant: The tenant that the token names.
        user_id: The user inside the tenant.
        login_id: The login, which may be a user of other tenants too.
        email: Address of the user.
        name: Name of the user.
        role: What the user is in the tenant.
        avatar_url: A picture of the user; None when there is none.
    """

    tenant: Tenant
    user_id: UUID
    login_id: UUID
    email: str
    name: str
    role: Role
    avatar_url: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in gives: the user and two tokens, which ``repr`` hides.

    Attributes:
        principal: Who signed in.
        access_token: Goes with each request, for ``expires_in`` seconds.
        refresh_token: Buys the next pair, once.
        expires_in: Seconds that the access token lasts.
    """

    principal: Principal
    access_token: str
    refresh_token: str
    expires_in: int

    def __repr__(self) -> str:
        """Shows who it is and never a token."""
        return f"Session({self.principal.email!r}, tokens hidden)"


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """A user of a tenant as the operator sees it."""

    id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime
