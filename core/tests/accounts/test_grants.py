"""A grant is sealed, replaced by connecting anew, erased by disconnecting, and never written to a log."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from mpcas2_core import logs
from mpcas2_core.accounts import ReconnectNeeded
from mpcas2_core.accounts.apps import OAuthApps
from mpcas2_core.accounts.resealing import reseal
from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Scope
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import PostMetadata
from mpcas2_core.publishing.jobs import Target
from mpcas2_core.settings import Settings
from mpcas2_hookspecs import Grant, OAuthApp
from mpcas2_sandbox import FaultRule

REFRESH = "refreshSession"
# `desk` is a Desk of the conftest beside this file, which tests cannot import.
Desk = Any


def opened(desk: Desk) -> Grant:
    """Gives the stored grant in plain."""
    row = desk.stored()

    async def story(parts: Any) -> Grant:
        plain = await parts.vault.open(parts.database, desk.tenant, "grant", row.sealed)
        return msgspec.json.decode(plain, type=Grant)

    grant: Grant = desk.tell(story)
    return grant


def test_a_grant_is_stored_sealed(desk: Desk) -> None:
    grant, row = opened(desk), desk.stored()
    assert grant.refresh_token is not None
    for secret in (grant.access_token, grant.refresh_token, desk.person["appPassword"]):
        assert secret.encode() not in row.sealed
        for table in ("grants", "social_accounts"):
            rows = desk.scope(lambda s, t=table: s.fetch(f"SELECT {t}::text FROM {t}"))
            assert secret not in str(rows)
        assert secret not in repr(grant)


def test_connecting_anew_heals_an_expired_account_and_keeps_its_row(desk: Desk) -> None:
    desk.expire()
    desk.control.call("POST", f"accounts/{desk.person['did']}/revoke", {})
    with pytest.raises(ReconnectNeeded):
        desk.access()
    assert desk.standing().status == "expired"
    old = desk.stored()

    again = desk.connect()
    assert again.id == desk.account.id
    standing = desk.standing()
    assert (standing.status, standing.status_reason) == ("connected", None)
    assert desk.stored().version > old.version
    assert desk.access() == opened(desk).access_token
    desk.expire()
    assert desk.access()
    assert desk.refreshes() == 1


def test_disconnecting_erases_the_grant_and_keeps_the_row_for_later(desk: Desk) -> None:
    row = desk.stored()

    async def story(parts: Any) -> Any:
        done = await parts.database.run(
            desk.tenant,
            lambda scope: parts.accounts.disconnect(scope, desk.user_id, desk.account.id),
        )
        with pytest.raises(ReconnectNeeded, match="onnect it again"):
            await parts.broker.renew(desk.tenant, desk.account.for_adapter(), row.version)
        return done

    done = desk.tell(story)
    assert (done.account.status, done.cancelled_jobs) == ("disconnected", ())
    assert desk.stored() is None
    assert desk.asked() == 0
    assert desk.connect().id == desk.account.id
    assert desk.access() == opened(desk).access_token


def test_a_renewal_does_not_bring_back_a_grant_that_was_erased(desk: Desk) -> None:
    desk.expire()
    row = desk.stored()
    desk.control.add_fault(FaultRule(action="hold_after", path=REFRESH))

    async def story(parts: Any) -> None:
        asking = asyncio.create_task(
            parts.broker.access(desk.tenant, desk.account.for_adapter(), row)
        )
        await asyncio.to_thread(desk.control.wait_held)
        await parts.database.run(
            desk.tenant,
            lambda scope: parts.accounts.disconnect(scope, desk.user_id, desk.account.id),
        )
        await asyncio.to_thread(desk.control.release_all)
        with pytest.raises(ReconnectNeeded, match="is disconnected"):
            await asking

    desk.tell(story)
    assert desk.stored() is None
    assert desk.standing().status == "disconnected"


def test_grants_are_sealed_anew_after_the_tenants_key_was_rotated(desk: Desk) -> None:
    before, row = opened(desk), desk.stored()
    own = OAuthApp(client_id="own", client_secret="hush-hush")

    async def story(parts: Any) -> tuple[int, int]:
        apps = OAuthApps(parts.database, parts.vault, public_url="https://mpcas2.example")
        await parts.vault.load(parts.database, desk.tenant)
        await parts.database.run(desk.tenant, lambda scope: apps.keep(scope, "twitter", own))
        assert await reseal(parts.database, parts.vault, desk.tenant) == 0
        assert await parts.vault.rotate(parts.database, desk.tenant) == 2
        return await reseal(parts.database, parts.vault, desk.tenant), await reseal(
            parts.database, parts.vault, desk.tenant
        )

    assert desk.tell(story) == (2, 0)
    resealed = desk.stored()
    assert int.from_bytes(resealed.sealed[:4]) == 2
    assert resealed.version == row.version
    assert opened(desk) == before
    # The old key is not needed any more.
    desk.scope(lambda s: s.execute("DELETE FROM public.tenant_keys WHERE version = 1"))
    assert desk.access() == before.access_token

    async def app(parts: Any) -> OAuthApp:
        apps = OAuthApps(parts.database, parts.vault, public_url="https://mpcas2.example")
        return await apps.current(desk.tenant, "twitter")

    assert desk.tell(app) == own


def test_sealing_anew_during_a_renewal_keeps_what_the_network_gave(desk: Desk) -> None:
    desk.expire()
    row = desk.stored()
    desk.control.add_fault(FaultRule(action="hold_after", path=REFRESH))

    async def story(parts: Any) -> str:
        asking = asyncio.create_task(
            parts.broker.access(desk.tenant, desk.account.for_adapter(), row)
        )
        await asyncio.to_thread(desk.control.wait_held)
        await parts.vault.rotate(parts.database, desk.tenant)
        assert await reseal(parts.database, parts.vault, desk.tenant) == 1
        await asyncio.to_thread(desk.control.release_all)
        return str((await asking).token)

    assert desk.tell(story) == opened(desk).access_token
    assert desk.refreshes() == 1


@pytest.fixture
def product_log() -> Iterator[io.StringIO]:
    """What the product logs at its most talkative."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    logs.configure(level="debug", log_format="json", stream=written)
    yield written
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


