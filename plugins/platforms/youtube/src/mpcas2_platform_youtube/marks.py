"""Finds what YouTube makes something of in a description or comment: links, handles, hashtags.

YouTube publishes no rules for it; these are from memory and from its help
(https://support.google.com/youtube/answer/6390658 for hashtags: more than sixty are all ignored).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from mpcas2_hookspecs import TextMark

__all__ = ("marks",)

_MOST_HASHTAGS = 60
_SHOWN = 37
_LINK = re.compile(r"(?<![\w@/])https?://[^\s<>\"]+", re.IGNORECASE)
_ENDS_A_SENTENCE = ".,:;!?'*_)]}…"
_HANDLE = re.compile(r"(?<![\w@./])@(\w[\w.\-·]{1,28}\w)")
_HASHTAG = re.compile(r"(?<![\w&#/])#((?=\w*[^\W\d_])\w+)")


def marks(text: str, web_url: str) -> list[TextMark]:
    """Finds the marks of a text, in order; they do not overlap.

    Args:
        text: As it shall appear.
        web_url: Address of YouTube's website, without a slash at the end.
    """
    found: list[TextMark] = []
    for link in _LINK.finditer(text):
        url = link.group().rstrip(_ENDS_A_SENTENCE)
        bare = url.partition("://")[2].removeprefix("www.")
        if not bare:
            continue
        shown = bare if len(bare) <= _SHOWN else f"{bare[:_SHOWN]}..."
        end = link.start() + len(url)
        found.append(TextMark(start=link.start(), end=end, kind="link", shown=shown, url=url))
    links = list(found)
    for handle in _HANDLE.finditer(text):
        if _free(handle, links):
            start, end = handle.span()
            url = f"{web_url}/@{quote(handle[1])}"
            found.append(TextMark(start=start, end=end, kind="mention", url=url))
    tags = [tag for tag in _HASHTAG.finditer(text) if _free(tag, links)]
    if len(tags) <= _MOST_HASHTAGS:
        for tag in tags:
            start, end = tag.span()
            url = f"{web_url}/hashtag/{quote(tag[1].lower())}"
            found.append(TextMark(start=start, end=end, kind="hashtag", url=url))
    return sorted(found, key=lambda mark: mark.start)


def _free(match: re.Match[str], links: list[TextMark]) -> bool:
    return all(match.end() <= link.start or match.start() >= link.end for link in links)
