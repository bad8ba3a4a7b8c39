"""Containers: media that waits to be published."""

import asyncio
import dataclasses
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.container_order import ContainerOrder
from mpcas2_platform_instagram.sandbox.errors import MEDIA_FAULTS
from mpcas2_sandbox.decisions import Decision
from mpcas2_sandbox.files import StoredFile

StatusCode = Literal["IN_PROGRESS", "FINISHED", "ERROR", "EXPIRED", "PUBLISHED"]

_SENTENCES: Final[dict[StatusCode, str]] = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "EXPIRED": "Expired: The media was not published within 24 hours and has expired.",
    "PUBLISHED": "Published: Media has been published.",
}


class ContainerVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How processing of a container is to end.

    Args:
        error: The subcode of what is wrong with it; None for nothing.
        expired: Whether it expires instead of being finished.
    """

    error: int | None = None
    expired: bool = False

    def __post_init__(self) -> None:
        """Refuses a subcode that no container ever shows."""
        if self.error is not None and self.error not in MEDIA_FAULTS:
            raise ValueError(f"error must be one of {', '.join(map(str, MEDIA_FAULTS))}")


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
        cover: A reel's cover picture.
        declared: How many bytes an upload will have; None until it begins.
        waiting: Whether the media is still to come.
        fault: The subcode of what is wrong with the media.
        task: What fetches the media.
        media_id: What it was published as.
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
    cover: StoredFile | None = None
    declared: int | None = None
    waiting: bool = False
    fault: int | None = None
    task: asyncio.Task[None] | None = None
    media_id: str | None = None

    def status(self, now: datetime) -> StatusCode:
        """Returns how far it is at that time."""
        if self.media_id is not None:
            return "PUBLISHED"
        if now >= self.created_at + self.lives:
            return "EXPIRED"
        if self.waiting or now < self.decision.at:
            return "IN_PROGRESS"
        if self.decision.verdict.expired:
            return "EXPIRED"
        below = {child.status(now) for child in self.children}
        if self.fault_now() is not None or below & {"ERROR", "EXPIRED"}:
            return "ERROR"
        return "IN_PROGRESS" if "IN_PROGRESS" in below else "FINISHED"

    def fault_now(self) -> int | None:
        """Returns the subcode of what is wrong with it, whether that shows already or not."""
        return self.fault if self.fault is not None else self.decision.verdict.error

    def sentence(self, now: datetime) -> str:
        """Returns the status as a sentence, with the subcode of a failure."""
        status = self.status(now)
        if status != "ERROR":
            return _SENTENCES[status]
        faults = [one.fault_now() for one in (self, *self.children)]
        subcode = next((one for one in faults if one is not None), 2207032)
        return f"Error: Media upload has failed with error code {subcode}"

    def video_status(self, now: datetime) -> dict[str, Any] | None:
        """Returns how far upload and processing of a video are; None for anything else."""
        if not self.order.is_video:
            return None
        here = 0 if self.file is None else self.file.size
        uploaded = not self.waiting
        processing = {"FINISHED": "complete", "PUBLISHED": "complete", "ERROR": "error"}
        status = self.status(now)
        return {
            "uploading_phase": {
                "status": "complete" if uploaded else "in_progress",
                "bytes_transferred": here,
            },
            "processing_phase": {
                "status": processing.get(status, "in_progress" if uploaded else "not_started")
            },
        }
