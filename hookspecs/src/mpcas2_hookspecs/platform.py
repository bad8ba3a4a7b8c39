"""The protocols that a network's adapter fulfils.

A platform is found by the hook ``mpcas2_register_platforms``. Capabilities beyond :class:`Platform`
are protocols of their own, detected once by ``isinstance`` when the platform is registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from mpcas2_hookspecs.account import (
    Account,
    Connection,
    FormField,
    Grant,
    HttpAnswer,
    HttpRequest,
)
from mpcas2_hookspecs.context import AccountContext, ConnectContext, PublishContext
from mpcas2_hookspecs.limits import Limits
from mpcas2_hookspecs.oauth import Consent, OAuthApp
from mpcas2_hookspecs.post import (
    FindResult,
    Part,
    PollResult,
    PostMetrics,
    PostProblem,
    Published,
    PublishResult,
    Staged,
    Target,
)
from mpcas2_hookspecs.quotas import QuotaRule

__all__ = (
    "ChecksPost",
    "CollectsMetrics",
    "ConnectsOAuth",
    "ConnectsWithForm",
    "CountsText",
    "DeclaresQuotas",
    "DeletesPosts",
    "ListsTargets",
    "Platform",
    "PollsPublish",
    "RefreshesGrant",
)


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
            NotReady: The network takes its time; ``stage`` runs again later, meanwhile nobody waits.
            PlatformError: Any other of the tree but ``OutcomeUnknown``: nothing irreversible happens
                here.
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
            PlatformError: Any other of the tree but ``NotReady``, only when nothing happened for
                certain.
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


@runtime_checkable
class ChecksPost(Protocol):
    """A network with rules that span several fields, which :class:`Limits` cannot express."""

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:
        """Judges a post when it is planned; pure, and without the network.

        Lengths, kinds, counts and sizes were judged by the limits already.

        Args:
            parts: The whole post, in order; ``root`` and ``parent`` are None.
            account: For whom.
        """


@runtime_checkable
class CountsText(Protocol):
    """A network that counts text in a way of its own; its unit is ``"weighted"``."""

    def text_length(self, text: str) -> int:
        """Counts a text as the network does; pure.

        Args:
            text: As it shall appear.
        """


@runtime_checkable
class DeclaresQuotas(Protocol):
    """A network that lets an account or an app do only so much in a while."""

    @property
    def quotas(self) -> Sequence[QuotaRule]:
        """The quotas. What is spent of them is told with :meth:`AccountContext.spend`."""


@runtime_checkable
class ListsTargets(Protocol):
    """A network with places inside an account, such as playlists or boards."""

    async def targets(self, ctx: AccountContext) -> Sequence[Target]:
        """Lists the places that a post of this account can go to.

        Args:
            ctx: Clients and clock.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """


@runtime_checkable
class DeletesPosts(Protocol):
    """A network that can take a post down again."""

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a published part down. One that is gone already is no error.

        Args:
            post: The part.
            ctx: Clients and clock.

        Raises:
            PlatformError: Any of the tree; after ``OutcomeUnknown`` the engine asks again.
        """


@runtime_checkable
class CollectsMetrics(Protocol):
    """A network that tells how its posts do."""

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of published parts.

        Args:
            posts: Any number; the adapter asks in as few requests as the network allows.
            ctx: Clients and clock.

        Returns:
            Figures by :attr:`Published.id`; a post that is gone is missing.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
