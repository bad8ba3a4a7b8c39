"""Puts the engine together: one object that a server, a worker or a command holds."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Self
from uuid import UUID

from mpcas2_core.accounts import Accounts, TokenBroker
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.service import Contents
from mpcas2_core.database import Database, Scope
from mpcas2_core.errors import Conflict
from mpcas2_core.identity import Identity
from mpcas2_core.outbound import Clients
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing.actions import cancel_pending
from mpcas2_core.publishing.delivery import Delivery
from mpcas2_core.publishing.dispatcher import Dispatcher
from mpcas2_core.publishing.doorbell import Doorbell
from mpcas2_core.publishing.outcomes import Patience
from mpcas2_core.publishing.service import Publishing
from mpcas2_core.publishing.worker import Worker, worker_name
from mpcas2_core.settings import Settings, SettingsError
from mpcas2_core.storage import LocalStorage
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault, secret_for

__all__ = ("Engine",)


class Engine:
    """Everything that the doors and the workers need. Use :meth:`open`.

    Attributes:
        settings: As read at the start.
        database: The pool.
        vault: Encryption at rest.
        tenants: The register of tenants.
        identity: Who is there.
        plugins: What is installed.
        storage: Media files.
        contents: Content.
        accounts: Connected accounts.
        broker: Their tokens.
        doorbell: Valkey.
        dispatcher: Offers due jobs.
        publishing: Publish requests.
    """

    def __init__(self, settings: Settings, database: Database, doorbell: Doorbell) -> None:
        self.settings = settings
        self.database = database
        self.doorbell = doorbell
        self.vault = Vault(MasterKeys(secret_for(settings.home, "master-key", settings.master_key)))
        self.tenants = Tenants(database, self.vault)
        self.identity = Identity.load(database, self.tenants, self.vault, settings)
        self.plugins = PluginHost.load(disabled=_listed(settings.disabled_plugins))
        self.clients = Clients(_listed(settings.allow_private_hosts))
        self.storage = LocalStorage(settings.home / "media")
        self.contents = Contents(database, self.storage, FileProbe(), _cancel_for_content)
        self.broker = TokenBroker(database, self.vault, self.plugins, self.clients)
        self.accounts = Accounts(database, self.vault, self.plugins, self.clients, self.broker)
        self.dispatcher = Dispatcher(
            database,
            doorbell,
            poll_seconds=settings.poll_seconds,
            reoffer_seconds=settings.reoffer_seconds,
        )
        self.publishing = Publishing(self.plugins, self.dispatcher)
        self._closing = AsyncExitStack()

    @classmethod
    async def open(cls, settings: Settings, *, application: str = "mpcas2") -> Self:
        """Connects to PostgreSQL and Valkey and loads the plugins.

        Args:
            settings: With ``database_url`` and ``redis_url`` filled in.
            application: Name of the process, as PostgreSQL shows it.

        Raises:
            SettingsError: An address is missing.
            DatabaseUnavailable: PostgreSQL cannot be reached.
            SecretsError: A secret cannot be read or made.
        """
        if settings.database_url is None or settings.redis_url is None:
            raise SettingsError(
                "DATABASE_URL and REDIS_URL are not set and no local servers run. Start them with "
                "`mpcas2 up`, or set both."
            )
        async with AsyncExitStack() as stack:
            database = await Database.open(
                settings.database_url, size=settings.pool_size, application=application
            )
            stack.push_async_callback(database.close)
            doorbell = Doorbell(settings.redis_url)
            stack.push_async_callback(doorbell.close)
            engine = cls(settings, database, doorbell)
            await engine.storage.remove_abandoned()
            stack.push_async_callback(engine.clients.close)
            stack.push_async_callback(engine.broker.close)
            engine._closing = stack.pop_all()
        return engine

    async def close(self) -> None:
        """Closes every connection."""
        await self._closing.aclose()

    def worker(self) -> Worker:
        """Makes the worker of this process."""
        settings, name = self.settings, worker_name()
        delivery = Delivery(
            database=self.database,
            plugins=self.plugins,
            broker=self.broker,
            clients=self.clients,
            storage=self.storage,
            worker=name,
            lease_seconds=settings.lease_seconds,
            send_seconds=settings.send_seconds,
            patience=Patience(
                first=settings.backoff_seconds,
                longest=settings.backoff_max_seconds,
                max_failures=settings.max_failures,
            ),
        )
        return Worker(
            database=self.database,
            doorbell=self.doorbell,
            dispatcher=self.dispatcher,
            tenants=self.tenants,
            delivery=delivery,
            name=name,
            concurrency=settings.concurrency,
            lease_seconds=settings.lease_seconds,
            drain_seconds=settings.drain_seconds,
        )


async def _cancel_for_content(scope: Scope, content_id: UUID, user_id: UUID) -> tuple[UUID, ...]:
    try:
        return await cancel_pending(
            scope, user_id, content_id=content_id, reason="its content was deleted."
        )
    except Conflict as error:
        raise Conflict(error.message, code="CONTENT_IN_FLIGHT", details=error.details) from error


def _listed(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())
