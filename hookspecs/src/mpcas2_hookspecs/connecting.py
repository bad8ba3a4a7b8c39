"""How accounts are connected, and how their grants are kept alive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from mpcas2_hookspecs.account import (
    Account,
    AccountProfile,
    Connection,
    FormField,
    Grant,
    HttpAnswer,
    HttpRequest,
)
from mpcas2_hookspecs.context import AccountContext, ConnectContext
from mpcas2_hookspecs.oauth import Consent, OAuthApp

__all__ = (
    "ConnectsOAuth",
    "ConnectsWithForm",
    "ReadsProfile",
    "RefreshesGrant",
    "RegistersApp",
)


@runtime_checkable
class ConnectsWithForm(Protocol):
    """A network whose accounts are connected with fields that a person fills in."""

    @property
    def connect_form(self) -> Sequence[FormField]:
        """The fields, in the order in which a person sees them."""

    async def connect(self, credentials: Mapping[str, str], ctx: ConnectContext) -> Connection:
        """Trades the filled-in fields for an account and a grant.

        Args:
            credentials: A value for each field; defaults are filled in, unknown ones were refused.
            ctx: Client and clock.

        Raises:
            Rejected: The credentials are wrong; the message says what to do.
            Unavailable: The network cannot be reached now.
            RateLimited: The network asks to come back later.
        """


@runtime_checkable
class ConnectsOAuth(Protocol):
    """A network whose accounts are connected through its own consent page, with OAuth 2.

    The engine makes ``state`` and the PKCE verifier, sends the person to the consent page, takes the
    callback, sends the request that trades the code, and keeps the grant.
    """

    @property
    def consent(self) -> Consent:
        """The consent page and what the person is asked to allow."""

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant (RFC 6749, 4.1.3).

        Args:
            code: The code of the callback.
            redirect_uri: The address that the callback came to.
            verifier: The PKCE verifier (RFC 7636, 4.5).
            app: The registration that the consent page named.
        """

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the network's answer.

        Args:
            answer: To the request of ``grant_request``.

        Raises:
            Rejected: The network refused the code or the app; the message says what to do.
            RateLimited: The network asks to come back later.
            Unavailable: Anything else; the person has to start again.
        """

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells which accounts the grant may post for.

        More than one lets the person choose; each may carry a grant of its own.

        Args:
            grant: The fresh grant; ``ctx.http`` carries its access token.
            ctx: Client and clock.

        Raises:
            Rejected: There is none; the message says what the person has to do.
            Unavailable: The network cannot be reached now.
            RateLimited: The network asks to come back later.
        """


@runtime_checkable
class RefreshesGrant(Protocol):
    """A network whose access tokens end and are renewed with a refresh token.

    Both methods are pure: the token broker alone sends the request and stores the new grant.
    """

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:
        """Builds the request that renews the grant.

        Args:
            account: The account.
            grant: The standing grant, with its refresh token.
            app: The registration that the grant was given to; None for a grant that came from a
                form.
        """

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the network's answer.

        Args:
            answer: To the request of ``refresh_request``.

        Returns:
            The new grant. A missing refresh token means that the old one stays good.

        Raises:
            Unauthorized: The network says that the refresh token is no longer good.
            RateLimited: The network asks to come back later.
            Unavailable: Anything else; the stored grant stays as it is.
        """


@runtime_checkable
class RegistersApp(ConnectsOAuth, Protocol):
    """A network of many servers, each of which has a consent page and registers apps on the spot.

    The engine asks the person for the server, has an app registered there once for each installation
    or tenant, and keeps it with :attr:`OAuthApp.server`.
    """

    @property
    def server_field(self) -> FormField:
        """The field in which the person names a server."""

    def server_of(self, text: str) -> str:
        """Reads what a person typed as a server; pure.

        Args:
            text: An address, a bare host name, or a whole handle such as ``@ada@example.social``.

        Returns:
            The server's address, always the same for the same server; it is kept and compared.

        Raises:
            Rejected: It names no server; the message says what to type.
        """

    async def register_app(self, server: str, redirect_uri: str, ctx: ConnectContext) -> OAuthApp:
        """Registers an app with a server.

        Args:
            server: What ``server_of`` returned.
            redirect_uri: The address that the server will send people back to.
            ctx: Client and clock.

        Returns:
            The app, with ``server`` in it.

        Raises:
            Rejected: That is no server of this network, or it registers no apps.
            Unavailable: It cannot be reached now.
            RateLimited: It asks to come back later.
        """

    def consent_at(self, server: str) -> Consent:
        """Gives the consent page of a server. ``consent`` has the same scopes and an empty address.

        Args:
            server: What ``server_of`` returned.
        """


@runtime_checkable
class ReadsProfile(Protocol):
    """A network that tells anew who an account is and what it may do now.

    The engine asks before a post is composed when what it knows is older than
    :attr:`profile_seconds`, and once a day otherwise.
    """

    @property
    def profile_seconds(self) -> float:
        """For how many seconds an answer may be used for composing."""

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads name, picture and ``data`` of a connected account.

        Args:
            ctx: Clients and clock.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
