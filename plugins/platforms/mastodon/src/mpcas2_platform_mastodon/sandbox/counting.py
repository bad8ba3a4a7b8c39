"""Counts characters as a Mastodon server does, and finds links, mentions and hashtags.

Every link counts as 23 characters however long it is, of ``@user@domain`` only ``@user`` counts,
and what people see as one character (a grapheme) counts once.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec
import regex

_LINK = r"(?<![\w@\uFF20$#\uFF03/])https?://(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+\p{L}{2,}(?::\d+)?"
_LINK += r"(?:[/?#][^\s<>\"]*)?"
_USER = r"[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*"
_MENTION = rf"(?<![=/\w])@(?P<user>{_USER})(?:@(?P<domain>[\w]+(?:[.-]+[\w]+)*(?::\d+)?))?"
_TAG = r"(?<![=/)\w&])[#\uFF03](?P<tag>\w*[\p{L}_]\w*)"
_TOKEN = regex.compile(rf"(?P<link>{_LINK})|(?P<mention>{_MENTION})|{_TAG}", regex.IGNORECASE)
_GRAPHEME = regex.compile(r"\X")
_PUNCTUATION = ".,;:!?'\"…]}>*"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a text that means something.

    Args:
        kind: What it is.
        start: Where it begins.
        end: Where it ends.
        value: The address, the username or the tag's name.
        domain: The server of a mention; empty for this one.
    """

    kind: Literal["link", "mention", "tag"]
    start: int
    end: int
    value: str
    domain: str = ""


def spans(text: str) -> Iterator[Span]:
    """Yields the links, mentions and hashtags of a text in their order."""
    for found in _TOKEN.finditer(text):
        if found["link"]:
            link = _trimmed(found["link"])
            start = found.start()
            yield Span(kind="link", start=start, end=start + len(link), value=link)
        elif found["mention"]:
            yield Span(
                kind="mention",
                start=found.start(),
                end=found.end(),
                value=found["user"],
                domain=found["domain"] or "",
            )
        else:
            yield Span(kind="tag", start=found.start(), end=found.end(), value=found["tag"])


def _trimmed(link: str) -> str:
    """Returns a link without the punctuation of the sentence that it ends."""
    while link[-1] in _PUNCTUATION or (link[-1] == ")" and link.count(")") > link.count("(")):
        link = link[:-1]
    return link


def graphemes(text: str) -> int:
    """Returns how many characters people see."""
    return len(_GRAPHEME.findall(text))


def countable(spoiler: str, text: str, per_link: int) -> int:
    """Returns how many characters a status counts as.

    Args:
        spoiler: The content warning.
        text: The text.
        per_link: What a link counts as.
    """
    pieces: list[str] = [spoiler]
    at = 0
    for span in spans(text):
        if span.kind == "tag":
            continue
        pieces.append(text[at : span.start])
        pieces.append("x" * per_link if span.kind == "link" else f"@{span.value}")
        at = span.end
    return graphemes("".join([*pieces, text[at:]]))
