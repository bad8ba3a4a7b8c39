"""Answers that are lost, and networks that cannot tell: never two posts, and a person has the last word."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from tap import PostgresTap
from waiting import until
from world import World

from mpcas2_core.errors import Conflict
from mpcas2_core.publishing.actions import confirm, repost, retry
from mpcas2_core.publishing.story import Story
from mpcas2_sandbox import FaultRule

PUT = r"\.putRecord$"


@pytest.fixture
def vague(make_world: Callable[..., World], plugin_path: Callable[[str], tuple[str, ...]]) -> World:
    """A world whose network cannot tell whether a post is there."""
    return make_world(platform="bluesky-vague", path=plugin_path("bluesky_vague"))


def outcomes(story: Story) -> list[tuple[str, str | None]]:
    return [(attempt.kind, attempt.outcome) for attempt in story.attempts]


@pytest.mark.parametrize(
    "fault",
    [
        FaultRule(action="cut_after", path=PUT),
        FaultRule(action="status_after", path=PUT, status=500),
        FaultRule(action="status_after", path=PUT, status=502),
        FaultRule(action="malformed", path=PUT),
        FaultRule(action="truncated", path=PUT),
    ],
    ids=lambda fault: f"{fault.action} {fault.status}",
)
def test_a_post_whose_answer_is_lost_is_found(world: World, fault: FaultRule) -> None:
    world.sandbox.control.add_fault(fault)
    submitted = world.submit("text")
    world.worker()
    story = world.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    assert outcomes(story) == [("publish", "unknown"), ("find", "found")]
    assert len(world.posts(submitted)) == 1
    assert story.parts[0].post_id == world.posts(submitted)[0]["uri"]


def test_a_thread_goes_on_after_the_part_whose_answer_was_lost(world: World) -> None:
    world.sandbox.control.add_fault(FaultRule(action="cut_after", path=PUT, after=1))
    submitted = world.submit("thread")
    world.worker()
    world.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    posts = world.posts(submitted)
    assert [post["record"]["text"] for post in posts] == list(submitted.texts)
    assert posts[2]["record"]["reply"]["parent"]["uri"] == posts[1]["uri"]


def test_what_nobody_can_tell_is_unconfirmed_and_a_person_confirms_it(vague: World) -> None:
    vague.sandbox.control.add_fault(FaultRule(action="cut_after", path=PUT))
    submitted = vague.submit("text")
    vague.worker()
    story = vague.wait_state(submitted.job_id, "unconfirmed", "published", "failed")
    assert (story.job.state, story.job.status) == ("unconfirmed", "processing")
    assert story.job.needs_attention
    assert outcomes(story) == [("publish", "unknown"), ("find", "cannot_tell")]
    uri = vague.posts(submitted)[0]["uri"]

    job = vague.run(lambda scope: confirm(scope, vague.user_id, submitted.job_id, post_id=uri))
    assert (job.state, job.platform_post_id, job.needs_attention) == ("published", uri, False)
    assert len(vague.posts(submitted)) == 1


def test_a_confirmed_part_that_later_parts_cannot_refer_to_stops_the_thread_with_advice(
    vague: World,
) -> None:
    vague.sandbox.control.add_fault(FaultRule(action="cut_after", path=PUT))
    submitted = vague.submit("thread")
    vague.worker()
    vague.wait_state(submitted.job_id, "unconfirmed")
    (first,) = vague.posts(submitted)
    vague.run(lambda scope: confirm(scope, vague.user_id, submitted.job_id, post_id=first["uri"]))
    story = vague.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    # A reply names the content hash of its parent, and a person gives only the address.
    assert [part.state for part in story.parts] == ["published", "pending", "pending"]
    assert story.job.state == "failed"
    assert "publish the rest as a new post" in (story.job.error_message or "")
    assert len(vague.posts(submitted)) == 1


def test_a_killed_worker_makes_it_unconfirmed_and_reposting_warns(vague: World) -> None:
    control = vague.sandbox.control
    control.add_fault(FaultRule(action="hold_before", path=PUT))
    submitted = vague.submit("text")
    killed = vague.mortal_worker()
    (held,) = control.wait_held()
    killed.kill()
    control.release(held.id, "cut")
    control.clear_faults()
    vague.worker()
    story = vague.wait_state(submitted.job_id, "unconfirmed", "published", "failed")
    assert outcomes(story) == [("publish", "unreported"), ("find", "cannot_tell")]
    assert vague.posts(submitted) == []

    with pytest.raises(Conflict) as refused:
        vague.run(lambda scope: repost(scope, vague.user_id, submitted.job_id))
    assert refused.value.code == "ATTEMPT_MAY_BE_ALIVE"
    assert vague.story(submitted.job_id).job.state == "unconfirmed"

    vague.run(lambda scope: repost(scope, vague.user_id, submitted.job_id, force=True))
    story = vague.wait_state(submitted.job_id, "published", "failed")
    assert len(vague.posts(submitted)) == 1
    assert story.parts[0].post_id == vague.posts(submitted)[0]["uri"]


def test_reposting_needs_no_force_when_the_worker_reported(vague: World) -> None:
    vague.sandbox.control.add_fault(FaultRule(action="cut_before", path=PUT))
    submitted = vague.submit("text")
    vague.mortal_worker()
    vague.wait_state(submitted.job_id, "unconfirmed", "published", "failed")

    def reposted() -> bool:
        # Until the end of the send's time the request may still be on its way.
        with contextlib.suppress(Conflict):
            vague.run(lambda scope: repost(scope, vague.user_id, submitted.job_id))
            return True
        return False

    until(reposted, why="the send's time to end")
    vague.wait_state(submitted.job_id, "published", "failed")
    assert len(vague.posts(submitted)) == 1


def test_retrying_an_unconfirmed_post_asks_the_network_again(vague: World) -> None:
    vague.sandbox.control.add_fault(FaultRule(action="cut_after", path=PUT))
    submitted = vague.submit("text")
    vague.worker()
    vague.wait_state(submitted.job_id, "unconfirmed")
    vague.run(lambda scope: retry(scope, vague.user_id, submitted.job_id))

    def asked_again() -> bool:
        return outcomes(vague.story(submitted.job_id))[2:] == [("find", "cannot_tell")]

    until(asked_again, why="a second question")
    vague.wait_state(submitted.job_id, "unconfirmed")
    assert len(vague.posts(submitted)) == 1


def test_the_late_report_of_a_stopped_worker_resolves_what_nobody_could_tell(
    vague: World,
) -> None:
    with PostgresTap(vague.env["DATABASE_URL"]) as tap:
        answer = tap.hold("mark", when="after", commit=True)
        submitted = vague.submit("text")
        stopped = vague.worker(database_url=tap.url, lease_seconds="30", send_seconds="25")
        answer.wait()
        stopped.freeze()
        # A machine that was suspended: its lease has run out, its own clock did not notice.
        vague.end_lease(submitted)
        vague.worker()
        vague.wait_state(submitted.job_id, "unconfirmed", "published", "failed")
        assert vague.posts(submitted) == []
        answer.release()
        stopped.thaw()
        story = vague.wait_state(submitted.job_id, "published", "failed")
    assert [attempt.late_outcome for attempt in story.attempts] == ["published", None]
    assert story.job.platform_post_id == vague.posts(submitted)[0]["uri"]
    assert not story.job.needs_attention
    assert len(vague.posts(submitted)) == 1
