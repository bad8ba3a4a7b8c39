"""``/jobs``: what was asked to be published, its whole story, and what people may do with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.response.base import ASGIResponse

from mpcas2_core.database import Scope
from mpcas2_core.errors import InvalidInput
from mpcas2_core.identity import Principal
from mpcas2_core.publishing import actions, jobs, story
from mpcas2_core.publishing.jobs import STATUS_OF
from mpcas2_server.api.job_shapes import (
    JobList,
    JobMetrics,
    JobState,
    JobStatus,
    JobStory,
    PublishJob,
    show_job,
    show_metrics,
    show_story,
)
from mpcas2_server.caller import Caller, signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.idempotency import Outcome, once
from mpcas2_server.schedule import check_schedule
from mpcas2_server.wire import (
    Input,
    PageQuery,
    answer,
    given,
    pagination,
    read_json,
    read_query,
)

__all__ = ("JobController",)

AnyRequest = Request[Any, Any, Any]
NO_JOB = "There is no such job."
WRONG_STATE = "`JOB_STATE` or `JOB_IN_FLIGHT`: the message says what would work."
MaybeText = str | msgspec.UnsetType


class JobQuery(PageQuery, frozen=True, kw_only=True):
    """Which jobs."""

    state: JobState | msgspec.UnsetType = msgspec.UNSET
    status: JobStatus | msgspec.UnsetType = msgspec.UNSET
    platform: MaybeText = msgspec.UNSET
    content_id: UUID | msgspec.UnsetType = msgspec.UNSET
    social_account_id: UUID | msgspec.UnsetType = msgspec.UNSET


class NoInput(Input, frozen=True, kw_only=True):
    """Nothing is to be said: ``{}``, or no body at all."""


class RescheduleInput(Input, frozen=True, kw_only=True):
    """The new time."""

    schedule_at: Annotated[
        datetime,
        msgspec.Meta(
            description="RFC 3339 with an offset.", extra_json_schema={"format": "date-time"}
        ),
    ]


class ConfirmInput(Input, frozen=True, kw_only=True):
    """Where the post is, as far as the person knows."""

    post_url: MaybeText = msgspec.UNSET
    post_id: MaybeText = msgspec.UNSET


class RepostInput(Input, frozen=True, kw_only=True):
    """Whether to post even while an earlier attempt may still be on its way."""

    force: bool = False


def _action(
    summary: str,
    description: str,
    body: type[Input],
    example: dict[str, Any] | None = None,
) -> Doc:
    return Doc(
        tag="Publishing",
        summary=summary,
        description=description,
        body=body,
        answers={200: PublishJob},
        example=example,
        errors={404: NO_JOB, 409: WRONG_STATE},
    )


class JobController(Controller):
    """Publish jobs."""

    path = "/jobs"

    @get(
        doc=Doc(tag="Publishing", summary="List jobs", query=JobQuery, answers={200: JobList}),
    )
    async def list_jobs(self, request: AnyRequest) -> ASGIResponse:
        """Gives a page of jobs, the newest first."""
        caller = signed_in(request)
        query = read_query(request, JobQuery)
        states = _states(query)

        async def work(scope: Scope, _principal: Principal) -> JobList:
            rows, total = await jobs.list_page(
                scope,
                limit=query.limit,
                offset=query.offset,
                states=states,
                platform=given(query.platform),
                content_id=given(query.content_id),
                social_account_id=given(query.social_account_id),
            )
            return JobList(
                data=[show_job(row) for row in rows], pagination=pagination(query, total)
            )

        return answer(await caller.run(work))

    @get(
        "/{job_id:uuid}",
        doc=Doc(
            tag="Publishing",
            summary="Get a job with its whole story",
            description="Parts, every attempt with the network's answer, and what people did.",
            answers={200: JobStory},
            errors={404: NO_JOB},
        ),
    )
    async def get_job(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Gives one job with its story."""
        caller = signed_in(request)

        async def work(scope: Scope, _principal: Principal) -> JobStory:
            return show_story(await story.tell(scope, job_id))

        return answer(await caller.run(work))

    @get(
        "/{job_id:uuid}/metrics",
        doc=Doc(
            tag="Publishing",
            summary="See how a published post does",
            description="Asked of the network now, part by part.",
            answers={200: JobMetrics},
            errors={
                400: "`METRICS_UNSUPPORTED`: the network tells no figures.",
                404: NO_JOB,
                409: "`JOB_STATE`: nothing of it is published. `ACCOUNT_NOT_CONNECTED`",
                502: "`NETWORK_UNAVAILABLE`: the network cannot be asked now.",
            },
        ),
    )
    async def job_metrics(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Gives the figures of a post."""
        caller = signed_in(request)
        principal = await caller.principal()
        found = await caller.engine.posts.metrics(principal.tenant, job_id)
        return answer(JobMetrics(parts=[show_metrics(one) for one in found]))

    @delete(
        "/{job_id:uuid}/post",
        status_code=200,
        doc=Doc(
            tag="Publishing",
            summary="Take a published post down",
            description="From its network, a thread from its end. It may be asked again without harm.",
            answers={200: PublishJob},
            errors={
                400: "`DELETE_UNSUPPORTED`: the network lets no program do that.",
                404: NO_JOB,
                409: "`JOB_STATE`: nothing of it is published. `ACCOUNT_NOT_CONNECTED`",
                502: "`NETWORK_UNAVAILABLE`: the network cannot be asked now; ask again.",
            },
        ),
    )
    async def delete_post(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Takes a post down."""
        caller = signed_in(request)
        principal = await caller.principal()
        row = await caller.engine.posts.delete(principal.tenant, principal.user_id, job_id)
        return answer(show_job(row))

    @post(
        "/{job_id:uuid}/cancel",
        doc=_action("Cancel a job", "Possible until it is being sent.", NoInput),
    )
    async def cancel_job(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Takes a job back."""
        caller = signed_in(request)
        body = await read_json(request, NoInput, empty_ok=True)

        async def work(scope: Scope, principal: Principal) -> Outcome:
            return 200, show_job(await actions.cancel(scope, principal.user_id, job_id))

        return await once(request, caller, body, work)

    @post(
        "/{job_id:uuid}/reschedule",
        doc=_action(
            "Move a job to another time",
            "Possible before it is tried, and for one that was missed, failed or cancelled.",
            RescheduleInput,
            example={"scheduleAt": "2030-01-31T09:00:00+01:00"},
        ),
    )
    async def reschedule_job(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Moves a job to another time."""
        caller = signed_in(request)
        body = await read_json(request, RescheduleInput)

        async def work(scope: Scope, principal: Principal) -> Outcome:
            at = check_schedule(body.schedule_at)
            return 200, show_job(await actions.reschedule(scope, principal.user_id, job_id, at))

        return await _once_and_ring(request, caller, body, work)

    @post(
        "/{job_id:uuid}/confirm",
        doc=_action(
            "Say that an unconfirmed post is there",
            "In a thread, `postId` is needed while later parts are still to follow.",
            ConfirmInput,
            example={"postUrl": "https://bsky.app/profile/ada.example.org/post/3kabc"},
        ),
    )
    async def confirm_job(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Takes a person's word that the post is there."""
        caller = signed_in(request)
        body = await read_json(request, ConfirmInput)

        async def work(scope: Scope, principal: Principal) -> Outcome:
            row = await actions.confirm(
                scope,
                principal.user_id,
                job_id,
                post_id=given(body.post_id),
                post_url=given(body.post_url),
            )
            return 200, show_job(row)

        return await _once_and_ring(request, caller, body, work)

    @post(
        "/{job_id:uuid}/repost",
        doc=_action(
            "Say that an unconfirmed post is not there, and post it again",
            "Look at the network first. `ATTEMPT_MAY_BE_ALIVE` warns that an earlier attempt may "
            "still arrive; `force` posts all the same.",
            RepostInput,
            example={"force": False},
        ),
    )
    async def repost_job(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Takes a person's word that the post is not there."""
        caller = signed_in(request)
        body = await read_json(request, RepostInput, empty_ok=True)

        async def work(scope: Scope, principal: Principal) -> Outcome:
            row = await actions.repost(scope, principal.user_id, job_id, force=body.force)
            return 200, show_job(row)

        return await _once_and_ring(request, caller, body, work)

    @post(
        "/{job_id:uuid}/retry",
        doc=_action(
            "Try a job again at once",
            "An unconfirmed one is looked for at the network before anything is sent.",
            NoInput,
        ),
    )
    async def retry_job(self, request: AnyRequest, job_id: UUID) -> ASGIResponse:
        """Tries a job again."""
        caller = signed_in(request)
        body = await read_json(request, NoInput, empty_ok=True)

        async def work(scope: Scope, principal: Principal) -> Outcome:
            return 200, show_job(await actions.retry(scope, principal.user_id, job_id))

        return await _once_and_ring(request, caller, body, work)


async def _once_and_ring(
    request: AnyRequest,
    caller: Caller,
    body: Input,
    work: Callable[[Scope, Principal], Awaitable[Outcome]],
) -> ASGIResponse:
    response = await once(request, caller, body, work)
    caller.engine.publishing.ring()
    return response


def _states(query: JobQuery) -> list[str]:
    state, status = given(query.state), given(query.status)
    if state is not None and status is not None and STATUS_OF[state] != status:
        raise InvalidInput(
            f"A job in state {state} never has status {status}, but {STATUS_OF[state]}. "
            "Leave one of them out.",
            details={"field": "status"},
        )
    if state is not None:
        return [state]
    return [each for each, word in STATUS_OF.items() if word == status]
