from __future__ import annotations

import pytest

from mpcas2_platform_linkedin.little_text import escaped, marks_of, plain

# A text as it is composed, and as LinkedIn is sent it.
TEXTS = [
    ("Hello", "Hello"),
    ("one (two) [three] {four}", r"one \(two\) \[three\] \{four\}"),
    ("a|b <c> *d* _e_ ~f~ g\\h", r"a\|b \<c\> \*d\* \_e\_ \~f\~ g\\h"),
    ("ada@example.org", r"ada\@example.org"),
    ("#news and #Überraschung", "#news and #Überraschung"),
    ("#1 of # all", r"\#1 of \# all"),
    ("#one_two", r"#one\_two"),
    ("https://example.com/a_b#part", r"https://example.com/a\_b\#part"),
    (
        "@[Analytical Engines](urn:li:organization:5515715)!",
        "@[Analytical Engines](urn:li:organization:5515715)!",
    ),
    (
        "@[Ada (x)](urn:li:person:a_b-1) #tag",
        r"@[Ada \(x\)](urn:li:person:a_b-1) #tag",
    ),
    ("@[Nobody](urn:li:group:1)", r"\@\[Nobody\]\(urn:li:group:1\)"),
    (r"already \(escaped\)", r"already \\\(escaped\\\)"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "sent"), TEXTS)
def test_a_text_is_written_as_little_text_and_read_back(text: str, sent: str) -> None:
    assert escaped(text) == sent
    assert plain(sent) == text


def test_marks_are_addresses_mentions_and_hashtags() -> None:
    text = "🙂 https://example.com/a(b)?c=1, @[Engines](urn:li:organization:7) and #news. a@b #1"
    marks = marks_of(text, "https://web")
    assert [(one.kind, text[one.start : one.end], one.shown, one.url) for one in marks] == [
        ("link", "https://example.com/a(b)?c=1", None, "https://example.com/a(b)?c=1"),
        (
            "mention",
            "@[Engines](urn:li:organization:7)",
            "Engines",
            "https://web/company/7/",
        ),
        ("hashtag", "#news", None, "https://web/feed/hashtag/news/"),
    ]
    [member] = marks_of("@[Ada](urn:li:person:x)", "https://web")
    assert member.url is None


def test_a_long_text_of_signs_is_read_in_no_time() -> None:
    for sign in ("@[", "#", "https://", "\\", "(urn:li:person:"):
        text = sign * 3_000
        assert plain(escaped(text)) == text
        assert marks_of(text, "https://web") == [] or sign == "https://"