async def _submit(engine: Engine, scope: Scope, desk: Desk) -> None:
    content = await engine.contents.create(
        scope, desk.user_id, NewContent(title="T", type="text", text="Hello"), None
    )
    await engine.publishing.submit(
        scope,
        user_id=desk.user_id,
        content_id=content.id,
        targets=[
            Target(social_account_id=desk.account.id, platform="bluesky", metadata=PostMetadata())
        ],
        default=PostMetadata(),
        scheduled_at=datetime.now(UTC),
    )


def test_connecting_renewing_and_publishing_write_no_secret_to_the_log(
    desk: Desk,
    fresh_redis_url: str,
    tmp_path: Path,
    product_log: io.StringIO,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = opened(desk)
    settings = Settings.load(
        {
            "MPCAS2_HOME": str(tmp_path),
            "DATABASE_URL": desk.url,
            "REDIS_URL": fresh_redis_url,
            "MPCAS2_MASTER_KEY": desk.master,
            "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
        }
    )
    # A refused token is renewed, a lost answer is looked for, and one post is refused for good.
    desk.control.add_fault(
        FaultRule(action="status", path="putRecord", status=400, body={"error": "ExpiredToken"})
    )
    desk.control.add_fault(FaultRule(action="malformed", path="putRecord"))

    async def story() -> None:
        engine = await Engine.open(settings)
        stop = asyncio.Event()
        working = asyncio.create_task(engine.worker().run(stop))
        try:
            await engine.database.run(desk.tenant, lambda scope: _submit(engine, scope, desk))
            async with asyncio.timeout(30):
                while not await engine.database.run(
                    desk.tenant,
                    lambda scope: scope.fetchval(
                        "SELECT bool_and(state = 'published') FROM publish_jobs"
                    ),
                ):
                    await asyncio.sleep(0.02)
        finally:
            stop.set()
            await working
            await engine.close()

    with caplog.at_level(logging.DEBUG):
        asyncio.run(story())
        second = opened(desk)
        desk.connect()
        desk.control.call("POST", f"accounts/{desk.person['did']}/revoke", {})
        desk.expire()
        with pytest.raises(ReconnectNeeded):
            desk.access()
    third = opened(desk)
    assert desk.refreshes() == 1
    secrets = {desk.person["appPassword"], desk.person["password"], desk.master}
    for grant in (first, second, third):
        assert grant.refresh_token is not None
        secrets |= {grant.access_token, grant.refresh_token}
    assert len(secrets) == 9
    written = product_log.getvalue() + caplog.text
    for event in ("grant_renewed", "account_expired", "worker_stopped"):
        assert event in written
    for secret in secrets:
        assert secret not in written
    stories = desk.scope(lambda s: s.fetch("SELECT publish_attempts::text FROM publish_attempts"))
    assert stories
    assert not [secret for secret in secrets if secret in str(stories)]
