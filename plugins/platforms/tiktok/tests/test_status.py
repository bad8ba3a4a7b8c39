from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_hookspecs import Published, Rejected, StillDeciding, Unavailable
from mpcas2_platform_tiktok.options import TikTokOptions
from mpcas2_platform_tiktok.records import Handle
from mpcas2_platform_tiktok.status import FAILURES, decision
from mpcas2_platform_tiktok.wire import PublishStatus

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
WEB = "https://www.tiktok.com"
ID = 7301234567890123456


def decided(
    said: PublishStatus, *, age: timedelta = timedelta(), username: str | None = "ada", **more: Any
) -> Any:
    fields = {"privacy": "PUBLIC_TO_EVERYONE", "mode": "direct", **more}
    handle = Handle(publish_id="p1", taken_at=NOW - age, **fields)
    return decision(said, handle, NOW, WEB, username)


def complete(*ids: int | str) -> PublishStatus:
    return PublishStatus(status="PUBLISH_COMPLETE", publicaly_available_post_id=list(ids))


@pytest.mark.parametrize("post_id", [ID, str(ID)])
def test_a_public_post_has_id_and_address(post_id: int | str) -> None:
    post = decided(complete(post_id))
    assert post == Published(id=str(ID), url=f"{WEB}/@ada/video/{ID}", data={"publishId": "p1"})
    assert decided(complete(post_id), photos=True).url == f"{WEB}/@ada/photo/{ID}"
    assert decided(complete(post_id), username=None).url is None


@pytest.mark.parametrize("status", ["PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD", "SOMETHING_NEW"])
def test_what_is_being_processed_is_asked_about_ever_more_rarely(status: str) -> None:
    pauses = []
    for hours in (0, 0.01, 0.1, 10):
        said = decided(PublishStatus(status=status), age=timedelta(hours=hours))
        assert isinstance(said, StillDeciding)
        pauses.append(said.check_after)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5.0, 600.0)


@pytest.mark.parametrize(
    ("privacy", "hours", "is_over"),
    [
        ("SELF_ONLY", 1, False),
        ("SELF_ONLY", 2, True),
        ("MUTUAL_FOLLOW_FRIENDS", 2, True),
        ("PUBLIC_TO_EVERYONE", 2, False),
        ("PUBLIC_TO_EVERYONE", 20, True),
    ],
)
def test_a_post_without_an_id_is_waited_for_and_then_told_with_a_warning(
    privacy: str, hours: int, *, is_over: bool
) -> None:
    said = decided(complete(), age=timedelta(hours=hours), privacy=privacy)
    assert isinstance(said, Published if is_over else StillDeciding)
    if isinstance(said, Published):
        assert (said.id, said.url) == ("p1", None)
        assert said.data["warnings"]


def test_a_draft_says_where_it_waits() -> None:
    said = PublishStatus(status="SEND_TO_USER_INBOX")
    [warning] = decided(said, privacy=None, mode="inbox").data["warnings"]
    assert "paste" not in warning
    [warning] = decided(said, privacy=None, mode="inbox", loses_text=True).data["warnings"]
    assert "paste" in warning


def test_every_listed_status_and_reason_is_known(contract: Any) -> None:
    listed = contract.shared("statuses")
    assert {one["reason"] for one in listed["failReasons"]} == set(FAILURES)
    for one in listed["failReasons"]:
        assert not one["retryable"] or "etry" in FAILURES[one["reason"]]
    for one in listed["statuses"]:
        if one["status"] == "FAILED":
            continue
        said = decided(PublishStatus(status=one["status"]))
        assert isinstance(
            said, Published if one["status"] == "SEND_TO_USER_INBOX" else StillDeciding
        )


@pytest.mark.parametrize("reason", [*sorted(FAILURES), "something_new", ""])
def test_each_reason_to_fail_says_what_to_do(reason: str) -> None:
    with pytest.raises(Rejected) as raised:
        decided(PublishStatus(status="FAILED", fail_reason=reason))
    assert raised.value.code == (reason or "failed")
    assert raised.value.message == FAILURES.get(
        reason, f"TikTok did not publish the post ({reason or 'failed'})."
    )


def test_a_question_that_is_refused_says_nothing_about_the_post(worker: Any) -> None:
    answer = worker.publish(worker.stage(worker.video()))
    worker.answers("status/fetch", 403)
    with pytest.raises(Unavailable):
        worker.poll(answer.handle)
    body = {"data": {}, "error": {"code": "invalid_publish_id", "message": "no", "log_id": "L1"}}
    worker.answers("status/fetch", 400, body)
    said = worker.poll(answer.handle)
    assert isinstance(said, StillDeciding)
    assert said.check_after >= 600


def test_a_failed_post_is_told_and_a_retry_begins_anew(worker: Any) -> None:
    failing = {"failReason": "frame_rate_check_failed"}
    worker.control.call("POST", "decisions", {"next": [failing, {}]})
    part = worker.video()
    answer = worker.publish(worker.stage(part))
    with pytest.raises(Rejected, match="frames"):
        worker.settled(answer.handle)
    again = worker.publish(worker.stage(part))
    assert again.key != answer.key
    assert worker.settled(again.handle).id
    assert worker.control.call("GET", "stats")["public"] == 1


def test_an_id_that_comes_late_is_waited_for(worker: Any) -> None:
    worker.control.call("POST", "decisions", {"next": [{"idSeconds": 45}]})
    answer = worker.publish(worker.stage(worker.video()))
    worker.control.advance_clock(10)
    said = worker.poll(answer.handle)
    assert isinstance(said, StillDeciding)
    assert "checking" in said.note
    assert worker.settled(answer.handle).id.isdecimal()


def test_a_post_that_is_moderated_away_ends_as_refused(worker: Any) -> None:
    withdrawn = {"withdrawReason": "spam_risk", "withdrawSeconds": 40}
    worker.control.call("POST", "decisions", {"next": [withdrawn]})
    answer = worker.publish(worker.stage(worker.video()))
    worker.control.advance_clock(10)
    assert isinstance(worker.poll(answer.handle), StillDeciding)
    worker.control.advance_clock(40)
    with pytest.raises(Rejected) as raised:
        worker.poll(answer.handle)
    assert raised.value.message == FAILURES["spam_risk"]


def test_a_private_post_ends_without_an_address(worker: Any) -> None:
    options = TikTokOptions(privacy="SELF_ONLY")
    answer = worker.publish(worker.stage(worker.video(options=options)))
    worker.control.advance_clock(10)
    assert isinstance(worker.poll(answer.handle), StillDeciding)
    worker.now = datetime.now(UTC) + timedelta(hours=3)
    post = worker.poll(answer.handle)
    assert (post.id, post.url) == (answer.key, None)
