"""The shapes of Postbox's answers, as far as the adapter reads them.

Unknown members are skipped, so that a network may add some. A member that is missing or of another
type makes the answer unreadable; nothing is guessed.
"""

from __future__ import annotations

import msgspec

__all__ = ("Draft", "Figures", "FiguresList", "Me", "Nothing", "Post", "Tokens")


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the token endpoint (RFC 6749, 5.1); ``expires_in`` is in seconds."""

    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        """Shows no token."""
        return "Tokens(hidden)"


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The account that a token belongs to."""

    id: str
    handle: str
    name: str


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A public post."""

    id: str
    url: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft: the positions of the pictures that it has, and the post that it became."""

    images: tuple[int, ...]
    post: Post | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How one post does."""

    id: str
    views: int
    likes: int
    comments: int


class FiguresList(msgspec.Struct, frozen=True, kw_only=True):
    """How several posts do."""

    posts: tuple[Figures, ...]


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of which nothing is read, an empty one included."""
