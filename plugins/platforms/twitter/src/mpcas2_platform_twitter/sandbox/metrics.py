"""Figures of posts that grow with the network's clock and are the same in every run."""

from datetime import datetime

from mpcas2_platform_twitter.sandbox.accounts import Account
from mpcas2_platform_twitter.sandbox.posts import PostBook, StoredPost
from mpcas2_sandbox.growth import figure

PRIVATE_DAYS = 30
_MOST_VIEWS = 20_000
_MOST_FOLLOWERS = 4_000


def views(post: StoredPost, now: datetime) -> int:
    """Returns how often a post was seen by then; it never shrinks while time goes on."""
    return figure(f"{post.author.handle}:{post.text}", post.created_at, now, _MOST_VIEWS)


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


def account_metrics(account: Account, posts: PostBook, now: datetime) -> dict[str, int]:
    """Returns the figures of an account; followers come in with the network's clock."""
    own = posts.of(account)
    followers = figure(f"{account.handle}:followers", account.created_at, now, _MOST_FOLLOWERS)
    return {
        "followers_count": followers,
        "following_count": followers // 5,
        "post_count": len(own),
        "listed_count": followers // 200,
        "like_count": followers // 3,
        "media_count": sum(len(post.media) for post in own),
    }
