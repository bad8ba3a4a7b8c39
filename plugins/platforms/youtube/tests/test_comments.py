from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Account,
    AccountMetrics,
    CannotTell,
    Comment,
    Found,
    OutcomeUnknown,
    Part,
    Published,
    Rejected,
    Staged,
)
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_platform_youtube.marks import marks
from mpcas2_platform_youtube.options import YouTubeOptions

VIDEO = Published(id="vid1")
FIRST = Part(index=1, role="comment", text="First\nof all", root=VIDEO, parent=VIDEO)
MADE = Published(
    id="Ug1", url="https://www.youtube.com/watch?v=vid1&lc=Ug1", data={"onVideo": "vid1"}
)


def thread(comment_id: str = "Ug1", **more: Any) -> dict[str, Any]:
    snippet = {
        "textDisplay": "First of all",
        "authorDisplayName": "@ann",
        "authorChannelId": {"value": "UC1"},
        "publishedAt": "2026-11-23T12:00:02Z",
        **more,
    }
    return {
        "id": comment_id,
        "snippet": {"topLevelComment": {"id": comment_id, "snippet": snippet}},
    }


def staged(platform: YouTubePlatform, studio: Any) -> Staged:
    made: Staged = studio.stage(platform, FIRST)
    return made


def test_a_comment_is_one_request(google: Any, platform: YouTubePlatform, studio: Any) -> None:
    value = staged(platform, studio)
    assert google.requests == []
    google.queue("POST commentThreads", {"id": "Ug1"})
    assert studio.publish(platform, value) == MADE
    [request] = google.requests
    assert json.loads(request.body) == {
        "snippet": {
            "videoId": "vid1",
            "topLevelComment": {"snippet": {"textOriginal": "First\nof all"}},
        }
    }
    assert studio.spent == [("units", 50)]


@pytest.mark.parametrize("answer", [b"{}", b"<html>", b'{"id": 7'])
def test_a_success_that_names_no_comment_is_unknown(
    google: Any, platform: YouTubePlatform, studio: Any, answer: bytes
) -> None:
    google.queue("POST commentThreads", answer)
    with pytest.raises(OutcomeUnknown):
        studio.publish(platform, staged(platform, studio))


@pytest.mark.parametrize(
    ("threads", "found"),
    [
        ([thread()], True),
        ([thread("Ug9", authorChannelId={"value": "UC9"}), thread()], True),
        ([thread("Ug2", publishedAt="2026-11-23T12:05:00Z"), thread()], True),
        ([thread(textOriginal="First\nof all", textDisplay="First <br>")], True),
        ([thread(authorChannelId={"value": "UC9"})], False),
        ([thread(textDisplay="Other")], False),
        ([thread(publishedAt="2026-11-23T11:00:00Z")], False),
        ([], False),
    ],
)
def test_find_sees_a_comment_and_never_says_that_there_is_none(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    threads: list[dict[str, Any]],
    found: bool,
) -> None:
    google.queue("GET commentThreads", {"items": threads})
    said = studio.find(platform, staged(platform, studio))
    if found:
        assert said == Found(post=MADE)
    else:
        assert isinstance(said, CannotTell)
        assert "watch?v=vid1" in said.reason
        assert said.ask_again_after is not None


@pytest.mark.parametrize(
    "part",
    [Part(index=1, role="comment", text="x"), Part(index=1, role="comment", text=" ", root=VIDEO)],
)
def test_a_comment_needs_a_video_and_words(
    platform: YouTubePlatform, studio: Any, part: Part
) -> None:
    with pytest.raises(Rejected):
        studio.stage(platform, part)


def test_a_comment_on_a_video_for_children_is_refused_when_it_is_planned(
    platform: YouTubePlatform, studio: Any
) -> None:
    kids = YouTubeOptions(made_for_kids=True)
    comment = Part(index=1, role="comment", text="a < b", options=kids)
    account = Account(id="a", platform="youtube", platform_account_id="UC1", username="ann")
    [problem] = platform.check_post([studio.part(options=kids), comment], account)
    assert (problem.part, problem.field) == (1, "text")


@pytest.mark.parametrize("reason", ["commentsDisabled", "commentTextTooLong", "ineligibleAccount"])
def test_a_refused_comment_says_why(
    google: Any, platform: YouTubePlatform, studio: Any, reason: str
) -> None:
    fault = {"error": {"code": 403, "message": "no", "errors": [{"reason": reason}]}}
    google.queue("POST commentThreads", fault, status=403)
    with pytest.raises(Rejected) as raised:
        studio.publish(platform, staged(platform, studio))
    assert raised.value.code == reason
    assert raised.value.message != "YouTube refused the request: no"


@pytest.mark.parametrize("status", [204, 404])
def test_a_comment_is_deleted_as_one(
    google: Any, platform: YouTubePlatform, studio: Any, status: int
) -> None:
    fault = {"error": {"errors": [{"reason": "commentNotFound"}]}}
    google.queue("DELETE comments", fault, status=status)
    studio.run(lambda ctx: platform.delete(MADE, ctx))
    assert google.names() == ["DELETE comments"]
    assert studio.run(lambda ctx: platform.metrics([MADE], ctx)) == {}


def test_comments_are_listed_with_their_answers(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    answer = {
        "id": "Ug1.x",
        "snippet": {"textDisplay": "Yes", "publishedAt": "2026-11-23T12:00:03Z", "likeCount": 2},
    }
    told = {**thread(), "replies": {"comments": [answer]}}
    google.queue("GET commentThreads", {"items": [told], "nextPageToken": "p2"})
    page = studio.run(lambda ctx: platform.comments(VIDEO, ctx, "p1"))
    assert google.requests[0].query["pageToken"] == ["p1"]
    assert page.cursor == "p2"
    assert page.comments[0].author == "ann"
    assert page.comments[1] == Comment(
        id="Ug1.x",
        author="",
        text="Yes",
        created_at=datetime(2026, 11, 23, 12, 0, 3, tzinfo=UTC),
        url="https://www.youtube.com/watch?v=vid1&lc=Ug1.x",
        parent_id="Ug1",
        likes=2,
    )


@pytest.mark.parametrize(("hidden", "followers"), [(False, 12), (True, None)])
def test_the_figures_of_the_channel_are_read(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    hidden: bool,
    followers: int | None,
) -> None:
    told = {"subscriberCount": "12", "videoCount": "3", "viewCount": "99"}
    told_all = {**told, "hiddenSubscriberCount": hidden}
    google.queue("GET channels", {"items": [{"id": "UC1", "statistics": told_all}]})
    figures = studio.run(platform.account_metrics)
    assert figures == AccountMetrics(followers=followers, posts=3, views=99)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain", []),
        ("(https://example.com/a), #one @ann.", ["https://example.com/a", "#one", "@ann"]),
        ("#1 a@b.com https://example.com/#top", ["https://example.com/#top"]),
        (" ".join(f"#tag{number}" for number in range(61)), []),
    ],
)
def test_a_text_has_the_marks_that_youtube_makes(text: str, told: list[str]) -> None:
    assert [text[one.start : one.end] for one in marks(text, "https://w")] == told
