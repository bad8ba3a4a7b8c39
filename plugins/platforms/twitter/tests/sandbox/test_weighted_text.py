import pytest

from mpcas2_platform_twitter.sandbox.weighted_text import cashtags, hashtags, mentions, weight


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("plain", 5),
        ("\u00e9", 1),
        ("e\u0301", 1),  # brought to NFC
        ("\u0416\u0639\u05d0", 3),
        ("\u1100", 2),
        ("\u65e5\u672c\u8a9e", 6),
        ("\ud55c", 2),
        ("\u201cquoted\u201d \u2026", 11),
        ("\u2022", 2),
        ("\u20ac", 2),
        ("\U0001f600", 2),
        ("\U0001f44d\U0001f3fd", 2),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", 2),
        ("\U0001f1e9\U0001f1ea", 2),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2),
        ("1\ufe0f\u20e3", 2),
        ("\u2764\ufe0f", 2),
        ("\u00a9", 1),
        ("\u00a9\ufe0f", 2),
        ("\U0001f600\U0001f600", 4),
        ("https://example.com", 23),
        ("http://a.co/" + "x" * 200, 23),
        ("see https://example.com/a?b=c#d.", 28),
        ("(https://example.com/wiki/A_(b))", 25),
        ("https://example.com/#top, yes", 28),
        ("https://example.com/(open", 28),
        ("example.com", 23),
        ("example.com/path", 23),
        ("www.example.co.uk", 23),
        ("mail me@example.com", 19),
        ("e.g. this", 9),
        ("end.Next", 8),
        ("file.txt", 8),
        ("https://localhost", 17),
        ("https://m\u00fcnchen.de/stra\u00dfe", 23),
        ("https://a.com https://b.com", 47),
        ("a\nb", 3),
    ],
)
def test_a_text_weighs_what_x_says(text: str, expected: int) -> None:
    assert weight(text) == expected


def test_tags_and_names_are_found_outside_links() -> None:
    text = "$TSLA #news @ada http://example.com/#part $5 a@b #1 x#y"
    assert [one.group() for one in cashtags(text)] == ["$TSLA"]
    assert [one.group() for one in hashtags(text)] == ["#news"]
    assert [one.group(1) for one in mentions(text)] == ["ada"]
