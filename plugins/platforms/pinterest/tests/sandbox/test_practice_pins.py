from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_sandbox import FaultRule

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.pinterest.tests.sandbox.conftest import Client, Files

    from mpcas2_testing import CannedServer


def test_a_pin_is_kept_with_the_bytes_and_the_words_that_were_sent(
    ada: Client, files: type[Files]
) -> None:
    (section, *_) = ada.json(f"/boards/{ada.board_id}/sections")["items"]
    pin = ada.pin(
        board_section_id=section["id"],
        link="https://a.example/soup",
        alt_text="A bowl",
        dominant_color="#aabbcc",
    )
    (post,) = ada.stored()
    assert (post["id"], post["text"], post["altText"]) == (pin["id"], "Of leeks.", "A bowl")
    assert post["media"][0]["sha256"] == hashlib.sha256(files.png()).hexdigest()
    assert (post["media"][0]["width"], post["media"][0]["height"]) == (4, 6)
    assert post["options"]["board_section_id"] == section["id"]
    listed = ada.json(f"/boards/{ada.board_id}/sections/{section['id']}/pins")["items"]
    assert [one["id"] for one in listed] == [pin["id"]]
    assert pin["media"]["images"]["600x"]["height"] == 900


def test_pictures_are_pulled_from_their_addresses(
    ada: Client, web: CannedServer, files: type[Files]
) -> None:
    web.answer("a.jpg", files.jpeg())
    web.answer("b.png", files.png())
    url, other = f"{web.url}/a.jpg", f"{web.url}/b.png"
    assert ada.pin(media_source={"source_type": "image_url", "url": url})
    items = [{"url": url, "title": "One"}, {"url": other, "link": "https://a.example/2"}]
    pin = ada.pin(media_source={"source_type": "multiple_image_urls", "items": items, "index": 1})
    assert pin["creative_type"] == "CAROUSEL"
    assert [one["url"] for one in ada.stored()[1]["media"]] == [url, other]
    web.answer("a.jpg", b"", status=404)
    answer = ada.post("/pins", ada.body(media_source={"source_type": "image_url", "url": url}))
    assert ada.refusal(answer) == (400, 1)
    assert "unable to reach the URL" in answer.json()["message"]
    web.answer("a.jpg", files.png(20_000_001))
    answer = ada.post("/pins", ada.body(media_source={"source_type": "image_url", "url": url}))
    assert "20 MB" in answer.json()["message"]
    web.answer("a.jpg", files.png(20_000_000))
    assert ada.pin(media_source={"source_type": "image_url", "url": url})


def test_ten_million_bytes_may_be_sent_and_not_one_more(ada: Client, files: type[Files]) -> None:
    assert ada.pin(media_source=ada.sent(files.png(10_000_000)))
    answer = ada.post("/pins", ada.body(media_source=ada.sent(files.png(10_000_001))))
    assert ada.refusal(answer) == (400, 1)


@pytest.mark.parametrize(
    ("field", "most"), [("title", 100), ("description", 800), ("alt_text", 500)]
)
def test_words_may_be_as_long_as_the_description_says(ada: Client, field: str, most: int) -> None:
    assert ada.pin(**{field: "é" * most})
    assert ada.post("/pins", ada.body(**{field: "é" * (most + 1)})).status_code == 400


def test_links_may_have_2048_signs(ada: Client) -> None:
    link = "https://a.example/".ljust(2048, "x")
    assert ada.pin(link=link)["link"] == link
    assert ada.post("/pins", ada.body(link=link + "x")).status_code == 400


@pytest.mark.parametrize(("count", "status"), [(1, 400), (2, 201), (5, 201), (6, 400)])
def test_carousels_have_two_to_five_pictures(ada: Client, count: int, status: int) -> None:
    answer = ada.post("/pins", ada.body(media_source=ada.carousel(count)))
    assert answer.status_code == status


def test_lists_are_leafed_through_by_bookmark(ada: Client) -> None:
    made = [ada.pin(title=f"Pin {number}")["id"] for number in range(5)]
    for path in ("/pins", f"/boards/{ada.board_id}/pins"):
        seen: list[str] = []
        more: dict[str, Any] = {"page_size": 2}
        while True:
            page = ada.json(path, **more)
            seen += [one["id"] for one in page["items"]]
            if page["bookmark"] is None:
                break
            more["bookmark"] = page["bookmark"]
        assert seen == made[::-1]


