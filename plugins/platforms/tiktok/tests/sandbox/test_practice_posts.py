from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.tiktok.tests.sandbox.conftest import Client, Files

    from mpcas2_testing import CannedServer

PUBLISH = "/v2/post/publish/"
INFO = f"{PUBLISH}creator_info/query/"
FIGURES = "id,view_count,like_count,comment_count,share_count"


def begins(client: Client, **info: Any) -> tuple[int, str]:
    """Begins a post and tells how it was answered."""
    return client.refusal(f"{PUBLISH}video/init/", client.video(10, **info))


def test_creator_info_follows_the_creator_s_settings(ada: Client) -> None:
    told = ada.data(INFO)
    assert (told["creator_username"], told["creator_nickname"]) == ("ada", "Ada")
    assert told["privacy_level_options"] == [
        "PUBLIC_TO_EVERYONE",
        "MUTUAL_FOLLOW_FRIENDS",
        "SELF_ONLY",
    ]
    ada.control.call("POST", "accounts/ada", {"private": True, "stitchDisabled": True})
    told = ada.data(INFO)
    assert told["stitch_disabled"]
    assert not told["duet_disabled"]
    assert told["privacy_level_options"][0] == "FOLLOWER_OF_CREATOR"
    assert begins(ada) == (403, "privacy_level_option_mismatch")
    ada.control.call("POST", "accounts/ada", {"options": ["SELF_ONLY"]})
    assert ada.data(INFO)["privacy_level_options"] == ["SELF_ONLY"]


def test_a_public_post_gets_its_id_when_processing_is_over(ada: Client, files: type[Files]) -> None:
    publish_id = ada.publish(files.mp4())
    assert ada.status(publish_id) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 4096}
    ada.control.advance_clock(2)
    state = ada.status(publish_id)
    assert state["status"] == "PUBLISH_COMPLETE"
    (post_id,) = state["publicaly_available_post_id"]
    assert isinstance(post_id, int)
    assert ada.stored(publish_id)["path"] == f"/@ada/video/{post_id}"
    assert ada.stats() | {"requests": 0} == {
        "posts": 1,
        "public": 1,
        "drafts": 0,
        "begun": 1,
        "failed": 0,
        "requests": 0,
    }


@pytest.mark.parametrize("level", ["SELF_ONLY", "MUTUAL_FOLLOW_FRIENDS"])
def test_a_post_that_is_not_public_never_gets_an_id(
    level: str, ada: Client, files: type[Files]
) -> None:
    publish_id = ada.publish(files.mp4(), privacy_level=level)
    ada.control.advance_clock(86_400)
    ada.connect()
    assert ada.status(publish_id) == {"status": "PUBLISH_COMPLETE", "uploaded_bytes": 4096}
    assert (ada.stats()["posts"], ada.stats()["public"]) == (1, 0)
    assert ada.data("/v2/video/list/", {}, fields="id")["videos"] == []


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ({}, [(2, "PUBLISH_COMPLETE", "", True)]),
        (
            {"idSeconds": 3600},
            [(2, "PUBLISH_COMPLETE", "", False), (3600, "PUBLISH_COMPLETE", "", True)],
        ),
        ({"failReason": "spam_risk"}, [(2, "FAILED", "spam_risk", False)]),
        (
            {"withdrawReason": "spam_risk", "withdrawSeconds": 50},
            [(2, "PUBLISH_COMPLETE", "", False), (50, "FAILED", "spam_risk", False)],
        ),
        (
            {"takenDownSeconds": 60},
            [(2, "PUBLISH_COMPLETE", "", True), (60, "PUBLISH_COMPLETE", "", False)],
        ),
    ],
)
def test_moderation_ends_as_planned(
    verdict: dict[str, Any],
    told: list[tuple[int, str, str, bool]],
    ada: Client,
    files: type[Files],
) -> None:
    ada.control.call("POST", "decisions", {"next": [verdict]})
    publish_id = ada.publish(files.mp4())
    for seconds, status, reason, public in told:
        assert ada.stats()["posts"] == 1
        ada.control.advance_clock(seconds)
        state = ada.status(publish_id)
        assert (state["status"], state.get("fail_reason", "")) == (status, reason)
        assert ("publicaly_available_post_id" in state) == public
        assert ada.stats()["public"] == public
        assert len(ada.data("/v2/video/list/", {}, fields="id")["videos"]) == public
    assert ada.stats()["posts"] == told[-1][3]


