"""Everything that the adapter can say is taken by the practice network, which was written apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import (
    Found,
    Media,
    OutcomeUnknown,
    Part,
    PostMetrics,
    Published,
    Rejected,
    Unavailable,
)
from mpcas2_platform_instagram.adapter import InstagramPlatform
from mpcas2_platform_instagram.options import InstagramOptions, UserTag
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import Bench, Desk, jpeg_bytes, video_bytes

from .conftest import settings_of


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("instagram") as running:
        yield running


@pytest.fixture
def bench(process: SandboxProcess) -> Bench:
    process.control.reset()
    return bench_for(process, "v26.0")


def bench_for(process: SandboxProcess, version: str) -> Bench:
    return Bench(
        platform=InstagramPlatform(settings_of(process.url, version)),
        package="mpcas2_platform_instagram",
        control=process.control,
        publish=("POST /media_publish$", r"POST /\d+/comments$"),
        count_posts=lambda: int(process.control.call("GET", "stats")["posts"]),
        person="ada",
    )


PICTURE = jpeg_bytes(640, 640)
VIDEO = video_bytes(120_000, width=360, height=640, seconds=4.0)


def post(desk: Desk, kinds: str, text: str = "Hello", **options: Any) -> Part:
    """Makes a part with a file for each letter: ``p`` for a picture, ``v`` for a video."""
    desk.journal.clear()
    media = []
    for number, letter in enumerate(kinds):
        name = f"{letter}{number}"
        if letter == "p":
            desk.media[name] = PICTURE
            media.append(
                Media(
                    id=name,
                    kind="image",
                    mime_type="image/jpeg",
                    size=len(PICTURE),
                    width=640,
                    height=640,
                    alt_text="Grey",
                )
            )
        else:
            desk.media[name] = VIDEO
            media.append(
                Media(id=name, kind="video", mime_type="video/mp4", size=len(VIDEO), duration=4.0)
            )
    chosen = msgspec.convert(options, InstagramOptions) if options else None
    return Part(index=0, text=text, media=tuple(media), options=chosen)


def published(desk: Desk, part: Part) -> Published:
    """Publishes a part, and wants ``find`` to say the same post."""
    staged = desk.stage(part)
    done = desk.settled(desk.publish(staged))
    assert desk.find(staged) == Found(post=done)
    return done


TAG = UserTag(username="bob", x=0.5, y=0.5)
POSTS: list[tuple[str, dict[str, Any]]] = [
    ("p", {"aiGenerated": True, "collaborators": ["bob"], "locationId": "5", "userTags": [TAG]}),
    ("pp", {"collaborators": ["bob"], "userTags": [TAG]}),
    ("pv", {"aiGenerated": True}),
    ("v", {"shareToFeed": False, "thumbOffset": 1.5, "audioName": "Mine"}),
    ("v", {"trial": "manual"}),
    ("v", {"trial": "performance"}),
    ("p", {"placement": "story", "aiGenerated": True}),
    ("v", {"placement": "story"}),
]


@pytest.mark.parametrize(("kinds", "options"), POSTS)
def test_each_kind_with_its_options_is_published_and_found(
    bench: Bench, kinds: str, options: dict[str, Any]
) -> None:
    desk = bench.desk()
    done = published(desk, post(desk, kinds, **options))
    assert done.url
    assert bench.count_posts() == 1


def test_a_reel_takes_a_cover(bench: Bench) -> None:
    desk = bench.desk()
    part = post(desk, "v")
    desk.media["c"] = PICTURE
    cover = Media(id="c", kind="image", mime_type="image/jpeg", size=len(PICTURE))
    published(desk, msgspec.structs.replace(part, thumbnail=cover))


def test_a_story_says_that_its_text_is_not_there(bench: Bench) -> None:
    desk = bench.desk()
    assert published(desk, post(desk, "p", placement="story")).data["warnings"]
    [shown] = bench.control.call("GET", "posts")["posts"]
    assert "Hello" not in str(shown.get("caption") or shown.get("text") or "")


def test_the_same_post_twice_is_told_by_time(bench: Bench) -> None:
    desk = bench.desk()
    first = published(desk, post(desk, "p"))
    bench.control.advance_clock(60)
    assert desk.published(post(desk, "p")).id != first.id


def test_a_container_that_runs_out_before_it_is_published(bench: Bench) -> None:
    desk = bench.desk()
    part = post(desk, "pp")
    staged = desk.stage(part)
    bench.control.advance_clock(25 * 3600)
    with pytest.raises(Rejected) as raised:
        desk.publish(staged)
    assert raised.value.code == "-2/2207020"
    assert desk.settled(desk.publish(desk.stage(part))).id
    assert bench.count_posts() == 1


def test_a_container_that_is_a_post_already_is_asked_about(bench: Bench) -> None:
    desk = bench.desk()
    staged = desk.stage(post(desk, "p"))
    done = desk.settled(desk.publish(staged))
    with pytest.raises(OutcomeUnknown):
        desk.publish(staged)
    assert desk.find(staged) == Found(post=done)
    assert bench.count_posts() == 1


def test_a_fault_of_processing_is_made_good_with_a_new_container(bench: Bench) -> None:
    bench.control.call("POST", "decisions", {"next": [{"error": 2207053}]})
    desk = bench.desk()
    part = post(desk, "p")
    with pytest.raises(Unavailable):
        desk.stage(part)
    assert desk.settled(desk.publish(desk.stage(part))).id


def test_a_post_that_moderators_take_down_at_once(bench: Bench) -> None:
    desk = bench.desk()
    answer = desk.publish(desk.stage(post(desk, "p")))
    bench.control.call("POST", f"posts/{answer.handle['media']}/remove")
    long_ago = {**answer.handle, "publishedAt": "2020-01-01T00:00:00Z"}
    with pytest.raises(Rejected, match="taken the post down"):
        desk.run(lambda ctx: platform_of(bench).poll(long_ago, ctx))


def test_an_ended_version_says_which_setting_to_change(
    bench: Bench, process: SandboxProcess
) -> None:
    desk = bench.desk()
    old = platform_of(bench_for(process, "v18.0"))
    part = post(desk, "p")
    with pytest.raises(Rejected, match="api_version"):
        desk.run(lambda ctx: old.stage(part, ctx))


def platform_of(bench: Bench) -> InstagramPlatform:
    assert isinstance(bench.platform, InstagramPlatform)
    return bench.platform


@pytest.mark.parametrize(
    ("kinds", "options", "more"),
    [
        ("p", {}, "reach"),
        ("v", {}, "ig_reels_avg_watch_time"),
        ("p", {"placement": "story"}, "replies"),
    ],
)
def test_figures_are_read_for_each_kind(
    bench: Bench, kinds: str, options: dict[str, Any], more: str
) -> None:
    desk = bench.desk()
    done = published(desk, post(desk, kinds, **options))
    before = len(bench.control.requests())
    figures = desk.run(lambda ctx: platform_of(bench).metrics([done], ctx))
    assert isinstance(figures[done.id], PostMetrics)
    assert more in figures[done.id].more
    assert len(bench.control.requests()) == before + 1


def test_a_metric_that_a_post_lacks_costs_only_itself(bench: Bench) -> None:
    desk = bench.desk()
    done = published(desk, post(desk, "p", placement="story"))
    # As if it were unknown what kind of post it is.
    bare = msgspec.structs.replace(done, data={})
    figures = desk.run(lambda ctx: platform_of(bench).metrics([bare], ctx))
    assert figures[done.id].views is not None
    assert figures[done.id].likes is None


def test_comments_come_page_by_page(bench: Bench) -> None:
    desk = bench.desk()
    done = published(desk, post(desk, "p"))
    for number in range(51):
        order = {"media": done.id, "account": "bob", "text": f"Comment {number}"}
        bench.control.call("POST", "comments", order)
    first = desk.run(lambda ctx: platform_of(bench).comments(done, ctx))
    assert len(first.comments) == 50
    assert first.comments[0].author == "bob"
    last = desk.run(lambda ctx: platform_of(bench).comments(done, ctx, first.cursor))
    assert (len(last.comments), last.cursor) == (1, "")


def test_account_figures_have_the_last_day(bench: Bench) -> None:
    figures = bench.desk().run(platform_of(bench).account_metrics)
    assert figures.followers is not None
    assert {"views_day", "reach_day"} <= set(figures.more)
