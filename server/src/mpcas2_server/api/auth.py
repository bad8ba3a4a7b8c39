"""``/auth``: sign up, sign in, renew, sign out, and who one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.response.base import ASGIResponse

from mpcas2_core.errors import EngineError
from mpcas2_core.identity import Principal, Role, Session
from mpcas2_server.caller import engine_of, signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.idempotency import Outcome, key_of, once_anonymous
from mpcas2_server.wire import Input, Output, answer, optional, read_json

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = ("AuthController",)

AnyRequest = Request[Any, Any, Any]
Email = Annotated[str, msgspec.Meta(max_length=254, extra_json_schema={"format": "email"})]


class Registration(Input, frozen=True, kw_only=True):
    """A new user with a new tenant."""

    email: Email
    password: Annotated[
        str,
        msgspec.Meta(
            description="8 characters or more: upper case, lower case, digit, special.",
            extra_json_schema={"format": "password", "minLength": 8},
        ),
    ]
    name: str
    tenant_name: str


class Credentials(Input, frozen=True, kw_only=True):
    """Mail address and password."""

    email: Email
    password: str


class RefreshInput(Input, frozen=True, kw_only=True):
    """A refresh token."""

    refresh_token: str


class User(Output, frozen=True, kw_only=True):
    """A user of a tenant."""

    id: UUID
    email: Annotated[str, msgspec.Meta(extra_json_schema={"format": "email"})]
    name: str
    role: Role
    avatar_url: str | msgspec.UnsetType = msgspec.UNSET


class TenantShown(Output, frozen=True, kw_only=True):
    """A tenant."""

    id: UUID
    name: str


class AuthResponse(Output, frozen=True, kw_only=True):
    """Tokens, and whose they are."""

    access_token: str
    refresh_token: str
    expires_in: Annotated[int, msgspec.Meta(description="Seconds of the access token.")]
    user: User
    tenant: TenantShown


class RefreshResponse(Output, frozen=True, kw_only=True):
    """The next pair of tokens."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User


class Me(Output, frozen=True, kw_only=True):
    """Who is signed in, and where."""

    user: User
    tenant: TenantShown


class AuthController(Controller):
    """Signing in and out."""

    path = "/auth"

    @post(
        "/register",
        doc=Doc(
            tag="Authentication",
            summary="Register a user and a tenant",
            description="Both are made, with the tenant's own schema and key, or nothing is.",
            body=Registration,
            example={
                "email": "ada@example.org",
                "password": "Correct-Horse-7",
                "name": "Ada",
                "tenantName": "Ada's Studio",
            },
            answers={201: AuthResponse},
            errors={
                403: "`REGISTRATION_CLOSED`: sign-up is closed here.",
                409: "`EMAIL_TAKEN`: the address is registered already.",
            },
            public=True,
        ),
    )
    async def register(self, request: AnyRequest) -> ASGIResponse:
        """Makes a login, a tenant and its owner, and signs the owner in."""
        identity = engine_of(request).identity
        identity.check_open()
        body = await read_json(request, Registration)
        key_of(request)
        password_hash = await identity.hash_new(body.password)

        async def work(connection: Connection) -> Outcome:
            principal = await identity.register(
                connection,
                email=body.email,
                password_hash=password_hash,
                name=body.name,
                tenant_name=body.tenant_name,
            )
            return 201, _signed_in(await identity.open_session(connection, principal))

        return await once_anonymous(request, body, work)

    @post(
        "/login",
        doc=Doc(
            tag="Authentication",
            summary="Sign in",
            description="An unknown address and a wrong password get the same answer.",
            body=Credentials,
            example={"email": "ada@example.org", "password": "Correct-Horse-7"},
            answers={200: AuthResponse},
            errors={
                401: "`CREDENTIALS_INVALID`: address or password is wrong.",
                403: "`NO_TENANT` or `TENANT_UNAVAILABLE`: there is no tenant to enter.",
            },
            public=True,
        ),
    )
    async def login(self, request: AnyRequest) -> ASGIResponse:
        """Starts a session."""
        identity = engine_of(request).identity
        body = await read_json(request, Credentials)
        key_of(request)
        login_id = await identity.check_credentials(body.email, body.password)

        async def work(connection: Connection) -> Outcome:
            principal = await identity.enter_home(connection, login_id)
            return 200, _signed_in(await identity.open_session(connection, principal))

        return await once_anonymous(request, body, work)

    @post(
        "/refresh",
        doc=Doc(
            tag="Authentication",
            summary="Exchange the refresh token for the next pair",
            description="The answer carries a new refresh token. Its immediate predecessor gives "
            "the same successor for a short while, so that a lost answer does no harm; an older "
            "one ends the sign-in.",
            body=RefreshInput,
            example={"refreshToken": "r1.…"},
            answers={200: RefreshResponse},
            errors={
                401: "`REFRESH_UNKNOWN`, `REFRESH_EXPIRED`, `REFRESH_REVOKED` or "
                "`REFRESH_REUSED`: sign in again.",
                403: "`TENANT_UNAVAILABLE`: the tenant is suspended.",
            },
            public=True,
        ),
    )
    async def refresh(self, request: AnyRequest) -> ASGIResponse:
        """Rotates a refresh token."""
        identity = engine_of(request).identity
        body = await read_json(request, RefreshInput)

        async def work(connection: Connection) -> Outcome | EngineError:
            session = await identity.refresh(connection, body.refresh_token)
            if isinstance(session, EngineError):
                return session
            return 200, RefreshResponse(
                access_token=session.access_token,
                refresh_token=session.refresh_token,
                expires_in=session.expires_in,
                user=_user(session.principal),
            )

        return await once_anonymous(request, body, work)

    @post(
        "/logout",
        doc=Doc(
            tag="Authentication",
            summary="Sign out",
            description="Ends the sign-in of this refresh token. An unknown token is no fault.",
            body=RefreshInput,
            example={"refreshToken": "r1.…"},
            answers={204: None},
            public=True,
        ),
    )
    async def logout(self, request: AnyRequest) -> ASGIResponse:
        """Ends a session."""
        identity = engine_of(request).identity
        body = await read_json(request, RefreshInput)

        async def work(connection: Connection) -> Outcome:
            await identity.end_session(connection, body.refresh_token)
            return 204, None

        return await once_anonymous(request, body, work)

    @get(
        "/me",
        doc=Doc(
            tag="Authentication",
            summary="Who is signed in",
            answers={200: Me},
        ),
    )
    async def me(self, request: AnyRequest) -> ASGIResponse:
        """Gives user and tenant of the token."""
        principal = await signed_in(request).principal()
        return answer(Me(user=_user(principal), tenant=_tenant(principal)))


def _signed_in(session: Session) -> AuthResponse:
    return AuthResponse(
        access_token=session.access_token,
        refresh_token=session.refresh_token,
        expires_in=session.expires_in,
        user=_user(session.principal),
        tenant=_tenant(session.principal),
    )


def _user(principal: Principal) -> User:
    return User(
        id=principal.user_id,
        email=principal.email,
        name=principal.name,
        role=principal.role,
        avatar_url=optional(principal.avatar_url),
    )


def _tenant(principal: Principal) -> TenantShown:
    return TenantShown(id=principal.tenant.id, name=principal.tenant.name)
