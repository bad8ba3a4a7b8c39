"""Posts and stories of Pages, with their comments and figures."""

import dataclasses
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from mpcas2_platform_facebook.sandbox.media import Photo, Video
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_sandbox.growth import figure

Kind = Literal["status", "link", "photo", "photos", "video", "reel", "story"]
State = Literal["public", "scheduled", "unpublished", "draft", "processing", "failed", "expired"]

_STORY_LIFE = timedelta(hours=24)


@dataclasses.dataclass(eq=False, kw_only=True)
class Comment:
    """One comment below a post.

    Attributes:
        id: Its number.
        author_id: Who wrote it.
        author: His name.
        text: What it says.
        at: When it was written.
        unknown: The parameters of its request that the network does not know.
    """

    id: str
    author_id: str
    author: str
    text: str
    at: datetime
    unknown: tuple[str, ...] = ()


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of one post by some time."""

    views: int
    viewers: int
    clicks: int
    likes: int
    loves: int
    shares: int
    comments: int

    @property
    def reactions(self) -> int:
        """All reactions together."""
        return self.likes + self.loves


@dataclasses.dataclass(eq=False, kw_only=True)
class Post:
    """One post or story of a Page.

    Attributes:
        id: ``{page}_{number}``; of a story the number alone.
        page: Whose it is.
        kind: What it shows.
        text: What it says.
        title: A film's title.
        link: The address that it leads to.
        made_at: When it was made.
        client_id: The app that made it.
        publishes_at: When it becomes public; None for never.
        draft: Whether it was made as a draft.
        photos: Its pictures.
        video: Its film.
        request: The parameters of the request that made it, the access token left out.
        unknown: The names of those that the network does not know.
        comments: What was written below it, oldest first.
    """

    id: str
    page: Page
    kind: Kind
    text: str = ""
    title: str = ""
    link: str = ""
    made_at: datetime
    client_id: str
    publishes_at: datetime | None
    draft: bool = False
    photos: tuple[Photo, ...] = ()
    video: Video | None = None
    request: dict[str, str]
    unknown: tuple[str, ...] = ()
    comments: list[Comment] = dataclasses.field(default_factory=list)

    @property
    def number(self) -> str:
        """The part of the id that is the post's own."""
        return self.id.rpartition("_")[2]

    @property
    def path(self) -> str:
        """The path of its page."""
        if self.kind == "story":
            return f"/stories/{self.page.id}/{self.number}/"
        if self.video is not None:
            reel = self.kind == "reel"
            return f"/reel/{self.video.id}/" if reel else f"/watch/{self.video.id}/"
        return f"/{self.page.handle}/posts/{self.number}"

    @property
    def all_unknown(self) -> list[str]:
        """The unknown parameters of all requests that the post was made by."""
        names = set(self.unknown)
        for one in self.photos:
            names.update(one.unknown)
        if self.video is not None:
            names.update(self.video.unknown)
        return sorted(names)

    def public_at(self) -> datetime | None:
        """Returns when people can see it; None for never."""
        if self.publishes_at is None or self.video is None:
            return self.publishes_at
        out = self.video.out_at
        if out is None or self.video.failure() is not None:
            return None
        return max(out, self.publishes_at)

    def state(self, now: datetime) -> State:
        """Returns how it stands at that time."""
        if self.video is not None and self.video.has_failed(now):
            return "failed"
        if self.draft:
            return "draft"
        if self.publishes_at is None:
            return "unpublished"
        if now < self.publishes_at:
            return "scheduled"
        public = self.public_at()
        if public is None or now < public:
            return "processing"
        if self.kind == "story" and now >= public + _STORY_LIFE:
            return "expired"
        return "public"

    def figures(self, now: datetime) -> Figures:
        """Returns what was counted of it by that time."""
        since = self.public_at() or now

        def grown(name: str, most: int) -> int:
            return figure(f"{self.id}:{name}", since, now, most)

        likes, loves = grown("likes", 220), grown("loves", 30)
        viewers = likes + loves + grown("viewers", 2400)
        return Figures(
            views=viewers + grown("views", 1900),
            viewers=viewers,
            clicks=grown("clicks", 160),
            likes=likes,
            loves=loves,
            shares=grown("shares", 40),
            comments=sum(one.at <= now for one in self.comments),
        )
