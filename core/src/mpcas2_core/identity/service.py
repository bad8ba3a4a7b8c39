"""Sign-up, sign-in, and the scope of whoever makes a request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import InvalidInput, NotAllowed, Unauthenticated
from mpcas2_core.identity import people
from mpcas2_core.identity.families import Families, Refusal, refuse
from mpcas2_core.identity.passwords import Passwords, check_email, check_password
from mpcas2_core.identity.principal import Principal, Role, Session, UserRow
from mpcas2_core.identity.replays import Replays
from mpcas2_core.identity.tokens import AccessClaims, AccessTokens, RefreshTokens
from mpcas2_core.settings import Settings, SettingsError
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import Vault, secret_for

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = ("Identity",)

_T = TypeVar("_T")

MIN_SECRET_LENGTH = 32
MAX_NAME_LENGTH = 200


class Identity:
    """Who is there. Use :meth:`load`.

    Args:
        database: Where logins, tenants and users are.
        tenants: Makes and judges tenants.
        vault: Its master keys seal kept answers.
        settings: Lifetimes, and whether strangers may sign up.
        jwt_secret: Signs access tokens.
        refresh_secret: Derives refresh tokens.
    """

    def __init__(
        self,
        database: Database,
        tenants: Tenants,
        vault: Vault,
        settings: Settings,
        *,
        jwt_secret: str,
        refresh_secret: str,
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._settings = settings
        self._passwords = Passwords()
        self._access = AccessTokens(jwt_secret, settings.access_token_seconds)
        self._refresh = RefreshTokens(refresh_secret)
        self._families = Families(
            self._refresh,
            seconds=settings.refresh_token_seconds,
            grace_seconds=settings.refresh_grace_seconds,
        )
        self.replays = Replays(vault.keys, refresh_secret)

    @classmethod
    def load(
        cls, database: Database, tenants: Tenants, vault: Vault, settings: Settings
    ) -> Identity:
        """Reads the signing secrets, or makes them at the first start.

        Raises:
            SettingsError: A secret from the environment is too short to be safe.
            SecretsError: A secret cannot be read or made.
        """
        found = {}
        for name in ("jwt_secret", "jwt_refresh_secret"):
            secret = secret_for(settings.home, name.replace("_", "-"), getattr(settings, name))
            if len(secret) < MIN_SECRET_LENGTH:
                raise SettingsError(
                    f"{name.upper()} must have {MIN_SECRET_LENGTH} characters or more; "
                    "`openssl rand -base64 32` prints a good one."
                )
            found[name] = secret
        return cls(
            database,
            tenants,
            vault,
            settings,
            jwt_secret=found["jwt_secret"],
            refresh_secret=found["jwt_refresh_secret"],
        )

    # Requests with a token

    def verify(self, token: str) -> AccessClaims:
        """Reads an access token; needs no I/O and says nothing of the present.

        Raises:
            Unauthenticated: The token is not one of ours, or has expired.
        """
        return self._access.verify(token)

    async def run(
        self, claims: AccessClaims, work: Callable[[Scope, Principal], Awaitable[_T]]
    ) -> _T:
        """Looks the user up and runs work in the tenant's scope, in one transaction.

        Args:
            claims: From :meth:`verify`.
            work: Gets scope and user; the rules of :meth:`Database.run` hold for it.

        Raises:
            Unauthenticated: The user or the tenant is no longer there.
            NotAllowed: The tenant is suspended.
            TenantBehind: The tenant's schema is older than this code.
        """

        async def looked_up(scope: Scope) -> _T:
            return await work(scope, await people.look_up(scope, claims, self._tenants))

        try:
            return await self._database.run(people.unverified(claims), looked_up)
        except people.SchemaMissing:
            await self._tenants.resolve(claims.tenant_id)
            raise

    async def authenticate(self, token: str) -> Principal:
        """Tells who an access token speaks for, looked up now.

        Raises:
            Unauthenticated: Also when the token is not one of ours, or has expired.
            NotAllowed: The tenant is suspended.
            TenantBehind: The tenant's schema is older than this code.
        """
        return await self.run(self.verify(token), _who)

    # Requests without one. Each runs in a transaction of `transaction`, so that its answer can be
    # kept with its effect; hashing is done before, because a transaction must not wait for it.

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lends a connection with a transaction that is committed at the end."""
        async with self._database.public() as connection, connection.transaction():
            yield connection

    def check_open(self) -> None:
        """Refuses strangers where sign-up is closed.

        Raises:
            NotAllowed: ``REGISTRATION_CLOSED``.
        """
        if self._settings.registration != "open":
            raise NotAllowed(
                "Sign-up is closed here. Ask the operator for an account "
                "(`mpcas2 tenant create` or `mpcas2 user create`).",
                code="REGISTRATION_CLOSED",
            )

    async def hash_new(self, password: str) -> str:
        """Gives what is stored of a new password.

        Raises:
            InvalidInput: ``WEAK_PASSWORD``.
        """
        check_password(password)
        return await self._passwords.hash(password)

    async def register(
        self,
        connection: Connection,
        *,
        email: str,
        password_hash: str,
        name: str,
        tenant_name: str,
    ) -> Principal:
        """Makes a login, a tenant and its owner, all or nothing.

        Args:
            connection: From :meth:`transaction`.
            email: Address of the owner.
            password_hash: From :meth:`hash_new`.
            name: Name of the owner.
            tenant_name: Name of the tenant.

        Raises:
            Conflict: ``EMAIL_TAKEN``.
            InvalidInput: Address or a name does not fit.
        """
        email = check_email(email)
        name, tenant_name = _named(name, "name"), _named(tenant_name, "tenantName")
        login_id = await people.insert_login(connection, email, password_hash)
        tenant = await self._tenants.create(connection, tenant_name)
        scope = await people.enter(connection, tenant)
        return await people.add_user(scope, login_id, email=email, name=name, role="owner")

    async def check_credentials(self, email: str, password: str) -> UUID:
        """Gives the login that address and password belong to.

        Raises:
            Unauthenticated: ``CREDENTIALS_INVALID``, the same after the same work for an unknown
                address and a wrong password.
        """
        async with self._database.public() as connection:
            login = await people.find_login(connection, email.strip())
        good = await self._passwords.verify(login[1] if login else None, password)
        if not good or login is None:
            raise Unauthenticated(
                "Mail address or password is wrong. Check both and try again.",
                code="CREDENTIALS_INVALID",
            )
        return login[0]

    async def enter_home(self, connection: Connection, login_id: UUID) -> Principal:
        """Gives the user that a login is in the tenant it enters.

        Raises:
            NotAllowed: It belongs to no tenant, or to suspended ones only.
            TenantBehind: The tenant's schema is older than this code.
        """
        return await self._user(connection, await people.home_of(connection, login_id))

    async def open_session(self, connection: Connection, principal: Principal) -> Session:
        """Starts a refresh-token family and issues the first pair of tokens."""
        token = await self._families.start(connection, principal.login_id, principal.tenant.id)
        return self._session(principal, token)

    async def refresh(self, connection: Connection, token: str) -> Session | Unauthenticated:
        """Exchanges a refresh token for the next pair.

        Returns:
            The session, or the refusal, which is to be raised after the commit: a token that was
            used before ends its family, and that must last.

        Raises:
            Unauthenticated: The user is no longer there.
            NotAllowed: The tenant is suspended.
        """
        if not self._refresh.is_well_formed(token):
            return refuse(Refusal.UNKNOWN)
        rotation = await self._families.rotate(connection, token)
        if isinstance(rotation, Refusal):
            return refuse(rotation)
        claims = await people.membership(connection, rotation.login_id, rotation.tenant_id)
        if claims is None:
            return refuse(Refusal.REVOKED)
        return self._session(await self._user(connection, claims), rotation.token)

    async def end_session(self, connection: Connection, token: str) -> None:
        """Ends the family of a refresh token; an unknown one is no fault."""
        await self._families.end(connection, token)

    # What an operator does

    async def create_tenant(
        self, *, email: str, password: str, name: str, tenant_name: str
    ) -> Principal:
        """Makes a tenant with its owner, also where sign-up is closed.

        Raises:
            Conflict: ``EMAIL_TAKEN``.
            InvalidInput: A value does not fit, or the password is weak.
        """
        password_hash = await self.hash_new(password)
        async with self.transaction() as connection:
            return await self.register(
                connection,
                email=email,
                password_hash=password_hash,
                name=name,
                tenant_name=tenant_name,
            )

    async def create_user(
        self, tenant: Tenant, *, email: str, password: str | None, name: str, role: Role
    ) -> Principal:
        """Adds a user to a tenant.

        Args:
            tenant: From :meth:`Tenants.resolve`.
            email: Address; a login that has it already is added with its own password.
            password: For a new login; may be None when the login is there.
            name: Name of the user.
            role: What the user is in the tenant.

        Raises:
            Conflict: ``USER_EXISTS``.
            InvalidInput: A value does not fit, the password is weak, or one is needed.
        """
        email, name = check_email(email), _named(name, "name")
        async with self._database.public() as connection:
            login = await people.find_login(connection, email)
        if login is None and password is None:
            raise InvalidInput(
                f"{email} has no login yet, so a password is needed.",
                details={"field": "password"},
            )
        password_hash = await self.hash_new(password) if password and login is None else ""
        async with self.transaction() as connection:
            login_id = login[0] if login else None
            if login_id is None:
                login_id = await people.insert_login(connection, email, password_hash)
            scope = await people.enter(connection, tenant)
            return await people.add_user(scope, login_id, email=email, name=name, role=role)

    async def list_users(self, tenant: Tenant) -> list[UserRow]:
        """Gives a tenant's users, the oldest first."""
        return await self._database.run(tenant, people.list_users)

    async def _user(self, connection: Connection, claims: AccessClaims) -> Principal:
        scope = await people.enter(connection, people.unverified(claims))
        return await people.look_up(scope, claims, self._tenants)

    def _session(self, principal: Principal, refresh_token: str) -> Session:
        claims = AccessClaims(
            user_id=principal.user_id,
            tenant_id=principal.tenant.id,
            login_id=principal.login_id,
        )
        return Session(
            principal=principal,
            access_token=self._access.issue(claims),
            refresh_token=refresh_token,
            expires_in=self._access.seconds,
        )


async def _who(_scope: Scope, principal: Principal) -> Principal:
    return principal


def _named(value: str, field: str) -> str:
    value = value.strip()
    if not 1 <= len(value) <= MAX_NAME_LENGTH or "\x00" in value:
        raise InvalidInput(
            f"{field} must have 1 to {MAX_NAME_LENGTH} characters.", details={"field": field}
        )
    return value
