"""Publish jobs on the wire, short and with their whole story."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec

from mpcas2_core.publishing.jobs import JobRow
from mpcas2_core.publishing.posts import PartMetrics
from mpcas2_core.publishing.story import Attempt, Event, PartStory, Story
from mpcas2_hookspecs import PostMetrics
from mpcas2_server.wire import Moment, Output, Pagination, optional

__all__ = (
    "JobList",
    "JobMetrics",
    "JobState",
    "JobStatus",
    "JobStory",
    "PublishJob",
    "show_job",
    "show_metrics",
    "show_story",
)

JobStatus = Literal["scheduled", "processing", "published", "failed", "cancelled"]
JobState = Literal[
    "scheduled",
    "processing",
    "retrying",
    "accepted",
    "unconfirmed",
    "published",
    "failed",
    "missed",
    "cancelled",
]
PartState = Literal["pending", "sent", "accepted", "unconfirmed", "published"]
PartRole = Literal["post", "comment"]
AttemptKind = Literal["publish", "find", "poll"]
UNSET = msgspec.UNSET
MaybeText = str | msgspec.UnsetType
MaybeTime = Moment | msgspec.UnsetType
MaybeCount = int | msgspec.UnsetType
MaybeData = dict[str, Any] | msgspec.UnsetType


class JobError(Output, frozen=True, kw_only=True):
    """Why a job failed or waits."""

    code: str
    message: str


class PublishJob(Output, frozen=True, kw_only=True):
    """One post to one account."""

    id: UUID
    content_id: UUID
    social_account_id: UUID
    platform: str
    username: str
    scheduled_at: Moment
    status: Annotated[JobStatus, msgspec.Meta(description="The coarse word.")]
    state: Annotated[JobState, msgspec.Meta(description="The exact word.")]
    needs_attention: Annotated[bool, msgspec.Meta(description="A person has to decide.")]
    created_at: Moment
    updated_at: Moment
    published_at: MaybeTime = UNSET
    deleted_at: MaybeTime = UNSET
    platform_post_id: MaybeText = UNSET
    platform_post_url: MaybeText = UNSET
    next_attempt_at: MaybeTime = UNSET
    error: JobError | msgspec.UnsetType = UNSET
    warnings: Annotated[
        list[str],
        msgspec.Meta(description="What is public, but not as wished; a missing first comment."),
    ] = msgspec.field(default_factory=list)


class PartMetricsShown(Output, frozen=True, kw_only=True):
    """How one part does; a figure that the network does not tell is absent."""

    index: int
    post_id: str
    gone: Annotated[bool, msgspec.Meta(description="The network no longer has it.")]
    post_url: MaybeText = UNSET
    views: MaybeCount = UNSET
    likes: MaybeCount = UNSET
    comments: MaybeCount = UNSET
    shares: MaybeCount = UNSET
    saves: MaybeCount = UNSET
    clicks: MaybeCount = UNSET
    more: Annotated[
        dict[str, float], msgspec.Meta(description="The network's own figures, by its own names.")
    ] = msgspec.field(default_factory=dict)


class JobMetrics(Output, frozen=True, kw_only=True):
    """How a post does, part by part."""

    parts: list[PartMetricsShown]


class JobPart(Output, frozen=True, kw_only=True):
    """One part of a post: a thread has several, and a first comment is the last."""

    index: int
    role: PartRole
    text: str
    state: PartState
    media: list[dict[str, Any]]
    post_id: MaybeText = UNSET
    post_url: MaybeText = UNSET
    published_at: MaybeTime = UNSET


class JobAttempt(Output, frozen=True, kw_only=True):
    """One time that the engine turned to the network. ``late…`` came after the job was lost."""

    id: UUID
    part: int
    kind: AttemptKind
    worker: str
    started_at: Moment
    marked_at: MaybeTime = UNSET
    finished_at: MaybeTime = UNSET
    duration_ms: int | msgspec.UnsetType = UNSET
    outcome: MaybeText = UNSET
    message: MaybeText = UNSET
    code: MaybeText = UNSET
    answer: MaybeData = UNSET
    late_outcome: MaybeText = UNSET
    late_answer: MaybeData = UNSET
    late_at: MaybeTime = UNSET


class JobEvent(Output, frozen=True, kw_only=True):
    """What happened to a job apart from attempts."""

    at: Moment
    kind: str
    message: str
    user_id: UUID | msgspec.UnsetType = UNSET


class JobStory(PublishJob, frozen=True, kw_only=True):
    """A post with everything that is known about it."""

    metadata: dict[str, Any]
    parts: list[JobPart]
    attempts: list[JobAttempt]
    events: list[JobEvent]


class JobList(Output, frozen=True, kw_only=True):
    """A page of jobs, the newest first."""

    data: list[PublishJob]
    pagination: Pagination


def show_job(row: JobRow) -> PublishJob:
    """Shows a job without its story."""
    return PublishJob(**_common(row))


def show_story(story: Story) -> JobStory:
    """Shows a job with its story."""
    return JobStory(
        **_common(story.job),
        metadata=story.job.metadata,
        parts=[_part(part) for part in story.parts],
        attempts=[_attempt(attempt) for attempt in story.attempts],
        events=[_event(event) for event in story.events],
    )


def _common(row: JobRow) -> dict[str, Any]:
    error: JobError | msgspec.UnsetType = UNSET
    if row.error_message is not None:
        error = JobError(code=row.error_code or "FAILED", message=row.error_message)
    return {
        "id": row.id,
        "content_id": row.content_id,
        "social_account_id": row.social_account_id,
        "platform": row.platform,
        "username": row.username,
        "scheduled_at": row.scheduled_at,
        "status": row.status,
        "state": row.state,
        "needs_attention": row.needs_attention,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "published_at": optional(row.published_at),
        "deleted_at": optional(row.deleted_at),
        "platform_post_id": optional(row.platform_post_id),
        "platform_post_url": optional(row.platform_post_url),
        "next_attempt_at": optional(row.next_attempt_at),
        "error": error,
        "warnings": list(row.warnings),
    }


def _part(part: PartStory) -> JobPart:
    return JobPart(
        index=part.position,
        role=cast("PartRole", part.role),
        text=part.text,
        state=cast("PartState", part.state),
        media=[_medium(medium) for medium in part.media],
        post_id=optional(part.post_id),
        post_url=optional(part.post_url),
        published_at=optional(part.published_at),
    )


def _medium(medium: dict[str, Any]) -> dict[str, Any]:
    shown = {"contentId": medium["content_id"], "altText": medium.get("alt_text")}
    return {key: value for key, value in shown.items() if value}


def _attempt(attempt: Attempt) -> JobAttempt:
    duration: int | msgspec.UnsetType = UNSET
    if attempt.finished_at is not None:
        duration = round((attempt.finished_at - attempt.started_at).total_seconds() * 1000)
    return JobAttempt(
        id=attempt.id,
        part=attempt.position,
        kind=cast("AttemptKind", attempt.kind),
        worker=attempt.worker,
        started_at=attempt.started_at,
        marked_at=optional(attempt.marked_at),
        finished_at=optional(attempt.finished_at),
        duration_ms=duration,
        outcome=optional(attempt.outcome),
        message=optional(attempt.message),
        code=optional(attempt.code),
        answer=optional(attempt.answer),
        late_outcome=optional(attempt.late_outcome),
        late_answer=optional(attempt.late_answer),
        late_at=optional(attempt.late_at),
    )


def _event(event: Event) -> JobEvent:
    return JobEvent(
        at=event.at, kind=event.kind, message=event.message, user_id=optional(event.user_id)
    )


def show_metrics(row: PartMetrics) -> PartMetricsShown:
    """Gives the figures of a part as the API shows them."""
    figures = row.metrics or PostMetrics()
    return PartMetricsShown(
        index=row.index,
        post_id=row.post_id,
        gone=row.metrics is None,
        post_url=optional(row.post_url),
        views=optional(figures.views),
        likes=optional(figures.likes),
        comments=optional(figures.comments),
        shares=optional(figures.shares),
        saves=optional(figures.saves),
        clicks=optional(figures.clicks),
        more=figures.more,
    )
