"""Connects accounts through a network's consent page: the way there, the callback, the choice.

OAuth 2 (RFC 6749, 4.1) with PKCE (RFC 7636). Adapters describe; everything that can go wrong between a
person's click and a stored grant is here, and each way has its own words.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import msgspec
import structlog
import uuid_utils.compat as uuids

from mpcas2_core.accounts import flows
from mpcas2_core.accounts.apps import OAuthApps
from mpcas2_core.accounts.consent_page import consent_address
from mpcas2_core.accounts.exchange import OAuthPlatform, check_answer, collect, the_wanted
from mpcas2_core.accounts.flows import ConnectFlow, FlowStarted, FlowView
from mpcas2_core.accounts.oauth_state import OAuthState
from mpcas2_core.accounts.servers import ServerApps, ServerPlatform
from mpcas2_core.accounts.service import Accounts
from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import Conflict, EngineError, InvalidInput, NotFound
from mpcas2_core.outbound.clients import Clients
from mpcas2_core.plugins import PluginHost, availability
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import Vault
from mpcas2_hookspecs import Connection, ConnectsOAuth, FormField, RegistersApp

__all__ = ("Connecting",)

log = structlog.get_logger(__name__)

PURPOSE = "connect-flow"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# 48 bytes make 64 characters; RFC 7636 wants 43 to 128.
VERIFIER_BYTES = 48
MOST_CHOICES = 100


class Connecting:
    """Connects accounts through consent pages.

    Args:
        database: Where flows are.
        tenants: Judge whether a tenant may be served.
        vault: Seals what a flow must remember.
        plugins: Know the networks.
        clients: Reach them.
        accounts: Keep what was connected.
        apps: Registrations with the networks.
        state: Signs the way back.
    """

    def __init__(
        self,
        *,
        database: Database,
        tenants: Tenants,
        vault: Vault,
        plugins: PluginHost,
        clients: Clients,
        accounts: Accounts,
        apps: OAuthApps,
        state: OAuthState,
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._vault = vault
        self._plugins = plugins
        self._clients = clients
        self._accounts = accounts
        self._apps = apps
        self._servers = ServerApps(database, vault, clients, apps)
        self._state = state

    def uses_consent(self, platform_key: str) -> bool:
        """Says whether accounts of this network are connected through a consent page.

        Raises:
            UnknownPlatform: No enabled plugin brings it.
        """
        return isinstance(self._plugins.platform(platform_key), ConnectsOAuth)

    def asks_server(self, platform_key: str) -> FormField | None:
        """Gives the field in which a person names a server; None for a network with one place.

        Raises:
            UnknownPlatform: No enabled plugin brings it.
        """
        platform = self._plugins.platform(platform_key)
        return platform.server_field if isinstance(platform, RegistersApp) else None

    async def start(
        self,
        tenant: Tenant,
        user_id: UUID,
        platform_key: str,
        *,
        credentials: Mapping[str, str] | None = None,
        wanted_account_id: UUID | None = None,
    ) -> FlowStarted:
        """Begins a flow and gives the address of the consent page.

        Args:
            tenant: Whose account it will be.
            user_id: Who connects.
            platform_key: Which network.
            credentials: The server, in the one field of a network of many; None where there is
                one, and for an account that shall be connected anew at its own.
            wanted_account_id: The account that shall be connected anew; None takes any.

        Raises:
            InvalidInput: The network has no consent page, the server is none, or the account is on
                another network.
            NotFound: No such network or account.
            Conflict: There is no app to ask with.
            NetworkFault: The server cannot be reached.
        """
        await availability.require(self._database, self._plugins, tenant, platform_key)
        platform = self._platform(platform_key)
        if isinstance(platform, RegistersApp):
            many = cast("ServerPlatform", platform)
            app = await self._servers.asked(tenant, many, credentials, wanted_account_id)
        else:
            app = await self._apps.current(tenant, platform_key)
        flow_id, verifier = uuids.uuid7(), secrets.token_urlsafe(VERIFIER_BYTES)
        redirect_uri = self._apps.redirect_uri(platform_key)
        await self._vault.load(self._database, tenant)

        async def work(scope: Scope) -> ConnectFlow:
            if wanted_account_id is not None:
                wanted = await self._accounts.get(scope, wanted_account_id)
                if wanted.platform != platform_key:
                    raise InvalidInput(
                        f"@{wanted.username} is on {wanted.platform}, not on {platform_key}.",
                        details={"field": "accountId"},
                    )
            return await flows.insert(
                scope,
                flow_id=flow_id,
                user_id=user_id,
                platform=platform_key,
                wanted_account_id=wanted_account_id,
                client_id=app.client_id,
                server=app.server,
                redirect_uri=redirect_uri,
                sealed=self._vault.seal(tenant, PURPOSE, verifier.encode()),
            )

        flow = await self._database.run(tenant, work)
        url = consent_address(
            platform.consent_at(app.server)
            if isinstance(platform, RegistersApp)
            else platform.consent,
            app,
            redirect_uri=redirect_uri,
            state=self._state.sign(tenant.id, flow_id),
            verifier=verifier,
        )
        return FlowStarted(flow=flow, url=url)

    async def get(self, tenant: Tenant, flow_id: UUID) -> FlowView:
        """Gives a flow, for whoever began it and waits.

        Raises:
            NotFound: The tenant has none of that id.
        """

        async def work(scope: Scope) -> tuple[ConnectFlow | None, AccountRow | None]:
            flow = await flows.get(scope, flow_id)
            account = None
            if flow is not None and flow.account_id is not None:
                account = await self._accounts.get(scope, flow.account_id)
            return flow, account

        flow, account = await self._database.run(tenant, work)
        if flow is None:
            raise NotFound("There is no such connection under way. Start again.")
        if flow.message is None and flow.code in flows.WORDS:
            flow = msgspec.structs.replace(flow, message=flows.WORDS[flow.code])
        choices: Sequence[Connection] = ()
        if flow.state == "choosing":
            choices = await self._choices(tenant, flow)
        return FlowView(
            flow=flow,
            state=self._state.sign(tenant.id, flow_id),
            tenant=tenant.name,
            account=account,
            choices=choices,
        )

    async def callback(self, platform_key: str, query: Mapping[str, str]) -> FlowView:
        """Takes what the network sent the person back with, and ends the flow one way or the other.

        It is safe to load twice: a flow that has ended shows how.

        Args:
            platform_key: From the address that was called.
            query: The parameters of the address.

        Raises:
            InvalidInput: The state is missing or not ours; nothing is known of the flow then.
            NotFound: The flow is gone.
        """
        # Whatever a stranger put into the address: no control characters reach words or rows.
        query = {name: _CONTROL.sub("", value) for name, value in query.items()}
        tenant, flow = await self._flow_of(query.get("state"), platform_key)
        if flow.state != "waiting":
            return await self.get(tenant, flow.id)
        if not await self._database.run(
            tenant, lambda scope: flows.take(scope, flow.id, "waiting")
        ):
            return await self.get(tenant, flow.id)
        try:
            await self._exchange(tenant, flow, query)
        except EngineError as error:
            await self._failed(tenant, flow, error.code, error.message)
        except BaseException:
            await self._failed(
                tenant,
                flow,
                "INTERNAL_ERROR",
                "Something went wrong here, not at the network. Start again; if it stays, the "
                "server's log says where it failed.",
            )
            raise
        return await self.get(tenant, flow.id)

    async def choose(self, state: str, platform_account_id: str) -> FlowView:
        """Connects one of the accounts that the grant may post for.

        Args:
            state: The signed name of the flow.
            platform_account_id: The network's id of the chosen one.

        Raises:
            InvalidInput: The state is not ours, or the account is none of the choices.
            NotFound: The flow is gone.
        """
        tenant, flow = await self._flow_of(state, None)
        if flow.state != "choosing":
            return await self.get(tenant, flow.id)
        for connection in await self._choices(tenant, flow):
            if connection.profile.platform_account_id == platform_account_id:
                await self._connect(tenant, flow, connection, from_state="choosing")
                return await self.get(tenant, flow.id)
        raise InvalidInput("That is none of the accounts to choose from. Choose one of the list.")

    async def _exchange(self, tenant: Tenant, flow: ConnectFlow, query: Mapping[str, str]) -> None:
        platform = self._platform(flow.platform)
        check_answer(platform, query)
        app = await self._apps.holder(tenant, flow.platform, flow.client_id, flow.server)
        if app is None:
            raise Conflict(
                f"The app {flow.client_id} was removed meanwhile. Start again.",
                code="OAUTH_APP_MISSING",
            )
        verifier = await self._vault.open(self._database, tenant, PURPOSE, flow.sealed)
        found = await collect(
            platform,
            query["code"],
            redirect_uri=flow.redirect_uri,
            verifier=verifier.decode(),
            app=app,
            clients=self._clients,
        )
        connection = await self._wanted(tenant, flow, found)
        if connection is not None:
            await self._connect(tenant, flow, connection, from_state="working")
            return
        sealed = self._vault.seal(tenant, PURPOSE, msgspec.json.encode(found[:MOST_CHOICES]))
        await self._database.run(tenant, lambda scope: flows.offer_choice(scope, flow.id, sealed))

    async def _wanted(
        self, tenant: Tenant, flow: ConnectFlow, found: Sequence[Connection]
    ) -> Connection | None:
        """Gives the one account to connect; None when the person has to choose."""
        wanted_id = flow.wanted_account_id
        if wanted_id is None:
            return found[0] if len(found) == 1 else None
        wanted = await self._database.run(
            tenant, lambda scope: self._accounts.get(scope, wanted_id)
        )
        return the_wanted(found, wanted)

    async def _connect(
        self, tenant: Tenant, flow: ConnectFlow, connection: Connection, *, from_state: str
    ) -> None:
        await self._vault.load(self._database, tenant)

        async def work(scope: Scope) -> bool:
            if from_state == "choosing" and not await flows.take(scope, flow.id, "choosing"):
                # Chosen in another window meanwhile: that choice stands.
                return False
            row, is_new = await self._accounts.store(
                scope,
                flow.user_id,
                flow.platform,
                connection,
                client_id=flow.client_id,
                server=flow.server,
            )
            await flows.finish(scope, flow.id, row.id, is_new=is_new)
            return True

        if await self._database.run(tenant, work):
            log.info("account_connected", platform=flow.platform, flow=str(flow.id))

    async def _failed(self, tenant: Tenant, flow: ConnectFlow, code: str, message: str) -> None:
        log.info("connect_flow_failed", platform=flow.platform, flow=str(flow.id), code=code)
        await self._database.run(tenant, lambda scope: flows.fail(scope, flow.id, code, message))

    async def _flow_of(
        self, state: str | None, platform_key: str | None
    ) -> tuple[Tenant, ConnectFlow]:
        named = self._state.read(state) if state else None
        if named is None:
            raise InvalidInput(
                "This link was not made by this installation, or it was cut off. Start connecting "
                "the account again and use the new link.",
                code="STATE_INVALID",
            )
        tenant_id, flow_id = named
        tenant = await self._tenants.resolve(tenant_id)
        flow = await self._database.run(tenant, lambda scope: flows.get(scope, flow_id))
        if flow is None or platform_key not in {None, flow.platform}:
            raise NotFound("This link is a week old or belongs elsewhere. Start again.")
        return tenant, flow

    async def _choices(self, tenant: Tenant, flow: ConnectFlow) -> list[Connection]:
        plain = await self._vault.open(self._database, tenant, PURPOSE, flow.sealed)
        return msgspec.json.decode(plain, type=list[Connection])

    def _platform(self, key: str) -> OAuthPlatform:
        platform = self._plugins.platform(key)
        if not isinstance(platform, ConnectsOAuth):
            raise InvalidInput(
                f"{platform.title} has no consent page; it is connected with a form.",
                code="CONNECT_UNSUPPORTED",
            )
        return cast("OAuthPlatform", platform)
