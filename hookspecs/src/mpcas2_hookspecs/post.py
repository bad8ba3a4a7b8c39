"""What is published, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from mpcas2_hookspecs.limits import MediaKind

__all__ = (
    "Absent",
    "Accepted",
    "AccountMetrics",
    "CannotTell",
    "Comment",
    "CommentPage",
    "FindResult",
    "Found",
    "Media",
    "Part",
    "PollResult",
    "PostMetrics",
    "PostProblem",
    "PublishResult",
    "Published",
    "Staged",
    "StillDeciding",
    "Target",
    "TextMark",
)


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a part. Its bytes are read through :meth:`PublishContext.open_media`.

    Attributes:
        id: Names the file towards the context.
        kind: Image, video, audio or document.
        mime_type: Sniffed from the bytes, not taken from a file name.
        size: Size in bytes.
        width: Width in pixels, where known.
        height: Height in pixels, where known.
        duration: Length in seconds, for video and audio, where known.
        alt_text: Alternative text; empty when the person gave none.
    """

    id: str
    kind: MediaKind
    mime_type: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    alt_text: str = ""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A part is public.

    Attributes:
        id: The network's id of the post.
        url: Address where a person sees the post; None when the network gives none.
        data: JSON that a later part needs to refer to this one, for example a content hash. A list of
            sentences under ``"warnings"`` is shown to the person: what is public, but not as wished.
    """

    id: str
    url: str | None = None
    data: dict[str, Any] = {}


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The network took the part and decides later; the engine asks ``poll``.

    Attributes:
        handle: JSON with which ``poll`` asks.
        check_after: Seconds until the first question.
        key: What a webhook of the network calls the post until it has an id
            (:attr:`WebhookEvent.key`); empty when none will come.
    """

    handle: dict[str, Any]
    check_after: float = 5.0
    key: str = ""


class StillDeciding(msgspec.Struct, frozen=True, kw_only=True):
    """The network has not decided yet.

    Attributes:
        check_after: Seconds until the next question.
        note: What the network is doing, for the person who waits.
    """

    check_after: float = 15.0
    note: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The part is there: an earlier attempt did succeed."""

    post: Published


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """The part is certainly not there.

    Only a durable handle proves it: a record key that does not exist, an upload session that still
    waits for its last chunk. Never return it from a list whose freshness nobody promises.

    Attributes:
        proof: What shows it, in a few words; it goes into the ledger.
    """

    proof: str


class CannotTell(msgspec.Struct, frozen=True, kw_only=True):
    """The network cannot say whether the part is there; a person or a policy decides.

    Attributes:
        reason: What a person should look for, in one sentence.
        ask_again_after: Seconds after which the network may be able to say, because its lists lag
            behind; the engine asks a few times more before it turns to a person. None when asking
            again is of no use.
    """

    reason: str
    ask_again_after: float | None = None


PublishResult = Published | Accepted
"""What ``publish`` returns."""

PollResult = Published | StillDeciding
"""What ``poll`` returns; a refusal is raised as :class:`~mpcas2_hookspecs.Rejected`."""

FindResult = Found | Accepted | Absent | CannotTell
"""What ``find`` returns; ``Accepted`` when the network did take the part and decides later."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a post. A single post has one, a thread has many, and a first comment is one more.

    Attributes:
        index: Place in the thread, from 0.
        role: ``"comment"`` for the first comment below the post, which comes last and has text only.
            It is given only where :attr:`Limits.comment` is declared.
        text: The text as it shall appear, with hashtags already appended.
        title: Title of the post, where the network has titles; empty when there is none.
        media: The files, in order.
        thumbnail: The picture that stands for the post; None when the person chose none.
        options: The network's own fields, an instance of :attr:`Platform.options`; None stands for
            its defaults. Every part of a post is given the same; the adapter knows which of them are
            about the first part only.
        root: The first part, already published; None for the first part itself.
        parent: The part before, already published; None for the first part.
    """

    index: int
    text: str
    role: Literal["post", "comment"] = "post"
    title: str = ""
    media: tuple[Media, ...] = ()
    thumbnail: Media | None = None
    options: msgspec.Struct | None = None
    root: Published | None = None
    parent: Published | None = None


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that ``publish`` and ``find`` need, as JSON.

    The engine stores it together with the pre-commit mark, before anything irreversible. A repeat
    after an unknown outcome is handed the very same value, so an id that is chosen here is chosen once.

    Attributes:
        data: JSON of the adapter's own shape. Never a secret.
    """

    data: dict[str, Any]


class PostProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a post cannot go out as it is.

    Attributes:
        message: What is wrong and what to do, in one or two sentences for a person.
        field: What it is about: ``"text"``, ``"title"``, ``"media"``, ``"thumbnail"`` or
            ``"options.<name>"``.
        part: :attr:`Part.index` of the part.
    """

    message: str
    field: str
    part: int = 0


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A place inside an account that a post can go to: a playlist, a board, a channel.

    Attributes:
        id: The network's id.
        title: Its name for people.
        option: Name of the field in :attr:`Platform.options` that takes the id.
        url: Address where a person sees it; None when there is none.
    """

    id: str
    title: str
    option: str
    url: str | None = None


class PostMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """How a post does, as totals since it went out. None is for what the network does not tell.

    Attributes:
        views: How often it was seen or played.
        likes: Likes, hearts, favourites.
        comments: Comments and replies.
        shares: Shares, reposts and quotes together.
        saves: Bookmarks.
        clicks: Clicks on its links.
        more: Figures that the network alone has, by its own names.
    """

    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    saves: int | None = None
    clicks: int | None = None
    more: dict[str, float] = {}


class AccountMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """How an account does, as totals of now. None is for what the network does not tell.

    Attributes:
        followers: Who follows it: followers, subscribers, fans.
        following: Whom it follows.
        posts: Posts that are there.
        views: How often its posts were seen or played altogether.
        more: Figures that the network alone has, by its own names.
    """

    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    views: int | None = None
    more: dict[str, float] = {}


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote below a post.

    Attributes:
        id: The network's id of the comment.
        author: The handle or name of whoever wrote it; empty when the network does not say.
        text: What it says, as plain text.
        created_at: When (aware, UTC).
        url: Address where a person sees it; None when there is none.
        parent_id: The comment that it answers; None when it answers the post.
        likes: None when the network does not say.
    """

    id: str
    author: str
    text: str
    created_at: datetime
    url: str | None = None
    parent_id: str | None = None
    likes: int | None = None


class CommentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some comments, and where the next ones are.

    Attributes:
        comments: In the network's order.
        cursor: Asks for the page behind; empty when there is none.
    """

    comments: tuple[Comment, ...] = ()
    cursor: str = ""


class TextMark(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a text of which the network makes something.

    Attributes:
        start: Where it begins, in code points.
        end: Where it ends, in code points; the end itself is not part of it.
        kind: What the network makes of it.
        shown: What people see instead, for example a shortened address; None when it stays.
        url: Where it leads; None when that is known only once it is posted.
    """

    start: int
    end: int
    kind: Literal["link", "mention", "hashtag"]
    shown: str | None = None
    url: str | None = None
