"""The protocols that a network's adapter fulfils.

A platform is found by the hook ``mpcas2_register_platforms``. Capabilities beyond :class:`Platform`
are protocols of their own, detected once by ``isinstance`` when the platform is registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from mpcas2_hookspecs.account import Account, Connection, FormField, Grant, HttpRequest
from mpcas2_hookspecs.context import ConnectContext, PublishContext
from mpcas2_hookspecs.limits import Limits
from mpcas2_hookspecs.post import FindResult, Part, PollResult, PublishResult, Staged

__all__ = ("ConnectsWithForm", "Platform", "PollsPublish", "RefreshesGrant")


@runtime_checkable
class Platform(Protocol):
    """One social network.

    Methods raise only what :mod:`mpcas2_hookspecs.errors` defines. They keep no state between calls:
    whatever must outlast a call is in :class:`~mpcas2_hookspecs.Staged` or in the journal.
    """

    @property
    def key(self) -> str:
        """Names the network: lower-case letters, digits and hyphens, the same as the entry point."""

    @property
    def title(self) -> str:
        """The network's name for people."""

    @property
    def options(self) -> type[msgspec.Struct]:
        """The network's own fields of a post: a frozen Struct with ``forbid_unknown_fields``."""

    def limits(self, account: Account | None) -> Limits:
        """Declares what may be posted, adjusted to what the account may do.

        Args:
            account: The account, or None for what holds without one.
        """

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Does everything that may be repeated: uploads, look-ups, choosing ids.

        It runs again from the start after a crash. Handles that are costly to make again are
        journalled with :meth:`PublishContext.record` and looked up in :attr:`PublishContext.journal`.

        Args:
            part: What to publish.
            ctx: Clients, clock, journal and media for this part.

        Returns:
            All that ``publish`` and ``find`` need.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``: nothing irreversible happens here.
        """

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Takes the one irreversible step, and nothing else.

        The engine has written its pre-commit mark, and gives this call a deadline.

        Args:
            staged: What ``stage`` returned, perhaps in another process.
            ctx: Clients, clock, journal and media for this part.

        Returns:
            ``Published`` when the post is public, ``Accepted`` when the network decides later.

        Raises:
            OutcomeUnknown: The request was sent and its answer is missing or unreadable.
            PlatformError: Any other of the tree, only when nothing happened for certain.
        """

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Tells whether a ``publish`` with this value did happen.

        The engine asks before any repeat after an unknown outcome.

        Args:
            staged: The value that ``publish`` was given.
            ctx: Clients, clock, journal and media for this part.

        Raises:
            PlatformError: The question itself failed; the engine asks again later.
        """


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
class RefreshesGrant(Protocol):
    """A network whose access tokens end and are renewed with a refresh token.

    Both methods are pure: the token broker alone sends the request and stores the new grant.
    """

    def refresh_request(self, account: Account, grant: Grant) -> HttpRequest:
        """Builds the request that renews the grant.

        Args:
            account: The account.
            grant: The standing grant, with its refresh token.
        """

    def parse_refresh(self, status: int, body: Any) -> Grant:
        """Reads the network's answer.

        Args:
            status: HTTP status.
            body: The parsed JSON, or the text when it is not JSON.

        Returns:
            The new grant. A missing refresh token means that the old one stays good.

        Raises:
            Unauthorized: The network says that the refresh token is no longer good.
            RateLimited: The network asks to come back later.
            Unavailable: Anything else; the stored grant stays as it is.
        """


@runtime_checkable
class PollsPublish(Protocol):
    """A network that takes a post first and decides later."""

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Asks what became of an accepted part.

        Args:
            handle: :attr:`Accepted.handle`.
            ctx: Clients and clock.

        Raises:
            Rejected: The network refused the part after all; the message says why and what to do.
            PlatformError: The question itself failed; the engine asks again later.
        """
