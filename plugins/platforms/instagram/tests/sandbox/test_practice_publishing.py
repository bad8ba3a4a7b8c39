"""Containers and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.instagram.tests.sandbox.conftest import Creator


def test_a_picture_is_pulled_published_and_shown(ada: Creator, make_jpeg: Any) -> None:
    data = make_jpeg(1080, 1350)
    container = ada.container(
        image_url=ada.media.put(data), caption="Morning #sun", alt_text="A sunrise"
    )
    assert ada.status(container)["status_code"] == "FINISHED"
    number = ada.publish(container)
    fields = "permalink,shortcode,timestamp,caption,media_type,media_product_type,alt_text"
    shown = ada.good(ada.get(number, fields=f"{fields},media_url,username,like_count"))
    assert shown["id"] == number
    assert (shown["media_type"], shown["media_product_type"]) == ("IMAGE", "FEED")
    assert shown["permalink"] == f"{ada.url}/p/{shown['shortcode']}/"
    assert number not in shown["permalink"]
    page = ada.http.get(shown["permalink"])
    assert page.status_code == 200
    assert "Morning" in page.text
    assert ada.http.get(shown["media_url"]).content == data
    assert ada.status(container)["status_code"] == "PUBLISHED"
    assert ada.control.call("GET", "stats")["posts"] == 1


def test_a_reel_keeps_its_cover_and_options(ada: Creator, make_jpeg: Any) -> None:
    container = ada.reel(
        cover_url=ada.media.put(make_jpeg()),
        share_to_feed="false",
        audio_name="Waves",
        is_ai_generated="true",
        collaborators='["bob"]',
        trial_params='{"graduation_strategy":"MANUAL"}',
    )
    post = ada.post_of(ada.publish(container))
    assert post["product"] == "REELS"
    assert post["cover"]
    options = post["options"]
    assert options["shareToFeed"] is False
    assert options["aiGenerated"] is True
    assert (options["audioName"], options["collaborators"]) == ("Waves", ["bob"])
    assert "/reel/" in post["path"]


def test_a_carousel_mixes_pictures_and_videos(ada: Creator, make_movie: Any) -> None:
    first = ada.container(is_carousel_item="true")
    second = ada.container(
        is_carousel_item="true", media_type="VIDEO", video_url=ada.media.put(make_movie())
    )
    carousel = ada.container(media_type="CAROUSEL", children=f"{first},{second}", caption="Both")
    number = ada.publish(carousel)
    shown = ada.good(ada.get(number, fields="media_type,children{media_type,media_url}"))
    assert shown["media_type"] == "CAROUSEL_ALBUM"
    assert [one["media_type"] for one in shown["children"]["data"]] == ["IMAGE", "VIDEO"]
    assert ada.status(first)["status_code"] == "PUBLISHED"
    limit = ada.good(ada.get(f"{ada.id}/content_publishing_limit"))["data"][0]
    assert limit["quota_usage"] == 1


def test_a_story_leaves_the_list_after_a_day(ada: Creator, make_jpeg: Any) -> None:
    container = ada.container(
        media_type="STORIES", image_url=ada.media.put(make_jpeg(1080, 1920)), caption="ignored"
    )
    number = ada.publish(container)
    assert [one["id"] for one in ada.good(ada.get(f"{ada.id}/stories"))["data"]] == [number]
    assert ada.good(ada.get(f"{ada.id}/media"))["data"] == []
    permalink = ada.good(ada.get(number, fields="permalink"))["permalink"]
    assert ada.http.get(permalink).status_code == 200
    ada.control.advance_clock(86_400)
    assert ada.good(ada.get(f"{ada.id}/stories"))["data"] == []
    assert ada.http.get(permalink).status_code == 404


def test_a_container_is_in_progress_for_as_long_as_the_network_says(
    ada: Creator, codes: Any
) -> None:
    ada.control.call("POST", "decisions", {"seconds": 60})
    url = ada.media.put(b"\xff\xd8\xff")
    container = ada.good(ada.post(f"{ada.id}/media", image_url=url))["id"]
    assert ada.status(container)["status_code"] == "IN_PROGRESS"
    early = ada.post(f"{ada.id}/media_publish", creation_id=container)
    assert codes(early) == (9007, 2207027)
    ada.control.advance_clock(60)
    assert ada.settled(container) == "ERROR"


def test_a_decided_error_names_its_subcode(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "decisions", {"next": [{"error": 2207053}, {"expired": True}]})
    failed, expired = ada.container(), ada.container()
    assert ada.status(failed)["status_code"] == "ERROR"
    assert "2207053" in ada.status(failed)["status"]
    assert codes(ada.post(f"{ada.id}/media_publish", creation_id=failed)) == (-1, 2207032)
    assert ada.status(expired)["status_code"] == "EXPIRED"
    assert codes(ada.post(f"{ada.id}/media_publish", creation_id=expired)) == (-2, 2207020)


def test_a_container_expires_after_a_day(ada: Creator, codes: Any) -> None:
    container = ada.container()
    ada.control.advance_clock(86_399)
    assert ada.status(container)["status_code"] == "FINISHED"
    ada.control.advance_clock(1)
    assert ada.status(container)["status_code"] == "EXPIRED"
    assert codes(ada.post(f"{ada.id}/media_publish", creation_id=container)) == (-2, 2207020)


def test_a_second_publish_is_refused_and_makes_no_second_post(ada: Creator, codes: Any) -> None:
    container = ada.container()
    ada.publish(container)
    again = ada.post(f"{ada.id}/media_publish", creation_id=container)
    assert codes(again) == (24, 2207008)
    assert ada.control.call("GET", "stats")["published"] == 1


def test_the_quota_rolls(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "settings", {"quotaTotal": 2})
    ada.publish(ada.container())
    ada.control.advance_clock(3600)
    ada.publish(ada.container())
    third = ada.container()
    full = ada.post(f"{ada.id}/media_publish", creation_id=third)
    assert codes(full) == (9, 2207042)
    limit = ada.good(ada.get(f"{ada.id}/content_publishing_limit", fields="config,quota_usage"))
    assert limit["data"] == [
        {"quota_usage": 2, "config": {"quota_total": 2, "quota_duration": 86_400}}
    ]
    ada.control.advance_clock(86_400 - 3600)
    ada.publish(ada.container())


def test_pictures_can_be_looked_at_before_the_answer(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "settings", {"pulls": "now"})
    refused = ada.post(f"{ada.id}/media", image_url=ada.media.put(b"\x89PNG\r\n\x1a\n"))
    assert codes(refused) == (36001, 2207005)
    missing = ada.post(f"{ada.id}/media", image_url=ada.media.put(b"")[:-1] + "9999")
    assert codes(missing) == (9004, 2207052)


def test_a_video_can_be_uploaded_in_pieces(ada: Creator, make_movie: Any) -> None:
    data = make_movie(size=5000)
    made = ada.good(ada.post(f"{ada.id}/media", media_type="REELS", upload_type="resumable"))
    assert made["uri"] == f"{ada.url}/ig-api-upload/v26.0/{made['id']}"
    headers = {"Authorization": f"OAuth {ada.token}", "file_size": str(len(data))}
    first = ada.http.post(made["uri"], content=data[:3000], headers={**headers, "offset": "0"})
    assert ada.good(first)["success"] is True
    assert ada.status(made["id"])["status_code"] == "IN_PROGRESS"
    again = ada.http.post(made["uri"], content=data[:3000], headers={**headers, "offset": "0"})
    assert again.status_code == 400
    assert again.json()["debug_info"]["offset"] == 3000
    phase = ada.good(ada.get(made["id"], fields="video_status"))["video_status"]
    assert phase["uploading_phase"]["bytes_transferred"] == 3000
    ada.good(ada.http.post(made["uri"], content=data[3000:], headers={**headers, "offset": "3000"}))
    assert ada.settled(made["id"]) == "FINISHED"
    post = ada.post_of(ada.publish(made["id"]))
    assert post["media"][0]["size"] == len(data)


def test_a_video_can_be_uploaded_from_an_address(ada: Creator, make_movie: Any) -> None:
    made = ada.good(ada.post(f"{ada.id}/media", media_type="REELS", upload_type="resumable"))
    headers = {"Authorization": f"OAuth {ada.token}", "file_url": ada.media.put(make_movie())}
    ada.good(ada.http.post(made["uri"], headers=headers))
    assert ada.settled(made["id"]) == "FINISHED"


@pytest.mark.parametrize(
    ("picture", "outcome"),
    [
        ({"width": 320, "height": 320}, "FINISHED"),
        ({"width": 319, "height": 319}, "2207009"),
        ({"width": 1080, "height": 1350}, "FINISHED"),
        ({"width": 1080, "height": 1351}, "2207009"),
        ({"width": 1910, "height": 1000}, "FINISHED"),
        ({"width": 1911, "height": 1000}, "2207009"),
        ({"size": 8 * 1024 * 1024}, "FINISHED"),
        ({"size": 8 * 1024 * 1024 + 1}, "2207004"),
    ],
)
def test_pictures_are_measured(
    ada: Creator, make_jpeg: Any, picture: dict[str, int], outcome: str
) -> None:
    container = ada.container(image_url=ada.media.put(make_jpeg(**picture)))
    status = ada.status(container)
    assert outcome in status.values() or outcome in status["status"]


@pytest.mark.parametrize(
    ("video", "outcome"),
    [
        ({"seconds": 3}, "FINISHED"),
        ({"seconds": 2.9}, "2207026"),
        ({"seconds": 900}, "FINISHED"),
        ({"seconds": 901}, "2207026"),
        ({"width": 1920, "height": 1080}, "FINISHED"),
        ({"width": 1921, "height": 1080}, "2207026"),
        ({"width": 1000, "height": 99}, "2207026"),
        ({"frames_a_second": 23}, "FINISHED"),
        ({"frames_a_second": 22}, "2207026"),
        ({"frames_a_second": 61}, "2207026"),
        ({"codec": b"hvc1"}, "FINISHED"),
        ({"codec": b"vp09"}, "2207026"),
        ({"sound": b"Opus"}, "2207026"),
        ({"sound": b""}, "FINISHED"),
        ({"brand": b"qt  "}, "FINISHED"),
        ({"brand": b"avif"}, "2207026"),
        ({"seconds": 3, "size": 10_000_000}, "2207026"),
    ],
)
def test_videos_are_measured(
    ada: Creator, make_movie: Any, video: dict[str, Any], outcome: str
) -> None:
    status = ada.status(ada.reel(make_movie(**video)))
    assert outcome in status.values() or outcome in status["status"]


def test_a_thumbnail_lies_within_the_reel(ada: Creator, make_movie: Any) -> None:
    assert "2207057" in ada.status(ada.reel(make_movie(5), thumb_offset="5000"))["status"]
    assert ada.status(ada.reel(make_movie(5), thumb_offset="4999"))["status_code"] == "FINISHED"
