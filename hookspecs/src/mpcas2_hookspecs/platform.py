"""The protocol that every network's adapter fulfils.

A platform is found by the hook ``mpcas2_register_platforms``. What some networks can do and others
cannot are protocols of their own, in :mod:`~mpcas2_hookspecs.connecting`,
:mod:`~mpcas2_hookspecs.capabilities` and :mod:`~mpcas2_hookspecs.webhooks`, detected once by
``isinstance`` when the platform is registered.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from mpcas2_hookspecs.account import Account
from mpcas2_hookspecs.context import PublishContext
from mpcas2_hookspecs.limits import Limits
from mpcas2_hookspecs.post import FindResult, Part, PublishResult, Staged

__all__ = ("Platform",)


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
