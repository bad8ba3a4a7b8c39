"""Published media: posts, carousels, reels and stories, with their comments and figures."""

import dataclasses
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.containers import Container
from mpcas2_sandbox.growth import figure

Product = Literal["FEED", "REELS", "STORY"]

_STORY_LIFE = timedelta(hours=24)


@dataclasses.dataclass(eq=False, kw_only=True)
class Comment:
    """One comment below a post.

    Attributes:
        id: Its number.
        author: Who wrote it.
        text: What it says.
        at: When it was written.
    """

    id: str
    author: Account
    text: str
    at: datetime


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of one post by some time."""

    views: int
    reach: int
    likes: int
    comments: int
    shares: int
    saved: int
    reposts: int
    follows: int
    profile_visits: int
    replies: int
    navigation: int

    @property
    def interactions(self) -> int:
        """What people did with it, in all."""
        return self.likes + self.comments + self.shares + self.saved + self.reposts + self.replies


@dataclasses.dataclass(eq=False, kw_only=True)
class Media:
    """One published post.

    Attributes:
        id: Its number.
        shortcode: What its address names it by; it cannot be told from the number.
        owner: Whose it is.
        container: What it was made of.
        items: The containers of its pictures and videos, one unless it is a carousel.
        item_ids: The numbers of a carousel's items; empty for anything else.
        published_at: When it became public.
        client_id: The app that published it.
        comments: What was written below it, oldest first.
        removed: Whether the network took it down.
    """

    id: str
    shortcode: str
    owner: Account
    container: Container
    items: tuple[Container, ...]
    item_ids: tuple[str, ...]
    published_at: datetime
    client_id: str
    comments: list[Comment] = dataclasses.field(default_factory=list)
    removed: bool = False

    @property
    def caption(self) -> str:
        """Its text; a story shows none."""
        return "" if self.product == "STORY" else self.container.order.caption

    @property
    def product(self) -> Product:
        """Where it shows."""
        products: dict[str, Product] = {"REELS": "REELS", "STORIES": "STORY"}
        return products.get(self.container.order.kind, "FEED")

    @property
    def media_type(self) -> str:
        """What it is."""
        if self.item_ids:
            return "CAROUSEL_ALBUM"
        return "VIDEO" if self.container.order.is_video else "IMAGE"

    @property
    def path(self) -> str:
        """The path of its page."""
        if self.product == "STORY":
            return f"/stories/{self.owner.handle}/{self.id}/"
        return f"/{'reel' if self.product == 'REELS' else 'p'}/{self.shortcode}/"

    def shown(self, now: datetime) -> bool:
        """Tells whether people can see it at that time."""
        fresh = self.product != "STORY" or now < self.published_at + _STORY_LIFE
        return fresh and not self.removed

    def figures(self, now: datetime) -> Figures:
        """Returns what was counted of it by that time."""
        story = self.product == "STORY"

        def grown(name: str, most: int) -> int:
            return figure(f"{self.id}:{name}", self.published_at, now, most)

        likes = 0 if story else grown("likes", 240)
        reach = likes + grown("reach", 2400)
        return Figures(
            views=reach + grown("views", 1800),
            reach=reach,
            likes=likes,
            comments=sum(one.at <= now for one in self.comments),
            shares=grown("shares", 40),
            saved=0 if story else grown("saved", 60),
            reposts=0 if story else grown("reposts", 12),
            follows=grown("follows", 9),
            profile_visits=grown("visits", 80),
            replies=grown("replies", 15) if story else 0,
            navigation=grown("navigation", 300) if story else 0,
        )
