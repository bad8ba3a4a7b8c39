"""Every kind of post, now and on schedule, counted where it has to arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.outside.person import Person


def test_a_text_with_links_and_tags(person: Person) -> None:
    text = "Read https://example.org/a #today, says @alice.test"
    done = person.cli("publish", "--text", text, "--wait", "--json")
    (job,) = done.json()["jobs"]
    assert job["state"] == "published"
    (post,) = person.posts(text)
    assert job["platformPostId"] == post["uri"]
    kinds = {
        feature["$type"].rpartition("#")[2]
        for facet in post["record"]["facets"]
        for feature in facet["features"]
    }
    assert kinds == {"link", "tag", "mention"}


def test_one_picture_with_its_alternative_text(person: Person, pictures: list[Path]) -> None:
    done = person.cli(
        *("publish", str(pictures[0]), "--text", "Red", "--alt", "All red", "--wait", "--json")
    )
    assert done.json()["jobs"][0]["state"] == "published"
    (post,) = person.posts("Red")
    (image,) = post["record"]["embed"]["images"]
    assert image["alt"] == "All red"


def test_four_pictures_in_the_order_of_the_command(person: Person, pictures: list[Path]) -> None:
    alts = ["red", "green", "blue", "yellow"]
    done = person.cli(
        *("publish", *map(str, pictures), "--text", "Colours", "--wait", "--json"),
        *(word for alt in alts for word in ("--alt", alt)),
    )
    assert done.json()["jobs"][0]["state"] == "published"
    (post,) = person.posts("Colours")
    images = post["record"]["embed"]["images"]
    assert [one["alt"] for one in images] == alts
    assert [one["aspectRatio"]["width"] for one in images] == [40, 41, 42, 43]


def test_a_thread_answers_itself(person: Person) -> None:
    done = person.cli(
        *("publish", "--text", "One", "--thread", "Two", "--thread", "Three", "--wait", "--json")
    )
    assert done.json()["jobs"][0]["state"] == "published"
    one, two, three = person.posts()
    assert [post["record"]["text"] for post in (one, two, three)] == ["One", "Two", "Three"]
    assert two["record"]["reply"]["parent"]["uri"] == one["uri"]
    assert three["record"]["reply"]["parent"]["uri"] == two["uri"]
    assert three["record"]["reply"]["root"]["uri"] == one["uri"]


def test_a_link_card_and_languages(person: Person) -> None:
    card = 'external={"uri": "https://example.org/a", "title": "A card", "description": "Of it"}'
    done = person.cli(
        *("publish", "--text", "Look", "--option", card, "--option", 'langs=["en", "de"]'),
        *("--wait", "--json"),
    )
    assert done.json()["jobs"][0]["state"] == "published"
    (post,) = person.posts("Look")
    assert post["record"]["embed"]["external"]["title"] == "A card"
    assert post["record"]["langs"] == ["en", "de"]


def test_a_scheduled_post_waits_for_its_time(person: Person) -> None:
    done = person.cli("publish", "--text", "On time", "--at", "in 4 s", "--wait", "--json")
    (job,) = done.json()["jobs"]
    assert job["state"] == "published"
    due = datetime.fromisoformat(job["scheduledAt"])
    assert datetime.fromisoformat(job["publishedAt"]) >= due
    assert len(person.posts("On time")) == 1


def test_progress_without_a_terminal_is_one_line_for_each_change(person: Person) -> None:
    done = person.cli("publish", "--text", "Watched", "--wait")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert all(f"bluesky:@{person.handle}" in line for line in lines)
    assert "published  https://" in lines[-1]
    assert len(person.posts("Watched")) == 1


def test_uploading_and_publishing_over_rest(person: Person, pictures: list[Path]) -> None:
    with pictures[0].open("rb") as file:
        uploaded = person.http.post(
            "/content",
            data={"title": "Red", "type": "image", "altText": "All red"},
            files={"file": ("red.png", file, "image/png")},
        )
    assert uploaded.status_code == 201, uploaded.text
    content = uploaded.json()
    assert (content["width"], content["height"], content["mimeType"]) == (40, 30, "image/png")
    fetched = person.http.get(content["fileUrl"].removeprefix("/api/v1"))
    assert fetched.content == pictures[0].read_bytes()
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    order = person.order(content["id"], metadata={"text": "Over REST"}, scheduleAt=soon)
    (job,) = person.call("POST", "/publish", order, status=202)["jobs"]
    assert job["state"] == "scheduled"
    assert person.wait(job["id"])["state"] == "published"
    (post,) = person.posts("Over REST")
    assert post["record"]["embed"]["images"][0]["alt"] == "All red"


def test_a_card_beside_a_picture_is_not_posted(person: Person, pictures: list[Path]) -> None:
    card = 'external={"uri": "https://example.org", "title": "A card"}'
    done = person.cli("publish", str(pictures[0]), "--text", "Both", "--option", card, "--wait")
    assert done.code in {1, 7}
    assert "either images or a link card" in done.out + done.err
    assert person.posts() == []
