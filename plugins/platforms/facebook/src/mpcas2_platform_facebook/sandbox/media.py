"""Pictures and films that are at the network, published or not."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from mpcas2_platform_facebook.sandbox.media_rules import VideoFault, VideoKind
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_sandbox.decisions import Decision, Decisions
from mpcas2_sandbox.files import StoredFile

Phase = Literal["not_started", "in_progress", "complete", "error"]

_TEMPORARY_LIFE = timedelta(hours=24)


class VideoVerdict(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How processing and publishing of a film are to end.

    Args:
        error: What is wrong with it; None for nothing.
        code: The number beside the error.
        phase: In which phase it fails.
        publish_seconds: How long publishing takes after processing.
    """

    error: str | None = None
    code: int = 1_363_008
    phase: Literal["processing", "publishing"] = "publishing"
    publish_seconds: float = 0.0


@dataclasses.dataclass(eq=False, kw_only=True)
class Photo:
    """One picture.

    Attributes:
        id: Its number.
        page: Whose it is.
        file: Its bytes.
        media_type: What it is.
        alt_text: What it shows, in words.
        caption: The text that came with it.
        made_at: When it came.
        temporary: Whether it goes away unless a post takes it up within a day.
        request: The parameters as they came, the access token left out.
        unknown: The names of those that the network does not know.
        post_id: The post that shows it; empty while there is none.
    """

    id: str
    page: Page
    file: StoredFile
    media_type: str
    alt_text: str
    caption: str
    made_at: datetime
    temporary: bool
    request: dict[str, str]
    unknown: tuple[str, ...]
    post_id: str = ""

    def lives(self, now: datetime) -> bool:
        """Tells whether the network still has it at that time."""
        return bool(self.post_id) or not self.temporary or now < self.made_at + _TEMPORARY_LIFE


@dataclasses.dataclass(eq=False, kw_only=True)
class Video:
    """One film, from the request that begins it.

    Attributes:
        id: Its number.
        page: Whose it is.
        kind: What it is for.
        made_at: When it was begun.
        session: The letters of its upload session; empty for none.
        declared: How many bytes it will have; None until that is told.
        file: Its bytes so far.
        uploaded: Whether they are all here.
        media_type: What it is.
        seconds: How long it is, where its header tells.
        fault: What is wrong with its bytes.
        decisions: Say how it ends.
        finished: Whether the request came that makes a post of it.
        request: The parameters of the request that finished it.
        unknown: The names of those that the network does not know, over all requests.
        post_id: The post that shows it; empty until it was finished.
    """

    id: str
    page: Page
    kind: VideoKind
    made_at: datetime
    file: StoredFile
    session: str = ""
    declared: int | None = None
    uploaded: bool = False
    media_type: str = ""
    seconds: float | None = None
    fault: VideoFault | None = None
    decisions: Decisions[VideoVerdict]
    finished: bool = False
    request: dict[str, str] = dataclasses.field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    post_id: str = ""

    @property
    def decision(self) -> Decision[VideoVerdict] | None:
        """How it ends, and when; None before it was finished."""
        return self.decisions.decide(self.id) if self.finished else None

    @property
    def out_at(self) -> datetime | None:
        """When processing and publishing are over; None before it was finished."""
        decision = self.decision
        if decision is None:
            return None
        return decision.at + timedelta(seconds=decision.verdict.publish_seconds)

    def failure(self) -> VideoFault | None:
        """Returns what it fails for, whether that shows already or not."""
        if self.fault is not None:
            return self.fault
        verdict = None if self.decision is None else self.decision.verdict
        if verdict is None or verdict.error is None:
            return None
        return VideoFault(code=verdict.code, message=verdict.error)

    def phases(self, now: datetime) -> tuple[Phase, Phase, Phase]:
        """Returns how far uploading, processing and publishing are at that time."""
        decision = self.decision
        if not self.uploaded:
            return "in_progress" if self.file.size else "not_started", "not_started", "not_started"
        if decision is None:
            return "complete", "not_started", "not_started"
        if now < decision.at:
            return "complete", "in_progress", "not_started"
        fails = self.failure() is not None
        if fails and (self.fault is not None or decision.verdict.phase == "processing"):
            return "complete", "error", "not_started"
        if now < decision.at + timedelta(seconds=decision.verdict.publish_seconds):
            return "complete", "complete", "in_progress"
        return "complete", "complete", "error" if fails else "complete"

    def has_failed(self, now: datetime) -> bool:
        """Tells whether it failed by that time."""
        return "error" in self.phases(now)

    def status(self, now: datetime) -> dict[str, Any]:
        """Returns the ``status`` field as it is at that time."""
        uploading, processing, publishing = self.phases(now)
        word = "uploading"
        if "error" in {processing, publishing}:
            word = "error"
        elif publishing == "complete":
            word = "ready"
        elif uploading == "complete":
            word = "upload_complete" if self.decision is None else "processing"
        fault = self.failure()
        errors = [] if fault is None else [{"code": fault.code, "message": fault.message}]
        answer: dict[str, Any] = {
            "video_status": word,
            "uploading_phase": {"status": uploading, "bytes_transferred": self.file.size},
            "processing_phase": {"status": processing},
            "publishing_phase": {"status": publishing},
        }
        for name, phase in (("processing_phase", processing), ("publishing_phase", publishing)):
            if phase == "error":
                answer[name]["errors"] = errors
        if publishing == "complete" and self.out_at is not None:
            answer["publishing_phase"]["publish_status"] = "published"
            answer["publishing_phase"]["publish_time"] = self.out_at.strftime(
                "%Y-%m-%dT%H:%M:%S+0000"
            )
        return answer
