"""The count on the network's side: what is right, and what is told when it is not."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from mpcas2_server.demo.ending import as_data, print_verdict
from mpcas2_server.demo.verdict import Claim, Verdict, judge

URI = "at://did:plc:ada/app.bsky.feed.post/"
ALT = "A drawing."
FACETS = frozenset({"link", "tag"})

Posts = list[dict[str, Any]]


def claim(
    title: str, *texts: str, first: int, alt: str | None = None, state: str = "published"
) -> Claim:
    return Claim(
        title=title,
        story="sent once",
        state=state,
        texts=texts,
        uris=tuple(f"{URI}{first + index}" for index in range(len(texts))),
        alt=alt,
        facets=FACETS if alt else frozenset(),
    )


CLAIMS = [
    claim("Picture", "look #here https://example.org", first=1, alt=ALT),
    claim("Thread", "one", "two", "three", first=2),
]


def reply(parent: int) -> dict[str, Any]:
    return {"root": {"uri": f"{URI}2"}, "parent": {"uri": f"{URI}{parent}"}}


@pytest.fixture
def posts() -> Posts:
    features = [{"$type": f"app.bsky.richtext.facet#{kind}"} for kind in sorted(FACETS)]
    picture = {
        "text": CLAIMS[0].texts[0],
        "embed": {"images": [{"alt": ALT}]},
        "facets": [{"features": [feature]} for feature in features],
    }
    records: list[dict[str, Any]] = [
        picture,
        {"text": "one"},
        {"text": "two", "reply": reply(2)},
        {"text": "three", "reply": reply(3)},
    ]
    return [{"uri": f"{URI}{index}", "record": one} for index, one in enumerate(records, start=1)]


def told(verdict: Verdict) -> str:
    screen = Console(file=io.StringIO(), width=80)
    print_verdict(screen, verdict, 12.0)
    text: str = screen.file.getvalue()  # type: ignore[attr-defined]  # the file is the StringIO above
    return text


def test_every_part_once_and_in_order_is_right(posts: Posts) -> None:
    verdict = judge(CLAIMS, posts)
    assert verdict.right
    assert verdict.total == 4
    assert [row.counts for row in verdict.rows] == [(1,), (1, 1, 1)]
    assert "2 posts in 4 parts" in told(verdict)
    assert as_data(verdict)["right"] is True


def add_a_copy(posts: Posts) -> None:
    posts.append({**copy.deepcopy(posts[0]), "uri": f"{URI}9"})


def add_a_stranger(posts: Posts) -> None:
    posts.append({"uri": f"{URI}9", "record": {"text": "nobody sent me"}})


def lose_a_part(posts: Posts) -> None:
    del posts[2]


def swap_the_order(posts: Posts) -> None:
    posts[3]["record"]["reply"] = reply(2)


def tear_from_the_thread(posts: Posts) -> None:
    del posts[2]["record"]["reply"]


def lose_the_picture(posts: Posts) -> None:
    del posts[0]["record"]["embed"]


def lose_the_alternative_text(posts: Posts) -> None:
    posts[0]["record"]["embed"]["images"][0]["alt"] = ""


def lose_a_facet(posts: Posts) -> None:
    del posts[0]["record"]["facets"][0]


def move(posts: Posts) -> None:
    posts[0]["uri"] = f"{URI}9"


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (add_a_copy, "Picture: it is on the network 2 times, not once."),
        (add_a_stranger, "Nobody sent this"),
        (lose_a_part, "Thread: part 2 is on the network 0 times, not once."),
        (swap_the_order, "Thread: part 3 does not answer part 2."),
        (tear_from_the_thread, "Thread: part 2 does not answer part 1."),
        (lose_the_picture, "Picture: its pictures have the alternative texts [], not"),
        (lose_the_alternative_text, "Picture: its pictures have the alternative texts [''], not"),
        (lose_a_facet, "Picture: it has ['tag'] marked, not ['link', 'tag']."),
        (move, "Picture: the product calls it"),
    ],
)
def test_a_network_that_has_something_else_is_told_of(
    posts: Posts, tamper: Callable[[Posts], None], fault: str
) -> None:
    tamper(posts)
    verdict = judge(CLAIMS, posts)
    assert not verdict.right
    assert any(one.startswith(fault) for one in verdict.faults), verdict.faults
    shown = told(verdict)
    assert "Not every post is there exactly once." in shown
    assert fault[:40] in " ".join(shown.split())


def test_a_post_that_is_there_and_not_called_published_is_wrong(posts: Posts) -> None:
    unsure = claim("Picture", *CLAIMS[0].texts, first=1, alt=ALT, state="unconfirmed")
    assert judge([unsure, CLAIMS[1]], posts).faults == ("Picture: it ended as unconfirmed.",)
