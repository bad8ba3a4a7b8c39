from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Account, Media, Part
from mpcas2_platform_threads.adapter import ThreadsPlatform
from mpcas2_platform_threads.options import ThreadsOptions
from mpcas2_platform_threads.rules import marks, text_length

PLATFORM = ThreadsPlatform({"api_url": "x", "api_version": "v1.0", "web_url": "y"})
ACCOUNT = Account(id="a", platform="threads", platform_account_id="42", username="ada")
PICTURE = Media(id="p", kind="image", mime_type="image/png", size=9)

LENGTHS = [
    ("", 0),
    ("Hello", 5),
    ("Zürich", 6),
    ("漢字", 2),
    ("😀", 4),
    ("❤️", 6),
    ("👨‍👩‍👧", 18),
    ("🇩🇪", 8),
    ("#1 * 2 ©", 9),
    ("1️⃣", 7),
]


@pytest.mark.parametrize(("text", "length"), LENGTHS)
def test_emoji_count_as_their_bytes(text: str, length: int) -> None:
    assert text_length(text) == length


MARKS: list[tuple[str, list[str]]] = [
    ("Hi @ada.l, see https://a.io/x. #Éte #two", ["mention", "link", "hashtag"]),
    ("#2026 is none", []),
    ("https://a.io/@ada#part", ["link"]),
    ("mail a@b.example", []),
]


@pytest.mark.parametrize(("text", "kinds"), MARKS)
def test_links_mentions_and_one_topic_are_marked(text: str, kinds: list[str]) -> None:
    assert [mark.kind for mark in marks(text)] == kinds


LINKS = " ".join(f"https://a.io/{number}" for number in range(5))
GOOD = [
    Part(index=0, text=LINKS),
    Part(index=0, text=f"{LINKS} https://a.io/1"),
    Part(index=0, text="?", options=ThreadsOptions(poll=("a", "b", "c", "d"))),
    Part(index=0, text="!", options=ThreadsOptions(link_attachment="https://a.io")),
    Part(index=1, text="!", media=(PICTURE,), options=ThreadsOptions(poll=("a", "b"))),
    Part(index=0, text="", media=(PICTURE,), options=ThreadsOptions(spoiler_media=True)),
]
BAD = [
    (Part(index=0, text=f"{LINKS} https://a.io/6"), "at most 5"),
    (
        Part(index=0, text=LINKS, options=ThreadsOptions(link_attachment="https://b.io")),
        "at most 5",
    ),
    (Part(index=0, text="?", options=ThreadsOptions(poll=("a",))), "two to four"),
    (Part(index=0, text="?", options=ThreadsOptions(poll=tuple("abcde"))), "two to four"),
    (Part(index=0, text="", options=ThreadsOptions(poll=("a", "b"))), "question"),
    (Part(index=0, text="?", media=(PICTURE,), options=ThreadsOptions(poll=("a", "b"))), "media"),
    (
        Part(
            index=0,
            text="?",
            media=(PICTURE,),
            options=ThreadsOptions(link_attachment="https://a.io"),
        ),
        "media",
    ),
    (Part(index=0, text="!", options=ThreadsOptions(spoiler_media=True)), "no media"),
]


@pytest.mark.parametrize("part", GOOD)
def test_a_good_post_has_no_problem(part: Part) -> None:
    assert list(PLATFORM.check_post([part], ACCOUNT)) == []


@pytest.mark.parametrize(("part", "words"), BAD)
def test_a_bad_post_has_one_problem_in_words(part: Part, words: str) -> None:
    (problem,) = PLATFORM.check_post([part], ACCOUNT)
    assert words in problem.message


@pytest.mark.parametrize(
    "given",
    [
        {"replyControl": "nobody"},
        {"topicTag": "a.b"},
        {"topicTag": "x" * 51},
        {"linkAttachment": "a.io"},
        {"quotePostId": "https://threads.net/x"},
        {"poll": ["x" * 26, "b"]},
        {"unknown": 1},
    ],
)
def test_options_that_do_not_fit_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, ThreadsOptions)
