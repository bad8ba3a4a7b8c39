"""Texts, links, pictures and stories, and what can be done with them."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.facebook.tests.sandbox.conftest import Publisher

DAY = 86_400


def test_a_text_is_published_listed_and_shown(ada: Publisher) -> None:
    number = ada.says("Fresh <bread> at https://example.com/now")
    assert number.startswith(f"{ada.page}_")
    fields = "id,message,created_time,permalink_url,is_published,from{name}"
    listed = ada.get(f"{ada.page}/published_posts", fields=fields)["data"]
    assert [one["id"] for one in listed] == [number]
    assert listed[0]["message"] == "Fresh <bread> at https://example.com/now"
    page = ada.http.get(listed[0]["permalink_url"])
    assert page.status_code == 200
    assert "Fresh &lt;bread&gt;" in page.text
    assert "Fresh &lt;bread&gt;" in ada.http.get(f"{ada.url}/timeline").text
    assert "Fresh &lt;bread&gt;" in ada.http.get(f"{ada.url}/okoro.bakery").text
    assert ada.stats()["posts"] == 1


def test_the_same_words_twice_in_a_row_are_refused(ada: Publisher, codes: Any) -> None:
    first = ada.says("Good morning")
    path = f"{ada.page}/feed"
    assert codes(ada.call("POST", path, message="Good morning")) == (506, 1455006)
    ada.says("Good morning", link="https://example.com/")
    ada.says("Good morning")
    assert ada.stats()["posts"] == 3
    assert ada.good(ada.call("DELETE", first)) == {"success": True}


@pytest.mark.parametrize("by_url", [True, False])
def test_a_picture_is_published_with_its_alt_text(
    ada: Publisher, make_picture: Any, codes: Any, *, by_url: bool
) -> None:
    data = make_picture(7)
    words = {"message": "Look", "alt_text_custom": "A loaf"}
    given = {**words, "url": ada.media.put(data)} if by_url else words
    files = None if by_url else {"source": ("a.jpg", data, "image/jpeg")}
    made = ada.post(f"{ada.page}/photos", files, **given)
    post = ada.kept(made["post_id"])
    assert (post["kind"], post["text"], post["state"]) == ("photo", "Look", "public")
    media = post["media"][0]
    assert media["sha256"] == hashlib.sha256(data).hexdigest()
    assert (media["altText"], media["mediaType"]) == ("A loaf", "image/jpeg")
    shown = ada.get(made["id"], fields="images,page_story_id,alt_text")
    assert shown["page_story_id"] == made["post_id"]
    assert ada.http.get(shown["images"][0]["source"]).content == data
    assert codes(ada.call("POST", f"{ada.page}/photos", files, **given)) == (100, 1366051)


def test_several_pictures_are_staged_and_published_as_one(ada: Publisher, codes: Any) -> None:
    photos = [ada.staged(label) for label in range(3)]
    assert ada.stats()["posts"] == 0
    assert ada.get(f"{ada.page}/published_posts")["data"] == []
    listed = json.dumps([{"media_fbid": one} for one in photos[:2]])
    number = ada.says("All", attached_media=listed)
    post = ada.kept(number)
    assert [one["id"] for one in post["media"]] == photos[:2]
    album = ada.get(number, fields="attachments")["attachments"]["data"][0]
    assert len(album["subattachments"]["data"]) == 2
    again = ada.call("POST", f"{ada.page}/feed", message="All", attached_media=listed)
    assert codes(again) == (100, 1366051)
    form = {"attached_media[0]": json.dumps({"media_fbid": photos[2]})}
    single = ada.kept(ada.says("One", **form))
    assert (single["kind"], single["unknown"]) == ("photo", [])


def test_a_staged_picture_can_be_deleted_and_a_temporary_one_goes(
    ada: Publisher, codes: Any
) -> None:
    photo, passing = ada.staged(1), ada.staged(2, temporary="true")
    assert ada.good(ada.call("DELETE", photo)) == {"success": True}
    assert codes(ada.call("GET", photo)) == (100, 33)
    ada.control.advance_clock(DAY)
    assert codes(ada.call("GET", passing)) == (100, 33)


def test_a_picture_story_leaves_after_a_day(ada: Publisher) -> None:
    made = ada.post(f"{ada.page}/photo_stories", photo_id=ada.staged())
    story = ada.get(f"{ada.page}/stories")["data"][0]
    assert story["post_id"] == made["post_id"]
    assert ada.http.get(story["url"]).status_code == 200
    assert ada.get(f"{ada.page}/published_posts")["data"] == []
    ada.control.advance_clock(DAY)
    assert ada.get(f"{ada.page}/stories")["data"] == []
    assert ada.http.get(story["url"]).status_code == 404


def test_a_scheduled_post_comes_out_at_its_time(ada: Publisher) -> None:
    now = ada.control.call("GET", "clock")["now"]
    second = int(datetime.fromisoformat(now).timestamp()) + 3600
    number = ada.says("Later", published="false", scheduled_publish_time=str(second))
    assert ada.kept(number)["state"] == "scheduled"
    assert [one["id"] for one in ada.get(f"{ada.page}/scheduled_posts")["data"]] == [number]
    assert ada.get(f"{ada.page}/published_posts")["data"] == []
    ada.control.advance_clock(3601)
    assert [one["id"] for one in ada.get(f"{ada.page}/published_posts")["data"]] == [number]


def test_unknown_parameters_are_ignored_and_told_to_the_tester(ada: Publisher) -> None:
    number = ada.says("Hello", mesage="Hello", atached_media="[]")
    assert ada.kept(number)["unknown"] == ["atached_media", "mesage"]
    ada.get("me", feilds="id")
    routes = [one["route"] for one in ada.control.call("GET", "unknown")["unknown"]]
    assert routes == [f"POST /v26.0/{ada.page}/feed", "GET /v26.0/me"]


def test_comments_are_written_listed_and_deleted(ada: Publisher, codes: Any) -> None:
    post = ada.says()
    mine = ada.post(f"{post}/comments", message="First")["id"]
    order = {"post": post, "account": "bob", "text": "Second"}
    ada.control.call("POST", "comments", order)
    listed = ada.get(f"{post}/comments", summary="true", fields="id,message,from")
    assert [one["message"] for one in listed["data"]] == ["First", "Second"]
    assert listed["data"][0]["from"]["id"] == ada.page
    assert listed["summary"]["total_count"] == 2
    shown = ada.get(post, fields="comments.limit(0).summary(true),reactions.limit(0).summary(true)")
    assert (shown["comments"]["data"], shown["comments"]["summary"]["total_count"]) == ([], 2)
    assert "First" in ada.http.get(ada.get(post, fields="permalink_url")["permalink_url"]).text
    assert ada.get(mine, fields="message")["message"] == "First"
    ada.good(ada.call("DELETE", mine))
    assert codes(ada.call("GET", mine)) == (100, 33)


def test_figures_grow_and_have_todays_names(ada: Publisher) -> None:
    post = ada.says()
    metric = "post_media_view,post_total_media_view_unique,post_clicks,post_reactions_by_type_total"

    def values() -> dict[str, Any]:
        data = ada.get(f"{post}/insights", metric=metric)["data"]
        return {one["name"]: one["values"][0]["value"] for one in data}

    assert values()["post_media_view"] == 0
    ada.control.advance_clock(DAY)
    grown = values()
    assert grown["post_media_view"] > grown["post_total_media_view_unique"] > 0
    shown = ada.get(post, fields="shares,reactions.limit(0).summary(true)")
    total = sum(grown["post_reactions_by_type_total"].values())
    assert shown["reactions"]["summary"]["total_count"] == total > 0
    assert shown["shares"]["count"] > 0
    days = ada.get(f"{ada.page}/insights", metric="page_media_view,page_follows")["data"]
    assert days[0]["values"][-1]["value"] == grown["post_media_view"]
    assert ada.get(ada.page, fields="followers_count,fan_count")["followers_count"] > 0


def test_a_deleted_post_is_gone_everywhere(ada: Publisher, codes: Any) -> None:
    post = ada.says()
    link = ada.get(post, fields="permalink_url")["permalink_url"]
    ada.good(ada.call("DELETE", post))
    assert codes(ada.call("GET", post)) == (100, 33)
    assert codes(ada.call("DELETE", post)) == (100, 33)
    assert ada.http.get(link).status_code == 404
    ada.says()
    other = ada.kept(ada.says("Removed by moderators"))["id"]
    ada.control.call("POST", f"posts/{other}/remove")
    assert codes(ada.call("GET", other)) == (100, 33)


def test_lists_go_on_behind_a_cursor(ada: Publisher) -> None:
    numbers = [ada.says(f"Post {number}") for number in range(3)][::-1]
    first = ada.get(f"{ada.page}/published_posts", limit="2")
    assert [one["id"] for one in first["data"]] == numbers[:2]
    token = {"access_token": ada.token}
    rest = ada.good(ada.http.get(f"{first['paging']['next']}&access_token={ada.token}"))
    assert [one["id"] for one in rest["data"]] == numbers[2:]
    assert "next" not in rest["paging"]
    assert ada.get(f"{ada.page}/published_posts", until="60", **token)["data"] == []
    ada.settings(listLagSeconds=60)
    assert ada.get(f"{ada.page}/published_posts")["data"] == []


def test_writes_have_a_window_of_their_own(ada: Publisher, codes: Any) -> None:
    order = {"route": "publish", "limit": 1, "seconds": 600, "per": "user", "rolling": True}
    ada.control.call("POST", "limits", order)
    ada.says("One")
    assert codes(ada.call("POST", f"{ada.page}/feed", message="Two")) == (613, None)
    ada.control.advance_clock(600)
    ada.says("Two")
