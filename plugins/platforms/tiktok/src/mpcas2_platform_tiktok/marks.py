"""Finds what TikTok makes something of in a text: hashtags and mentions. Addresses stay plain text.

Source: the Content Posting API takes both in the title of a video; what a tag or a name may hold is from
memory. For the preview only.
"""

from __future__ import annotations

import re

from mpcas2_hookspecs import TextMark

__all__ = ("marks_of",)

# What lies in an address is no mark: it is stepped over.
_ADDRESS = r"https?://\S+"
# A tag has a letter in it, so that "#1" stays a number.
_HASHTAG = r"(?<![\w&/#])#(?P<tag>(?=\w*[^\W\d_])\w+)"
_MENTION = r"(?<![\w@.])@(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,22}[A-Za-z0-9_])?)"
_MARKED = re.compile(f"{_ADDRESS}|{_HASHTAG}|{_MENTION}")


def marks_of(text: str, web_url: str) -> list[TextMark]:
    """Finds hashtags and mentions, in order.

    Args:
        text: As a person composed it.
        web_url: Address of the website, for where marks lead.
    """
    found: list[TextMark] = []
    for one in _MARKED.finditer(text):
        start, end = one.span()
        if one["tag"]:
            url = f"{web_url}/tag/{one['tag']}"
            found.append(TextMark(start=start, end=end, kind="hashtag", url=url))
        elif one["name"]:
            url = f"{web_url}/@{one['name']}"
            found.append(TextMark(start=start, end=end, kind="mention", url=url))
    return found
