from __future__ import annotations

from typing import Any

import pytest

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    PostMetrics,
    Published,
    Rejected,
    Unauthorized,
)
from mpcas2_platform_youtube.adapter import YouTubePlatform

POST = Published(id="vid1")


def test_all_pages_of_playlists_are_listed(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    first = {"items": [{"id": "PL1", "snippet": {"title": "Trips"}}], "nextPageToken": "p2"}
    google.queue("GET playlists", first)
    google.queue("GET playlists", {"items": [{"id": "PL2", "snippet": {"title": ""}}]})
    trips, unnamed = studio.run(platform.targets)
    assert (trips.id, trips.title, trips.option) == ("PL1", "Trips", "playlistId")
    assert trips.url == "https://www.youtube.com/playlist?list=PL1"
    assert unnamed.title == "PL2"
    assert google.requests[1].query["pageToken"] == ["p2"]
    assert studio.spent == [("units", 1)] * 2


def test_a_page_that_names_itself_ends_the_list(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    google.queue("GET playlists", {"items": [], "nextPageToken": "p2"})
    assert studio.run(platform.targets) == []
    assert len(google.requests) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [(204, b""), (404, {"error": {"errors": [{"reason": "videoNotFound"}]}})],
)
def test_a_video_is_deleted_or_gone_already(
    google: Any, platform: YouTubePlatform, studio: Any, status: int, body: Any
) -> None:
    google.queue("DELETE videos", body, status=status)
    studio.run(lambda ctx: platform.delete(POST, ctx))
    assert google.requests[0].query == {"id": ["vid1"]}
    assert studio.spent == [("units", 50)]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"status": 403}, Rejected),
        ({"status": 404}, Rejected),
        ({"status": 401}, Unauthorized),
        ({"status": 500}, OutcomeUnknown),
        ({"cut": True}, OutcomeUnknown),
    ],
)
def test_a_deletion_that_fails_says_how(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    reply: dict[str, Any],
    error: type[PlatformError],
) -> None:
    google.queue("DELETE videos", **reply)
    with pytest.raises(error):
        studio.run(lambda ctx: platform.delete(POST, ctx))


def test_figures_are_read_fifty_a_request(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    posts = [Published(id=f"v{number}") for number in range(120)]
    told = {"viewCount": "18446744073709551615", "likeCount": "7"}
    google.queue("GET videos", {"items": [{"id": "v3", "statistics": told}]})
    google.queue("GET videos", {"items": [{"id": "v60"}]})
    google.queue("GET videos", {"items": []})
    figures = studio.run(lambda ctx: platform.metrics(posts, ctx))
    assert figures == {
        "v3": PostMetrics(views=18446744073709551615, likes=7),
        "v60": PostMetrics(),
    }
    asked = [request.query["id"][0].split(",") for request in google.requests]
    assert [len(ids) for ids in asked] == [50, 50, 20]
    assert studio.spent == [("units", 1)] * 3


def test_no_posts_ask_nothing(google: Any, platform: YouTubePlatform, studio: Any) -> None:
    assert studio.run(lambda ctx: platform.metrics([], ctx)) == {}
    assert not google.requests
