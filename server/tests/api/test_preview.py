"""What would be published is shown for all accounts at once, and nothing is stored."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

LATER = "2030-01-31T09:00:00+01:00"


def request_for(person: Any, accounts: list[Any], **changes: Any) -> Any:
    body = {
        "contentId": person.text("Good morning"),
        "accounts": [
            {"socialAccountId": one, "platform": "bluesky"} if isinstance(one, str) else one
            for one in accounts
        ],
        "scheduleAt": LATER,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def preview(person: Any, accounts: list[Any], **changes: Any) -> Any:
    answer = person.http.post("/publish/preview", json=request_for(person, accounts, **changes))
    assert answer.status_code == 200, answer.text
    return answer.json()


def picture(person: Any, width: int) -> str:
    made = io.BytesIO()
    Image.new("RGB", (width, 7), (200, 20, 20)).save(made, "PNG")
    answer = person.http.post(
        "/content",
        data={"title": "A picture", "type": "image"},
        files={"file": ("red.png", made.getvalue(), "image/png")},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def account(person: Any, bluesky: Any) -> Any:
    return bluesky.connect(person)


def test_a_preview_counts_and_marks_and_stores_nothing(person: Any, account: Any) -> None:
    metadata = {"text": "Grüße an @ada https://example.org", "hashtags": ["hello"]}
    found = preview(person, [account], metadata=metadata)
    assert (found["ok"], found["problems"], found["warnings"]) == (True, [], [])
    (shown,) = found["accounts"]
    assert (shown["socialAccountId"], shown["platform"]) == (account, "bluesky")
    (part,) = shown["parts"]
    text = part["text"]
    assert text["text"] == "Grüße an @ada https://example.org #hello"
    assert (text["length"], text["maxLength"], text["unit"]) == (40, 300, "graphemes")
    assert text["bytes"] == 42
    assert {mark["kind"] for mark in text["marks"]} >= {"link", "hashtag"}
    assert person.rows("publish_jobs") == person.rows("publish_parts") == 0
    assert person.http.get("/jobs").json()["data"] == []


def test_every_problem_of_every_account_has_the_words_of_publishing(
    person: Any, bluesky: Any, account: Any
) -> None:
    other, missing = bluesky.connect(person), str(uuid4())
    targets = [
        {"socialAccountId": account, "platform": "bluesky", "metadata": {"text": "x" * 301}},
        {"socialAccountId": missing, "platform": "bluesky"},
        {
            "socialAccountId": other,
            "platform": "bluesky",
            "metadata": {"options": {"colour": "red"}},
        },
    ]
    metadata = {"text": "Fine", "firstComment": "Is taken where there are comments"}
    found = preview(person, targets, metadata=metadata)
    assert not found["ok"]
    body = request_for(person, targets, metadata=metadata)
    refused = person.http.post("/publish", json=body).json()["error"]
    assert refused["details"]["problems"] == found["problems"]
    fields = {(one["socialAccountId"], one["field"]) for one in found["problems"]}
    assert fields >= {
        (account, "text"),
        (missing, "accounts[1].socialAccountId"),
        (other, "metadata.options"),
    }
    (shown,) = found["accounts"]
    assert shown["parts"][0]["text"]["length"] == 301


def test_a_post_close_to_another_and_one_that_repeats_are_warned_of(
    person: Any, bluesky: Any, account: Any
) -> None:
    other = bluesky.connect(person)

    def warned(accounts: list[Any], at: str, text: str) -> set[tuple[str, str]]:
        found = preview(person, accounts, scheduleAt=at, metadata={"text": text})
        assert found["ok"]
        return {(one["socialAccountId"], one["code"]) for one in found["warnings"]}

    both = [account, other]
    assert warned(both, LATER, "Same") == set()
    body = request_for(person, [account], metadata={"text": "Same"})
    assert person.http.post("/publish", json=body).json()["warnings"] == []
    close, far = "2030-01-31T08:15:00Z", "2030-01-31T08:16:00Z"
    assert warned(both, close, "Same") == {(account, "COLLISION"), (account, "DUPLICATE")}
    assert warned(both, close, "Other") == {(account, "COLLISION")}
    assert warned(both, far, "Same") == {(account, "DUPLICATE")}
    assert warned(both, far, "Other") == set()
    assert warned(both, "2030-02-07T08:00:00Z", "Same") == {(account, "DUPLICATE")}
    assert warned(both, "2030-02-07T08:01:00Z", "Same") == set()
    answer = person.http.post("/publish", json={**body, "scheduleAt": close}).json()
    assert {one["code"] for one in answer["warnings"]} == {"COLLISION", "DUPLICATE"}
    for job in person.http.get("/jobs").json()["data"]:
        person.http.post(f"/jobs/{job['id']}/cancel")
    assert warned(both, close, "Same") == set()


def test_media_are_listed_in_their_order_as_the_network_is_given_them(
    person: Any, account: Any
) -> None:
    media = [
        {"contentId": picture(person, width), "altText": f"{width} wide"} for width in (30, 20, 10)
    ]
    found = preview(person, [account], metadata={"media": media})
    assert found["ok"], found["problems"]
    shown = found["accounts"][0]["parts"][0]["media"]
    assert [one["contentId"] for one in shown] == [one["contentId"] for one in media]
    assert [(one["width"], one["height"], one["altText"]) for one in shown] == [
        (30, 7, "30 wide"),
        (20, 7, "20 wide"),
        (10, 7, "10 wide"),
    ]
    address = shown[0]["thumbnailUrl"].removeprefix("/api/v1")
    assert person.http.get(address).headers["content-type"] == "image/jpeg"
    missing = {"contentId": str(uuid4())}
    found = preview(person, [account], metadata={"media": [missing]})
    assert [one["field"] for one in found["problems"]] == ["metadata.media"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"scheduleAt": "2020-01-31T09:00:00Z"}, 400, "SCHEDULE_IN_PAST"),
        ({"contentId": "0199f0c4-5d1c-7a63-9a3e-2f6a1d1c0b7e"}, 404, "NOT_FOUND"),
        ({"metadata": {"colour": "red"}}, 400, "VALIDATION_ERROR"),
    ],
)
def test_what_is_no_request_has_no_preview(
    person: Any, account: Any, refused: Any, changes: Any, status: int, code: str
) -> None:
    body = request_for(person, [account], **changes)
    refused(person.http.post("/publish/preview", json=body), status, code)


def test_what_belongs_to_another_tenant_is_not_shown(
    person: Any, stranger: Any, account: Any, refused: Any
) -> None:
    found = preview(stranger, [account])
    assert (found["ok"], found["accounts"]) == (False, [])
    body = {**request_for(person, [account]), "contentId": stranger.text()}
    refused(person.http.post("/publish/preview", json=body), 404, "NOT_FOUND")


def test_a_network_tells_what_it_takes(person: Any, account: Any, refused: Any) -> None:
    shown = person.http.get(f"/platforms/bluesky/limits?socialAccountId={account}").json()
    assert (shown["key"], shown["title"]) == ("bluesky", "Bluesky")
    assert shown["limits"]["text"]["unit"] == "graphemes"
    assert shown == person.http.get("/platforms/bluesky/limits").json()
    limits = person.http.get("/platforms/youtube/limits").json()["limits"]
    assert {"minBytes", "maxBytes"} <= set(limits["media"][0])
    refused(person.http.get("/platforms/nowhere/limits"), 404, "NOT_FOUND")
    address = f"/platforms/youtube/limits?socialAccountId={account}"
    refused(person.http.get(address), 400, "VALIDATION_ERROR")
