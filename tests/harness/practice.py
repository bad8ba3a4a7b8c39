"""What the harness has to know of a practice network, for posting to it and for judging what it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

import msgspec

from mpcas2_core.database import Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import PostMetadata
from mpcas2_core.publishing.story import Story
from mpcas2_hookspecs import Connection
from mpcas2_sandbox import Control, LoggedRequest, SandboxProcess

if TYPE_CHECKING:
    # The points are named after the calls that are declared here.
    from kill_points import KillPoint

__all__ = ("APP", "Call", "Connected", "PostKind", "PracticeNetwork", "Submitted", "Wish")

PostKind = Literal[
    "text",
    "image",
    "images",
    "thread",
    "eight",
    "poll",
    "video",
    "story",
    "document",
    "comment",
]

APP = ("practice-client", "practice-secret")
"""Id and secret of the app that every practice network with a consent page knows."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request that an adapter makes.

    Attributes:
        name: For reports.
        method: HTTP method.
        path: Regular expression for the whole path.
        final: Whether it is the one that cannot be taken back, or the last of several such.
    """

    name: str
    method: str
    path: str
    final: bool = False

    def made(self, request: LoggedRequest) -> bool:
        """Tells whether a request is one of this kind."""
        return request.method == self.method and re.search(self.path, request.path) is not None


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """A post that was asked for.

    Attributes:
        job_id: Its job.
        texts: The text of each part; no other post of the world has any of them.
        mark: What texts and title have in them, and those of no other post.
        network: Where it goes.
    """

    job_id: UUID
    texts: tuple[str, ...]
    mark: str = ""
    network: str = "bluesky"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of post is made of.

    Attributes:
        content: Name of the content, for the library.
        texts: The text of each part.
        metadata: The rest; its text and thread are filled in.
        comment: Text of a first comment; empty for none.
    """

    content: str
    texts: tuple[str, ...]
    metadata: PostMetadata = PostMetadata()
    comment: str = ""


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was connected at the network, ready to be stored.

    Attributes:
        connection: Who it is, and its grant.
        client_id: The app that the grant was given to; None for a form.
    """

    connection: Connection
    client_id: str | None = None


class PracticeNetwork(Protocol):
    """A practice network, as worlds and lanes deal with it."""

    key: str
    kinds: tuple[PostKind, ...]
    calls: tuple[Call, ...]
    hurries: bool
    """Whether pauses and leases are cut short in lanes; else they pass in full."""

    def environment(self, url: str) -> Mapping[str, str]:
        """Gives the variables that lead a worker to it."""

    def prepare(self, control: Control) -> None:
        """Takes away what is not the matter of most tests: quotas and waiting."""

    async def connect(
        self, sandbox: SandboxProcess, engine: Engine, tenant: Tenant, platform: str, number: int
    ) -> Connected:
        """Connects one of its people, counted from 0."""

    def wish(self, kind: PostKind, mark: str, content: Callable[[str], UUID]) -> Wish:
        """Makes up a post.

        Args:
            kind: One of ``kinds``.
            mark: Has to be in texts and title.
            content: Gives the id of a content by its name in the library.
        """

    def posts(self, control: Control, submitted: Submitted) -> list[dict[str, Any]]:
        """Gives its posts of a job, the oldest first."""

    def faults(
        self,
        control: Control,
        submitted: Submitted,
        story: Story,
        kills: Sequence[KillPoint],
        *,
        lags: bool,
    ) -> list[str]:
        """Judges what became of a job whose workers were killed.

        Args:
            control: Of the practice network.
            submitted: What was asked for.
            story: What the ledger tells.
            kills: Where the workers died.
            lags: Whether the network shows new posts late.
        """
