"""The practice creators and what each of them allows apps to post."""

import base64
import dataclasses
import hashlib
from typing import Literal

Privacy = Literal["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]

MAX_VIDEO_SECONDS = 600
_FIRST = ("ada", "bob", "carol", "dave")
_OF_PUBLIC: tuple[Privacy, ...] = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
_OF_PRIVATE: tuple[Privacy, ...] = ("FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")


def _letters(purpose: str, handle: str) -> str:
    digest = hashlib.sha256(f"{purpose}:{handle}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:36]


@dataclasses.dataclass(eq=False, kw_only=True)
class Creator:
    """One account; its identifiers follow from its handle and are the same after every reset.

    Attributes:
        handle: The username without the at sign.
        name: The nickname that its pages show.
        private: Whether only followers see what it posts.
        banned: Whether it may post nothing.
        comment_disabled: Whether its settings allow no comments.
        duet_disabled: Whether they allow no duets.
        stitch_disabled: Whether they allow no stitches.
        max_video_seconds: How long its videos may be.
        options: Its privacy levels where the control API set them.
    """

    handle: str
    name: str
    private: bool = False
    banned: bool = False
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_video_seconds: int = MAX_VIDEO_SECONDS
    options: tuple[Privacy, ...] | None = None

    @property
    def id(self) -> str:
        """The ``open_id`` that the practice network gives to every app."""
        return f"-000{_letters('open', self.handle)}"

    @property
    def union_id(self) -> str:
        """The identifier that all apps of one developer share."""
        return _letters("union", self.handle)

    @property
    def privacy_options(self) -> tuple[Privacy, ...]:
        """The levels that a post may have right now."""
        if self.options is not None:
            return self.options
        return _OF_PRIVATE if self.private else _OF_PUBLIC


class CreatorBook:
    """All creators; Ada, Bob, Carol and Dave are there from the start."""

    def __init__(self) -> None:
        self._by_handle: dict[str, Creator] = {}
        for handle in _FIRST:
            self._add(handle)

    def add_many(self, count: int, prefix: str) -> list[Creator]:
        """Makes that many creators ``prefix1``, ``prefix2`` and so on."""
        made: list[Creator] = []
        number = 0
        while len(made) < count:
            number += 1
            if f"{prefix}{number}" not in self._by_handle:
                made.append(self._add(f"{prefix}{number}"))
        return made

    def all(self) -> list[Creator]:
        """Returns every creator in the order of their making."""
        return list(self._by_handle.values())

    def find(self, handle: str) -> Creator | None:
        """Returns the creator of that handle."""
        return self._by_handle.get(handle)

    def _add(self, handle: str) -> Creator:
        creator = Creator(handle=handle, name=handle.capitalize())
        self._by_handle[handle] = creator
        return creator
