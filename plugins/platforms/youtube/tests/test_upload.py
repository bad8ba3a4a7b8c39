from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_platform_youtube.options import YouTubeOptions

MIB = 1024 * 1024
SIZE = 20 * MIB + 123


def test_stage_sends_all_but_the_end_and_publish_the_rest(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    part = studio.part(SIZE)
    staged = studio.stage(platform, part)
    assert not google.made
    assert 0 < SIZE - len(google.content) <= MIB
    before = len(google.requests)
    answer = studio.publish(platform, staged)
    assert isinstance(answer, Accepted)
    assert answer.handle["videoId"] == "vid1"
    assert len(google.requests) == before + 1
    assert bytes(google.content) == studio.files["film"]
    assert studio.spent == [("uploads", 1)]


def test_a_small_file_is_sent_wholly_by_publish(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    assert google.names() == ["POST videos"]
    studio.publish(platform, staged)
    assert google.ranges() == ["0-999"]


def test_the_session_is_journalled_before_any_byte_is_sent(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    google.queue("PUT session", status=503)
    with pytest.raises(Unavailable):
        studio.stage(platform, studio.part(SIZE))
    assert studio.journal["upload"]["uri"].startswith(google.url)


@pytest.mark.parametrize("held", [0, 256 * 1024, 8 * MIB, 9 * MIB + 256 * 1024, 20 * MIB])
def test_a_successor_goes_on_from_where_the_server_is(
    google: Any, platform: YouTubePlatform, studio: Any, held: int
) -> None:
    part = studio.part(SIZE)
    # The first worker dies at its first chunk, after the server took some of it.
    google.queue("PUT session", cut=True)
    with pytest.raises(Unavailable):
        studio.stage(platform, part)
    google.content[:] = studio.files["film"][:held]
    google.requests.clear()
    staged = studio.stage(platform, part)
    assert "POST videos" not in google.names()
    assert google.ranges()[0] == "*"
    if held < SIZE - MIB:
        assert google.ranges()[1].startswith(f"{held}-")
    studio.publish(platform, staged)
    assert bytes(google.content) == studio.files["film"]
    assert studio.spent == [("uploads", 1)]


def test_a_finished_session_is_left_to_publish_which_only_asks(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    part = studio.part(SIZE)
    studio.publish(platform, studio.stage(platform, part))
    staged = studio.stage(platform, part)
    google.requests.clear()
    assert studio.publish(platform, staged).handle["videoId"] == "vid1"
    assert google.ranges() == ["*"]


def test_a_session_that_is_gone_is_opened_anew(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    part = studio.part(SIZE)
    studio.stage(platform, part)
    google.gone = True
    studio.publish(platform, studio.stage(platform, part))
    assert google.names().count("POST videos") == 2
    assert google.made


def test_a_session_that_goes_under_our_hands_is_opened_anew_by_a_later_run(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    part = studio.part(SIZE)
    google.queue("PUT session", status=404)
    with pytest.raises(Unavailable):
        studio.stage(platform, part)
    # A successor asks, goes on, and then loses the session: it opens another one by itself.
    google.queue("PUT session", status=308)
    google.queue("PUT session", status=410)
    studio.publish(platform, studio.stage(platform, part))
    assert google.names().count("POST videos") == 2
    assert bytes(google.content) == studio.files["film"]


def test_an_edited_post_gets_a_session_of_its_own(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    studio.stage(platform, studio.part(1000))
    studio.stage(platform, studio.part(1000, title="Another"))
    assert google.names() == ["POST videos", "POST videos"]


def test_staging_twice_sends_nothing_twice(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    part = studio.part(SIZE)
    studio.stage(platform, part)
    google.requests.clear()
    studio.stage(platform, part)
    assert google.ranges() == ["*"]


def test_fewer_bytes_than_sent_are_continued_from(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    half = 4 * MIB
    google.queue("PUT session", status=308, headers={"range": f"bytes=0-{half - 1}"}, keeps=half)
    studio.publish(platform, studio.stage(platform, studio.part(SIZE)))
    assert google.ranges()[1].startswith(f"{half}-")
    assert bytes(google.content) == studio.files["film"]


def test_publish_continues_after_a_308(google: Any, platform: YouTubePlatform, studio: Any) -> None:
    staged = studio.stage(platform, studio.part(1000))
    google.queue("PUT session", status=308, headers={"range": "bytes=0-299"}, keeps=300)
    assert isinstance(studio.publish(platform, staged), Accepted)
    assert google.ranges() == ["0-999", "300-999"]
    assert bytes(google.content) == studio.files["film"]


def test_publish_follows_a_server_that_stands_elsewhere(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    google.content[:] = studio.files["film"][:400]
    assert isinstance(studio.publish(platform, staged), Accepted)
    assert google.ranges() == ["0-999", "*", "400-999"]


@pytest.mark.parametrize("status", [400, 416])
def test_a_refusal_of_the_end_is_meant_when_the_session_stands_where_we_thought(
    google: Any, platform: YouTubePlatform, studio: Any, status: int
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    google.queue("PUT session", status=status)
    with pytest.raises(Rejected):
        studio.publish(platform, staged)
    assert isinstance(studio.find(platform, staged), Absent)


def test_a_refusal_that_cannot_be_looked_into_is_unknown(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    google.queue("PUT session", status=400)
    google.queue("PUT session", status=500)
    with pytest.raises(OutcomeUnknown):
        studio.publish(platform, staged)


def test_a_server_that_never_moves_is_not_asked_for_ever(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    part = studio.part(SIZE)
    for _ in range(10):
        google.queue("PUT session", status=308)
    with pytest.raises(Unavailable):
        studio.stage(platform, part)
    assert len(google.ranges()) == 3
    google.forget("PUT session")
    staged = studio.stage(platform, part)
    google.requests.clear()
    for _ in range(10):
        google.queue("PUT session", status=308, headers={"range": f"bytes=0-{SIZE - MIB}"})
    with pytest.raises(OutcomeUnknown):
        studio.publish(platform, staged)
    assert len(google.ranges()) < 6


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"cut": True}, OutcomeUnknown),
        ({"status": 500}, OutcomeUnknown),
        ({"status": 503}, OutcomeUnknown),
        ({"status": 408}, OutcomeUnknown),
        ({"status": 302, "headers": {"location": "/elsewhere"}}, OutcomeUnknown),
        ({"status": 308, "headers": {"location": "https://elsewhere.example/"}}, OutcomeUnknown),
        ({"status": 200, "body": b"<html>"}, OutcomeUnknown),
        ({"status": 200, "body": b"{}"}, OutcomeUnknown),
        ({"status": 401}, Unauthorized),
        ({"status": 429, "headers": {"retry-after": "7"}}, RateLimited),
        ({"status": 404}, Rejected),
        ({"status": 410}, Rejected),
    ],
)
def test_each_answer_to_the_end_has_its_error(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    reply: dict[str, Any],
    error: type[PlatformError],
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    google.queue("PUT session", **reply)
    with pytest.raises(error) as raised:
        studio.publish(platform, staged)
    assert type(raised.value) is error
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == 7


@pytest.mark.parametrize(
    ("status", "reason", "error", "words"),
    [
        (400, "invalidTitle", Rejected, "title"),
        (400, "invalidPublishAt", Rejected, "future"),
        (400, "uploadLimitExceeded", RateLimited, "no more videos"),
        (403, "quotaExceeded", RateLimited, "midnight"),
        (403, "forbidden", Rejected, "YouTube said so"),
        (500, "backendError", Unavailable, "500"),
    ],
)
def test_a_session_that_is_refused_says_why(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    status: int,
    reason: str,
    error: type[PlatformError],
    words: str,
) -> None:
    body = {"error": {"message": "YouTube said so", "errors": [{"reason": reason}]}}
    google.queue("POST videos", body, status=status)
    with pytest.raises(error) as raised:
        studio.stage(platform, studio.part(1000))
    assert words in raised.value.message
    assert raised.value.code == reason
    assert "upload" not in studio.journal


@pytest.mark.parametrize("location", [None, "https://elsewhere.example/session"])
def test_a_session_elsewhere_gets_no_token(
    google: Any, platform: YouTubePlatform, studio: Any, location: str | None
) -> None:
    google.queue("POST videos", headers={} if location is None else {"location": location})
    with pytest.raises(Unavailable if location is None else Rejected):
        studio.stage(platform, studio.part(1000))
    assert google.names() == ["POST videos"]


def test_a_file_that_became_shorter_is_refused_before_the_end_is_sent(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    studio.files["film"] = studio.files["film"][:500]
    with pytest.raises(Rejected):
        studio.publish(platform, staged)
    assert isinstance(studio.find(platform, staged), Absent)


def test_a_publishing_time_that_has_passed_is_refused_before_the_upload(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    options = YouTubeOptions(publish_at=studio.now + timedelta(hours=1))
    part = studio.part(SIZE, options=options)
    studio.stage(platform, part)
    studio.now += timedelta(hours=2)
    # The session knows the time already: what was begun is finished.
    studio.stage(platform, part)
    studio.journal.clear()
    with pytest.raises(Rejected):
        studio.stage(platform, part)


@pytest.mark.parametrize("kind", ["image", None])
def test_only_one_video_goes_up(
    google: Any, platform: YouTubePlatform, studio: Any, kind: str | None
) -> None:
    part = studio.part(1000)
    media = () if kind is None else (*part.media, studio.cover)
    with pytest.raises(Rejected):
        studio.stage(platform, msgspec.structs.replace(part, media=media))
    assert not google.requests


def test_what_is_staged_holds_no_secret(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    assert "access-secret" not in msgspec.json.encode([staged, studio.journal]).decode()
