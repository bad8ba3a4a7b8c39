"""Finds links, mentions and hashtags in a text and places them by UTF-8 bytes.

Bluesky links nothing by itself: each link, mention and tag is a facet with a byte range. Source:
lexicon ``app.bsky.richtext.facet``, handles https://atproto.com/specs/handle. Which characters open
and close a link or a tag is this module's own decision, close to what Bluesky's app does; the tests
hold the table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

__all__ = ("Span", "build_facets", "find_spans", "mentioned_handles")

# Invisible characters that end a link or a tag: zero-width space, word joiner, soft hyphen, byte
# order mark and the marks of direction. The joiners U+200C and U+200D belong to words and emoji.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"

# The last label tells a domain from the sentence behind it: it is ASCII, or it is all of another
# script, so that "https://example.comをご覧" ends after "com".
_HOST = (
    r"(?:(?:[^\W_](?:[^\W_]|-)*\.)+(?:xn--[a-z0-9-]+|[a-z]{2,63}|[^\W\d_a-z]{2,63})"
    r"|\d{1,3}(?:\.\d{1,3}){3})(?![a-z0-9-])"
)
# Quotation marks, and the brackets and full-width punctuation of Chinese and Japanese.
_ENDS = r"<>\"“”„«»「」『』【】《》〈〉。、\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_REST = rf"[^\s{_ENDS}{_INVISIBLE}]*"
_LINK = re.compile(rf"https?://{_HOST}(?::\d{{1,5}})?(?:[/?#]{_REST})?", re.IGNORECASE)
_MENTION = re.compile(
    r"@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)(?![a-z0-9_@])",
    re.IGNORECASE,
)
_TAG = re.compile(rf"[#\uff03]([^\s#\uff03{_INVISIBLE}]+)")

_TAG_OPENERS = {"Ps", "Pi", "Cf"}
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_MAX_HANDLE = 253
# Counted in code points, which are never fewer than the graphemes that the lexicon counts.
_MAX_TAG = 64
_MAX_TAG_BYTES = 640


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A link, mention or tag in a text.

    Attributes:
        start: First code point.
        end: One behind the last code point.
        kind: ``"link"``, ``"mention"`` or ``"tag"``.
        value: The address, the handle in lower case, or the tag without its sign.
    """

    start: int
    end: int
    kind: str
    value: str


def find_spans(text: str) -> tuple[Span, ...]:
    """Finds everything in a text that may become a facet, in order and without overlap.

    Mentions are candidates only: whether a handle exists is for the network to say.
    """
    spans: list[Span] = []
    for find in (_links, _mentions, _tags):
        taken = tuple(spans)
        spans.extend(
            span
            for span in find(text)
            if all(span.end <= other.start or span.start >= other.end for other in taken)
        )
    return tuple(sorted(spans, key=lambda span: span.start))


def mentioned_handles(spans: tuple[Span, ...]) -> tuple[str, ...]:
    """Lists each handle once, in the order of the text."""
    return tuple(dict.fromkeys(span.value for span in spans if span.kind == "mention"))


def build_facets(
    text: str, spans: tuple[Span, ...], dids: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Turns spans into facets of the lexicon ``app.bsky.richtext.facet``.

    Args:
        text: The text.
        spans: What :func:`find_spans` found in it.
        dids: The DID for each handle that exists; a mention of any other stays plain text.
    """
    facets: list[dict[str, Any]] = []
    for span in spans:
        feature = _feature(span, dids)
        if feature is not None:
            start = len(text[: span.start].encode())
            end = start + len(text[span.start : span.end].encode())
            facets.append({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
    return facets


def _feature(span: Span, dids: Mapping[str, str]) -> dict[str, str] | None:
    kind = f"app.bsky.richtext.facet#{span.kind}"
    if span.kind == "link":
        return {"$type": kind, "uri": span.value}
    if span.kind == "tag":
        return {"$type": kind, "tag": span.value}
    did = dids.get(span.value)
    return None if did is None else {"$type": kind, "did": did}


def _stands_free(text: str, start: int) -> bool:
    """Tells whether nothing before ``start`` glues to it, as the name of an e-mail address does.

    Letters without case (Chinese, Japanese, Thai, Arabic, …) do not glue: those who write Chinese,
    Japanese or Thai put no spaces between words.
    """
    if start == 0:
        return True
    before = text[start - 1]
    if before in "_@./+%-&=":
        return False
    return unicodedata.category(before) not in {"Lu", "Ll", "Lt", "Lm", "Nd"}


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        if _stands_free(text, match.start()):
            uri = _without_closing_marks(match.group())
            yield Span(start=match.start(), end=match.start() + len(uri), kind="link", value=uri)


def _without_closing_marks(uri: str) -> str:
    """Drops what belongs to the sentence: closing marks, and brackets opened outside the link."""
    while True:
        last = uri[-1]
        opener = _CLOSERS.get(last)
        unbalanced = opener is not None and uri.count(last) > uri.count(opener)
        if last not in ".,;:!?'…\u2019" and not unbalanced:
            return uri
        uri = uri[:-1]


def _mentions(text: str) -> Iterator[Span]:
    for match in _MENTION.finditer(text):
        handle = match.group(1)
        if len(handle) <= _MAX_HANDLE and _stands_free(text, match.start()):
            yield Span(start=match.start(), end=match.end(), kind="mention", value=handle.lower())


def _tags(text: str) -> Iterator[Span]:
    for match in _TAG.finditer(text):
        before = text[match.start() - 1] if match.start() else " "
        opens = before.isspace() or before == '"' or unicodedata.category(before) in _TAG_OPENERS
        tag = _tag_body(match.group(1))
        if opens and tag:
            end = match.start(1) + len(tag)
            yield Span(start=match.start(), end=end, kind="tag", value=tag)


def _tag_body(candidate: str) -> str:
    """Cuts a tag at the first mark that cannot stand inside one; empty when none is left."""
    end = 0
    for character in candidate:
        category = unicodedata.category(character)
        if category[0] == "P" and character not in "_-·":
            break
        end += 1
    tag = candidate[:end].rstrip("_-·")
    if not tag or unicodedata.category(tag[0])[0] == "M":
        return ""  # a keycap emoji is "#" with marks behind it
    if not any(unicodedata.category(character)[0] in "LS" for character in tag):
        return ""  # "#1" is a number, not a topic
    return tag if len(tag) <= _MAX_TAG and len(tag.encode()) <= _MAX_TAG_BYTES else ""
