# ruff: noqa: RUF001 - signs of many scripts, some alike, are what is tested here
from __future__ import annotations

import pytest

from mpcas2_platform_bluesky.facets import build_facets, find_spans, mentioned_handles


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, span.value) for span in find_spans(text)]


LINKS = [
    ("emoji before", "👩‍👩‍👧 https://example.com/a", ["https://example.com/a"]),
    ("emoji glued behind the host", "https://example.com🎉", ["https://example.com"]),
    ("full stop behind", "See https://example.com/a.", ["https://example.com/a"]),
    ("several marks behind", "https://example.com/a?!…", ["https://example.com/a"]),
    ("query and fragment", "https://example.com/?a=1&b=2#c", ["https://example.com/?a=1&b=2#c"]),
    ("around parentheses", "(see https://example.com/a)", ["https://example.com/a"]),
    ("balanced parentheses", "https://example.com/a_(b)", ["https://example.com/a_(b)"]),
    ("both parentheses", "(https://example.com/a_(b)).", ["https://example.com/a_(b)"]),
    ("brackets", "[https://example.com/a]", ["https://example.com/a"]),
    ("quotation marks", "“https://example.com/a”", ["https://example.com/a"]),
    ("Chinese punctuation", "看https://example.com/a。好", ["https://example.com/a"]),
    ("Japanese behind the host", "https://example.comをご覧", ["https://example.com"]),
    ("domain in another script", "https://例え.テスト/x", ["https://例え.テスト/x"]),
    ("right to left", "شاهد https://example.com/ar الآن", ["https://example.com/ar"]),
    ("Hebrew glued before", "ראוhttps://example.com", ["https://example.com"]),
    ("mark of direction behind", "https://example.com/a\u200f", ["https://example.com/a"]),
    ("zero-width space behind", "https://example.com/a\u200bb", ["https://example.com/a"]),
    ("upper case", "HTTPS://Example.COM/A", ["HTTPS://Example.COM/A"]),
    ("port", "http://example.com:8080/a", ["http://example.com:8080/a"]),
    ("address in digits", "http://192.0.2.1/a", ["http://192.0.2.1/a"]),
    (
        "two links",
        "https://a.example https://b.example",
        ["https://a.example", "https://b.example"],
    ),
    ("new line between", "https://a.example\nb", ["https://a.example"]),
    ("no scheme", "example.com", []),
    ("no domain", "https://localhost/a", []),
    ("glued to a word", "xhttps://example.com", []),
    ("another scheme", "ftp://example.com", []),
]


@pytest.mark.parametrize(
    ("text", "links"), [row[1:] for row in LINKS], ids=[row[0] for row in LINKS]
)
def test_links_are_found_without_what_surrounds_them(text: str, links: list[str]) -> None:
    assert found(text) == [("link", link) for link in links]


MENTIONS = [
    ("alone", "@alice.test", ["alice.test"]),
    ("end of a sentence", "Thanks, @alice.bsky.social.", ["alice.bsky.social"]),
    ("possessive", "@alice.test's cat", ["alice.test"]),
    ("in parentheses", "(@alice.test)", ["alice.test"]),
    ("upper case", "@Alice.Test", ["alice.test"]),
    ("behind Japanese", "こんにちは@alice.test", ["alice.test"]),
    ("behind emoji", "🎉@alice.test", ["alice.test"]),
    ("hyphen inside", "@a-b.test-site.org", ["a-b.test-site.org"]),
    ("twice", "@alice.test @alice.test", ["alice.test", "alice.test"]),
    ("e-mail address", "alice@example.com", []),
    ("e-mail address with accents", "josé@example.com", []),
    ("e-mail address with dots", "a.b.@example.com", []),
    ("another network's handle", "@alice.x@mastodon.example", []),
    ("without a dot", "@alice", []),
    ("top level of digits", "@alice.123", []),
    ("label too long", f"@{'a' * 64}.test", []),
    ("in a link", "https://bsky.app/@alice.test", []),
]


@pytest.mark.parametrize(
    ("text", "handles"), [row[1:] for row in MENTIONS], ids=[row[0] for row in MENTIONS]
)
def test_mentions_are_handles_that_stand_free(text: str, handles: list[str]) -> None:
    mentions = [value for kind, value in found(text) if kind == "mention"]
    assert mentions == handles


TAGS = [
    ("alone", "#cats", ["cats"]),
    ("several", "#a #b\n#c", ["a", "b", "c"]),
    ("punctuation behind", "#cats, #dogs!", ["cats", "dogs"]),
    ("in parentheses", "(#cats)", ["cats"]),
    ("in quotation marks", '"#cats"', ["cats"]),
    ("underscore and hyphen inside", "#a_b-c_", ["a_b-c"]),
    ("digits and letters", "#1st", ["1st"]),
    ("Japanese", "#東京", ["東京"]),
    ("full-width sign", "＃東京", ["東京"]),
    ("Persian with a joiner", "#می\u200cخواهم", ["می\u200cخواهم"]),
    ("emoji", "#🎉", ["🎉"]),
    ("combining accents", "#cafe\u0301", ["cafe\u0301"]),
    ("sixty-four", "#" + "a" * 64, ["a" * 64]),
    ("sixty-five", "#" + "a" * 65, []),
    ("digits only", "#1 #2026", []),
    ("sign alone", "# #", []),
    ("keycap emoji", "#\ufe0f\u20e3", []),
    ("glued to a word", "C# a#b", []),
    ("two signs", "##", []),
    ("zero-width space behind", "#a\u200bb", ["a"]),
    ("in a link", "https://example.com/#a", []),
]


@pytest.mark.parametrize(("text", "tags"), [row[1:] for row in TAGS], ids=[row[0] for row in TAGS])
def test_tags_follow_the_rules(text: str, tags: list[str]) -> None:
    assert [value for kind, value in found(text) if kind == "tag"] == tags


@pytest.mark.parametrize("text", [row[1] for row in LINKS + MENTIONS + TAGS])
def test_byte_ranges_cut_out_exactly_what_was_found(text: str) -> None:
    spans = find_spans(text)
    dids = dict.fromkeys(mentioned_handles(spans), "did:plc:x")
    raw = text.encode()
    for span, facet in zip(spans, build_facets(text, spans, dids), strict=True):
        index = facet["index"]
        shown = raw[index["byteStart"] : index["byteEnd"]].decode()
        assert shown == text[span.start : span.end]
        sign = "" if span.kind == "link" else "@#＃"
        assert shown.lstrip(sign).lower() == span.value.lower()


def test_offsets_count_bytes() -> None:
    text = "👋🏽 é https://example.com"
    [facet] = build_facets(text, find_spans(text), {})
    assert facet == {
        "index": {"byteStart": 12, "byteEnd": 31},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com"}],
    }


def test_a_mention_of_nobody_stays_plain_text() -> None:
    text = "@alice.test and @nobody.test"
    spans = find_spans(text)
    assert mentioned_handles(spans) == ("alice.test", "nobody.test")
    [facet] = build_facets(text, spans, {"alice.test": "did:plc:alice"})
    assert facet["features"] == [
        {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:alice"}
    ]
    assert facet["index"] == {"byteStart": 0, "byteEnd": 11}


def test_long_hostile_texts_take_no_long_time() -> None:
    for text in ("https://" + "a." * 20_000, "@" + "a." * 20_000, "#" * 40_000, "(" * 40_000):
        assert len(find_spans(text)) <= 1
