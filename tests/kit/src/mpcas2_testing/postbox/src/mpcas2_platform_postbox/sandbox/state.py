"""What the practice network remembers, and the rules of Postbox that it judges by."""

import dataclasses
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.files import FileDisk, StoredFile

TEXT_LENGTH = 500
COMMENT_LENGTH = 200
ALT_LENGTH = 300
IMAGE_COUNT = 4
IMAGE_BYTES = 10_000_000
DRAFT_REST = timedelta(days=30)
_MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class RefusedError(Exception):
    """The network says no; code and sentence go into the answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclasses.dataclass(frozen=True)
class Account:
    """One who can consent and post."""

    id: str
    handle: str
    name: str


class DraftBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a client writes into a draft."""

    text: str = ""
    audience: Literal["everyone", "followers"] | None = None
    comment_on: str | None = None


@dataclasses.dataclass(frozen=True)
class Image:
    """A picture of a draft."""

    file: StoredFile
    media_type: str
    alt: str


@dataclasses.dataclass
class Draft:
    """A draft; ``post_id`` is set once it is published."""

    body: DraftBody
    touched_at: datetime
    images: dict[int, Image] = dataclasses.field(default_factory=dict)
    post_id: str = ""


@dataclasses.dataclass(frozen=True)
class Post:
    """Something public: a post, or a comment on one."""

    id: str
    author: Account
    draft: Draft
    at: datetime

    @property
    def comment_on(self) -> str | None:
        """The post that it is a comment on."""
        return self.draft.body.comment_on


class State:
    """Accounts, drafts and posts; made anew at every reset.

    Args:
        core: Its clock decides when a draft is dropped.
    """

    def __init__(self, core: SandboxCore) -> None:
        names = ("Ada", "Bob", "Carol", "Dave")
        self.accounts = [
            Account(str(1000 + number), name.lower(), name) for number, name in enumerate(names)
        ]
        self.posts: dict[str, Post] = {}
        self._drafts: dict[tuple[str, str], Draft] = {}
        self._published = 0
        self._clock = core.clock
        self._disk = FileDisk()

    def draft(self, account: Account, draft_id: str) -> Draft:
        """Returns a draft; one that rested for too long is gone, a published one never is."""
        draft = self._drafts.get((account.id, draft_id))
        if draft is None or (not draft.post_id and self._age(draft) > DRAFT_REST):
            raise RefusedError(404, "unknown-draft", "You have no draft of that id.")
        return draft

    def write(self, account: Account, draft_id: str, body: DraftBody) -> Draft:
        """Makes a draft, or makes it anew without its pictures."""
        standing = self._drafts.get((account.id, draft_id))
        if standing is not None and standing.post_id:
            raise RefusedError(409, "already-published", "This draft is published.")
        longest = TEXT_LENGTH if body.comment_on is None else COMMENT_LENGTH
        if len(body.text) > longest:
            raise RefusedError(422, "text-too-long", f"The text is longer than {longest}.")
        if body.comment_on is not None:
            if body.comment_on not in self.posts:
                raise RefusedError(422, "unknown-post", "There is no post to comment on.")
            if not body.text:
                raise RefusedError(422, "comment-without-text", "A comment has a text.")
            if body.audience is not None:
                raise RefusedError(422, "audience-of-comment", "A comment has its post's audience.")
        draft = Draft(body, self._clock.now())
        self._drafts[account.id, draft_id] = draft
        return draft

    def add_image(self, draft: Draft, place: int, media_type: str, alt: str, data: bytes) -> None:
        """Puts a picture into a draft; a second one at the same place takes it."""
        if draft.post_id:
            raise RefusedError(409, "already-published", "This draft is published.")
        if draft.body.comment_on is not None:
            raise RefusedError(422, "image-of-comment", "A comment has no pictures.")
        if place >= IMAGE_COUNT:
            raise RefusedError(
                422, "too-many-images", f"A post has {IMAGE_COUNT} pictures at most."
            )
        if len(data) > IMAGE_BYTES:
            raise RefusedError(
                413, "image-too-large", f"A picture has {IMAGE_BYTES} bytes at most."
            )
        if len(alt) > ALT_LENGTH:
            raise RefusedError(422, "alt-too-long", f"The description is longer than {ALT_LENGTH}.")
        if media_type not in _MAGIC or not data.startswith(_MAGIC[media_type]):
            raise RefusedError(415, "no-image", "The bytes must be those of a PNG or a JPEG.")
        draft.images[place] = Image(self._disk.new_file(data), media_type, alt)
        draft.touched_at = self._clock.now()

    def publish(self, account: Account, draft: Draft) -> Post:
        """Makes a draft public, once; asked again, it returns the same post."""
        if draft.post_id:
            if draft.post_id not in self.posts:
                raise RefusedError(410, "unknown-post", "The post of this draft was deleted.")
            return self.posts[draft.post_id]
        if not draft.body.text and not draft.images:
            raise RefusedError(422, "empty-draft", "A post has a text or a picture.")
        self._published += 1
        draft.post_id = f"{self._published:08d}"
        post = Post(draft.post_id, account, draft, self._clock.now())
        self.posts[post.id] = post
        return post

    def delete(self, account: Account, post_id: str) -> None:
        """Takes a post down, with the comments below it."""
        post = self.posts.get(post_id)
        if post is None or post.author != account:
            raise RefusedError(404, "unknown-post", "You have no post of that id.")
        for one in (*self.comments(post_id), post):
            del self.posts[one.id]

    def _age(self, draft: Draft) -> timedelta:
        return self._clock.now() - draft.touched_at

    def comments(self, post_id: str) -> list[Post]:
        """Returns the comments on a post, the oldest first."""
        return [post for post in self.posts.values() if post.comment_on == post_id]