def test_a_post_can_be_taken_down_by_hand(ada: Client, files: type[Files]) -> None:
    publish_id = ada.publish(files.mp4())
    ada.control.advance_clock(2)
    ada.control.call("POST", f"posts/{publish_id}/take-down")
    assert "publicaly_available_post_id" not in ada.status(publish_id)
    assert ada.stats()["posts"] == 0


def test_a_draft_ends_in_the_inbox(ada: Client, web: CannedServer, files: type[Files]) -> None:
    data = files.mp4()
    order = {"source_info": ada.video(len(data))["source_info"]}
    begun = ada.data(f"{PUBLISH}inbox/video/init/", order)
    ada.put(begun["upload_url"], data, 0, len(data))
    web.answer("1.jpg", files.jpeg())
    photos = ada.photos(f"{web.url}/1.jpg", mode="MEDIA_UPLOAD")
    second = ada.data(f"{PUBLISH}content/init/", photos)["publish_id"]
    assert ada.settled(second)["status"] == "SEND_TO_USER_INBOX"
    assert ada.status(begun["publish_id"])["status"] == "SEND_TO_USER_INBOX"
    assert (ada.stats()["posts"], ada.stats()["drafts"]) == (0, 2)


def test_drafts_are_limited_to_five_in_24_hours(ada: Client) -> None:
    ada.control.call("POST", "limits", {"route": f"POST {PUBLISH}inbox/video/init/", "limit": None})
    order = {"source_info": ada.video(10)["source_info"]}
    for _ in range(5):
        ada.data(f"{PUBLISH}inbox/video/init/", order)
    refusal = ada.refusal(f"{PUBLISH}inbox/video/init/", order)
    assert refusal == (403, "spam_risk_too_many_pending_share")
    ada.control.advance_clock(7100)  # the token lives two hours
    ada.connect()
    ada.control.advance_clock(86_400 - 7100)
    ada.connect()
    ada.data(f"{PUBLISH}inbox/video/init/", order)


def test_posts_are_limited_to_fifteen_a_day(ada: Client, bob: Client) -> None:
    ada.control.call("POST", "limits", {"route": f"POST {PUBLISH}video/init/", "limit": None})
    for _ in range(15):
        assert begins(ada) == (200, "ok")
    assert begins(ada) == (403, "spam_risk_too_many_posts")
    assert begins(bob) == (200, "ok")
    ada.control.advance_clock(86_400)
    ada.connect()
    assert begins(ada) == (200, "ok")


def test_calls_are_limited_by_a_sliding_minute_per_token(ada: Client) -> None:
    for _ in range(6):
        assert begins(ada) == (200, "ok")
        ada.control.advance_clock(5)
    refused = ada.call(f"{PUBLISH}video/init/", ada.video(10))
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert not any("limit" in name or name == "retry-after" for name in refused.headers)
    ada.control.advance_clock(30)
    assert begins(ada) == (200, "ok")
    assert begins(ada) == (429, "rate_limit_exceeded")
    ada.connect()
    assert begins(ada) == (200, "ok")


def test_an_unaudited_app_posts_for_private_accounts_only(ada: Client) -> None:
    ada.control.call("POST", "settings", {"audited": False})
    refusal = (403, "unaudited_client_can_only_post_to_private_accounts")
    assert begins(ada) == refusal
    assert begins(ada, privacy_level="SELF_ONLY") == refusal
    ada.control.call("POST", "accounts/ada", {"private": True})
    assert begins(ada, privacy_level="FOLLOWER_OF_CREATOR") == refusal
    assert begins(ada, privacy_level="SELF_ONLY") == (200, "ok")


