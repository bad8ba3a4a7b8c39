from __future__ import annotations

import pytest

from mpcas2_hookspecs import TextMark
from mpcas2_platform_twitter.marks import marks

WEB = "https://x.com"

KINDS: list[tuple[str, list[tuple[str, str]]]] = [
    ("plain words", []),
    ("see example.com and @ada", [("example.com", "link"), ("@ada", "mention")]),
    ("#one #2 #3rd $TWTR $5", [("#one", "hashtag"), ("#3rd", "hashtag"), ("$TWTR", "hashtag")]),
    ("mail me@example.com, a#b &#1F &#x", []),
    (
        "(@ada) .@bob RT@carol @a@b",
        [("@ada", "mention"), ("@bob", "mention"), ("@carol", "mention")],
    ),
    (
        "#\ufe0f\u20e3 #\u0928\u092e\u0938\u094d\u0924\u0947",
        [("#\u0928\u092e\u0938\u094d\u0924\u0947", "hashtag")],
    ),
    ("https://example.com/#top?@x", [("https://example.com/#top?@x", "link")]),
    ("\uff03\u65e5\u672c \uff20ada", [("\uff03\u65e5\u672c", "hashtag"), ("\uff20ada", "mention")]),
    ("#one#two", []),
]


@pytest.mark.parametrize(("text", "told"), KINDS)
def test_a_text_has_the_marks_that_x_makes(text: str, told: list[tuple[str, str]]) -> None:
    assert [(text[one.start : one.end], one.kind) for one in marks(text, WEB)] == told


def test_marks_lead_where_x_leads() -> None:
    text = "https://www.example.com/a/long/path/to/it @ada #caf\xe9 $X"
    assert marks(text, WEB) == [
        TextMark(
            start=0,
            end=41,
            kind="link",
            shown="example.com/a/long/path/to…",
            url="https://www.example.com/a/long/path/to/it",
        ),
        TextMark(start=42, end=46, kind="mention", url="https://x.com/ada"),
        TextMark(start=47, end=52, kind="hashtag", url="https://x.com/hashtag/caf%C3%A9"),
        TextMark(start=53, end=55, kind="hashtag", url="https://x.com/search?q=%24X"),
    ]
