"""Registrations with networks: the installation's, and each tenant's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

import msgspec

from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import Conflict, InvalidInput
from mpcas2_core.settings import PREFIX, read_variable
from mpcas2_core.vault import Vault
from mpcas2_hookspecs import OAuthApp, Unavailable

__all__ = ("AppShown", "OAuthApps", "client_variables", "redirect_address")

PURPOSE = "oauth-app"
MAX_LENGTH = 1000


class AppShown(msgspec.Struct, frozen=True, kw_only=True):
    """Which app is used with a network, without its secret.

    Attributes:
        owner: The tenant itself, the installation, or nobody: then no account can be connected.
        client_id: None when there is no app.
        redirect_uri: The address to register with the network, letter for letter.
    """

    owner: Literal["tenant", "installation", "none"]
    client_id: str | None
    redirect_uri: str


def client_variables(platform: str) -> tuple[str, str]:
    """Names the environment variables of the installation's client id and secret."""
    stem = platform.upper().replace("-", "_")
    return f"{stem}_CLIENT_ID", f"{stem}_CLIENT_SECRET"


def redirect_address(public_url: str, platform: str) -> str:
    """Gives the address that a network sends people back to, as it has to be registered there."""
    return f"{public_url.rstrip('/')}/oauth/callback/{platform}"


