"""Containers and what becomes of them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.threads.tests.sandbox.conftest import Creator

NOT_FOUND = (24, 4279009)


def test_a_text_is_published_and_shown(ada: Creator) -> None:
    container = ada.container(text="Morning", topic_tag="#Coffee", reply_control="followers_only")
    assert ada.status(container)["status"] == "FINISHED"
    number = ada.publish(container)
    assert number != container
    assert ada.status(container)["status"] == "PUBLISHED"
    fields = "permalink,shortcode,timestamp,text,media_type,topic_tag,reply_audience,owner,username"
    shown = ada.good(ada.get(number, fields=fields))
    assert (shown["media_type"], shown["text"]) == ("TEXT_POST", "Morning")
    assert (shown["topic_tag"], shown["reply_audience"]) == ("Coffee", "FOLLOWERS_ONLY")
    assert shown["permalink"] == f"{ada.url}/@ada/post/{shown['shortcode']}"
    page = ada.http.get(shown["permalink"])
    assert page.status_code == 200
    assert "Morning" in page.text
    assert "Morning" in ada.http.get(f"{ada.url}/timeline").text
    assert ada.control.call("GET", "stats")["posts"] == 1


def test_a_picture_is_pulled_and_kept(ada: Creator, make_png: Any) -> None:
    data = make_png()
    number = ada.publish(ada.picture(data, text="Look", alt_text="A sunrise"))
    shown = ada.good(ada.get(number, fields="media_type,media_url,alt_text"))
    assert (shown["media_type"], shown["alt_text"]) == ("IMAGE", "A sunrise")
    assert ada.http.get(shown["media_url"]).content == data
    media = ada.post_of(number)["media"][0]
    assert media["sha256"] == hashlib.sha256(data).hexdigest()
    assert (media["mediaType"], media["altText"]) == ("image/png", "A sunrise")


def test_a_carousel_mixes_pictures_and_videos(ada: Creator) -> None:
    items = [ada.picture(is_carousel_item="true"), ada.video(is_carousel_item="true")]
    carousel = ada.container(media_type="CAROUSEL", children=",".join(items), text="Both")
    number = ada.publish(carousel)
    shown = ada.good(ada.get(number, fields="media_type,children{media_type,media_url}"))
    assert shown["media_type"] == "CAROUSEL_ALBUM"
    assert [one["media_type"] for one in shown["children"]["data"]] == ["IMAGE", "VIDEO"]
    assert ada.status(items[0])["status"] == "PUBLISHED"
    limit = ada.good(ada.get("me/threads_publishing_limit"))["data"][0]
    assert limit["quota_usage"] == 1


def test_attachments_are_kept(ada: Creator) -> None:
    poll = {"option_a": "Tea", "option_b": "Coffee", "option_c": "Both"}
    number = ada.write(text="What?", poll_attachment=json.dumps(poll))
    ada.control.advance_clock(3600)
    shown = ada.good(ada.get(number, fields="poll_attachment"))["poll_attachment"]
    assert {name: shown[name] for name in poll} == poll
    shares = [shown[f"{name}_votes_percentage"] for name in poll]
    assert sum(shares) == pytest.approx(1, abs=0.001)
    part = ada.good(ada.get(number, fields="poll_attachment{option_a}"))["poll_attachment"]
    assert part == {"option_a": "Tea"}
    link = ada.write(text="", link_attachment="https://example.org/a")
    assert ada.good(ada.get(link, fields="link_attachment_url")) == {
        "id": link,
        "link_attachment_url": "https://example.org/a",
    }
    long = ada.write(text="More", text_attachment=json.dumps({"plaintext": "x" * 10_000}))
    assert len(ada.post_of(long)["options"]["textAttachment"]["plaintext"]) == 10_000


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * 500, True),
        ("ä" * 500, True),
        ("\U0001f600" * 125, True),
        ("\U0001f600" * 124 + "xxxxx", False),
        ("\u2764\ufe0f" * 83, True),
        ("\u2764\ufe0f" * 84, False),
    ],
)
def test_emoji_count_by_their_bytes(ada: Creator, text: str, fits: bool) -> None:
    answer = ada.post("me/threads", media_type="TEXT", text=text)
    assert (answer.status_code == 200) is fits


def test_publishing_too_early_finds_nothing(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "decisions", {"seconds": 60})
    container = ada.good(ada.post("me/threads", media_type="TEXT", text="Slow"))["id"]
    assert ada.status(container)["status"] == "IN_PROGRESS"
    assert codes(ada.post("me/threads_publish", creation_id=container)) == NOT_FOUND
    ada.control.advance_clock(60)
    ada.publish(container)


def test_publishing_may_lag_behind_the_status(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "settings", {"publishLagSeconds": 30})
    container = ada.container()
    assert ada.status(container)["status"] == "FINISHED"
    assert codes(ada.post("me/threads_publish", creation_id=container)) == NOT_FOUND
    ada.control.advance_clock(30)
    ada.publish(container)


def test_a_decided_error_has_a_message(ada: Creator, codes: Any) -> None:
    verdicts = [{"error": "FAILED_PROCESSING_VIDEO"}, {"expired": True}]
    ada.control.call("POST", "decisions", {"next": verdicts})
    failed, expired = ada.container(), ada.container()
    assert ada.status(failed) == {
        "id": failed,
        "status": "ERROR",
        "error_message": "FAILED_PROCESSING_VIDEO",
    }
    assert ada.status(expired)["status"] == "EXPIRED"
    for container in (failed, expired):
        assert codes(ada.post("me/threads_publish", creation_id=container)) == NOT_FOUND


def test_a_container_expires_after_a_day(ada: Creator, codes: Any) -> None:
    container = ada.container()
    ada.control.advance_clock(86_399)
    assert ada.status(container)["status"] == "FINISHED"
    ada.control.advance_clock(1)
    assert ada.status(container)["status"] == "EXPIRED"
    assert codes(ada.post("me/threads_publish", creation_id=container)) == NOT_FOUND


def test_a_second_publish_is_refused_and_makes_no_second_post(ada: Creator, codes: Any) -> None:
    container = ada.container()
    ada.publish(container)
    assert codes(ada.post("me/threads_publish", creation_id=container)) == NOT_FOUND
    assert ada.control.call("GET", "stats")["published"] == 1


def test_a_text_can_be_published_at_once(ada: Creator) -> None:
    answer = ada.post("me/threads", media_type="TEXT", text="Now", auto_publish_text="true")
    number = ada.good(answer)["id"]
    assert ada.post_of(number)["text"] == "Now"


def test_the_parameters_may_come_in_the_query_and_without_a_version(ada: Creator) -> None:
    given = {"access_token": ada.token, "media_type": "TEXT", "text": "Plain"}
    container = ada.good(ada.http.post(f"{ada.url}/me/threads", params=given))["id"]
    shown = ada.http.get(
        f"{ada.url}/{container}/", params={"access_token": ada.token, "fields": "id,status"}
    )
    assert ada.good(shown)["status"] == "FINISHED"


def test_quotas_of_posts_and_replies_roll(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "settings", {"quotaTotal": 2, "replyQuotaTotal": 1})
    first = ada.write()
    ada.control.advance_clock(3600)
    ada.write()
    third = ada.container()
    assert codes(ada.post("me/threads_publish", creation_id=third)) == (9, None)
    ada.write(reply_to_id=first)
    reply = ada.container(reply_to_id=first)
    assert codes(ada.post("me/threads_publish", creation_id=reply)) == (9, None)
    fields = "quota_usage,config,reply_quota_usage,reply_config"
    limit = ada.good(ada.get("me/threads_publishing_limit", fields=fields))
    assert limit["data"] == [
        {
            "quota_usage": 2,
            "config": {"quota_total": 2, "quota_duration": 86_400},
            "reply_quota_usage": 1,
            "reply_config": {"quota_total": 1, "quota_duration": 86_400},
        }
    ]
    ada.control.advance_clock(86_400 - 3600)
    ada.publish(third)


def test_a_ghost_post_leaves_after_a_day(ada: Creator) -> None:
    number = ada.write(is_ghost_post="true")
    ada.control.advance_clock(86_400)
    assert ada.get(number).status_code == 400
    assert ada.post_of(number)["state"] == "expired"


@pytest.mark.parametrize(
    ("picture", "outcome"),
    [
        ({"width": 320, "height": 320}, "FINISHED"),
        ({"width": 1000, "height": 100}, "FINISHED"),
        ({"width": 1001, "height": 100}, "INVALID_ASPEC_RATIO"),
        ({"width": 100, "height": 1001}, "INVALID_ASPEC_RATIO"),
        ({"size": 8 * 1024 * 1024}, "FINISHED"),
        ({"size": 8 * 1024 * 1024 + 1}, "UNKNOWN"),
    ],
)
def test_pictures_are_measured(
    ada: Creator, make_jpeg: Any, picture: dict[str, int], outcome: str
) -> None:
    assert ada.settled(ada.picture(make_jpeg(**picture))) == outcome


def test_a_file_that_is_no_picture_or_not_there_fails(ada: Creator) -> None:
    assert ada.settled(ada.picture(b"GIF89a" + bytes(40))) == "UNKNOWN"
    gone = ada.media.put(b"x") + "9999"
    missing = ada.container(media_type="VIDEO", video_url=gone)
    assert ada.settled(missing) == "FAILED_DOWNLOADING_VIDEO"


@pytest.mark.parametrize(
    ("video", "outcome"),
    [
        ({"seconds": 0}, "INVALID_DURATION"),
        ({"seconds": 300}, "FINISHED"),
        ({"seconds": 301}, "INVALID_DURATION"),
        ({"width": 1920, "height": 1080}, "FINISHED"),
        ({"width": 1922, "height": 1080}, "FAILED_PROCESSING_VIDEO"),
        ({"width": 1000, "height": 99}, "INVALID_ASPEC_RATIO"),
        ({"frames_a_second": 23}, "FINISHED"),
        ({"frames_a_second": 22}, "INVALID_FRAME_RATE"),
        ({"frames_a_second": 61}, "INVALID_FRAME_RATE"),
        ({"codec": b"hvc1"}, "FINISHED"),
        ({"codec": b"vp09"}, "FAILED_PROCESSING_VIDEO"),
        ({"sound": b"Opus"}, "FAILED_PROCESSING_AUDIO"),
        ({"sound": b""}, "FINISHED"),
        ({"channels": 6}, "INVALID_AUDIO_CHANNELS"),
        ({"rate": 64_000}, "FAILED_PROCESSING_AUDIO"),
        ({"brand": b"qt  "}, "FINISHED"),
        ({"brand": b"avif"}, "FAILED_PROCESSING_VIDEO"),
        ({"seconds": 0.1, "size": 2_000_000}, "INVALID_BIT_RATE"),
    ],
)
def test_videos_are_measured(
    ada: Creator, make_movie: Any, video: dict[str, Any], outcome: str
) -> None:
    assert ada.settled(ada.video(make_movie(**video))) == outcome


def test_a_carousel_with_a_bad_item_fails_with_it(ada: Creator, make_jpeg: Any) -> None:
    ada.control.call("POST", "decisions", {"seconds": 60})
    good = ada.media.put(make_jpeg())
    bad = ada.media.put(make_jpeg(3000, 100))
    items = [
        ada.good(
            ada.post("me/threads", media_type="IMAGE", image_url=url, is_carousel_item="true")
        )["id"]
        for url in (good, bad)
    ]
    given = {"media_type": "CAROUSEL", "children": json.dumps(items)}
    carousel = ada.good(ada.post("me/threads", **given))["id"]
    assert ada.status(carousel)["status"] == "IN_PROGRESS"
    ada.control.advance_clock(60)
    assert ada.settled(carousel) == "INVALID_ASPEC_RATIO"
