import asyncio
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mpcas2_core.database import Database
from mpcas2_core.errors import Conflict, InvalidInput, NotAllowed, Unauthenticated
from mpcas2_core.identity import Identity
from mpcas2_core.settings import Settings, SettingsError
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault, secret_for

PASSWORD = "Correct-Horse-7"
Work = Callable[[Identity, Tenants], Awaitable[Any]]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Callable[[Work], Any]:
    """Runs async work with an identity service of a fresh home."""

    def run_work(work: Work, **settings: Any) -> Any:
        async def main() -> Any:
            database = await Database.open(database_url)
            try:
                vault = Vault(MasterKeys(secret_for(tmp_path, "master-key", None)))
                tenants = Tenants(database, vault)
                identity = Identity.load(
                    database, tenants, vault, Settings(home=tmp_path, **settings)
                )
                return await work(identity, tenants)
            finally:
                await database.close()

        return asyncio.run(main())

    return run_work


def mail() -> str:
    return f"{uuid4().hex}@example.org"


async def make_tenant(identity: Identity, email: str | None = None) -> Any:
    return await identity.create_tenant(
        email=email or mail(), password=PASSWORD, name="Ada", tenant_name="Studio"
    )


async def sign_in(identity: Identity, email: str, password: str = PASSWORD) -> Any:
    login_id = await identity.check_credentials(email, password)
    async with identity.transaction() as connection:
        principal = await identity.enter_home(connection, login_id)
        return await identity.open_session(connection, principal)


def test_a_tenant_is_made_with_its_owner_who_can_sign_in(run: Any) -> None:
    async def work(identity: Identity, _tenants: Tenants) -> None:
        owner = await make_tenant(identity)
        session = await sign_in(identity, owner.email)
        assert await identity.authenticate(session.access_token) == owner
        assert owner.role == "owner"
        assert session.access_token not in repr(session)
        assert session.refresh_token not in repr(session)

    run(work)


def test_a_user_is_added_and_listed(run: Any) -> None:
    async def work(identity: Identity, _tenants: Tenants) -> None:
        owner = await make_tenant(identity)
        email = mail()
        added = await identity.create_user(
            owner.tenant, email=email, password=PASSWORD, name="Bob", role="editor"
        )
        session = await sign_in(identity, email)
        assert session.principal == added
        listed = await identity.list_users(owner.tenant)
        assert [(user.email, user.role) for user in listed] == [
            (owner.email, "owner"),
            (email, "editor"),
        ]
        with pytest.raises(Conflict, match="already") as raised:
            await identity.create_user(
                owner.tenant, email=email, password=None, name="Bob", role="editor"
            )
        assert raised.value.code == "USER_EXISTS"

    run(work)


def test_one_login_may_be_a_user_of_two_tenants_with_its_own_password(run: Any) -> None:
    async def work(identity: Identity, _tenants: Tenants) -> None:
        first, second = await make_tenant(identity), await make_tenant(identity)
        await identity.create_user(
            second.tenant, email=first.email, password=None, name="Ada too", role="viewer"
        )
        session = await sign_in(identity, first.email)
        assert session.principal.tenant.id == first.tenant.id
        assert len(await identity.list_users(second.tenant)) == 2

    run(work)


@pytest.mark.parametrize(
    ("password", "message"), [(None, "a password is needed"), ("weak", "at least")]
)
def test_a_new_login_needs_a_good_password(run: Any, password: str | None, message: str) -> None:
    async def work(identity: Identity, _tenants: Tenants) -> None:
        owner = await make_tenant(identity)
        with pytest.raises(InvalidInput, match=message):
            await identity.create_user(
                owner.tenant, email=mail(), password=password, name="Bob", role="editor"
            )
        assert len(await identity.list_users(owner.tenant)) == 1

    run(work)


def test_an_operator_makes_tenants_also_where_sign_up_is_closed(run: Any) -> None:
    async def work(identity: Identity, _tenants: Tenants) -> None:
        with pytest.raises(NotAllowed, match="mpcas2 tenant create"):
            identity.check_open()
        await make_tenant(identity)

    run(work, registration="closed")


def test_a_failed_sign_up_leaves_neither_login_nor_tenant(run: Any) -> None:
    async def work(identity: Identity, tenants: Tenants) -> None:
        owner = await make_tenant(identity)
        before = len(await tenants.list())
        with pytest.raises(Conflict, match="registered already"):
            await make_tenant(identity, owner.email.upper())
        assert len(await tenants.list()) == before

    run(work)


def test_another_installations_tokens_are_worth_nothing(run: Any) -> None:
    async def work(identity: Identity, _tenants: Tenants) -> str:
        owner = await make_tenant(identity)
        return str((await sign_in(identity, owner.email)).access_token)

    async def use(identity: Identity, _tenants: Tenants) -> None:
        with pytest.raises(Unauthenticated) as raised:
            await identity.authenticate(token)
        assert raised.value.code == "TOKEN_INVALID"

    token = run(work)
    run(use, jwt_secret="another-secret-of-enough-characters-1")


def test_signing_secrets_are_made_once_and_for_the_owner_alone(run: Any, tmp_path: Path) -> None:
    async def work(_identity: Identity, _tenants: Tenants) -> list[str]:
        return [path.read_text() for path in sorted((tmp_path / "secrets").iterdir())]

    assert run(work) == run(work)
    for path in (tmp_path / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["jwt_secret", "jwt_refresh_secret"])
def test_a_short_signing_secret_is_refused(run: Any, name: str) -> None:
    async def work(_identity: Identity, _tenants: Tenants) -> None:
        """It does not come to this."""

    with pytest.raises(SettingsError, match=f"{name.upper()} must have 32 characters"):
        run(work, **{name: "short"})
