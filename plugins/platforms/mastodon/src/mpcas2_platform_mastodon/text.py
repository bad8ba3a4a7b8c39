"""Counting and marking texts as Mastodon does, and reading its HTML.

Source: https://docs.joinmastodon.org/user/posting/#text and the server's validator of lengths: grapheme
clusters, each link with a scheme as 23, and a mention without its server.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import regex

from mpcas2_hookspecs import TextMark

__all__ = ("marks", "plain_text", "text_length")

_GRAPHEME = regex.compile(r"\X")
_LINK = regex.compile(r"(?<![\w/@#.])https?://[^\s<>\"\p{C}\u3000]+", regex.IGNORECASE)
_MENTION = regex.compile(
    r"(?<![=/\w])@(?P<name>[a-z0-9_]+(?:[a-z0-9_.\-]+[a-z0-9_]+)?)"
    r"(?P<server>@[\w.\-]+\w(?::\d+)?)?",
    regex.IGNORECASE,
)
# A tag needs something that is no digit.
_HASHTAG = regex.compile(r"(?<![\w/&])#(?=[\w·]*[^\W\d_])[\w·]+")
_TRAILING = ".,:;!?'\"…*_~"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SHOWN = 30


def text_length(text: str, per_link: int) -> int:
    """Counts a text as a server does.

    Args:
        text: As it shall appear.
        per_link: What each link counts.
    """
    rest: list[str] = []
    links = 0
    done = 0
    for mark in marks(text):
        if mark.kind == "link":
            links += 1
            rest.append(text[done : mark.start])
            done = mark.end
        elif mark.kind == "mention":
            mention = text[mark.start : mark.end]
            rest.append(text[done : mark.start] + "@" + mention[1:].partition("@")[0])
            done = mark.end
    rest.append(text[done:])
    return sum(1 for _ in _GRAPHEME.finditer("".join(rest))) + links * per_link


def marks(text: str) -> list[TextMark]:
    """Finds links, mentions and hashtags, in the order of the text; they do not overlap."""
    found = list(_links(text))
    taken = [(mark.start, mark.end) for mark in found]
    for pattern, kind in ((_MENTION, "mention"), (_HASHTAG, "hashtag")):
        for match in pattern.finditer(text):
            start, end = match.span()
            if all(end <= other or start >= stop for other, stop in taken):
                taken.append((start, end))
                found.append(
                    TextMark(
                        start=start,
                        end=end,
                        kind="mention" if kind == "mention" else "hashtag",
                        shown=f"@{match['name']}" if kind == "mention" else None,
                    )
                )
    return sorted(found, key=lambda mark: mark.start)


def plain_text(content: str) -> str:
    """Reads the HTML of a post as text, with a line for each break and an empty one between paragraphs."""
    reader = _Reader()
    reader.feed(content)
    reader.close()
    return "".join(reader.pieces).strip()


def _links(text: str) -> Iterator[TextMark]:
    for match in _LINK.finditer(text):
        url = _trimmed(match.group())
        if len(url.partition("://")[2]) == 0:
            continue
        bare = url.partition("://")[2].removeprefix("www.")
        yield TextMark(
            start=match.start(),
            end=match.start() + len(url),
            kind="link",
            shown=bare if len(bare) <= _SHOWN else f"{bare[:_SHOWN]}…",
            url=url,
        )


def _trimmed(url: str) -> str:
    """Takes off what ends a sentence rather than an address."""
    while url:
        last = url[-1]
        unpaired = last in _PAIRS and url.count(last) > url.count(_PAIRS[last])
        if last not in _TRAILING and not unpaired:
            break
        url = url[:-1]
    return url


class _Reader(HTMLParser):
    """Collects the text of a post's HTML; hidden pieces of shortened links belong to it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's own signature
        """Takes a tag's place in the text."""
        if tag == "br":
            self.pieces.append("\n")
        elif tag == "p" and self.pieces:
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        """Takes text."""
        self.pieces.append(data)
