from __future__ import annotations

import itertools

import pytest

from mpcas2_platform_mastodon.text import marks, plain_text, text_length

LENGTHS = [
    ("", 0),
    ("Hello", 5),
    ("👨‍👩‍👧‍👦", 1),
    ("e\u0301", 1),
    ("https://example.com/a-very-long-address-of-more-than-23-characters", 23),
    ("See http://a.io.", 4 + 23 + 1),
    ("(https://en.wikipedia.org/wiki/Ada_(name))", 1 + 23 + 1),
    ("no scheme: example.com", 22),
    ("@ada@social.example hi", 7),
    ("@ada hi", 7),
    ("mail a@b.example", 16),
    ("https://a.io/@ada@b.example x", 25),
]


@pytest.mark.parametrize(("text", "length"), LENGTHS)
def test_a_text_is_counted_as_servers_do(text: str, length: int) -> None:
    assert text_length(text, 23) == length


MARKS = [
    ("Hi @ada@b.io, see https://www.a.io/x. #Éte1", ["mention", "link", "hashtag"]),
    ("#2026 is none, #y2026 is one", ["hashtag"]),
    ("C# and a#b are none", []),
    ("https://a.io/#part", ["link"]),
    ("https:// is none", []),
]


@pytest.mark.parametrize(("text", "kinds"), MARKS)
def test_links_mentions_and_hashtags_are_marked(text: str, kinds: list[str]) -> None:
    found = marks(text)
    assert [mark.kind for mark in found] == kinds
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))


def test_a_link_is_shown_short_and_a_mention_without_its_server() -> None:
    text = "@ada@b.io https://www.example.com/a/long/path/that/goes/on"
    mention, link = marks(text)
    assert (mention.shown, link.shown) == ("@ada", "example.com/a/long/path/that/g…")
    assert link.url == text.partition(" ")[2]


def test_html_becomes_text() -> None:
    html = (
        '<p>One<br />two &amp; <a href="https://a.io"><span class="invisible">https://</span>'
        "<span>a.io</span></a></p><p>three</p>"
    )
    assert plain_text(html) == "One\ntwo & https://a.io\n\nthree"
