"""What Instagram makes of a text: hashtags and mentions lead somewhere, addresses do not."""

from __future__ import annotations

import re

from mpcas2_hookspecs import TextMark

__all__ = ("hashtags", "marks", "mentions")

# From memory: letters, digits and underscores of any script; not inside a word or an address.
_HASHTAG = re.compile(r"(?<![\w&/])#(\w+)")
_MENTION = re.compile(r"(?<![\w./@])@([A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?)")


def hashtags(text: str) -> int:
    """Counts hashtags."""
    return len(_HASHTAG.findall(text))


def mentions(text: str) -> int:
    """Counts mentions."""
    return len(_MENTION.findall(text))


def marks(text: str, web_url: str) -> list[TextMark]:
    """Finds hashtags and mentions.

    Args:
        text: As it shall appear.
        web_url: Address of the website, to which they lead.
    """
    found = [
        TextMark(
            start=one.start(),
            end=one.end(),
            kind="hashtag",
            url=f"{web_url}/explore/tags/{one[1]}/",
        )
        for one in _HASHTAG.finditer(text)
    ]
    found += [
        TextMark(
            start=one.start(), end=one.end(), kind="mention", url=f"{web_url}/{one[1].lower()}/"
        )
        for one in _MENTION.finditer(text)
    ]
    return sorted(found, key=lambda mark: mark.start)
