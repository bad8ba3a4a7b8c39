r"""Puts texts into LinkedIn's "little text" and reads them out of it.

The commentary of a post is little text: ``\ | { } @ [ ] ( ) < > # * _ ~`` mean something and need a
backslash before them, otherwise LinkedIn cuts the text off there and says nothing. Two things are
meant as they stand: hashtags, and mentions in the form ``@[Name](urn:li:organization:5515715)``.
Comments are plain text. Source: what independent clients found; LinkedIn publishes no grammar that
could be had.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpcas2_hookspecs import TextMark

__all__ = ("escaped", "marks_of", "plain")

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_UNESCAPED = re.compile(r"\\([\\|{}@\[\]()<>#*_~])")
_MENTION = (
    r"@\[(?P<name>[^\[\]\n]{1,200})\]\((?P<urn>urn:li:(?:person|organization):[A-Za-z0-9_-]+)\)"
)
# A tag has a letter in it, so that "#1" stays a number; an underscore would end it.
_HASHTAG = r"(?<![\w&/#])#(?P<tag>(?=[^\W_]*[^\W\d_])[^\W_]+)"
_LINK = r"(?P<link>https?://[^\s<>\"]*[^\s<>\"'.,;:!?)\]}])"
_MEANT = re.compile(f"{_MENTION}|{_HASHTAG}")
_MARKED = re.compile(f"{_LINK}|{_MENTION}|{_HASHTAG}", re.IGNORECASE)


def escaped(text: str) -> str:
    """Writes a text as little text: mentions and hashtags stay, everything else is literal."""
    return "".join(_pieces(text))


def plain(commentary: str) -> str:
    """Takes the backslashes out of little text, so that two spellings of one text are equal."""
    return _UNESCAPED.sub(r"\1", commentary)


def marks_of(text: str, web_url: str) -> list[TextMark]:
    """Finds the addresses, mentions and hashtags of a text, in order.

    Args:
        text: As a person composed it.
        web_url: Address of the website, for where marks lead.
    """
    found: list[TextMark] = []
    for one in _MARKED.finditer(text):
        start, end = one.span()
        if one["link"]:
            found.append(TextMark(start=start, end=end, kind="link", url=one["link"]))
        elif one["urn"]:
            kind, _, number = one["urn"].removeprefix("urn:li:").partition(":")
            # The address of a member is made of a name that the URN does not tell.
            url = f"{web_url}/company/{number}/" if kind == "organization" else None
            mark = TextMark(start=start, end=end, kind="mention", shown=one["name"], url=url)
            found.append(mark)
        else:
            url = f"{web_url}/feed/hashtag/{one['tag']}/"
            found.append(TextMark(start=start, end=end, kind="hashtag", url=url))
    return found


def _pieces(text: str) -> Iterator[str]:
    done = 0
    for one in _MEANT.finditer(text):
        yield _literal(text[done : one.start()])
        if one["urn"]:
            yield f"@[{_literal(one['name'])}]({one['urn']})"
        else:
            yield one[0]
        done = one.end()
    yield _literal(text[done:])


def _literal(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)
