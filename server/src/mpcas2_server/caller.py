"""Whoever makes a request: the way from its token to its tenant's scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request

from mpcas2_core.database import Scope
from mpcas2_core.engine import Engine
from mpcas2_core.errors import Unauthenticated
from mpcas2_core.identity import AccessClaims, Principal
from mpcas2_server.requests import note_user

__all__ = ("Caller", "engine_of", "signed_in")

_T = TypeVar("_T")


class Caller:
    """A request with a good token.

    Attributes:
        engine: The engine.
        claims: What the token says.
    """

    __slots__ = ("claims", "engine")

    def __init__(self, engine: Engine, claims: AccessClaims) -> None:
        self.engine = engine
        self.claims = claims

    async def run(self, work: Callable[[Scope, Principal], Awaitable[_T]]) -> _T:
        """Looks the user up and runs work in the tenant's scope, in one transaction.

        The work must not wait for a network, and must leave nothing behind outside the scope: it
        may be run twice.
        """
        return await self.engine.identity.run(self.claims, work)

    async def principal(self) -> Principal:
        """Looks the user up, for work that cannot be done in one transaction."""
        return await self.run(_itself)


def engine_of(request: Request[Any, Any, Any]) -> Engine:
    """Gives the engine of this process."""
    engine: Engine = request.app.state.engine
    return engine


def signed_in(request: Request[Any, Any, Any]) -> Caller:
    """Reads the request's token. Call it first, before inputs are looked at.

    Raises:
        Unauthenticated: There is no good token.
    """
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(
            "This needs a sign-in. Send `Authorization: Bearer <accessToken>` with a token from "
            "POST /auth/login."
        )
    engine = engine_of(request)
    claims = engine.identity.verify(token.strip())
    note_user(request.scope, str(claims.tenant_id), str(claims.user_id))
    return Caller(engine, claims)


async def _itself(_scope: Scope, principal: Principal) -> Principal:
    return principal
