"""Finds what X makes something of: links, mentions, hashtags and cashtags.

Source: https://github.com/twitter/twitter-text, whose patterns decide what surrounds a sign. Where the
marks lead, and how X shortens the addresses that it shows, is from memory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from mpcas2_hookspecs import TextMark
from mpcas2_platform_twitter.links import find_links

__all__ = ("find_cashtags", "marks")

_SHOWN = 26
_MENTION = re.compile(
    r"(?:(?<![a-z0-9_!#$%&*@\uff20])|(?<=\brt)|(?<=\brt:))[@\uff20]([a-z0-9_]{1,20})"
    r"(?![a-z0-9_@\uff20\xc0-\xd6\xd8-\xf6\xf8-\u024f]|://)",
    re.IGNORECASE | re.ASCII,
)
_SIGN = re.compile("[#\uff03]")
_NO_TAG_AFTER = ("\ufe0f", "\u20e3")  # with them, the sign is an emoji
_NO_TAG_BEFORE = ("#", "\uff03", "://")
_TAG_SIGNS = frozenset(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\xb7"
)
# A dollar sign and one to six letters, as a word of its own.
_CASHTAG = re.compile(
    r"(?:^|(?<=[\s\u180e]))\$([a-z]{1,6}(?:[._][a-z]{1,2})?)"
    r"(?=$|\s|[!'#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$])",
    re.IGNORECASE,
)


def find_cashtags(text: str) -> list[tuple[int, int]]:
    """Gives begin and end of each cashtag, in order; pure."""
    return [found.span() for found in _CASHTAG.finditer(text)]


def marks(text: str, web_url: str) -> list[TextMark]:
    """Finds the marks of a text, in order; they do not overlap. A cashtag counts as a hashtag.

    Args:
        text: As it shall appear. Places are told in this very text, so it is not normalized.
        web_url: Address of X's website, without a slash at the end.
    """
    found = [_link(text, begin, end) for begin, end in find_links(text)]
    for mark in (*_mentions(text, web_url), *_hashtags(text, web_url), *_cashtags(text, web_url)):
        if all(mark.end <= other.start or mark.start >= other.end for other in found):
            found.append(mark)
    return sorted(found, key=lambda mark: mark.start)


def _link(text: str, begin: int, end: int) -> TextMark:
    link = text[begin:end]
    _, scheme, rest = link.partition("://")
    bare = (rest if scheme else link).removeprefix("www.")
    return TextMark(
        start=begin,
        end=end,
        kind="link",
        shown=bare if len(bare) <= _SHOWN else f"{bare[:_SHOWN]}…",
        url=link if scheme else f"http://{link}",
    )


def _mentions(text: str, web_url: str) -> Iterator[TextMark]:
    for found in _MENTION.finditer(text):
        yield TextMark(
            start=found.start(), end=found.end(), kind="mention", url=f"{web_url}/{found[1]}"
        )


def _hashtags(text: str, web_url: str) -> Iterator[TextMark]:
    for sign in _SIGN.finditer(text):
        start, end = sign.span()
        before = text[start - 1 : start]
        if before == "&" or (before and _in_tag(before)) or text.startswith(_NO_TAG_AFTER, end):
            continue
        while end < len(text) and _in_tag(text[end]):
            end += 1
        tag = text[start + 1 : end]
        if any(map(_is_letter, tag)) and not text.startswith(_NO_TAG_BEFORE, end):
            yield TextMark(
                start=start, end=end, kind="hashtag", url=f"{web_url}/hashtag/{quote(tag)}"
            )


def _cashtags(text: str, web_url: str) -> Iterator[TextMark]:
    for begin, end in find_cashtags(text):
        url = f"{web_url}/search?q={quote(text[begin:end])}"
        yield TextMark(start=begin, end=end, kind="hashtag", url=url)


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM"


def _in_tag(sign: str) -> bool:
    return _is_letter(sign) or unicodedata.category(sign) == "Nd" or sign in _TAG_SIGNS
