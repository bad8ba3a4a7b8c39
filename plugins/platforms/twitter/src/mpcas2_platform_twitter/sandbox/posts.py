"""The posts that exist, and the text as X gives it back."""

import base64
import dataclasses
import hashlib
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mpcas2_platform_twitter.sandbox.accounts import Account
from mpcas2_platform_twitter.sandbox.media import Media
from mpcas2_platform_twitter.sandbox.post_request import UNSET, PostRequest
from mpcas2_platform_twitter.sandbox.weighted_text import links

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SHORT_LETTERS = 10


@dataclasses.dataclass(eq=False, kw_only=True)
class StoredPost:
    """One post.

    Attributes:
        id: Its number.
        author: Who wrote it.
        request: What was sent.
        media: The files of the request.
        parent: The post that it answers.
        quoted: The post that it quotes.
        created_at: When it was made.
        conversation_id: The number of the thread's first post.
    """

    id: str
    author: Account
    request: PostRequest
    media: tuple[Media, ...]
    parent: "StoredPost | None"
    quoted: "StoredPost | None"
    created_at: datetime
    conversation_id: str

    @property
    def path(self) -> str:
        """Where its public page is."""
        return f"/{self.author.handle}/status/{self.id}"

    @property
    def text(self) -> str:
        """The text that was sent, in NFC."""
        return unicodedata.normalize("NFC", self.request.text)

    def shown_text(self) -> tuple[str, list[dict[str, Any]]]:
        """Returns the text as the API gives it back, and the links in it.

        X puts a short address of its own in the place of every link and behind the text of a post
        with media, and escapes ``&``, ``<`` and ``>``.
        """
        pieces: list[str] = []
        entities: list[dict[str, Any]] = []
        length = at = 0

        def add(piece: str) -> None:
            nonlocal length
            pieces.append(piece)
            length += len(piece)

        def add_link(target: str, **more: str) -> None:
            short = short_link(target)
            entities.append({"start": length, "end": length + len(short), "url": short, **more})
            add(short)

        text = self.text
        for start, end in links(text):
            add(text[at:start].translate(_ESCAPES))
            target = text[start:end]
            full = target if "://" in target else f"http://{target}"
            add_link(full, expanded_url=full, display_url=full.partition("://")[2])
            at = end
        add(text[at:].translate(_ESCAPES))
        if self.media:
            if length:
                add(" ")
            place = "photo" if self.media[0].kind == "photo" else "video"
            full = f"https://x.com{self.path}/{place}/1"
            shown = "pic.x.com/" + short_link(full).rpartition("/")[2]
            add_link(full, expanded_url=full, display_url=shown, media_key=self.media[0].key)
        return "".join(pieces), entities

    def sameness(self) -> tuple[object, ...]:
        """Returns what makes another post of this author a duplicate of it."""
        request = self.request
        return (
            self.text.strip(),
            tuple(one.id for one in self.media),
            None if self.parent is None else self.parent.id,
            None if self.quoted is None else self.quoted.id,
            None if request.poll is UNSET else request.poll,
        )


def short_link(target: str) -> str:
    """Returns the short address that stands for a link."""
    digest = base64.b32encode(hashlib.sha256(target.encode()).digest()).decode()
    return f"https://t.co/{digest[:_SHORT_LETTERS]}"


class PostBook:
    """All posts that exist."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredPost] = {}
        self._of_author: dict[str, list[StoredPost]] = {}
        self._same: dict[tuple[object, ...], StoredPost] = {}
        self.deleted = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, post: StoredPost) -> None:
        """Takes a new post in."""
        self._by_id[post.id] = post
        self._of_author.setdefault(post.author.id, []).append(post)
        self._same[post.author.id, *post.sameness()] = post

    def remove(self, post: StoredPost) -> None:
        """Deletes a post; the answers to it stay."""
        del self._by_id[post.id]
        self._of_author[post.author.id].remove(post)
        key = (post.author.id, *post.sameness())
        if self._same.get(key) is post:
            del self._same[key]
        self.deleted += 1

    def find(self, post_id: str) -> StoredPost | None:
        """Returns the post of that number."""
        return self._by_id.get(post_id)

    def same_as(self, post: StoredPost) -> StoredPost | None:
        """Returns the newest post that says the same as this one, by the same author."""
        return self._same.get((post.author.id, *post.sameness()))

    def of(self, author: Account) -> list[StoredPost]:
        """Returns an author's posts, the newest first."""
        return self._of_author.get(author.id, [])[::-1]

    def all(self) -> Iterable[StoredPost]:
        """Returns every post in the order of their making."""
        return self._by_id.values()

    def replies(self, post: StoredPost) -> int:
        """Returns how many posts answer this one."""
        return sum(one.parent is post for one in self._by_id.values())

    def quotes(self, post: StoredPost) -> int:
        """Returns how many posts quote this one."""
        return sum(one.quoted is post for one in self._by_id.values())