def test_lists_may_lag_behind(ada: Client) -> None:
    ada.settings(listLagSeconds=30)
    pin = ada.pin()
    assert ada.json("/pins")["items"] == []
    assert ada.json(f"/pins/{pin['id']}")["title"] == "Soup"
    ada.control.advance_clock(31)
    assert len(ada.json("/pins")["items"]) == 1


def test_a_deleted_pin_is_gone_everywhere(ada: Client, bob: Client) -> None:
    pin = ada.pin()
    path = f"/pins/{pin['id']}"
    assert bob.refusal(bob.delete(path)) == (404, 50)
    assert ada.delete(path).status_code == 204
    assert ada.refusal(ada.delete(path)) == (404, 50)
    assert ada.http.get(f"{ada.url}/pin/{pin['id']}/").status_code == 404
    assert ada.stored()[0]["state"] == "deleted"
    assert (ada.stats()["posts"], ada.stats()["deleted"]) == (0, 1)


def test_moderators_take_a_pin_away_later(ada: Client) -> None:
    ada.control.call("POST", "moderation", {"seconds": 60, "next": [{"removed": True}]})
    pin = ada.pin()
    assert ada.json(f"/pins/{pin['id']}")
    ada.control.advance_clock(61)
    assert ada.refusal(ada.get(f"/pins/{pin['id']}")) == (404, 50)
    assert ada.stored()[0]["state"] == "removed"


def test_secret_boards_need_the_secret_scopes(ada: Client) -> None:
    secret = next(one for one in ada.boards if one["privacy"] == "SECRET")
    assert ada.pin(board_id=secret["id"])
    assert ada.stats() | {"posts": 1, "public": 0} == ada.stats()
    ada.connect("boards:read", "boards:write", "pins:read", "pins:write", "boards:read_secret")
    assert ada.refusal(ada.post("/pins", ada.body(board_id=secret["id"]))) == (403, 3)
    ada.connect("boards:read", "boards:write", "pins:read", "pins:write")
    assert secret["id"] not in {one["id"] for one in ada.boards}
    assert ada.refusal(ada.post("/pins", ada.body(board_id=secret["id"]))) == (404, 40)


def test_a_collaborator_pins_to_the_board_of_another(ada: Client, bob: Client) -> None:
    shared = next(one for one in ada.boards if one["owner"]["username"] == "bob")
    pin = ada.pin(board_id=shared["id"])
    assert bob.json(f"/pins/{pin['id']}")["is_owner"] is False
    assert bob.refusal(bob.delete(f"/pins/{pin['id']}")) == (403, 29)


def test_with_trial_access_only_the_creator_sees_a_pin(ada: Client, bob: Client) -> None:
    ada.settings(trialAccess=True)
    shared = next(one for one in ada.boards if one["owner"]["username"] == "bob")
    pin = ada.pin(board_id=shared["id"])
    assert ada.json(f"/pins/{pin['id']}")
    assert bob.refusal(bob.get(f"/pins/{pin['id']}")) == (404, 50)
    assert ada.http.get(f"{ada.url}/pin/{pin['id']}/").status_code == 404
    assert pin["id"] not in ada.http.get(f"{ada.url}/timeline").text


def test_calls_are_counted_per_category_and_user(ada: Client, bob: Client) -> None:
    order = {"route": "org_write", "limit": 2, "seconds": 60, "per": "user"}
    ada.control.call("POST", "limits", order)
    body = ada.body()
    left = [ada.post("/pins", body).headers["x-ratelimit-remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    throttled = ada.post("/pins", body)
    assert ada.refusal(throttled) == (429, 8)
    assert 0 < int(throttled.headers["x-ratelimit-reset"]) <= 60
    assert throttled.headers["x-ratelimit-limit"] == "2"
    assert bob.post("/pins", bob.body()).status_code == 201
    assert ada.get("/boards").status_code == 200
    ada.control.advance_clock(60)
    assert ada.post("/pins", body).status_code == 201


def test_faults_speak_in_the_networks_words(ada: Client) -> None:
    for status, code in ((401, 2), (403, 29), (429, 8), (503, 503)):
        ada.control.add_fault(FaultRule(action="status", path="/v5/boards", status=status))
        assert ada.refusal(ada.get("/boards")) == (status, code)


def test_accounts_can_be_added(ada: Client, client_of: Callable[[str], Client]) -> None:
    order = {"count": 2, "prefix": "team"}
    made = ada.control.call("POST", "accounts", order)["accounts"]
    assert [one["handle"] for one in made] == ["team1", "team2"]
    team = client_of("team2")
    assert team.pin()["board_owner"] == {"username": "team2"}
