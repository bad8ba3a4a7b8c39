"""Counts a text as X does: the weighted length of twitter-text 3, configuration version 3.

Source: https://github.com/twitter/twitter-text (``config/v3.json``, README) and
https://docs.x.com/resources/fundamentals/counting-characters. The text is put into the form NFC; a link
counts 23, an emoji 2 however many code points it is made of, Latin and similar scripts 1 a character,
everything else 2.
"""

from __future__ import annotations

import re
import unicodedata

from mpcas2_platform_twitter.links import find_links

__all__ = ("LINK_LENGTH", "text_length")

LINK_LENGTH = 23
"""What every link counts: X replaces it by a t.co address of this length."""

_LIGHT = ((0, 4_351), (8_192, 8_205), (8_208, 8_223), (8_242, 8_247))
_LIGHT_LENGTH = 1
_HEAVY_LENGTH = 2

# Unicode 17, emoji-data.txt: Extended_Pictographic, without the two signs that count as letters
# unless a variation selector follows, and with the reserved places of the emoji blocks.
_PICTOGRAPH = (
    "[\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07"
    "\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa"
    "\U0001f400-\U0001faff]"
)
# The same file: Emoji_Modifier_Base, which may carry a skin tone.
_PERSON = (
    "[\u261d\u26f9\u270a-\u270d\U0001f385\U0001f3c2-\U0001f3c4\U0001f3c7\U0001f3ca-\U0001f3cc"
    "\U0001f442\U0001f443\U0001f446-\U0001f450\U0001f466-\U0001f478\U0001f47c\U0001f481-\U0001f483"
    "\U0001f485-\U0001f487\U0001f48f\U0001f491\U0001f4aa\U0001f574\U0001f575\U0001f57a\U0001f590"
    "\U0001f595\U0001f596\U0001f645-\U0001f647\U0001f64b-\U0001f64f\U0001f6a3\U0001f6b4-\U0001f6b6"
    "\U0001f6c0\U0001f6cc\U0001f90c\U0001f90f\U0001f918-\U0001f91f\U0001f926\U0001f930-\U0001f939"
    "\U0001f93c-\U0001f93e\U0001f977\U0001f9b5\U0001f9b6\U0001f9b8\U0001f9b9\U0001f9bb"
    "\U0001f9cd-\U0001f9cf\U0001f9d1-\U0001f9dd\U0001fac3-\U0001fac5\U0001faf0-\U0001fafa]"
)
_ELEMENT = f"(?:{_PERSON}[\U0001f3fb-\U0001f3ff]|{_PICTOGRAPH}\ufe0f?)"
# Flags, keycaps, flags of regions, then single emoji and those that are joined into one. Any joined
# emoji count as one: which of them have a picture differs from year to year.
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|[0-9#*]\ufe0f?\u20e3"
    "|[\xa9\xae]\ufe0f"
    "|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
    f"|{_ELEMENT}(?:\u200d{_ELEMENT})*"
)


def text_length(text: str) -> int:
    """Counts a text as X does; pure."""
    normal = unicodedata.normalize("NFC", text)
    total = done = 0
    for begin, end in find_links(normal):
        total += _plain_length(normal[done:begin]) + LINK_LENGTH
        done = end
    return total + _plain_length(normal[done:])


def _plain_length(text: str) -> int:
    letters, emoji = _EMOJI.subn("", text)
    return emoji * _HEAVY_LENGTH + sum(map(_letter_length, letters))


def _letter_length(letter: str) -> int:
    code = ord(letter)
    light = any(first <= code <= last for first, last in _LIGHT)
    return _LIGHT_LENGTH if light else _HEAVY_LENGTH
