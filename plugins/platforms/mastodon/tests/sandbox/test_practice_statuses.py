from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.mastodon.tests.sandbox.conftest import Member

POST = "/api/v1/statuses"


def test_a_key_makes_one_post_for_an_hour(ada: Member, bob: Member) -> None:
    first = ada.posted("one", key="k")
    assert ada.posted("another text", key="k")["id"] == first["id"]
    assert bob.posted("of another", key="k")["id"] != first["id"]
    assert ada.posted("one", key="l")["id"] != first["id"]
    ada.control.advance_clock(3590)
    assert ada.posted("one", key="k")["id"] == first["id"]
    ada.control.advance_clock(20)
    assert ada.posted("one", key="k")["id"] != first["id"]
    assert (ada.stats()["created"], ada.stats()["repeated"]) == (4, 2)


def test_a_key_of_a_deleted_post_finds_nothing(ada: Member) -> None:
    status = ada.posted("one", key="k")
    assert ada.http.delete(f"{POST}/{status['id']}").json()["text"] == "one"
    assert ada.post("one", key="k").status_code == 404
    assert ada.stats()["created"] == 1


def test_a_refused_post_uses_no_key_up(ada: Member) -> None:
    assert ada.post("", key="k").status_code == 422
    assert ada.posted("one", key="k")["content"] == "<p>one</p>"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 500, True),
        ("é" * 500 + "a", False),
        ("👩\u200d👩\u200d👧" * 500, True),
        ("a" * 477 + " https://example.com/" + "b" * 300, False),
        ("a" * 476 + " https://example.com/" + "b" * 300, True),
        ("a" * 495 + " @bob@" + "b" * 30 + ".example", True),
        ("a" * 496 + " @bob@b.example", False),
        ("a" * 480 + " example.com/" + "b" * 20, False),
    ],
)
def test_characters_are_counted_as_the_server_does(text: str, fits: bool, ada: Member) -> None:
    assert ada.post(text).status_code == (200 if fits else 422)


def test_another_server_has_other_limits(ada: Member, anyone: httpx.Client) -> None:
    ada.settings(maxCharacters=5000, maxMedia=6, pollOptions=8, charactersPerUrl=30)
    told = anyone.get("/api/v2/instance").json()["configuration"]
    assert told["statuses"] == {
        "max_characters": 5000,
        "max_media_attachments": 6,
        "characters_reserved_per_url": 30,
    }
    assert ada.post("a" * 5000).status_code == 200
    assert ada.post("a" * 5001).status_code == 422
    poll = {"options": list("abcdefgh"), "expires_in": 300}
    assert ada.post("vote", poll=poll).status_code == 200
    assert ada.post("six", media_ids=[ada.uploaded() for _ in range(6)]).status_code == 200


def test_visibility_decides_who_sees_a_post(ada: Member, bob: Member, anyone: httpx.Client) -> None:
    seen: dict[str, tuple[int, int]] = {}
    for visibility in ("public", "unlisted", "private", "direct"):
        status = ada.posted("for @carol", visibility=visibility)
        path = f"{POST}/{status['id']}"
        seen[visibility] = (anyone.get(path).status_code, bob.http.get(path).status_code)
    open_to_all, closed = (200, 200), (404, 404)
    assert seen == dict.fromkeys(("public", "unlisted"), open_to_all) | dict.fromkeys(
        ("private", "direct"), closed
    )
    assert len(anyone.get(f"/api/v1/accounts/{ada.id}/statuses").json()) == 2
    assert ada.stats()["posts"] == 2
    direct = bob.posted("@ada hello", visibility="direct")
    assert ada.http.get(f"{POST}/{direct['id']}").status_code == 200


def test_a_thread_is_shown_with_what_stands_above_and_below(ada: Member, bob: Member) -> None:
    one = ada.posted("one")
    two = ada.posted("two", in_reply_to_id=one["id"])
    three = bob.posted("three", in_reply_to_id=two["id"])
    order = {"account": "carol", "text": "nice"}
    four = ada.control.call("POST", f"posts/{one['id']}/replies", order)
    context = ada.http.get(f"{POST}/{two['id']}/context").json()
    assert [post["id"] for post in context["ancestors"]] == [one["id"]]
    assert [post["id"] for post in context["descendants"]] == [three["id"]]
    below = ada.http.get(f"{POST}/{one['id']}/context").json()["descendants"]
    assert [post["id"] for post in below] == [two["id"], three["id"], four["id"]]
    assert ada.http.get(f"{POST}/{one['id']}").json()["replies_count"] == 2
    assert bob.timeline(exclude_replies="true") == []
    assert len(ada.timeline(exclude_replies="true")) == 2
    stored = ada.control.call("GET", "posts?account=ada")["posts"][0]
    assert [comment["text"] for comment in stored["comments"]] == ["two", "nice"]


