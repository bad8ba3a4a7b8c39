"""Finds links, mentions and hashtags in texts for networks whose adapter does not find its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mpcas2_hookspecs import MarksText, Platform, TextMark

__all__ = ("marks_of",)

# What stands at the end of a sentence or in brackets is hardly ever part of an address.
_TRAILING = ".,;:!?'\")]}»”"
_MARK = re.compile(
    r"(?P<link>https?://[^\s<>\"]+)"
    r"|(?<![\w@/.])(?P<mention>@\w(?:[\w.-]*\w)?(?:@\w(?:[\w.-]*\w)?)?)"
    r"|(?<![\w&#/])(?P<hashtag>#\w*[^\W\d]\w*)",
    re.IGNORECASE,
)


def marks_of(text: str, platform: Platform) -> Sequence[TextMark]:
    """Gives the parts of a text of which the network makes something, in their order.

    Args:
        text: As it shall appear.
        platform: The network. If it does not tell, what most networks do is assumed.
    """
    if isinstance(platform, MarksText):
        return platform.text_marks(text)
    return tuple(_mark(found) for found in _MARK.finditer(text))


def _mark(found: re.Match[str]) -> TextMark:
    if found.lastgroup == "link":
        address = found.group().rstrip(_TRAILING)
        end = found.start() + len(address)
        return TextMark(start=found.start(), end=end, kind="link", url=address)
    return TextMark(
        start=found.start(),
        end=found.end(),
        kind="mention" if found.lastgroup == "mention" else "hashtag",
    )
