"""Published posts and replies, with their figures."""

import dataclasses
from datetime import datetime, timedelta

import msgspec

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.container_order import ContainerOrder
from mpcas2_platform_threads.sandbox.containers import Container
from mpcas2_platform_threads.sandbox.text_rules import mentioned
from mpcas2_sandbox.growth import figure

_GHOST_LIFE = timedelta(hours=24)
_POLL_LIFE = timedelta(hours=24)
_MOST_VOTES = 300


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of one post by some time."""

    views: int
    likes: int
    replies: int
    reposts: int
    quotes: int
    shares: int


@dataclasses.dataclass(eq=False, kw_only=True)
class Post:
    """One published post or reply.

    Attributes:
        id: Its number.
        shortcode: What its address names it by; it cannot be told from the number.
        owner: Whose it is.
        order: What it was made as.
        published_at: When it became public.
        container: What it was made of; None for reposts and what the control API wrote.
        items: The containers of its pictures and videos.
        item_ids: The numbers of a carousel's items; empty for anything else.
        replied_to: The post that it stands below.
        quoted: The post that it quotes.
        reposted: The post that it repeats.
        replies: What stands directly below it, oldest first.
        quotes: How many posts quote it.
        reposts: How many repeat it.
        hidden: Whether the owner of the first post hid this reply.
        gone: ``deleted`` by its owner, or ``removed`` by the network; empty while it is there.
    """

    id: str
    shortcode: str
    owner: Account
    order: ContainerOrder
    published_at: datetime
    container: Container | None = None
    items: tuple[Container, ...] = ()
    item_ids: tuple[str, ...] = ()
    replied_to: "Post | None" = None
    quoted: "Post | None" = None
    reposted: "Post | None" = None
    replies: list["Post"] = dataclasses.field(default_factory=list)
    quotes: int = 0
    reposts: int = 0
    hidden: bool = False
    gone: str = ""

    @property
    def root(self) -> "Post":
        """The first post of its conversation; itself for one that is no reply."""
        post = self
        while post.replied_to is not None:
            post = post.replied_to
        return post

    @property
    def media_type(self) -> str:
        """What it is, in the API's words."""
        if self.reposted is not None:
            return "REPOST_FACADE"
        kinds = {"TEXT": "TEXT_POST", "CAROUSEL": "CAROUSEL_ALBUM"}
        return kinds.get(self.order.kind, self.order.kind)

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/@{self.owner.handle}/post/{self.shortcode}"

    def state(self, now: datetime) -> str:
        """Returns ``public``, ``deleted``, ``removed`` or ``expired``."""
        if self.gone:
            return self.gone
        if self.reposted is not None:
            return self.reposted.state(now)
        ended = self.order.ghost and now >= self.published_at + _GHOST_LIFE
        return "expired" if ended else "public"

    def shown(self, now: datetime) -> bool:
        """Tells whether people can see it at that time."""
        return self.state(now) == "public"

    def below(self, now: datetime) -> list["Post"]:
        """Returns the replies directly below it that are there, oldest first."""
        return [one for one in self.replies if one.shown(now)]

    def conversation(self, now: datetime) -> list["Post"]:
        """Returns all replies below it, however deep, oldest first."""
        found = []
        for one in self.below(now):
            found += [one, *one.conversation(now)]
        return sorted(found, key=lambda one: (one.published_at, one.id))

    def lets_reply(self, account: Account) -> bool:
        """Tells whether an account may reply; nobody here follows anybody."""
        if account is self.owner or self.order.reply_control == "everyone":
            return True
        if self.order.reply_control == "parent_post_author_only":
            return self.replied_to is not None and self.replied_to.owner is account
        return self.order.reply_control == "mentioned_only" and account.handle.lower() in mentioned(
            self.order.text
        )

    def votes(self, now: datetime) -> dict[str, int]:
        """Returns how many people chose each answer of its poll."""
        if self.order.poll is None:
            return {}
        by = min(now, self.poll_ends_at)
        return {
            name: figure(f"{self.id}:{name}", self.published_at, by, _MOST_VOTES)
            for name in self.order.poll.options()
        }

    @property
    def poll_ends_at(self) -> datetime:
        """When its poll ends."""
        return self.published_at + _POLL_LIFE

    def figures(self, now: datetime) -> Figures:
        """Returns what was counted of it by that time."""

        def grown(name: str, most: int) -> int:
            return figure(f"{self.id}:{name}", self.published_at, now, most)

        likes = grown("likes", 240)
        return Figures(
            views=likes + grown("views", 4200),
            likes=likes,
            replies=len([one for one in self.below(now) if one.published_at <= now]),
            reposts=self.reposts + grown("reposts", 30),
            quotes=self.quotes + grown("quotes", 12),
            shares=grown("shares", 40),
        )
