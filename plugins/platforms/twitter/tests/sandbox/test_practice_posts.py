from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.twitter.tests.sandbox.conftest import Member

LONG = "a" * 281
POLL = {"options": ["yes", "no"], "duration_minutes": 60}
NOWHERE = "1234567890"


def test_a_post_is_made_shown_and_deleted(ada: Member) -> None:
    post_id = ada.posted(text="Hello, world")
    (shown,) = ada.timeline()["data"]
    assert (shown["id"], shown["text"]) == (post_id, "Hello, world")
    answer = ada.http.delete(f"/2/tweets/{post_id}")
    assert answer.json() == {"data": {"deleted": True}}
    assert ada.timeline() == {"meta": {"result_count": 0}}
    assert ada.http.delete(f"/2/tweets/{post_id}").status_code == 404
    stats = ada.control.call("GET", "stats")
    assert (stats["posts"], stats["created"], stats["deleted"]) == (0, 1, 1)


def test_nobody_deletes_the_post_of_another(ada: Member, bob: Member) -> None:
    post_id = ada.posted(text="mine")
    assert ada.refusal(bob.http.delete(f"/2/tweets/{post_id}"))[0] == 403


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "text is required"),
        ({"text": "  "}, "text is required"),
        ({"text": LONG}, "281 of 280"),
        ({"text": None}, "str"),
        ({"text": 5}, "str"),
        ({"text": "a", "txet": "b"}, "txet"),
        ({"text": "a", "poll": {**POLL, "colour": "red"}}, "colour"),
        ({"text": "a", "poll": {**POLL, "options": ["one"]}}, "length"),
        ({"text": "a", "poll": {**POLL, "options": ["1", "2", "3", "4", "5"]}}, "length"),
        ({"text": "a", "poll": {**POLL, "options": ["", "2"]}}, "length"),
        ({"text": "a", "poll": {**POLL, "options": ["x" * 26, "2"]}}, "length"),
        ({"text": "a", "poll": {**POLL, "duration_minutes": 4}}, "duration_minutes"),
        ({"text": "a", "poll": {**POLL, "duration_minutes": 10081}}, "duration_minutes"),
        ({"text": "a", "poll": {"options": ["1", "2"]}}, "duration_minutes"),
        ({"text": "", "poll": POLL}, "text is required"),
        ({"text": "a", "poll": POLL, "media": {"media_ids": [NOWHERE]}}, "exclude"),
        ({"text": "a", "poll": POLL, "quote_tweet_id": NOWHERE}, "exclude"),
        ({"text": "a", "quote_tweet_id": NOWHERE}, "quote_tweet_id"),
        ({"text": "a", "quote_tweet_id": "abc"}, "quote_tweet_id"),
        ({"text": "a", "reply_settings": "everyone"}, "reply_settings"),
        ({"text": "a", "reply": {}}, "in_reply_to_tweet_id"),
        ({"text": "a", "made_with_ai": "yes"}, "made_with_ai"),
        ({"text": "a", "media": {"media_ids": []}}, "media_ids"),
        ({"text": "a", "media": {"media_ids": ["1"] * 5}}, "media_ids"),
        ({"text": "a", "media": {"media_ids": [NOWHERE]}}, "Your media IDs are invalid."),
        ({"text": "a", "card_uri": "card://1", "poll": POLL}, "card_uri"),
    ],
)
def test_a_post_against_the_rules_is_refused(ada: Member, body: Any, said: str) -> None:
    status, words = ada.refusal(ada.post(body))
    assert status == 400
    assert said in words
    assert ada.control.call("GET", "stats")["posts"] == 0


def test_a_body_that_is_not_json_is_refused(ada: Member) -> None:
    kind = {"Content-Type": "application/json"}
    assert ada.refusal(ada.http.post("/2/tweets", content=b"{", headers=kind))[0] == 400
    assert ada.refusal(ada.http.post("/2/tweets", data={"text": "a"}))[0] == 400


def test_every_field_of_the_request_is_kept(ada: Member, bob: Member) -> None:
    quoted = bob.posted(text="look at me")
    members = {
        "text": "all of it",
        "quote_tweet_id": quoted,
        "reply_settings": "mentionedUsers",
        "made_with_ai": True,
        "paid_partnership": True,
        "community_id": "77",
        "geo": {"place_id": "df51dec6f4ee2b2c"},
        "media": {"media_ids": [ada.uploaded()], "tagged_user_ids": [bob.id]},
    }
    post_id = ada.posted(**members)
    (stored,) = ada.control.call("GET", "posts?account=ada")["posts"]
    assert stored["id"] == post_id
    assert members.items() <= {**stored["request"]}.items()


def test_the_same_post_again_is_a_duplicate(ada: Member, bob: Member) -> None:
    first = ada.posted(text="once")
    status, words = ada.refusal(ada.post(text="once "))
    assert (status, words) == (
        403,
        "You are not allowed to create a Tweet with duplicate content.",
    )
    bob.posted(text="once")
    ada.posted(text="once", reply={"in_reply_to_tweet_id": first})
    ada.posted(text="once", media={"media_ids": [ada.uploaded()]})
    assert ada.control.call("GET", "stats")["duplicates_refused"] == 1
    ada.http.delete(f"/2/tweets/{first}")
    ada.posted(text="once")


