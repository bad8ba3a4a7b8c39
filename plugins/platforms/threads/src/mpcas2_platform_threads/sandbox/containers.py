"""Containers: what waits to be published."""

import dataclasses
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.container_order import ContainerOrder
from mpcas2_platform_threads.sandbox.media_rules import MediaFault
from mpcas2_sandbox.decisions import Decision
from mpcas2_sandbox.files import StoredFile

Status = Literal["IN_PROGRESS", "FINISHED", "ERROR", "EXPIRED", "PUBLISHED"]


class ContainerVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How processing of a container is to end.

    Args:
        error: What is wrong with it; None for nothing.
        expired: Whether it expires instead of being finished.
    """

    error: MediaFault | None = None
    expired: bool = False


@dataclasses.dataclass(eq=False, kw_only=True)
class Container:
    """One container.

    Attributes:
        id: Its number.
        owner: Whose it is.
        order: What was asked for.
        request: The parameters as they came, the access token left out.
        created_at: When it was made.
        lives: For how long.
        decision: When processing ends, and how, if the media is good.
        children: The containers of a carousel.
        file: The media, once it is here.
        media_type: What the media is.
        waiting: Whether the media is still to come.
        fault: What is wrong with the media.
        post_id: What it was published as.
    """

    id: str
    owner: Account
    order: ContainerOrder
    request: dict[str, str]
    created_at: datetime
    lives: timedelta
    decision: Decision[ContainerVerdict]
    children: tuple["Container", ...] = ()
    file: StoredFile | None = None
    media_type: str = ""
    waiting: bool = False
    fault: MediaFault | None = None
    post_id: str | None = None

    def status(self, now: datetime) -> Status:
        """Returns how far it is at that time."""
        if self.post_id is not None:
            return "PUBLISHED"
        if now >= self.created_at + self.lives:
            return "EXPIRED"
        if self.waiting or now < self.decision.at:
            return "IN_PROGRESS"
        if self.decision.verdict.expired:
            return "EXPIRED"
        below = {child.status(now) for child in self.children}
        if self.wrong() is not None or below & {"ERROR", "EXPIRED"}:
            return "ERROR"
        return "IN_PROGRESS" if "IN_PROGRESS" in below else "FINISHED"

    def wrong(self) -> MediaFault | None:
        """Returns what is wrong with it, whether that shows already or not."""
        return self.fault if self.fault is not None else self.decision.verdict.error

    def error_message(self, now: datetime) -> MediaFault | None:
        """Returns what is wrong with it or one of its items, once that shows."""
        if self.status(now) != "ERROR":
            return None
        faults = (one.wrong() for one in (self, *self.children))
        return next((one for one in faults if one is not None), "UNKNOWN")
