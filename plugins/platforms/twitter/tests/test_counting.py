from __future__ import annotations

import pytest

from mpcas2_platform_twitter.counting import text_length
from mpcas2_platform_twitter.links import find_links

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"

LENGTHS: list[tuple[str, int]] = [
    ("", 0),
    ("Hello", 5),
    ("\xe9", 1),
    ("e\u0301", 1),  # NFC makes one letter of it
    ("\ufb2c", 3),  # and three of this one
    ("\u4f60\u597d", 4),
    ("\u3042", 2),
    ("\u10ff\u1100", 3),  # the end of the first light range
    ("\u2000\u200d\u200e\u2010\u201f\u2020\u2032\u2037\u2038", 1 + 1 + 2 + 1 + 1 + 2 + 1 + 1 + 2),
    ("\U0001f637" * 140, 280),
    ("\U0001f431\u263a" + FAMILY, 6),
    ("\U0001f64b\U0001f3fd\U0001f468\u200d\U0001f3a4", 4),
    ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 4),
    ("1\ufe0f\u20e3", 2),
    ("\u2764\ufe0f\u200d\U0001f525", 2),
    ("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 2),
    ("\xa9\xae", 2),
    ("\xa9\ufe0f", 2),
    ("\u2122", 2),
    ("\U0001f431\U0001f3fd", 4),  # a cat has no skin tone: two emoji
    ("Hi http://test.co", 26),
    ("test.co", 23),
    ("Look: https://example.com/a/very/long/path?with=a&query=too#and-more", 29),
    ("https://a.de https://b.de", 47),
    ("end.Then it goes on", 19),
    ("end.it goes on", 31),
    ("http://localhost/x", 18),
    ("randomurl" * 7 + "s.com", 68),  # a label of 64 is no host
    ("mail me@example.com", 19),
    ("\u3053\u308c\u306fexample.com\u3067\u3059", 6 + 23 + 4),
]

LINKS: list[tuple[str, list[str]]] = [
    ("no link", []),
    ("(https://example.com/a_(b))", ["https://example.com/a_(b)"]),
    ("https://example.com/a.", ["https://example.com/a"]),
    ("https://example.com/a?b=c!", ["https://example.com/a?b=c"]),
    ("example.com:80", ["example.com"]),
    ("example.com:80/x", ["example.com:80/x"]),
    ("HTTPS://EXAMPLE.COM/Path", ["HTTPS://EXAMPLE.COM/Path"]),
    ("xhttp://example.com", []),
    ("@example.com #example.com $example.com", []),
    ("foo-example.com", ["foo-example.com"]),
    ("foo_bar.com", []),
    ("a_b.example.com", ["b.example.com"]),
    ("http://a_b.example.com", ["http://a_b.example.com"]),
    ("https://t.co/abc123\u3042", ["https://t.co/abc123"]),
    ("https://t.co/abc/def", ["https://t.co/abc"]),
    ("https://t.co/" + "a" * 41, []),
    ("http://xn--80ak6aa92e.com/", ["http://xn--80ak6aa92e.com/"]),
    ("http://\u65e5\u672c.jp/x", ["http://\u65e5\u672c.jp/x"]),
    ("a.co.uk and b.museum, c.photography", ["a.co.uk", "b.museum", "c.photography"]),
    ("http://example.com@host", []),
]


@pytest.mark.parametrize(("text", "length"), LENGTHS)
def test_a_text_has_the_length_that_x_gives_it(text: str, length: int) -> None:
    assert text_length(text) == length


@pytest.mark.parametrize(("text", "links"), LINKS)
def test_links_are_found_as_x_finds_them(text: str, links: list[str]) -> None:
    assert [text[begin:end] for begin, end in find_links(text)] == links


@pytest.mark.parametrize(
    "text",
    ["a." * 12_500, "a-" * 12_500, "\u5b57" * 25_000 + "-.com", "http://a.com/" + "(" * 25_000],
)
def test_no_text_takes_more_than_a_few_looks(text: str) -> None:
    # With quadratic work, some of these take minutes: pytest's own limit ends the test.
    assert text_length(text) > 0
