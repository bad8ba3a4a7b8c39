"""Quotas and networks in trouble: what has to wait waits, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from waiting import until
from world import World, show

from mpcas2_core.publishing.story import Story
from mpcas2_sandbox import FaultRule

MakeWorld = Callable[..., World]

POST = "POST /2/tweets"
OPEN_PATH = r"^/upload/youtube/v3/videos$"
ENDED = ("published", "failed", "unconfirmed", "missed")
FILM = "film-1"


def test_a_throttled_account_waits_until_the_reset_and_its_worker_is_free(
    make_world: MakeWorld,
) -> None:
    world = make_world(networks=("twitter",))
    control = world.sandbox.control
    control.call("POST", "limits", {"route": POST, "limit": 1, "seconds": 5, "per": "user"})
    first = world.submit("text")
    world.worker(concurrency="1")
    world.wait_state(first.job_id, *ENDED)
    throttled = world.submit("text")
    story = world.wait_state(throttled.job_id, "retrying", *ENDED)
    assert story.job.state == "retrying", show(story)
    assert story.attempts[-1].outcome == "rate_limited"
    again = story.job.next_attempt_at
    assert again is not None
    assert again > datetime.now(UTC)
    # With room for one job only, another account's post goes out while the first one waits.
    other = world.submit("text", account_id=world.connect(1))
    assert world.wait_state(other.job_id, *ENDED).job.state == "published"
    assert world.story(throttled.job_id).job.state == "retrying"
    story = world.wait_state(throttled.job_id, *ENDED, seconds=60)
    assert story.job.state == "published", show(story)
    assert [len(world.posts(one)) for one in (first, throttled, other)] == [1, 1, 1]


def test_an_account_that_x_refuses_holds_no_other_account_back(make_world: MakeWorld) -> None:
    world = make_world(networks=("twitter",))
    control = world.sandbox.control
    reset = str(int(datetime.now(UTC).timestamp()) + 600)
    headers = {
        "x-rate-limit-limit": "100",
        "x-rate-limit-remaining": "0",
        "x-rate-limit-reset": reset,
    }
    control.add_fault(
        FaultRule(action="status", path=r"^/2/tweets$", method="POST", status=429, headers=headers)
    )
    throttled = world.submit("text")
    world.worker()
    world.wait_state(throttled.job_id, "retrying")
    # Of the same account, also without asking the network; of another one, at once.
    same, seen = world.submit("text"), len(control.requests())
    story = world.wait_state(same.job_id, "retrying", *ENDED)
    assert story.job.state == "retrying", show(story)
    assert len(control.requests()) == seen
    other = world.submit("text", account_id=world.connect(1))
    story = world.wait_state(other.job_id, "retrying", *ENDED)
    assert story.job.state == "published", show(story)


def test_a_used_up_quota_of_youtube_holds_the_apps_other_uploads_back(
    make_world: MakeWorld,
) -> None:
    world = make_world(networks=("youtube",))
    control = world.sandbox.control
    control.call("POST", "quota", {"uploads": 0})
    first = world.submit("video", content=FILM)
    world.worker()
    world.wait_state(first.job_id, "retrying")
    seen = len(control.requests())
    other = world.submit("video", content=FILM, account_id=world.connect(1))
    story = world.wait_state(other.job_id, "retrying", *ENDED)
    assert story.job.state == "retrying", show(story)
    # Only the making of the second account's grant needs no request.
    assert [one.path for one in control.requests()[seen:]] == []
    for one in (first, other):
        assert_waits_till_midnight(world.story(one.job_id))
    assert world.stats()["posts"] == 0


def test_of_five_videos_with_a_limit_of_three_two_wait_till_midnight(
    make_world: MakeWorld,
) -> None:
    world = make_world(networks=("youtube",))
    control = world.sandbox.control
    control.call("POST", "quota", {"uploads": 3})
    submitted = [world.submit("video", content=FILM) for _ in range(5)]
    world.worker()

    def settled() -> list[Story] | None:
        stories = [world.story(one.job_id) for one in submitted]
        for story in stories:
            # Who waits for the quota is left to wait.
            if story.job.state == "accepted":
                world.hurry(story.job.id)
        return (
            stories if all(one.job.state in {"published", "retrying"} for one in stories) else None
        )

    stories = until(settled, why="three videos to go out and two to wait", seconds=60)
    waiting = [one for one in stories if one.job.state == "retrying"]
    assert (len(waiting), world.stats()["posts"]) == (2, 3)
    for story in waiting:
        assert_waits_till_midnight(story)


def test_a_network_that_hangs_does_not_hold_back_another(make_world: MakeWorld) -> None:
    world = make_world(networks=("bluesky", "twitter"))
    control = world.sandboxes["twitter"].control
    control.add_fault(FaultRule(action="hold_before", times=None))
    hanging = [world.submit("text", network="twitter") for _ in range(6)]
    # One job at a time of each network: two that hang would fill it if networks shared.
    worker = world.worker(concurrency="2")
    control.wait_held(count=2)
    flowing = [world.submit("text") for _ in range(12)]
    for one in flowing:
        assert world.wait_state(one.job_id, *ENDED).job.state == "published"
    # All of them were finished by the worker whose other lane hung, while it hung.
    assert len(control.held()) == 2
    assert not any(world.posts(one) for one in hanging)
    control.clear_faults()
    control.release_all()
    for one in hanging:
        assert world.wait_state(one.job_id, *ENDED).job.state == "published"
    assert [len(world.posts(one)) for one in (*hanging, *flowing)] == [1] * 18
    worker.terminate()
    assert worker.wait() == 0


def test_a_tenant_with_few_posts_does_not_wait_behind_one_with_many(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    at = datetime.now(UTC) - timedelta(minutes=2)
    many = world.wait_for(world.studio.submit("bluesky", "text", count=300, at=at))
    other = world.other_studio()
    later = at + timedelta(minutes=1)
    few = world.wait_for(other.submit("bluesky", "text", count=3, at=later))
    world.worker()

    def order() -> list[str] | None:
        posts = world.sandbox.control.call("GET", "posts")["posts"]
        posts.sort(key=lambda post: str(post["createdAtServer"]))
        return [post["record"]["text"] for post in posts] if len(posts) > 150 else None

    texts = until(order, why="half of the posts to go out", seconds=120)
    assert {one.texts[0] for one in few} <= set(texts[:100])
    assert len({*texts}) == len(texts) <= len(many) + len(few)


def assert_waits_till_midnight(story: Story) -> None:
    """Looks whether a job is tried again after the next midnight in California, and says so."""
    asked = story.attempts[-1].started_at
    pacific = asked.astimezone(ZoneInfo("America/Los_Angeles"))
    midnight = datetime.combine(
        pacific.date() + timedelta(days=1), datetime.min.time(), pacific.tzinfo
    )
    again = story.job.next_attempt_at
    assert again is not None, show(story)
    assert again >= midnight - timedelta(seconds=2), show(story)
    assert again <= midnight + timedelta(hours=3), show(story)
    assert story.job.status == "processing"
    assert "used up" in (story.attempts[-1].message or "")
