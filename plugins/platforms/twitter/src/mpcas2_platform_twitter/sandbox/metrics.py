"""Figures of posts that grow with the network's clock and are the same in every run."""

import hashlib
import math
from datetime import datetime

from mpcas2_platform_twitter.sandbox.posts import PostBook, StoredPost

PRIVATE_DAYS = 30


def _liveliness(post: StoredPost) -> int:
    digest = hashlib.sha256(f"{post.author.handle}:{post.text}".encode()).digest()
    return 20 + digest[0]


def views(post: StoredPost, now: datetime) -> int:
    """Returns how often a post was seen by then; it never shrinks while time goes on."""
    minutes = max(0.0, (now - post.created_at).total_seconds() / 60)
    return int(_liveliness(post) * math.log1p(minutes))


def public_metrics(
    post: StoredPost, posts: PostBook, now: datetime, *, reposts: str
) -> dict[str, int]:
    """Returns the figures that everyone sees.

    Args:
        post: The post.
        posts: All posts, of which some answer or quote it.
        now: The time by which they are counted.
        reposts: What the count of reposts is called: it has an old and a new name.
    """
    seen = views(post, now)
    return {
        reposts: seen // 60,
        "reply_count": posts.replies(post),
        "like_count": seen // 12,
        "quote_count": posts.quotes(post),
        "bookmark_count": seen // 90,
        "impression_count": seen,
    }


def private_metrics(post: StoredPost, now: datetime) -> dict[str, int]:
    """Returns the figures that only the author sees."""
    seen = views(post, now)
    return {
        "impression_count": seen,
        "engagements": seen // 8,
        "user_profile_clicks": seen // 70,
        "url_link_clicks": seen // 40,
    }


def has_private_metrics(post: StoredPost, now: datetime) -> bool:
    """Tells whether the post is young enough for the figures of its author."""
    return (now - post.created_at).days < PRIVATE_DAYS
