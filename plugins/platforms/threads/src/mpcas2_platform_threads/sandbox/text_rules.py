"""How the network counts a text: 500 characters, but an emoji as many as its UTF-8 has bytes."""

import re
from typing import Final

MAX_TEXT: Final = 500
MAX_LINKS: Final = 5

# Pictographs and what belongs to them: joiners, variation selectors, skin tones, flags, tags.
_EMOJI = re.compile(
    "["
    "\U0001f000-\U0001faff\U000e0020-\U000e007f\u2600-\u27bf\u2300-\u23ff\u2b00-\u2bff"
    "\u200d\ufe0e\ufe0f\u20e3\u2934\u2935\u3030\u303d\u3297\u3299\u2139\u203c\u2049"
    "]"
)
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}"
_MENTION = re.compile(r"(?<![\w@./])@([A-Za-z0-9_][A-Za-z0-9_.]{0,29})")


def counted(text: str) -> int:
    """Returns the length of a text as the network counts it."""
    return sum(len(one.encode()) if _EMOJI.match(one) else 1 for one in text)


def links_in(text: str) -> set[str]:
    """Returns the different addresses in a text."""
    return {one.rstrip(_TRAILING) for one in _LINK.findall(text)}


def mentioned(text: str) -> set[str]:
    """Returns the usernames that a text mentions."""
    return {one.rstrip(".").lower() for one in _MENTION.findall(text)}
