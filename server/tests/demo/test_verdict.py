"""The count on the networks' side: what is right, and what is told when it is not."""

from __future__ import annotations

import io
from collections.abc import Callable

import msgspec
import pytest
from rich.console import Console

from mpcas2_server.demo.ending import as_data, print_verdict
from mpcas2_server.demo.sightings import Sighting, sightings
from mpcas2_server.demo.verdict import Claim, ClaimedPart, Verdict, judge

NAMES = {"bluesky": "Bluesky", "youtube": "YouTube"}
LINK = "http://127.0.0.1:4711/post/"
ALT = "A drawing."
FACETS = frozenset({"link", "tag"})


def part(text: str, number: int, *, film: bool = False, alt: str = "") -> ClaimedPart:
    return ClaimedPart(
        text=text,
        id=f"id-{number}",
        alts=(alt,) if alt else (),
        digests=("abc",) if film else (),
        thumbnail=film,
        link=f"{LINK}{number}",
    )


def claim(network: str, title: str, *parts: ClaimedPart) -> Claim:
    return Claim(
        network=network,
        title=title,
        story="sent once",
        state="published",
        parts=parts,
        marks=FACETS if title == "Picture" else frozenset(),
    )


CLAIMS = [
    claim("bluesky", "Picture", part("look #here https://example.org", 1, alt=ALT)),
    claim("bluesky", "Thread", part("one", 2), part("two", 3), part("three", 4)),
    claim("youtube", "Film", part("A film", 5, film=True)),
]


def seen(number: int, text: str, parent: int | None = None) -> Sighting:
    return Sighting(
        network="bluesky",
        text=text,
        id=f"id-{number}",
        parent=None if parent is None else f"id-{parent}",
        root=None if parent is None else "id-2",
        alts=(ALT,) if number == 1 else (),
        marks=FACETS if number == 1 else frozenset(),
    )


@pytest.fixture
def posts() -> list[Sighting]:
    return [
        seen(1, CLAIMS[0].parts[0].text),
        seen(2, "one"),
        seen(3, "two", parent=2),
        seen(4, "three", parent=3),
        Sighting(network="youtube", text="A film", id="id-5", digests=("abc",), thumbnail=True),
    ]


def judged(posts: list[Sighting], claims: list[Claim] = CLAIMS) -> Verdict:
    by_network = {name: [one for one in posts if one.network == name] for name in NAMES}
    return judge(claims, by_network)


def told(verdict: Verdict) -> str:
    screen = Console(file=io.StringIO(), width=80)
    print_verdict(screen, verdict, NAMES, 12.0)
    text: str = screen.file.getvalue()  # type: ignore[attr-defined]  # the file is the StringIO above
    return text


def test_every_part_once_and_in_order_is_right(posts: list[Sighting]) -> None:
    verdict = judged(posts)
    assert verdict.faults == ()
    assert verdict.totals == {"bluesky": 4, "youtube": 1}
    assert [row.counts for row in verdict.rows] == [(1,), (1, 1, 1), (1,)]
    shown = told(verdict)
    assert "3 posts in 5 parts on 2 networks" in shown
    assert all(f"{LINK}{number}" in shown for number in (1, 2, 5))
    assert max(map(len, shown.splitlines())) <= 80
    assert as_data(verdict)["right"] is True


def change(posts: list[Sighting], index: int, **values: object) -> None:
    posts[index] = msgspec.structs.replace(posts[index], **values)


def add_a_copy(posts: list[Sighting]) -> None:
    posts.append(msgspec.structs.replace(posts[0], id="id-9"))


def add_a_stranger(posts: list[Sighting]) -> None:
    posts.append(seen(9, "nobody sent me"))


def lose_a_part(posts: list[Sighting]) -> None:
    del posts[2]


def swap_the_order(posts: list[Sighting]) -> None:
    change(posts, 3, parent="id-2")


def tear_from_the_thread(posts: list[Sighting]) -> None:
    change(posts, 2, parent=None, root=None)


def answer_another(posts: list[Sighting]) -> None:
    change(posts, 1, parent="id-1")


def lose_the_picture(posts: list[Sighting]) -> None:
    change(posts, 0, alts=())


def lose_a_facet(posts: list[Sighting]) -> None:
    change(posts, 0, marks=frozenset({"tag"}))


def move(posts: list[Sighting]) -> None:
    change(posts, 0, id="id-9")


def garble_the_film(posts: list[Sighting]) -> None:
    change(posts, 4, digests=("abd",))


def lose_the_thumbnail(posts: list[Sighting]) -> None:
    change(posts, 4, thumbnail=False)


def hide_the_film(posts: list[Sighting]) -> None:
    change(posts, 4, hidden="private")


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (add_a_copy, "Picture: it is on the network 2 times, not once."),
        (add_a_stranger, "Nobody sent this, and it is on bluesky 1 times"),
        (lose_a_part, "Thread: part 2 is on the network 0 times, not once."),
        (swap_the_order, "Thread: part 3 does not answer part 2."),
        (tear_from_the_thread, "Thread: part 2 does not answer part 1."),
        (answer_another, "Thread: it answers another post."),
        (lose_the_picture, "Picture: it has the alternative texts [], not"),
        (lose_a_facet, "Picture: it has ['tag'] marked, not ['link', 'tag']."),
        (move, "Picture: the product calls it"),
        (garble_the_film, "Film: it carries other bytes than those that were uploaded."),
        (lose_the_thumbnail, "Film: it lacks its thumbnail."),
        (hide_the_film, "Film: it cannot be seen: it is private."),
    ],
)
def test_a_network_that_has_something_else_is_told_of(
    posts: list[Sighting], tamper: Callable[[list[Sighting]], None], fault: str
) -> None:
    tamper(posts)
    verdict = judged(posts)
    assert not verdict.right
    assert any(one.startswith(fault) for one in verdict.faults), verdict.faults
    shown = told(verdict)
    assert "Not every post is there exactly once." in shown
    assert fault[:40] in " ".join(shown.split())


def test_a_post_that_is_there_and_not_called_published_is_wrong(posts: list[Sighting]) -> None:
    unsure = msgspec.structs.replace(CLAIMS[0], state="unconfirmed")
    assert judged(posts, [unsure, *CLAIMS[1:]]).faults == ("Picture: it ended as unconfirmed.",)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"opens": False}, f"Film: it does not open: {LINK}5"),
        ({"link": ""}, "Film: it has no address."),
    ],
)
def test_a_post_without_a_page_that_opens_is_wrong(
    posts: list[Sighting], values: dict[str, object], fault: str
) -> None:
    film = claim("youtube", "Film", msgspec.structs.replace(CLAIMS[2].parts[0], **values))
    assert judged(posts, [*CLAIMS[:2], film]).faults == (fault,)


def test_a_video_that_is_not_public_yet_is_hidden() -> None:
    status = {"uploadStatus": "uploaded", "privacyStatus": "private"}
    video = {"id": "v", "title": "t", "sha256": "s", "hasThumbnail": False, "status": status}
    (one,) = sightings("youtube", [video])
    assert one.hidden == "uploaded and private"
