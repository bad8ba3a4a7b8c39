"""The posts with their comments, and which of them anybody can still see."""

import dataclasses
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from mpcas2_platform_linkedin.sandbox.directory import Author, Member
from mpcas2_platform_linkedin.sandbox.little_text import LittleText
from mpcas2_platform_linkedin.sandbox.media import Asset
from mpcas2_platform_linkedin.sandbox.post_body import PostBody
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions

_FIRST_NUMBER = 7_141_000_000_000_000_000
_STEP = 1_000_003


class Moderation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What becomes of a post that was taken.

    Args:
        withdrawn: Why it is withdrawn after all; None leaves it.
        shown: How the API tells: ``gone`` answers 404, ``failed`` shows it with the state
            ``PROCESSING_FAILED``.
    """

    withdrawn: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    shown: Literal["gone", "failed"] = "gone"


@dataclasses.dataclass(eq=False, kw_only=True)
class Comment:
    """One comment below a post.

    Attributes:
        id: Its number.
        actor: In whose name it was written.
        writer: Who wrote it.
        text: Its words, as they were sent.
        created_at: When.
    """

    id: str
    actor: Author
    writer: Member
    text: str
    created_at: datetime


@dataclasses.dataclass(eq=False, kw_only=True)
class Post:
    """One post.

    Attributes:
        number: What its URNs end with.
        kind: Whether its URN is a share's or a ugcPost's.
        author: In whose name it was made.
        writer: Who made it.
        body: What was sent.
        text: Its commentary as it was understood.
        media: The uploads that it shows.
        created_at: When it was made.
        comments: What was written below it.
        deleted_at: When it was deleted; None while it is not.
    """

    number: int
    kind: Literal["share", "ugcPost"]
    author: Author
    writer: Member
    body: PostBody
    text: LittleText
    media: tuple[Asset, ...]
    created_at: datetime
    comments: list[Comment] = dataclasses.field(default_factory=list)
    deleted_at: datetime | None = None

    @property
    def urn(self) -> str:
        """Its name in the API."""
        return f"urn:li:{self.kind}:{self.number}"

    @property
    def activity(self) -> str:
        """The URN of the activity that comments hang on."""
        return f"urn:li:activity:{self.number + 1}"

    @property
    def path(self) -> str:
        """The path of its public page."""
        return f"/feed/update/{self.urn}/"


class PostBook:
    """All posts, the deleted ones included.

    Args:
        core: Its clock decides what is withdrawn already.
    """

    def __init__(self, core: SandboxCore) -> None:
        self._clock = core.clock
        self.moderation: Decisions[Moderation] = Decisions(core, Moderation)
        self._posts: dict[int, Post] = {}
        self.comments = 0

    def add(
        self,
        author: Author,
        writer: Member,
        body: PostBody,
        text: LittleText,
        media: tuple[Asset, ...],
    ) -> Post:
        """Makes a post."""
        number = _FIRST_NUMBER + len(self._posts) * _STEP
        film = any(one.kind == "video" for one in media)
        poll = body.content is not msgspec.UNSET and body.content.poll is not msgspec.UNSET
        kind: Literal["share", "ugcPost"] = "ugcPost" if film or poll else "share"
        post = Post(
            number=number,
            kind=kind,
            author=author,
            writer=writer,
            body=body,
            text=text,
            media=media,
            created_at=self._clock.now(),
        )
        for one in media:
            one.used = True
        self._posts[number] = post
        self.moderation.decide(post.urn)
        return post

    def add_comment(self, post: Post, actor: Author, writer: Member, text: str) -> Comment:
        """Writes a comment below a post."""
        self.comments += 1
        comment = Comment(
            id=str(_FIRST_NUMBER // 10 + self.comments),
            actor=actor,
            writer=writer,
            text=text,
            created_at=self._clock.now(),
        )
        post.comments.append(comment)
        return comment

    def find(self, urn: str) -> Post | None:
        """Returns the post of a share's, a ugcPost's or an activity's URN, whatever its state."""
        number = urn.rpartition(":")[2]
        if not (number.isascii() and number.isdigit()):
            return None
        post = self._posts.get(int(number) - urn.startswith("urn:li:activity:"))
        return post if post is not None and urn in {post.urn, post.activity} else None

    def verdict(self, post: Post) -> Moderation:
        """Returns what moderation has made of a post by now; ``overrule`` counts."""
        decision = self.moderation.decide(post.urn)
        return decision.verdict if self.moderation.state(decision) == "decided" else Moderation()

    def public(self, post: Post) -> bool:
        """Tells whether people can see a post."""
        return post.deleted_at is None and self.verdict(post).withdrawn is None

    def readable(self, post: Post) -> bool:
        """Tells whether the API still shows a post."""
        verdict = self.verdict(post)
        return post.deleted_at is None and (verdict.withdrawn is None or verdict.shown == "failed")

    def all(self) -> list[Post]:
        """Returns every post in the order of their making."""
        return list(self._posts.values())

    def of(self, author: Author) -> list[Post]:
        """Returns an author's posts that the API shows, the newest first."""
        own = [one for one in self.all() if one.author is author and self.readable(one)]
        return own[::-1]

    def same(self, author: Author, body: PostBody, seconds: float, *, ghosts: bool) -> Post | None:
        """Returns a recent post of the same author with the same content.

        Args:
            author: The author.
            body: The content.
            seconds: How long ago counts as recent.
            ghosts: Whether posts count that were deleted or withdrawn.
        """
        now = self._clock.now()
        for post in reversed(self.all()):
            recent = (now - post.created_at).total_seconds() < seconds
            content = (post.body.commentary, post.body.content) == (body.commentary, body.content)
            if post.author is author and recent and content and (ghosts or self.readable(post)):
                return post
        return None


def shown(post: Post, book: PostBook) -> dict[str, Any]:
    """Returns a post as the API shows it: its commentary ends where it was cut off."""
    made = int(post.created_at.timestamp() * 1000)
    state = "PROCESSING_FAILED" if book.verdict(post).withdrawn else "PUBLISHED"
    document: dict[str, Any] = msgspec.to_builtins(post.body)
    return {
        **document,
        "id": post.urn,
        "commentary": post.text.kept,
        "lifecycleState": state,
        "createdAt": made,
        "publishedAt": made,
        "lastModifiedAt": made,
        "lifecycleStateInfo": {"isEditedByAuthor": False},
    }


def shown_comment(post: Post, comment: Comment) -> dict[str, Any]:
    """Returns a comment as the API shows it."""
    urn = f"urn:li:comment:({post.activity},{comment.id})"
    when = int(comment.created_at.timestamp() * 1000)
    return {
        "id": comment.id,
        "$URN": urn,
        "commentUrn": urn,
        "actor": comment.actor.urn,
        "object": post.activity,
        "message": {"text": comment.text, "attributes": []},
        "created": {"actor": comment.actor.urn, "time": when},
        "lastModified": {"actor": comment.actor.urn, "time": when},
    }
