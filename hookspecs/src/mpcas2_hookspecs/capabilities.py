"""What some networks can do with posts and others cannot, a protocol for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from mpcas2_hookspecs.account import Account
from mpcas2_hookspecs.context import AccountContext, PublishContext
from mpcas2_hookspecs.post import (
    AccountMetrics,
    CommentPage,
    Part,
    PollResult,
    PostMetrics,
    PostProblem,
    Published,
    Target,
    TextMark,
)
from mpcas2_hookspecs.quotas import QuotaRule

__all__ = (
    "ChecksPost",
    "CollectsAccountMetrics",
    "CollectsMetrics",
    "CountsText",
    "DeclaresQuotas",
    "DeletesPosts",
    "ListsComments",
    "ListsTargets",
    "MarksText",
    "PollsPublish",
)


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


@runtime_checkable
class CollectsAccountMetrics(Protocol):
    """A network that tells how an account does."""

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads the account's figures.

        Args:
            ctx: Clients and clock.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """


@runtime_checkable
class ListsComments(Protocol):
    """A network that tells what people wrote below a post."""

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:
        """Reads one page of the comments, the newest first where the network lets one choose.

        Args:
            post: A published part.
            ctx: Clients and clock.
            cursor: :attr:`CommentPage.cursor` of the page before; empty for the first.

        Raises:
            Rejected: The post is gone.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """


@runtime_checkable
class MarksText(Protocol):
    """A network that makes something of parts of a text: links, mentions, hashtags."""

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds what the network will mark; pure. The preview shows it.

        Args:
            text: As it shall appear.

        Returns:
            The marks in the order of the text; they do not overlap.
        """
