"""Videos on their way, against the practice network, which counts bytes and posts by itself."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    CannotTell,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_tiktok.chunks import CHUNK_BYTES, chunk_count, chunk_size, last_start
from mpcas2_platform_tiktok.options import TikTokOptions
from mpcas2_sandbox import FaultRule

MIB = 1024 * 1024
TWO = 2 * CHUNK_BYTES + 12_345
THREE = 3 * CHUNK_BYTES
HOUR = timedelta(hours=1)


def ok(data: dict[str, Any]) -> dict[str, Any]:
    return {"data": data, "error": {"code": "ok", "message": "", "log_id": "L1"}}


@pytest.mark.parametrize(
    ("size", "chunk", "count", "last"),
    [
        (1, 1, 1, 0),
        (5 * MIB, 5 * MIB, 1, 0),
        (10 * MIB - 1, 10 * MIB - 1, 1, 0),
        (10 * MIB, 5 * MIB, 2, 5 * MIB),
        (50_000_123, 5 * MIB, 9, 40 * MIB),
        (4_000_000_000, 5 * MIB, 762, 761 * 5 * MIB),
    ],
)
def test_a_file_goes_in_chunks_that_tiktok_takes(
    contract: Any, size: int, chunk: int, count: int, last: int
) -> None:
    listed = {one["name"]: one["value"] for one in contract.shared("limits")["limits"]}
    assert (chunk_size(size), chunk_count(size), last_start(size)) == (chunk, count, last)
    assert count == size // chunk <= listed["chunk.maxCount"]
    assert chunk <= listed["chunk.maxBytes"]
    assert count == 1 or chunk >= listed["chunk.minBytes"]
    assert size - last <= listed["chunk.lastMaxBytes"]


def test_a_video_with_everything_arrives_as_it_was(worker: Any) -> None:
    options = TikTokOptions(
        privacy="PUBLIC_TO_EVERYONE",
        disable_comment=True,
        disable_stitch=True,
        cover_timestamp=1.5,
        brand_organic=True,
        ai_generated=True,
    )
    answer = worker.publish(worker.stage(worker.video(TWO, "A walk #river", options=options)))
    assert isinstance(answer, Accepted)
    assert answer.key == answer.handle["publishId"]
    post = worker.settled(answer.handle)
    assert post.id.isdecimal()
    assert post.url is not None
    assert post.url.endswith(f"/@ada/video/{post.id}")
    assert "warnings" not in post.data
    [made] = worker.posts()
    assert hashlib.sha256(worker.media["film"]).hexdigest() in str(made["media"])
    assert made["publishId"] == answer.key
    assert "A walk #river" in str(made)


def test_what_the_creator_switched_off_stays_off(worker: Any) -> None:
    worker.control.call("POST", "accounts/ada", {"commentDisabled": True, "duetDisabled": True})
    # A network that is told otherwise would refuse or keep it; both would show.
    worker.settled(worker.publish(worker.stage(worker.video())).handle)
    [made] = worker.posts()
    assert "'disable_comment': True" in str(made)
    assert "'disable_duet': True" in str(made)
    assert "'disable_stitch': False" in str(made)


def test_a_fresh_look_at_the_creator_counts_more_than_what_was_known(worker: Any) -> None:
    worker.control.call("POST", "accounts/ada", {"options": ["SELF_ONLY"]})
    with pytest.raises(Rejected, match="SELF_ONLY"):
        worker.stage(worker.video())
    worker.control.call("POST", "accounts/ada", {"options": None, "maxVideoSeconds": 2})
    with pytest.raises(Rejected):
        worker.stage(worker.video())
    assert "init" not in worker.sent()


def test_what_was_not_offered_before_and_is_now_goes_out(worker: Any) -> None:
    known = {**worker.account.data, "privacyOptions": ["SELF_ONLY"]}
    profile = msgspec.structs.replace(worker.connection.profile, data=known)
    worker.connection = msgspec.structs.replace(worker.connection, profile=profile)
    worker.settled(worker.publish(worker.stage(worker.video())).handle)
    assert worker.count() == 1


@pytest.mark.parametrize("action", ["cut_before", "cut_after", "truncated", "status_after"])
def test_an_upload_that_breaks_at_each_chunk_is_one_video_with_each_byte_once(
    worker: Any, action: Any
) -> None:
    part = worker.video(THREE)
    for _ in range(2):
        # Of each run the first chunk breaks.
        worker.control.add_fault(
            FaultRule(action=action, path="/upload/", method="PUT", status=502)
        )
        with suppress(Unavailable):
            worker.stage(part)
        worker.control.clear_faults()
    answer = worker.publish(worker.stage(part))
    worker.settled(answer.handle)
    [made] = worker.posts()
    assert hashlib.sha256(worker.media["film"]).hexdigest() in str(made["media"])
    assert worker.sent().count("init") == 1


def test_a_chunk_that_came_before_is_stepped_over(worker: Any) -> None:
    part = worker.video(TWO)
    staged = worker.stage(part)
    worker.journal["upload"]["offset"] = 0  # as after a death between chunk and journal
    assert worker.stage(part).data["upload"]["offset"] == last_start(TWO)
    worker.settled(worker.publish(staged).handle)
    assert worker.count() == 1


def test_a_post_that_was_edited_begins_anew(worker: Any) -> None:
    first = worker.stage(worker.video(text="A walk"))
    second = worker.stage(worker.video(text="Another walk"))
    assert first.data["upload"]["publishId"] != second.data["upload"]["publishId"]
    worker.settled(worker.publish(second).handle)
    assert worker.count() == 1


@pytest.mark.parametrize("action", ["cut_after", "malformed", "truncated", "status_after"])
def test_a_lost_answer_to_the_last_chunk_is_found(worker: Any, action: Any) -> None:
    staged = worker.stage(worker.video(TWO))
    worker.control.add_fault(FaultRule(action=action, path="/upload/", method="PUT", status=504))
    with pytest.raises(OutcomeUnknown):
        worker.publish(staged)
    found = worker.find(staged)
    assert isinstance(found, Accepted)
    worker.settled(found.handle)
    assert worker.count() == 1


def test_the_last_chunk_sent_twice_is_one_post(worker: Any) -> None:
    staged = worker.stage(worker.video(TWO))
    first, second = worker.publish(staged), worker.publish(staged)
    assert first.key == second.key
    worker.settled(second.handle)
    assert worker.count() == 1


def test_find_tells_how_many_bytes_are_missing(worker: Any) -> None:
    staged = worker.stage(worker.video(TWO))
    said = worker.find(staged)
    assert isinstance(said, Absent)
    assert f"{last_start(TWO)} of {TWO}" in said.proof


# What the network says of a publish_id, and what find makes of it.
FOUND: list[tuple[dict[str, Any], type]] = [
    ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 99_999}, Absent),
    ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 100_000}, Accepted),
    ({"status": "PROCESSING_UPLOAD"}, CannotTell),
    ({"status": "FAILED", "fail_reason": "internal", "uploaded_bytes": 0}, Absent),
    ({"status": "FAILED", "fail_reason": "spam_risk", "uploaded_bytes": 100_000}, Accepted),
    ({"status": "FAILED", "fail_reason": "spam_risk"}, Accepted),
    ({"status": "PUBLISH_COMPLETE"}, Accepted),
    ({"status": "SEND_TO_USER_INBOX"}, Accepted),
    ({"status": "PROCESSING_DOWNLOAD"}, Accepted),
]


def test_find_proves_or_does_not(worker: Any) -> None:
    staged = worker.stage(worker.video())
    for said, found in FOUND:
        worker.answers("status/fetch", 200, ok(said))
        assert type(worker.find(staged)) is found, said


def test_a_publish_id_that_is_unknown_proves_nothing(worker: Any) -> None:
    staged = worker.stage(worker.video())
    body = {"data": {}, "error": {"code": "invalid_publish_id", "message": "no", "log_id": "L1"}}
    worker.answers("status/fetch", 400, body)
    said = worker.find(staged)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after
    worker.answers("status/fetch", 403)
    with pytest.raises(Rejected):
        worker.find(staged)


def test_an_old_upload_is_not_ended_and_begins_anew(worker: Any) -> None:
    part = worker.video()
    staged = worker.stage(part)
    worker.now = datetime.now(UTC) + HOUR
    with pytest.raises(Rejected, match="Retry"):
        worker.publish(staged)
    assert isinstance(worker.find(staged), Absent)
    again = worker.stage(part)
    assert again.data["upload"]["publishId"] != staged.data["upload"]["publishId"]
    worker.settled(worker.publish(again).handle)
    assert worker.count() == 1


def test_an_old_upload_that_was_ended_is_not_begun_again(worker: Any) -> None:
    part = worker.video()
    worker.publish(worker.stage(part))
    worker.now = datetime.now(UTC) + HOUR
    again = worker.stage(part)
    worker.settled(worker.publish(again).handle)
    assert worker.sent().count("init") == 1
    assert worker.count() == 1


def test_an_upload_whose_address_ended_begins_anew(worker: Any) -> None:
    worker.control.call("POST", "settings", {"uploadSeconds": 30})
    part = worker.video(TWO)
    staged = worker.stage(part)
    worker.control.advance_clock(40)
    with pytest.raises(Rejected):
        worker.publish(staged)
    assert isinstance(worker.find(staged), Absent)
    worker.control.call("POST", "settings", {"uploadSeconds": 3600})
    worker.settled(worker.publish(worker.stage(part)).handle)
    assert worker.count() == 1


def test_an_address_that_ends_between_chunks_begins_anew(worker: Any) -> None:
    part = worker.video(TWO)
    worker.answers("/upload/", 403, method="PUT")
    with pytest.raises(Unavailable, match="anew"):
        worker.stage(part)
    worker.settled(worker.publish(worker.stage(part)).handle)
    assert worker.sent().count("init") == 2
    assert worker.count() == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Unauthorized), (429, RateLimited), (400, Rejected), (503, Unavailable)],
)
def test_a_chunk_before_the_last_is_refused(worker: Any, status: int, kind: type) -> None:
    part = worker.video(TWO)
    worker.answers("/upload/", status, method="PUT")
    with pytest.raises(kind):
        worker.stage(part)
    worker.settled(worker.publish(worker.stage(part)).handle)
    assert worker.sent().count("init") == 1


def test_a_last_chunk_out_of_step_goes_on_where_the_network_stands(worker: Any) -> None:
    part = worker.video(TWO)
    staged = worker.stage(part)
    worker.answers("/upload/", 416, method="PUT")
    said = ok({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 7})
    worker.answers("status/fetch", 200, said)
    with pytest.raises(Rejected):
        worker.publish(staged)
    assert worker.journal["upload"]["offset"] == 0
    worker.settled(worker.publish(worker.stage(part)).handle)
    assert worker.sent().count("init") == 1


def test_a_refusal_that_nobody_can_explain_is_unknown(worker: Any) -> None:
    staged = worker.stage(worker.video())
    worker.answers("/upload/", 416, method="PUT")
    worker.answers("status/fetch", 503)
    with pytest.raises(OutcomeUnknown):
        worker.publish(staged)


def test_a_file_that_became_shorter_is_told(worker: Any) -> None:
    staged = worker.stage(worker.video())
    worker.media["film"] = worker.media["film"][:-1]
    with pytest.raises((Rejected, OutcomeUnknown)):
        worker.publish(staged)
    assert worker.count() == 0


def test_the_caps_of_a_day_are_named(worker: Any) -> None:
    worker.control.call("POST", "limits", {"route": "direct posts", "limit": 0})
    with pytest.raises(RateLimited) as raised:
        worker.stage(worker.video())
    assert raised.value.quota == "posts"
    draft = TikTokOptions(mode="inbox")
    worker.control.call("POST", "limits", {"route": "pending drafts", "limit": 0})
    with pytest.raises(RateLimited) as raised:
        worker.stage(worker.video(options=draft))
    assert raised.value.quota == "drafts"


def test_a_draft_waits_for_the_person_and_says_so(worker: Any) -> None:
    draft = TikTokOptions(mode="inbox")
    answer = worker.publish(worker.stage(worker.video(options=draft)))
    post = worker.settled(answer.handle)
    assert (post.id, post.url) == (answer.key, None)
    [warning] = post.data["warnings"]
    assert "TikTok app" in warning
    assert "text" in warning
    assert ("inits", 1) in worker.spent
    assert ("drafts", 1) in worker.spent
