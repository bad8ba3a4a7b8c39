"""Finds what X turns into links, in the way of twitter-text 3, X's published text library.

Source: the conformance suite and documentation of https://github.com/twitter/twitter-text. A link
starts with ``http://`` or ``https://`` or is a bare domain whose top-level domain X knows. Which ones it
knows decides how a text is counted (``end.Then`` has eight characters, ``end.it`` twenty-three), so no
rule stands in for the list: ``tlds.txt`` holds the names of twitter-text 3.1.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ("find_links",)

_MAX_URL = 4_096
_MAX_LABEL = 63  # RFC 1035, 2.3.4; X counts the punycode form.
_MAX_SHORT_SLUG = 40
_DEFAULT_SCHEME = "https://"

_PUNCTUATION = r"!'#%&()*+,\\\-./:;<=>?@\[\]\^_{|}~$"
_SPACES = r"\x09-\x0d\x20\x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_INVALID = r"\ufffe\ufeff\uffff"
_DIRECTION = r"\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_ACCENTED = (
    r"\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f"
    r"\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = r"\u0400-\u04ff"

# Any script may stand in a host name. Quantifiers are possessive where they can be, so that no text
# takes more than one look at each character.
_HOST_CHAR = f"[^{_PUNCTUATION}{_SPACES}{_INVALID}{_DIRECTION}]"
_PIECE = re.compile(f"{_HOST_CHAR}++")
_HYPHENATED = re.compile(rf"{_HOST_CHAR}++(?:[_-]++{_HOST_CHAR}++)*+")
_LABEL = re.compile(rf"{_HYPHENATED.pattern}\.")
_ASCII_LABEL = re.compile(rf"[-a-z0-9{_ACCENTED}]++\.", re.IGNORECASE)
_PUNYCODE_TLD = re.compile(r"xn--[-0-9a-z]++", re.IGNORECASE)
_GOES_ON = re.compile(r"[0-9A-Za-z@+-]")

_SCHEME = re.compile(r"https?://\Z", re.IGNORECASE)
_NO_LINK_AFTER = re.compile(f"[A-Za-z0-9@\uff20$#\uff03{_INVALID}]")
_NO_BARE_LINK_AFTER = "-_./"

_PATH_CHAR = rf"[a-z{_CYRILLIC}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTED}]"
_PARENTHESES = rf"\((?:{_PATH_CHAR}+|{_PATH_CHAR}*\({_PATH_CHAR}+\){_PATH_CHAR}*)\)"
_PATH_END = rf"(?:[+\-a-z{_CYRILLIC}0-9=_#/{_ACCENTED}]|{_PARENTHESES})"
_PATH = (
    rf"(?:{_PATH_CHAR}*(?:{_PARENTHESES}{_PATH_CHAR}*)*{_PATH_END}|@{_PATH_CHAR}+/)"  # one stretch
)
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_TAIL = re.compile(rf"(?::[0-9]+)?(/{_PATH}*)?(?:{_QUERY})?", re.IGNORECASE)
_SHORT_LINK = re.compile(rf"https?://t\.co/([a-z0-9]+)(?:{_QUERY})?", re.IGNORECASE)


def find_links(text: str) -> list[tuple[int, int]]:
    """Gives begin and end of each link, in order; pure.

    Args:
        text: A text in the Unicode form NFC.
    """
    found: list[tuple[int, int]] = []
    done = 0
    hopeless = 0
    for piece in _PIECE.finditer(text):
        # A host's label goes on to a full stop, perhaps over hyphens and underscores.
        if piece.end() <= done or text[piece.end() : piece.end() + 1] not in {".", "-", "_"}:
            continue
        if piece.start() < hopeless:
            continue
        for begin, host in _starts(text, piece, done):
            host_end, seen = _host_end(text, host, _LABEL)
            if host_end is None:
                # What follows was looked at: what begins further on in it has no end either.
                hopeless = seen
            else:
                tail = _TAIL.match(text, host_end)
                end = host_end if tail is None else tail.end()
                has_path = tail is not None and tail.group(1) is not None
                found += _links(text, (begin, host, host_end, end), has_path=has_path)
                done = end
                break
    return found


def _starts(text: str, piece: re.Match[str], done: int) -> list[tuple[int, int]]:
    """Gives where a link with this piece in its host may begin, and where its host does."""
    starts: list[tuple[int, int]] = []
    lowest = done + 1 if done else 0
    scheme = _SCHEME.search(text, max(done, piece.start() - len(_DEFAULT_SCHEME)), piece.start())
    if scheme is not None and scheme.start() >= lowest and _may_begin(text, scheme.start()):
        starts.append((scheme.start(), piece.start()))
    for bare in range(max(piece.start(), lowest), piece.end()):
        if _may_begin(text, bare):
            starts.append((bare, bare))
            break
    return starts


def _may_begin(text: str, at: int) -> bool:
    return at == 0 or _NO_LINK_AFTER.match(text[at - 1]) is None


def _host_end(text: str, start: int, label: re.Pattern[str]) -> tuple[int | None, int]:
    """Tells where the longest host name from here ends, None when none begins here, and what was seen."""
    labels: list[re.Match[str]] = []
    at = start
    while (found := label.match(text, at)) is not None:
        labels.append(found)
        at = found.end()
    for last in reversed(labels):
        # Only names above the registered one may have underscores.
        if "_" not in last.group():
            end = _tld_end(text, last.end())
            if end is not None:
                return end, end
    rest = _HYPHENATED.match(text, at)
    return None, at if rest is None else rest.end()


def _tld_end(text: str, start: int) -> int | None:
    punycode = _PUNYCODE_TLD.match(text, start)
    if punycode is not None:
        return punycode.end()
    known, longest = _tlds()
    for end in range(min(len(text), start + longest), start, -1):
        if text[start:end].lower() in known and _GOES_ON.match(text, end) is None:
            return end
    return None


def _links(
    text: str, places: tuple[int, int, int, int], *, has_path: bool
) -> list[tuple[int, int]]:
    """Gives the links in what looks like one: none when it is not valid, or several bare domains."""
    begin, host, host_end, end = places
    name = text[host:host_end]
    scheme = text[begin:host]
    if not _is_valid(name, len(scheme or _DEFAULT_SCHEME) + end - host):
        return []
    if scheme:
        short = _SHORT_LINK.match(text, begin, end)
        if short is None:
            return [(begin, end)]
        return [] if len(short.group(1)) > _MAX_SHORT_SLUG else [(begin, short.end())]
    if begin > 0 and text[begin - 1] in _NO_BARE_LINK_AFTER:
        return []
    # Without a scheme, only domains in Latin letters are links; other scripts have no word gaps.
    links: list[tuple[int, int]] = []
    at = 0
    while (label := _ASCII_LABEL.search(name, at)) is not None:
        domain_end, at = _host_end(name, label.start(), _ASCII_LABEL)
        if domain_end is not None:
            links.append((host + label.start(), host + domain_end))
    if links and has_path:
        links[-1] = (links[-1][0], end)
    return links


def _is_valid(name: str, length: int) -> bool:
    if name.startswith("xn--") and _ASCII_LABEL.search(name) is None:
        # What claims to be punycode and is not.
        return False
    labels = name.split(".")
    return length <= _MAX_URL and all(0 < _encoded_length(label) <= _MAX_LABEL for label in labels)


def _encoded_length(label: str) -> int:
    if label.isascii() or len(label) > _MAX_LABEL:
        return len(label)
    return len("xn--") + len(label.encode("punycode"))


@cache
def _tlds() -> tuple[frozenset[str], int]:
    """Reads the top-level domains, and how long the longest is."""
    names = files(__package__).joinpath("tlds.txt").read_text(encoding="utf-8").split()
    return frozenset(names), max(map(len, names))