def test_a_listing_is_paged_and_may_lag(ada: Member) -> None:
    ids = [ada.posted(f"post {number}")["id"] for number in range(5)]
    assert [post["id"] for post in ada.timeline(limit=2)] == ids[:2:-1]
    assert [post["id"] for post in ada.timeline(max_id=ids[2])] == ids[1::-1]
    assert [post["id"] for post in ada.timeline(since_id=ids[2], limit=1)] == [ids[4]]
    assert [post["id"] for post in ada.timeline(min_id=ids[2], limit=1)] == [ids[3]]
    link = ada.http.get(f"/api/v1/accounts/{ada.id}/statuses?limit=2").headers["link"]
    assert (
        f'{ada.url}/api/v1/accounts/{ada.id}/statuses?limit=2&max_id={ids[3]}>; rel="next"' in link
    )
    ada.settings(timelineLagSeconds=30)
    assert ada.timeline() == []
    assert ada.http.get(f"{POST}/{ids[0]}").status_code == 200
    ada.control.advance_clock(31)
    assert len(ada.timeline()) == 5


def test_forms_and_json_say_the_same(ada: Member) -> None:
    media_id = ada.uploaded()
    form = {"status": "a", "media_ids[]": [media_id], "sensitive": "true", "visibility": "unlisted"}
    by_form = ada.http.post(POST, data=form).json()
    assert (by_form["sensitive"], by_form["visibility"]) == (True, "unlisted")
    assert by_form["media_attachments"][0]["id"] == media_id
    poll = {"status": "b", "poll[options][]": ["x", "y"], "poll[expires_in]": "600"}
    voted = ada.http.post(POST, data=poll).json()["poll"]
    assert [option["title"] for option in voted["options"]] == ["x", "y"]


def test_words_are_escaped_and_linked(ada: Member) -> None:
    content = ada.posted("<i> https://example.com/a. #Tag @bob @nobody\nnext\n\nlast")["content"]
    assert content.startswith("<p>&lt;i&gt; <a href=")
    assert 'href="https://example.com/a"' in content
    assert '#<span>Tag</span></a> <span class="h-card"' in content
    assert content.endswith("@nobody<br />next</p><p>last</p>")


def test_figures_grow_with_the_clock(ada: Member) -> None:
    status = ada.posted("vote", poll={"options": ["a", "b"], "expires_in": 86_400})
    path = f"{POST}/{status['id']}"
    grown: list[Any] = []
    for _ in range(3):
        now = ada.http.get(path).json()
        followers = ada.http.get(f"/api/v1/accounts/{ada.id}").json()["followers_count"]
        figures = (now["favourites_count"], now["reblogs_count"], now["poll"]["votes_count"])
        grown.append((*figures, followers))
        ada.control.advance_clock(40_000)
    assert grown[0][:3] == (0, 0, 0)
    assert all(a < b < c for a, b, c in zip(*grown, strict=True))
    ada.control.advance_clock(86_400)
    assert ada.http.get(path).json()["poll"]["expired"]


def test_another_persons_post_stays(ada: Member, bob: Member) -> None:
    status = ada.posted("mine", quote_approval_policy="nobody")
    assert bob.http.delete(f"{POST}/{status['id']}").status_code == 404
    assert bob.http.get(f"{POST}/{status['id']}/source").status_code == 404
    assert bob.post("look", quoted_status_id=status["id"]).status_code == 403
    assert ada.stats()["posts"] == 1


@pytest.mark.parametrize(
    ("route", "per"), [("POST /api/v1/statuses", "user"), ("*", "user"), ("*", "app")]
)
def test_a_spent_window_says_when_it_ends(route: str, per: str, ada: Member) -> None:
    ada.limit(route, 1, per=per)
    left = ada.post("one")
    assert left.headers["x-ratelimit-remaining"] == "0"
    answer = ada.post("two")
    assert (answer.status_code, answer.json()) == (429, {"error": "Too many requests"})
    assert answer.headers["x-ratelimit-limit"] == "1"
    assert answer.headers["x-ratelimit-reset"].endswith("Z")
    assert ada.stats()["throttled"] == 1
    ada.control.advance_clock(301)
    assert ada.post("two").status_code == 200


def test_a_disabled_login_may_do_nothing(ada: Member) -> None:
    ada.control.call("POST", "accounts/ada", {"disabled": True})
    answer = ada.post("one")
    assert (answer.status_code, answer.json()["error"]) == (
        403,
        "Your login is currently disabled",
    )
