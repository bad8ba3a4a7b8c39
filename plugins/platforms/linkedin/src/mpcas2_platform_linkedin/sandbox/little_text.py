r"""Reads LinkedIn's "little text", the form that a post's commentary has.

A reserved character stands for itself only behind a backslash. Deliberate marks are ``@[Name](urn)``
for a mention, ``#word`` and ``{hashtag|\#|word}`` for a hashtag. A reserved character that is neither
cuts the text off where it stands, and nobody is told.
"""

import dataclasses
import re
from collections.abc import Callable

RESERVED = frozenset("\\|{}@[]()<>#*_~")

_ESCAPED = r"\\[\\|{}@\[\]()<>#*_~]"
_PLAIN = r"[^\\|{}@\[\]()<>#*_~]"
_MENTION = re.compile(
    rf"@\[((?:{_ESCAPED}|{_PLAIN})+)\]\((urn:li:(?:person|organization):[A-Za-z0-9_-]+)\)"
)
_HASHTAG = re.compile(r"#(\w(?:(?!_)\w)*)")
_TEMPLATE = re.compile(r"\{hashtag\|\\?#\|(\w+)\}")
_ESCAPE = re.compile(r"\\([\\|{}@\[\]()<>#*_~])")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Piece:
    """One run of a text.

    Attributes:
        text: What people read.
        mention: The URN of the member or organisation that is named.
        hashtag: Whether it is a hashtag.
    """

    text: str
    mention: str | None = None
    hashtag: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class LittleText:
    """A commentary as it was understood.

    Attributes:
        pieces: What is shown.
        kept: The commentary up to where it was cut off.
        cut: Whether it was.
    """

    pieces: tuple[Piece, ...]
    kept: str
    cut: bool

    @property
    def shown(self) -> str:
        """The text that people read."""
        return "".join(piece.text for piece in self.pieces)


def parse(commentary: str) -> LittleText:
    """Reads a commentary up to its end, or up to the first mistake in it."""
    pieces: list[Piece] = []
    run: list[str] = []
    at = 0
    while at < len(commentary):
        letter = commentary[at]
        if letter not in RESERVED:
            run.append(letter)
            at += 1
            continue
        escaped = _ESCAPE.match(commentary, at)
        if escaped is not None:
            run.append(escaped[1])
            at = escaped.end()
            continue
        found = _marked(commentary, at)
        if found is None:
            break
        piece, at = found
        if run:
            pieces.append(Piece(text="".join(run)))
            run.clear()
        pieces.append(piece)
    if run:
        pieces.append(Piece(text="".join(run)))
    return LittleText(pieces=tuple(pieces), kept=commentary[:at], cut=at < len(commentary))


def length(commentary: str) -> int:
    """Returns how many characters a commentary shows if nothing in it were cut off."""
    text = _MENTION.sub(lambda found: found[1], commentary)
    text = _TEMPLATE.sub(lambda found: f"#{found[1]}", text)
    return len(_ESCAPE.sub(r"\1", text))


def _marked(commentary: str, at: int) -> tuple[Piece, int] | None:
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Piece]], ...] = (
        (_MENTION, lambda one: Piece(text=_ESCAPE.sub(r"\1", one[1]), mention=one[2])),
        (_HASHTAG, lambda one: Piece(text=one[0], hashtag=True)),
        (_TEMPLATE, lambda one: Piece(text=f"#{one[1]}", hashtag=True)),
    )
    for pattern, piece in readers:
        found = pattern.match(commentary, at)
        if found is not None:
            return piece(found), found.end()
    return None
