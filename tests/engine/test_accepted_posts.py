"""Networks that take a post and decide later: the job waits, also over the death of its worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from waiting import until
from world import World

from mpcas2_core.publishing.actions import retry
from mpcas2_sandbox import FaultRule

POLL = r"\.getRecord$"
UNDECIDED = FaultRule(action="status", path=POLL, status=202, times=None)


@pytest.fixture
def slow(make_world: Callable[..., World], plugin_path: Callable[[str], tuple[str, ...]]) -> World:
    """A world whose network decides later."""
    return make_world(platform="bluesky-slow", path=plugin_path("bluesky_slow"))


def wait_for_questions(world: World, path_end: str, count: int) -> None:
    def asked() -> bool:
        found = [one for one in world.sandbox.control.requests() if one.path.endswith(path_end)]
        return len(found) >= count

    until(asked, why=f"{count} requests for {path_end}")


def test_an_accepted_post_is_asked_for_until_it_is_published(slow: World) -> None:
    slow.sandbox.control.add_fault(FaultRule(action="status", path=POLL, status=202, times=2))
    submitted = slow.submit("thread")
    slow.worker()
    accepted = slow.wait_state(submitted.job_id, "accepted")
    assert accepted.job.status == "processing"
    story = slow.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    first = [attempt.outcome for attempt in story.attempts if attempt.position == 0]
    assert first == ["accepted", "still_deciding", "still_deciding", "published"]
    assert len(slow.posts(submitted)) == 3


def test_a_post_that_is_refused_later_fails_with_the_networks_reason(slow: World) -> None:
    control = slow.sandbox.control
    control.add_fault(FaultRule(action="status", path=POLL, status=202))
    control.add_fault(FaultRule(action="status", path=POLL, status=422))
    submitted = slow.submit("text")
    slow.worker()
    story = slow.wait_state(submitted.job_id, "failed", "published", "unconfirmed")
    assert (story.job.state, story.job.error_code) == ("failed", "REJECTED")
    assert story.job.error_message == (
        "The picture shows a trade mark. Use another. The network had accepted the post and did not "
        "keep it. Publish it anew with what is wrong mended, or use `retry` to send the same again."
    )
    assert story.attempts[-1].code == "TradeMark"


def test_a_retry_of_a_post_that_was_taken_back_prepares_it_anew(slow: World) -> None:
    control = slow.sandbox.control
    control.add_fault(FaultRule(action="status", path=POLL, status=422))
    submitted = slow.submit("text")
    slow.worker()
    slow.wait_state(submitted.job_id, "failed", "published", "unconfirmed")
    rows = slow.run(
        lambda scope: scope.fetch(
            "SELECT staged, journal FROM publish_parts WHERE job_id = $1", submitted.job_id
        )
    )
    assert [(row["staged"], row["journal"]) for row in rows] == [(None, {})]
    slow.run(lambda scope: retry(scope, slow.user_id, submitted.job_id))
    slow.wait_state(submitted.job_id, "published", "failed", "unconfirmed")


def test_what_a_webhook_will_call_the_post_is_kept_until_it_is_decided(slow: World) -> None:
    def awaited() -> list[tuple[str, str]]:
        sql = "SELECT platform, key FROM public.awaited_posts WHERE job_id = $1 AND tenant_id = $2"
        rows = slow.run(lambda scope: scope.fetch(sql, submitted.job_id, slow.tenant.id))
        return [(row["platform"], row["key"]) for row in rows]

    slow.sandbox.control.add_fault(UNDECIDED)
    submitted = slow.submit("text")
    slow.worker()
    slow.wait_state(submitted.job_id, "accepted")
    (post,) = slow.posts(submitted)
    assert awaited() == [("bluesky-slow", post["uri"])]
    slow.sandbox.control.clear_faults()
    slow.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    assert awaited() == []


def test_a_question_that_fails_is_asked_again(slow: World) -> None:
    slow.sandbox.control.add_fault(FaultRule(action="status", path=POLL, status=503, times=2))
    submitted = slow.submit("text")
    slow.worker()
    story = slow.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    kinds = [(attempt.kind, attempt.outcome) for attempt in story.attempts]
    assert kinds == [
        ("publish", "accepted"),
        ("poll", "unavailable"),
        ("poll", "unavailable"),
        ("poll", "published"),
    ]


def test_a_worker_killed_while_its_post_is_accepted_leaves_it_to_the_next(slow: World) -> None:
    control = slow.sandbox.control
    control.add_fault(UNDECIDED)
    submitted = slow.submit("text")
    killed = slow.mortal_worker()
    wait_for_questions(slow, "getRecord", 2)
    killed.kill()
    slow.worker()
    asked = len([one for one in control.requests() if one.path.endswith("getRecord")])
    wait_for_questions(slow, "getRecord", asked + 1)
    control.clear_faults()
    slow.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    assert len(slow.posts(submitted)) == 1
    puts = [one for one in control.requests() if one.path.endswith("putRecord")]
    assert len(puts) == 1
