"""Everything that the adapter can say is taken by the practice network, which was written apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import CannotTell, Found, Media, Part, Published, Rejected
from mpcas2_platform_twitter.adapter import XPlatform
from mpcas2_platform_twitter.options import PollOptions, XOptions
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import Bench, Desk, picture_bytes, video_bytes


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("twitter") as running:
        yield running


@pytest.fixture
def bench(process: SandboxProcess) -> Bench:
    process.control.reset()
    return Bench(
        platform=XPlatform({"api_url": process.url, "web_url": process.url}),
        package="mpcas2_platform_twitter",
        control=process.control,
        publish_path="/2/tweets$",
        count_posts=lambda: int(process.control.call("GET", "stats")["posts"]),
        person=process.control.call("GET", "accounts")["accounts"][0]["handle"],
        exact=False,
        repeats_words=False,
    )


def published(desk: Desk, part: Part) -> Published:
    """Publishes a part, and wants ``find`` to say the same post."""
    desk.journal.clear()
    staged = desk.stage(part)
    post: Published = desk.publish(staged)
    assert desk.find(staged) == Found(post=post)
    return post


TEXTS = [
    "Hello",
    "  spaces  around \n\n and within ",
    "a & b <c> &amp; &lt;",
    "See https://example.com/a?b=c&d=e and example.org, please.",
    "Ends with a link https://example.com/",
    "cafe\u0301 \u4f60\u597d \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "$TWTR #tag @bob",
    "https://example.com/only",
    "x" * 280,
    "\U0001f637" * 140,
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_published_and_found(bench: Bench, text: str) -> None:
    published(bench.desk(), Part(index=0, text=text))
    assert bench.count_posts() == 1


def test_two_posts_that_differ_in_a_link_are_told_apart(bench: Bench) -> None:
    desk = bench.desk()
    first = desk.stage(Part(index=0, text="New: https://example.com/1"))
    second = desk.stage(Part(index=0, text="New: https://example.com/2"))
    post = desk.publish(first)
    assert isinstance(desk.find(second), CannotTell)
    assert desk.find(first) == Found(post=post)


@pytest.mark.parametrize(
    "options",
    [
        XOptions(poll=PollOptions(options=("Yes", "No", "Maybe"), duration_minutes=5)),
        XOptions(reply_settings="following"),
        XOptions(reply_settings="mentionedUsers", made_with_ai=True, paid_partnership=True),
    ],
)
def test_options_are_taken(bench: Bench, options: XOptions) -> None:
    published(bench.desk(), Part(index=0, text="With options", options=options))
    assert bench.count_posts() == 1


def picture(number: int, mime_type: str = "image/png", alt_text: str = "") -> Media:
    size = len(picture_bytes())
    return Media(id=f"m{number}", kind="image", mime_type=mime_type, size=size, alt_text=alt_text)


def test_four_pictures_and_a_link_are_published_and_found(bench: Bench) -> None:
    desk = bench.desk()
    media = tuple(picture(number, alt_text=f"Picture {number}") for number in range(4))
    desk.media = {one.id: picture_bytes() for one in media}
    published(desk, Part(index=0, text="Four: example.com", media=media))


def test_a_video_is_published_and_found(bench: Bench) -> None:
    desk = bench.desk()
    desk.media = {"v": video_bytes()}
    video = Media(id="v", kind="video", mime_type="video/mp4", size=len(video_bytes()))
    published(desk, Part(index=0, text="", media=(video,)))


def test_a_thread_of_eight_is_published_in_order_and_found(bench: Bench) -> None:
    desk = bench.desk()
    posts: list[Published] = []
    for index in range(8):
        root, parent = (posts[0], posts[-1]) if posts else (None, None)
        # The same words in every second part: only their place in the thread tells them apart.
        text = f"Part of a thread {index}"
        posts.append(published(desk, Part(index=index, text=text, root=root, parent=parent)))
    assert len({post.id for post in posts}) == bench.count_posts() == 8


def test_the_same_words_again_are_a_duplicate(bench: Bench) -> None:
    desk = bench.desk()
    staged = desk.stage(Part(index=0, text="Hello"))
    desk.publish(staged)
    with pytest.raises(Rejected) as raised:
        desk.publish(staged)
    assert raised.value.code == "duplicate"


def test_a_text_that_is_too_long_is_refused_with_words(bench: Bench) -> None:
    desk = bench.desk()
    with pytest.raises(Rejected) as raised:
        desk.publish(desk.stage(Part(index=0, text="x" * 281)))
    assert raised.value.message
    assert bench.count_posts() == 0


def test_a_post_is_deleted_once_and_again(bench: Bench) -> None:
    desk = bench.desk()
    post = published(desk, Part(index=0, text="Hello"))
    for _ in range(2):
        desk.run(lambda ctx: bench.platform.delete(post, ctx))  # type: ignore[attr-defined]  # X deletes
    assert bench.count_posts() == 0


def test_figures_are_read(bench: Bench) -> None:
    desk = bench.desk()
    post = published(desk, Part(index=0, text="Hello"))
    gone = msgspec.structs.replace(post, id="1346889436626259968")
    found: Any = desk.run(lambda ctx: bench.platform.metrics([post, gone], ctx))  # type: ignore[attr-defined]  # X has figures
    assert found.keys() == {post.id}
    assert found[post.id].views is not None
    assert found[post.id].likes is not None


def test_a_first_comment_below_a_thread_answers_its_first_part(
    bench: Bench, process: SandboxProcess
) -> None:
    desk = bench.desk()
    root = published(desk, Part(index=0, text="One"))
    last = published(desk, Part(index=1, text="Two", root=root, parent=root))
    comment = Part(index=2, role="comment", text="Read on: example.com", root=root, parent=last)
    made = published(desk, comment)
    stored = {one["id"]: one for one in process.control.call("GET", "posts")["posts"]}
    assert stored[made.id]["replyTo"] == root.id


def test_a_comment_that_x_does_not_let_the_app_write_is_refused_with_words(
    bench: Bench, process: SandboxProcess
) -> None:
    desk = bench.desk()
    root = published(desk, Part(index=0, text="One"))
    process.control.call("POST", "settings", {"ownReplies": False})
    with pytest.raises(Rejected) as raised:
        desk.publish(desk.stage(desk.comment(root)))
    assert raised.value.code == "reply-refused"


def test_a_plan_that_was_bought_since_allows_long_posts(
    bench: Bench, process: SandboxProcess
) -> None:
    desk = bench.desk()
    process.control.call("POST", f"accounts/{bench.person}", {"subscription": "Premium"})
    platform: Any = bench.platform
    told = desk.run(platform.read_profile)
    assert told.platform_account_id == desk.account.platform_account_id
    limits = platform.limits(msgspec.structs.replace(desk.account, data=told.data))
    assert (limits.text.max_length, limits.text.folds_at) == (25_000, 280)
    published(desk, Part(index=0, text="x" * 281))
    figures = desk.run(platform.account_metrics)
    assert figures.posts == 1