def test_a_duplicate_is_forgotten_after_its_window(ada: Member) -> None:
    ada.settings(duplicateSeconds=60)
    ada.posted(text="once")
    ada.control.advance_clock(61)
    ada.posted(text="once")
    stats = ada.control.call("GET", "stats")
    assert (stats["posts"], stats["duplicates_refused"]) == (2, 0)


def test_a_post_with_the_same_media_is_a_duplicate(ada: Member) -> None:
    media = {"media_ids": [ada.uploaded()]}
    ada.posted(media=media)
    assert ada.post(media=media).status_code == 403


def test_a_thread_is_a_chain_of_replies_to_own_posts(ada: Member) -> None:
    first = ada.posted(text="one")
    second = ada.reply(first, "two").json()["data"]["id"]
    third = ada.reply(second, "three").json()["data"]["id"]
    stored = ada.control.call("GET", "posts")["posts"]
    assert [one["replyTo"] for one in stored] == [None, first, second]
    assert {one["conversationId"] for one in stored} == {first}
    fields = {"tweet.fields": "referenced_tweets,conversation_id,in_reply_to_user_id"}
    newest = ada.timeline(**fields)["data"][0]
    assert newest["id"] == third
    assert newest["referenced_tweets"] == [{"type": "replied_to", "id": second}]
    assert newest["in_reply_to_user_id"] == ada.id


def test_a_reply_needs_a_post_that_exists(ada: Member) -> None:
    status, words = ada.refusal(ada.reply(NOWHERE))
    assert (status, "deleted or not visible" in words) == (403, True)


def test_strangers_reply_only_when_named_or_quoted(ada: Member, bob: Member) -> None:
    assert bob.reply(ada.posted(text="to nobody")).status_code == 403
    assert bob.reply(ada.posted(text="hello @bob, how are you")).status_code == 201
    quoted = bob.posted(text="quote me")
    assert bob.reply(ada.posted(text="look", quote_tweet_id=quoted), "hi").status_code == 201


def test_one_cashtag_is_enough(ada: Member) -> None:
    ada.posted(text="$AAPL only")
    assert ada.refusal(ada.post(text="$AAPL and $MSFT"))[0] == 403
    ada.posted(text="it costs $5 or $10, see http://example.com/$ABC")


def test_links_come_back_shortened_and_signs_escaped(ada: Member) -> None:
    link = "https://example.com/a/long/path?with=query&more=1"
    post_id = ada.posted(text=f"R&D <3 {link} end", media={"media_ids": [ada.uploaded()]})
    (shown,) = ada.timeline(**{"post.fields": "entities"})["data"]
    first, second = shown["entities"]["urls"]
    assert shown["text"] == f"R&amp;D &lt;3 {first['url']} end {second['url']}"
    assert (first["expanded_url"], len(first["url"])) == (link, 23)
    assert shown["text"][first["start"] : first["end"]] == first["url"]
    assert second["expanded_url"] == f"https://x.com/ada/status/{post_id}/photo/1"
    assert second["media_key"].startswith("3_")


def test_numbers_of_posts_grow(ada: Member) -> None:
    numbers = [int(ada.posted(text=f"post {count}")) for count in range(5)]
    assert numbers == sorted(set(numbers))


def test_control_refuses_what_it_does_not_know(ada: Member) -> None:
    for path, body in (("settings", {"lag": 1}), ("limits", {"route": "GET /3", "limit": 1})):
        answer = ada.http.post(f"/_sandbox/{path}", json=body)
        assert answer.status_code == 400


def test_more_accounts_can_be_made(ada: Member) -> None:
    made = ada.control.call("POST", "accounts", {"count": 3, "prefix": "crowd"})["accounts"]
    assert [one["handle"] for one in made] == ["crowd1", "crowd2", "crowd3"]
    assert len(ada.control.call("GET", "accounts")["accounts"]) == 7


def test_own_replies_may_be_refused_as_those_to_strangers(ada: Member) -> None:
    post_id = ada.posted(text="a")
    ada.settings(ownReplies=False)
    status, said = ada.refusal(ada.reply(post_id, "first"))
    assert status == 403
    assert "Reply to this conversation is not allowed" in said
    ada.settings(ownReplies=True)
    comment = ada.reply(post_id, "first").json()["data"]["id"]
    [post, _] = ada.control.call("GET", "posts")["posts"]
    assert post["comments"] == [comment]


def test_a_paid_plan_may_write_long_posts(ada: Member) -> None:
    assert ada.post(text="x" * 281).status_code == 400
    ada.control.call("POST", "accounts/ada", {"subscription": "Premium"})
    assert ada.post(text="x" * 25_000).status_code == 201
    assert ada.post(text="x" * 25_001).status_code == 400


def test_the_figures_of_an_account_grow(ada: Member) -> None:
    fields = {"user.fields": "public_metrics,subscription_type"}
    ada.posted(text="a")
    ada.control.advance_clock(3600)
    first = ada.http.get("/2/users/me", params=fields).json()["data"]
    ada.control.advance_clock(3500)
    second = ada.http.get("/2/users/me", params=fields).json()["data"]
    assert first["subscription_type"] == "None"
    assert first["public_metrics"]["post_count"] == 1
    assert (
        0 < first["public_metrics"]["followers_count"] < second["public_metrics"]["followers_count"]
    )
