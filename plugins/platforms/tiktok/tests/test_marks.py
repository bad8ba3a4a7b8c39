from __future__ import annotations

import pytest

from mpcas2_platform_tiktok.marks import marks_of

WEB = "https://www.tiktok.com"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("", []),
        ("Hello", []),
        ("🙂 #río_2 and #1", [("hashtag", "#río_2", f"{WEB}/tag/río_2")]),
        ("by @ada.b.", [("mention", "@ada.b", f"{WEB}/@ada.b")]),
        ("mail ada@example.com", []),
        ("https://a.example/#part @bob", [("mention", "@bob", f"{WEB}/@bob")]),
        ("a#b &#c; ##", []),
    ],
)
def test_hashtags_and_mentions_are_marked(text: str, marks: list[tuple[str, str, str]]) -> None:
    found = [(one.kind, text[one.start : one.end], one.url) for one in marks_of(text, WEB)]
    assert found == marks