class OAuthApps:
    """Finds and keeps the apps that grants are given to.

    Args:
        database: Where the tenants' own are.
        vault: Seals their secrets.
        public_url: Where people reach the installation.
        environ: Where the installation's own are; the process's environment by default.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        public_url: str,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._public_url = public_url
        self._environ = os.environ if environ is None else environ

    def redirect_uri(self, platform: str) -> str:
        """Gives the address that the network sends people back to."""
        return redirect_address(self._public_url, platform)

    def installed(self, platform: str) -> OAuthApp | None:
        """Gives the installation's app, or None.

        Raises:
            SettingsError: A file that should hold it cannot be read.
        """
        values = [
            read_variable(self._environ, PREFIX + variable, variable)
            for variable in client_variables(platform)
        ]
        client_id, secret = values
        return OAuthApp(client_id=client_id, client_secret=secret) if client_id else None

    async def registered(self, tenant: Tenant, platform: str, server: str) -> OAuthApp | None:
        """Gives the app that new grants of a server are asked for with; None when there is none."""
        return await self._own(tenant, platform, None, server)

    async def current(self, tenant: Tenant, platform: str) -> OAuthApp:
        """Gives the app that new grants are asked for with: the tenant's own goes first.

        Raises:
            Conflict: There is none; the message says how to make and register one.
        """
        own = await self._own(tenant, platform, None)
        app = own or self.installed(platform)
        if app is None:
            client_id, secret = client_variables(platform)
            raise Conflict(
                f"There is no app for {platform} yet. Register one with the network, with the "
                f"redirect address {self.redirect_uri(platform)}, and set {client_id} and {secret}; "
                f"or give the tenant its own with `mpcas2 account app {platform}`.",
                code="OAUTH_APP_MISSING",
                details={
                    "platform": platform,
                    "redirectUri": self.redirect_uri(platform),
                    "variables": [client_id, secret],
                },
            )
        return app

    async def holder(
        self, tenant: Tenant, platform: str, client_id: str, server: str = ""
    ) -> OAuthApp | None:
        """Gives the app that a grant was given to; None when nobody has it any more.

        Args:
            tenant: Whose grant.
            platform: Which network.
            client_id: The app's id.
            server: Where it is registered; empty for a network with one place.
        """
        own = await self._own(tenant, platform, client_id, server)
        if own is not None or server:
            return own
        installed = self.installed(platform)
        return installed if installed is not None and installed.client_id == client_id else None

    async def of_grant(
        self, tenant: Tenant, platform: str, client_id: str | None, server: str = ""
    ) -> OAuthApp | None:
        """Gives the app to renew a grant with; None for a grant that came from a form.

        Args:
            tenant: Whose grant.
            platform: Which network.
            client_id: The app's id.
            server: Where it is registered; empty for a network with one place.

        Raises:
            Unavailable: Nobody has the app any more. The operator can put it back, so the account is
                not marked, and its posts wait.
        """
        if client_id is None:
            return None
        app = await self.holder(tenant, platform, client_id, server)
        if app is None:
            raise Unavailable(
                f"The app {client_id} that this account was connected with is gone from the settings. "
                "Put its client id and secret back, or connect the account again."
            )
        return app

    async def show(self, scope: Scope, platform: str) -> AppShown:
        """Tells which app is used, without its secret."""
        own = await scope.fetchval(
            "SELECT client_id FROM oauth_apps WHERE platform = $1 AND server = '' AND is_current",
            platform,
        )
        installed = None if own else self.installed(platform)
        owner: Literal["tenant", "installation", "none"] = (
            "tenant" if own else "installation" if installed else "none"
        )
        return AppShown(
            owner=owner,
            client_id=own or (installed.client_id if installed else None),
            redirect_uri=self.redirect_uri(platform),
        )

    async def keep(self, scope: Scope, platform: str, app: OAuthApp) -> None:
        """Makes an app the tenant's own; the vault was loaded for the tenant before.

        Raises:
            InvalidInput: A value is empty, or longer than any network's.
        """
        # Copied from a page, with a blank or a line's end at its edges.
        app = OAuthApp(
            client_id=app.client_id.strip(),
            client_secret=app.client_secret and app.client_secret.strip(),
            server=app.server,
        )
        for field, value in (("clientId", app.client_id), ("clientSecret", app.client_secret)):
            if value is not None and not 0 < len(value) <= MAX_LENGTH:
                raise InvalidInput(
                    f"{field} must have 1 to {MAX_LENGTH} characters. Copy it from the network's "
                    "developer page.",
                    details={"field": field},
                )
        secret = app.client_secret
        # Two at one moment would both find none to drop, and only one app may be in use.
        await scope.execute("LOCK TABLE oauth_apps IN SHARE ROW EXCLUSIVE MODE")
        await self.drop(scope, platform, server=app.server)
        await scope.execute(
            "INSERT INTO oauth_apps (platform, server, client_id, sealed_secret) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT (platform, server, client_id) DO UPDATE SET "
            "is_current = true, sealed_secret = excluded.sealed_secret, updated_at = now()",
            platform,
            app.server,
            app.client_id,
            None if secret is None else self._vault.seal(scope.tenant, PURPOSE, secret.encode()),
        )

    async def drop(self, scope: Scope, platform: str, *, server: str | None = None) -> None:
        """Uses the tenant's own app for no new grant; those given to it stay good.

        Args:
            scope: The tenant's scope.
            platform: Which network.
            server: Only the app of this server; None for those of all.
        """
        await scope.execute(
            "UPDATE oauth_apps SET is_current = false, updated_at = now() "
            "WHERE platform = $1 AND is_current AND ($2::text IS NULL OR server = $2)",
            platform,
            server,
        )

    async def _own(
        self, tenant: Tenant, platform: str, client_id: str | None, server: str = ""
    ) -> OAuthApp | None:
        row = await self._database.run(
            tenant,
            lambda scope: scope.fetchrow(
                "SELECT client_id, sealed_secret FROM oauth_apps WHERE platform = $1 "
                "AND server = $3 "
                "AND CASE WHEN $2::text IS NULL THEN is_current ELSE client_id = $2 END",
                platform,
                client_id,
                server,
            ),
        )
        if row is None:
            return None
        sealed = row["sealed_secret"]
        secret = None
        if sealed is not None:
            secret = (await self._vault.open(self._database, tenant, PURPOSE, sealed)).decode()
        return OAuthApp(client_id=row["client_id"], client_secret=secret, server=server)
