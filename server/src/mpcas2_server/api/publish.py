"""``/publish``: content to accounts, now or on schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.response.base import ASGIResponse

from mpcas2_core.database import Scope
from mpcas2_core.errors import InvalidInput
from mpcas2_core.identity import Principal
from mpcas2_core.publishing.compose import PostMetadata
from mpcas2_core.publishing.jobs import Target
from mpcas2_server.api.job_shapes import PublishJob, show_job
from mpcas2_server.api.preview_shapes import (
    PreviewAnswer,
    PublishWarning,
    show_preview,
    show_warning,
)
from mpcas2_server.caller import signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.idempotency import Outcome, once
from mpcas2_server.schedule import check_schedule
from mpcas2_server.wire import Input, Output, answer, read_json

__all__ = ("PublishController",)

MAX_ACCOUNTS = 100
EXAMPLE = {
    "contentId": "0199f0c4-5d1c-7a63-9a3e-2f6a1d1c0b7e",
    "accounts": [
        {
            "socialAccountId": "0199f0c4-6b0e-7c11-8d52-0d6f3a9b8c21",
            "platform": "bluesky",
            "metadata": {"text": "Good morning from Bluesky"},
        }
    ],
    "metadata": {"text": "Good morning", "hashtags": ["hello"]},
    "scheduleAt": "2030-01-31T09:00:00+01:00",
}


class PublishTarget(Input, frozen=True, kw_only=True):
    """One account, with wishes that go before the ones for all."""

    social_account_id: UUID
    platform: str
    metadata: PostMetadata = PostMetadata()


class PublishInput(Input, frozen=True, kw_only=True):
    """What is published where and when."""

    content_id: UUID
    accounts: Annotated[list[PublishTarget], msgspec.Meta(min_length=1, max_length=MAX_ACCOUNTS)]
    metadata: Annotated[PostMetadata, msgspec.Meta(description="Wishes for all accounts.")] = (
        PostMetadata()
    )
    schedule_at: Annotated[
        datetime | msgspec.UnsetType,
        msgspec.Meta(
            description="RFC 3339 with an offset; left out for now.",
            extra_json_schema={"format": "date-time"},
        ),
    ] = msgspec.UNSET
    publish_now: bool | msgspec.UnsetType = msgspec.UNSET


class PublishAnswer(Output, frozen=True, kw_only=True):
    """One job for each account, in the order of the request."""

    jobs: list[PublishJob]
    warnings: Annotated[
        list[PublishWarning],
        msgspec.Meta(
            description="Posts that will wait for a network's quota, follow another too closely, or "
            "repeat one."
        ),
    ]


class PublishController(Controller):
    """Publishing."""

    path = "/publish"

    @post(
        doc=Doc(
            tag="Publishing",
            summary="Publish content to accounts",
            description="Everything is judged first, for all accounts: either every job is made or "
            "none, and `details.problems` names each reason. Follow a job with `GET /jobs/{id}`.",
            body=PublishInput,
            example=EXAMPLE,
            answers={202: PublishAnswer},
            errors={
                400: "`POST_INVALID` (with `details.problems`), `OFFSET_REQUIRED`, "
                "`SCHEDULE_IN_PAST`, `SCHEDULE_TOO_FAR` or `VALIDATION_ERROR`.",
                404: "There is no such content.",
                409: "`IDEMPOTENCY_KEY_REUSED`: the key came with another request.",
            },
        ),
    )
    async def publish(self, request: Request[Any, Any, Any]) -> ASGIResponse:
        """Makes one job for each account."""
        caller = signed_in(request)
        body = await read_json(request, PublishInput)
        publishing = caller.engine.publishing

        async def work(scope: Scope, principal: Principal) -> Outcome:
            rows = await publishing.submit(
                scope,
                user_id=principal.user_id,
                content_id=body.content_id,
                targets=_targets(body),
                default=body.metadata,
                # Judged in here: a repeated request has its answer, however late it comes.
                scheduled_at=_when(body),
            )
            warnings = await publishing.warnings(scope, rows)
            return 202, PublishAnswer(
                jobs=[show_job(row) for row in rows],
                warnings=[show_warning(one) for one in warnings],
            )

        response = await once(request, caller, body, work)
        publishing.ring()
        return response

    @post(
        "/preview",
        status_code=200,
        doc=Doc(
            tag="Publishing",
            summary="See what would be published, without publishing it",
            description="Takes what `POST /publish` takes and stores nothing. Every account's post is "
            "shown as its network counts and cuts it, and `problems` names in the same words all that "
            "`POST /publish` would refuse.",
            body=PublishInput,
            example=EXAMPLE,
            answers={200: PreviewAnswer},
            errors={
                400: "`OFFSET_REQUIRED`, `SCHEDULE_IN_PAST`, `SCHEDULE_TOO_FAR` or "
                "`VALIDATION_ERROR`.",
                404: "There is no such content.",
            },
        ),
    )
    async def preview(self, request: Request[Any, Any, Any]) -> ASGIResponse:
        """Shows what would be published."""
        caller = signed_in(request)
        body = await read_json(request, PublishInput)
        engine, at = caller.engine, _when(body)
        principal = await caller.principal()
        # What an account may do now decides what its network takes.
        named = [target.social_account_id for target in body.accounts]
        await engine.profiles.fresh_accounts(principal.tenant, named)

        async def work(scope: Scope, _principal: Principal) -> PreviewAnswer:
            found = await engine.publishing.preview(
                scope,
                content_id=body.content_id,
                targets=_targets(body),
                default=body.metadata,
                scheduled_at=at,
            )
            return show_preview(found)

        return answer(await caller.run(work))


def _targets(body: PublishInput) -> list[Target]:
    return [
        Target(
            social_account_id=target.social_account_id,
            platform=target.platform,
            metadata=target.metadata,
        )
        for target in body.accounts
    ]


def _when(body: PublishInput) -> datetime:
    if body.schedule_at is not msgspec.UNSET:
        if body.publish_now is True:
            raise InvalidInput(
                "publishNow and scheduleAt exclude each other. Leave one out.",
                details={"field": "publishNow"},
            )
        return check_schedule(body.schedule_at)
    if body.publish_now is False:
        raise InvalidInput(
            "publishNow is false and scheduleAt is missing. Give a time, or leave both out to "
            "publish at once.",
            details={"field": "scheduleAt"},
        )
    return datetime.now(UTC)
