"""What becomes of a post for each thing that a network, or the owner of the worker, may do."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest
from tap import PostgresTap
from waiting import until
from world import World, show

from mpcas2_core.accounts import store as accounts
from mpcas2_core.publishing.story import Story
from mpcas2_sandbox import FaultRule

PUT = r"\.putRecord$"
ENDED = ("published", "failed", "missed", "unconfirmed", "cancelled")


def answer(status: int, error: str, **headers: str) -> FaultRule:
    body = {"error": error, "message": "This is the practice network's reason."}
    return FaultRule(action="status", path=PUT, status=status, body=body, headers=headers)


class Expected(msgspec.Struct, frozen=True):
    """What has to be there at the end."""

    state: str
    outcomes: tuple[str, ...]
    posts: int
    error_code: str | None = None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(
            answer(503, "UpstreamFailure"),
            Expected("published", ("unknown", "absent", "published"), 1),
            id="503 before any effect",
        ),
        pytest.param(
            answer(500, "InternalServerError"),
            Expected("published", ("unknown", "absent", "published"), 1),
            id="500 before any effect",
        ),
        pytest.param(
            FaultRule(action="cut_before", path=PUT),
            Expected("published", ("unknown", "absent", "published"), 1),
            id="connection closed before any effect",
        ),
        pytest.param(
            FaultRule(action="malformed", path=PUT),
            Expected("published", ("unknown", "found"), 1),
            id="an answer that is no JSON",
        ),
        pytest.param(
            answer(400, "InvalidRequest"),
            Expected("failed", ("rejected",), 0, "REJECTED"),
            id="refused",
        ),
        pytest.param(
            answer(400, "ExpiredToken"),
            Expected("published", ("unauthorized", "published"), 1),
            id="the token has ended",
        ),
        pytest.param(
            answer(429, "RateLimitExceeded", **{"Retry-After": "1"}),
            Expected("published", ("rate_limited", "published"), 1),
            id="too many requests",
        ),
    ],
)
def test_a_fault_of_the_network_ends_as_it_should(
    world: World, fault: FaultRule, expected: Expected
) -> None:
    world.sandbox.control.add_fault(fault)
    submitted = world.submit("text")
    world.worker()
    story = world.wait_state(submitted.job_id, *ENDED)
    told = Expected(
        story.job.state,
        tuple(str(attempt.outcome) for attempt in story.attempts),
        len(world.posts(submitted)),
        story.job.error_code,
    )
    assert told == expected, show(story)
    assert world.stats()["edits"] == 0


def test_an_answer_that_takes_too_long_is_not_waited_for(world: World) -> None:
    world.sandbox.control.add_fault(FaultRule(action="hold_before", path=PUT))
    submitted = world.submit("text")
    world.worker(send_seconds="2")
    story = world.wait_state(submitted.job_id, *ENDED)
    outcomes = [attempt.outcome for attempt in story.attempts]
    assert outcomes == ["unknown", "absent", "published"], show(story)
    # What was given up arrives after all.
    world.sandbox.control.release_all()
    until(
        lambda: all(one.outcome != "open" for one in world.sandbox.control.requests()),
        why="the late request to be answered",
    )
    assert len(world.posts(submitted)) == 1
    assert world.stats()["edits"] == 0


def test_a_refusal_tells_what_the_network_said_and_needs_attention(world: World) -> None:
    world.sandbox.control.add_fault(answer(400, "InvalidRequest"))
    submitted = world.submit("text")
    world.worker()
    job = world.wait_state(submitted.job_id, *ENDED).job
    assert job.needs_attention
    assert "This is the practice network's reason." in (job.error_message or "")


def test_an_ended_token_is_renewed_once(world: World) -> None:
    before = world.stats()["refreshes"]
    world.sandbox.control.add_fault(answer(400, "ExpiredToken"))
    submitted = world.submit("thread")
    world.worker()
    world.wait_state(submitted.job_id, *ENDED)
    assert world.stats()["refreshes"] == before + 1
    assert len(world.posts(submitted)) == 3


def test_a_rate_limit_is_waited_for_as_told_and_leaves_the_worker_free(world: World) -> None:
    world.sandbox.control.add_fault(answer(429, "RateLimitExceeded", **{"Retry-After": "20"}))
    waiting = world.submit("text")
    world.worker(concurrency="1")
    story = world.wait_state(waiting.job_id, "retrying", *ENDED)
    finished, again = story.attempts[0].finished_at, story.job.next_attempt_at
    assert finished is not None
    assert again is not None
    assert timedelta(seconds=20) <= again - finished <= timedelta(seconds=22)

    other = world.submit("text")
    world.wait_state(other.job_id, *ENDED)
    assert len(world.posts(other)) == 1
    assert world.story(waiting.job_id).job.state == "retrying"


def test_a_revoked_grant_expires_the_account_and_fails_the_post(world: World) -> None:
    account_id = world.connect(1)
    control = world.sandbox.control
    did = control.call("GET", "accounts")["accounts"][1]["did"]
    control.call("POST", f"accounts/{did}/revoke", {})
    submitted = world.submit("text", account_id=account_id)
    later = world.submit("text", account_id=account_id)
    world.worker()
    for one in (submitted, later):
        job = world.wait_state(one.job_id, *ENDED).job
        assert (job.state, job.error_code) == ("failed", "ACCOUNT_EXPIRED")
        assert job.needs_attention
    row = world.run(lambda scope: accounts.get(scope, account_id))
    assert row is not None
    assert row.status == "expired"
    assert "onnect" in (row.status_reason or "")


def test_a_network_that_cannot_be_reached_is_tried_again_until_patience_ends(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    submitted = world.submit("text")
    world.sandbox.stop()
    world.worker(max_failures="3")
    story = world.wait_state(submitted.job_id, *ENDED)
    assert [attempt.outcome for attempt in story.attempts] == ["unavailable"] * 3
    assert (story.job.state, story.job.error_code) == ("failed", "NETWORK_UNAVAILABLE")


LATE_CASES: list[tuple[Literal["ask", "skip", "post"], int, str, bool]] = [
    ("ask", 60, "missed", True),
    ("skip", 60, "missed", False),
    ("post", 60, "published", False),
    ("ask", 4 * 3600, "published", False),
]


@pytest.mark.parametrize(("otherwise", "within", "state", "attention"), LATE_CASES)
def test_a_post_whose_time_passed_is_treated_as_its_owner_wishes(
    world: World,
    otherwise: Literal["ask", "skip", "post"],
    within: int,
    state: str,
    attention: bool,
) -> None:
    world.set_late_policy(within, otherwise)
    submitted = world.submit("text", at=datetime.now(UTC) - timedelta(hours=2))
    world.worker()
    story = world.wait_state(submitted.job_id, *ENDED)
    world.set_late_policy(3600, "ask")
    assert (story.job.state, story.job.needs_attention) == (state, attention)
    assert len(world.posts(submitted)) == (1 if state == "published" else 0)


def draining(output: str) -> bool:
    return "worker_draining" in output


def test_a_worker_that_is_asked_to_stop_ends_what_it_is_sending(world: World) -> None:
    control = world.sandbox.control
    control.add_fault(FaultRule(action="hold_before", path=PUT))
    submitted = world.submit("text")
    worker = world.worker()
    (held,) = control.wait_held()
    worker.terminate()
    until(lambda: draining(worker.output()), why="the worker to drain")
    late = world.submit("text")
    control.release(held.id)
    assert worker.wait() == 0
    assert world.story(submitted.job_id).job.state == "published"
    # It takes nothing new while it drains.
    assert world.story(late.job_id).attempts == ()


def due_row(world: World, job_id: UUID) -> dict[str, Any]:
    sql = (
        "SELECT lease_until, worker, next_at <= now() AS due FROM public.due_jobs WHERE job_id = $1"
    )
    row = world.run(lambda scope: scope.fetchrow(sql, job_id))
    assert row is not None
    return dict(row)


def test_a_job_without_a_mark_is_given_back_at_once(world: World) -> None:
    control = world.sandbox.control
    control.add_fault(FaultRule(action="hold_before", path=r"\.uploadBlob$"))
    submitted = world.submit("image")
    worker = world.worker(lease_seconds="60", send_seconds="50", drain_seconds="0.2")
    control.wait_held()
    worker.terminate()
    assert worker.wait() == 0
    assert due_row(world, submitted.job_id) == {"lease_until": None, "worker": None, "due": True}
    control.clear_faults()
    control.release_all("cut")
    world.worker()
    story = world.wait_state(submitted.job_id, *ENDED)
    assert [attempt.outcome for attempt in story.attempts] == ["interrupted", "published"]
    assert len(world.posts(submitted)) == 1


def test_a_marked_job_that_outlasts_the_drain_is_looked_for_when_its_lease_ends(
    world: World,
) -> None:
    control = world.sandbox.control
    control.add_fault(FaultRule(action="hold_after", path=PUT))
    submitted = world.submit("text")
    worker = world.worker(lease_seconds="2", send_seconds="1.8", drain_seconds="0.2")
    control.wait_held()
    worker.terminate()
    assert worker.wait() == 0
    assert due_row(world, submitted.job_id)["lease_until"] is not None
    world.worker()
    story: Story = world.wait_state(submitted.job_id, *ENDED)
    assert [attempt.outcome for attempt in story.attempts] == ["unreported", "found"]
    assert len(world.posts(submitted)) == 1


def test_a_second_signal_ends_the_worker_at_once_and_nothing_is_lost(world: World) -> None:
    control = world.sandbox.control
    control.add_fault(FaultRule(action="hold_after", path=PUT))
    submitted = world.submit("text")
    worker = world.mortal_worker()
    control.wait_held()
    worker.terminate()
    until(lambda: draining(worker.output()), why="the worker to drain")
    worker.terminate()
    assert worker.wait() == 128 + signal.SIGINT
    world.worker()
    world.wait_state(submitted.job_id, *ENDED)
    assert len(world.posts(submitted)) == 1


def test_one_post_takes_few_round_trips_to_the_database(world: World) -> None:
    with PostgresTap(world.env["DATABASE_URL"]) as tap:
        first = world.submit("text")
        worker = world.worker(database_url=tap.url)
        world.wait_state(first.job_id, *ENDED)
        tap.clear()
        submitted = world.submit("text")
        world.wait_state(submitted.job_id, *ENDED)
        worker.terminate()
        worker.wait()
        labels = [exchange.label for exchange in tap.trace()]
    start, end = labels.index("claim"), len(labels) - labels[::-1].index("settle")
    others = {"heartbeat", "offer", "next-due"}
    # The COMMIT of the settlement follows it.
    trips = [label for label in labels[start : end + 1] if label not in others]
    assert len(trips) <= 12, trips
