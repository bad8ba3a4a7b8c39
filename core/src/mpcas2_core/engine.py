"""Puts the engine together: one object that a server, a worker or a command holds."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Self
from uuid import UUID

from mpcas2_core.accounts import Accounts, Connecting, OAuthApps, OAuthState, TokenBroker
from mpcas2_core.accounts.calls import AccountCalls
from mpcas2_core.accounts.profiles import Profiles
from mpcas2_core.accounts.upkeep import Upkeep
from mpcas2_core.content.links import MediaLinks
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.service import Contents
from mpcas2_core.database import Database, Scope
from mpcas2_core.errors import Conflict
from mpcas2_core.identity import Identity
from mpcas2_core.outbound import Clients
from mpcas2_core.plugins import PluginHost, PluginShelf
from mpcas2_core.publishing.actions import cancel_pending
from mpcas2_core.publishing.delivery import Delivery
from mpcas2_core.publishing.dispatcher import Dispatcher
from mpcas2_core.publishing.doorbell import Doorbell
from mpcas2_core.publishing.patience import Patience
from mpcas2_core.publishing.posts import PublishedPosts
from mpcas2_core.publishing.service import Publishing
from mpcas2_core.publishing.worker import Worker, worker_name
from mpcas2_core.settings import Settings, SettingsError
from mpcas2_core.storage import make_storage
from mpcas2_core.tenants import Tenants
from mpcas2_core.uploads.service import Uploads
from mpcas2_core.uploads.sweep import Sweep
from mpcas2_core.vault import MasterKeys, Vault, secret_for
from mpcas2_core.webhooks import WebhookEffects, WebhookIntake

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
        links: Public links to files.
        contents: Content.
        uploads: Files that come in over several requests.
        sweep: Clears away what nobody comes back for.
        accounts: Connected accounts.
        apps: Registrations with networks.
        broker: The accounts' tokens.
        connecting: Consent pages, the way there and back.
        calls: Questions to networks about connected accounts.
        profiles: Who connected accounts are now.
        upkeep: Keeps connected accounts alive.
        webhooks: Takes what networks tell by themselves.
        webhook_effects: Gives it its effect.
        doorbell: Valkey.
        dispatcher: Offers due jobs.
        publishing: Publish requests.
        posts: What is published, and how it does.
    """

    def __init__(self, settings: Settings, database: Database, doorbell: Doorbell) -> None:
        self.settings = settings
        self.database = database
        self.doorbell = doorbell
        self.vault = Vault(MasterKeys(secret_for(settings.home, "master-key", settings.master_key)))
        self.tenants = Tenants(database, self.vault)
        self.identity = Identity.load(database, self.tenants, self.vault, settings)
        self.plugins = PluginHost.load(
            disabled=_listed(settings.disabled_plugins),
            switched_off=PluginShelf(settings.home).disabled(),
        )
        self.clients = Clients(_listed(settings.allow_private_hosts))
        self.storage = make_storage(settings)
        probe = FileProbe()
        self.links = MediaLinks(
            secret_for(settings.home, "jwt-secret", settings.jwt_secret),
            settings.public_url,
            networks_nearby=bool(_listed(settings.allow_private_hosts)),
        )
        self.contents = Contents(
            database,
            self.storage,
            probe,
            _cancel_for_content,
            self.links,
        )
        self.uploads = Uploads(
            database,
            self.storage,
            self.contents,
            probe,
            max_bytes=settings.max_upload_bytes,
            default_limit=settings.tenant_storage_bytes,
        )
        self.sweep = Sweep(database, self.storage, self.uploads, self.tenants)
        self.apps = OAuthApps(database, self.vault, public_url=settings.public_url)
        self.broker = TokenBroker(database, self.vault, self.plugins, self.clients, self.apps)
        self.accounts = Accounts(database, self.vault, self.plugins, self.clients, self.broker)
        self.connecting = Connecting(
            database=database,
            tenants=self.tenants,
            vault=self.vault,
            plugins=self.plugins,
            clients=self.clients,
            accounts=self.accounts,
            apps=self.apps,
            state=OAuthState(secret_for(settings.home, "jwt-secret", settings.jwt_secret)),
        )
        self.calls = AccountCalls(database, self.plugins, self.broker, self.clients)
        self.profiles = Profiles(database, self.plugins, self.calls)
        self.upkeep = Upkeep(database, self.tenants, self.broker, self.profiles)
        self.webhooks = WebhookIntake(database, self.plugins, self.apps)
        self.webhook_effects = WebhookEffects(
            database, self.tenants, self.plugins, poll_seconds=settings.poll_seconds
        )
        self.dispatcher = Dispatcher(
            database,
            doorbell,
            lanes=self.plugins.platforms,
            poll_seconds=settings.poll_seconds,
            reoffer_seconds=settings.reoffer_seconds,
        )
        self.publishing = Publishing(self.plugins, self.dispatcher)
        self.posts = PublishedPosts(database, self.plugins, self.broker, self.clients)
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
            stack.push_async_callback(engine.uploads.close)
            stack.push_async_callback(engine.clients.close)
            stack.push_async_callback(engine.broker.close)
            stack.push_async_callback(engine.publishing.close)
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
            links=self.links,
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
            plugins=self.plugins,
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