def test_an_unaudited_app_has_five_posting_users_a_day(
    client_of: Callable[[str], Client], ada: Client
) -> None:
    ada.control.call("POST", "settings", {"audited": False})
    ada.control.call("POST", "accounts", {"count": 6})
    people = [client_of(f"user{number}") for number in range(1, 7)]
    for one in people:
        ada.control.call("POST", f"accounts/{one.handle}", {"private": True})
    for one in people[:5]:
        assert begins(one, privacy_level="SELF_ONLY") == (200, "ok")
    assert begins(people[0], privacy_level="SELF_ONLY") == (200, "ok")
    assert begins(people[5], privacy_level="SELF_ONLY") == (403, "reached_active_user_cap")
    ada.control.advance_clock(86_400)
    people[5].connect()
    assert begins(people[5], privacy_level="SELF_ONLY") == (200, "ok")


def test_planned_refusals_bans_and_banned_words(ada: Client) -> None:
    codes = ["spam_risk", "reached_active_user_cap", "internal_error"]
    ada.control.call("POST", "settings", {"refuseNext": codes, "bannedWords": ["casino"]})
    assert [begins(ada)[1] for _ in codes] == codes
    assert begins(ada, title="my casino") == (403, "spam_risk_text")
    ada.control.call("POST", "accounts/ada", {"banned": True})
    assert begins(ada) == (403, "spam_risk_user_banned_from_posting")
    assert ada.refusal(INFO) == (403, "spam_risk_user_banned_from_posting")
    assert ada.stats()["begun"] == 0


def test_media_of_a_verified_domain_or_prefix_may_be_pulled(ada: Client) -> None:
    ada.control.call("POST", "settings", {"verified": ["a.example", "http://127.0.0.1:9/media/"]})
    ada.control.call("POST", "limits", {"route": f"POST {PUBLISH}content/init/", "limit": None})
    for url, code in {
        "https://a.example/1.jpg": "ok",
        "https://cdn.a.example/1.jpg": "ok",
        "https://ba.example/1.jpg": "url_ownership_unverified",
        "http://127.0.0.1:9/media/1.jpg": "ok",
        "http://127.0.0.1:9/other/1.jpg": "url_ownership_unverified",
    }.items():
        assert ada.refusal(f"{PUBLISH}content/init/", ada.photos(url))[1] == code


def test_another_s_publish_id_is_told_to_nobody(
    ada: Client, bob: Client, files: type[Files]
) -> None:
    publish_id = ada.publish(files.mp4())
    refusal = bob.refusal(f"{PUBLISH}status/fetch/", {"publish_id": publish_id})
    assert refusal == (400, "token_not_authorized_for_specified_publish_id")


def test_posts_are_listed_the_newest_first_and_leafed_through(
    ada: Client, bob: Client, files: type[Files]
) -> None:
    ids = [ada.published(files.mp4(), title=f"Walk {number}") for number in range(5)]
    bob.published(files.mp4())
    first = ada.data("/v2/video/list/", {"max_count": 3}, fields="id,title,share_url")
    assert [one["id"] for one in first["videos"]] == ids[:1:-1]
    assert first["videos"][0]["title"] == "Walk 4"
    assert first["videos"][0]["share_url"] == f"{ada.url}/@ada/video/{ids[4]}"
    assert first["has_more"]
    rest = ada.data("/v2/video/list/", {"cursor": first["cursor"]}, fields="id")
    assert [one["id"] for one in rest["videos"]] == [ids[1], ids[0]]
    assert not rest["has_more"]
    ada.control.call("POST", "settings", {"listLagSeconds": 150})
    assert len(ada.data("/v2/video/list/", {}, fields="id")["videos"]) == 4


def test_figures_grow_and_strangers_see_none(ada: Client, bob: Client, files: type[Files]) -> None:
    post_id = ada.published(files.mp4())
    question = {"filters": {"video_ids": [post_id, "1"]}}
    (early,) = ada.data("/v2/video/query/", question, fields=FIGURES)["videos"]
    ada.control.advance_clock(7000)
    (late,) = ada.data("/v2/video/query/", question, fields=FIGURES)["videos"]
    assert late["view_count"] > early["view_count"] >= early["like_count"]
    assert bob.data("/v2/video/query/", question, fields="id")["videos"] == []
    user = ada.user("likes_count,video_count,follower_count")
    assert (user["likes_count"], user["video_count"]) == (late["like_count"], 1)
