"""The public pages: start, timeline, members, organisations and single posts."""

from msgspec import UNSET
from starlette.responses import HTMLResponse

from mpcas2_platform_linkedin.sandbox.directory import Author, Member
from mpcas2_platform_linkedin.sandbox.figure_methods import counts
from mpcas2_platform_linkedin.sandbox.media import Asset
from mpcas2_platform_linkedin.sandbox.posts import Comment, Post
from mpcas2_platform_linkedin.sandbox.state import TITLE, LinkedInState
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import Card, Shot, missing_page, post_page, timeline_page

_COUNTED = {"impressionCount": "views", "likeCount": "reactions", "shareCount": "reposts"}
_DURATIONS = {
    "ONE_DAY": "1 day",
    "THREE_DAYS": "3 days",
    "SEVEN_DAYS": "7 days",
    "FOURTEEN_DAYS": "14 days",
}


class Pages:
    """Renders what everybody can see.

    Args:
        state: What the network remembers.
    """

    def __init__(self, state: LinkedInState) -> None:
        self._state = state

    def start(self) -> HTMLResponse:
        """Returns the start page."""
        pages = ", ".join(
            f"{one.name} ({', '.join(f'{who}: {role}' for who, role in one.roles.items())})"
            for one in self._state.directory.organizations()
        )
        return start_page(
            self._state.directory.members(),
            network=TITLE,
            about="This server plays LinkedIn's API and its consent page on this machine.",
            posts=self._state.stats().posts,
            notes=(f"Organisations and who manages them: {pages}.",),
        )

    def timeline(self, offset: int) -> HTMLResponse:
        """Returns the page of everybody's posts, the newest first."""
        return timeline_page(self._cards(None), network=TITLE, offset=offset)

    def profile(self, author: Author | None, offset: int) -> HTMLResponse:
        """Returns the page of one member or organisation."""
        if author is None:
            return missing_page("There is no such page.", network=TITLE)
        return timeline_page(
            self._cards(author),
            network=TITLE,
            offset=offset,
            path=author.path,
            heading=author.name,
            note="Member" if isinstance(author, Member) else "Organisation",
        )

    def post(self, urn: str) -> HTMLResponse:
        """Returns the page of one post, or the page that says that it is not there."""
        post = self._state.posts.find(urn)
        if post is None or not self._state.posts.public(post):
            message = "This post cannot be displayed. It may have been removed."
            return missing_page(message, network=TITLE)
        return post_page(self._card(post), network=TITLE)

    def _cards(self, author: Author | None) -> list[Card]:
        posts = [
            one
            for one in self._state.posts.all()
            if author in {None, one.author}
            and self._state.posts.public(one)
            and one.body.distribution.feed_distribution == "MAIN_FEED"
        ]
        return [self._card(one) for one in reversed(posts)]

    def _card(self, post: Post) -> Card:
        figures = counts(post, self._state.core.clock.now())
        return Card(
            author=post.author.name,
            handle=_handle(post.author),
            at=post.created_at,
            text=_text(post),
            url=post.path,
            title=_title(post),
            media=_shots(post),
            badges=_badges(post),
            counts=tuple((word, figures[name]) for name, word in _COUNTED.items()),
            comments=tuple(_comment(one) for one in post.comments),
        )


def _handle(author: Author) -> str:
    return author.handle if isinstance(author, Member) else author.vanity_name


def _comment(comment: Comment) -> Card:
    return Card(
        author=comment.actor.name,
        handle=_handle(comment.actor),
        at=comment.created_at,
        text=comment.text,
        badges=("comment",),
    )


def _title(post: Post) -> str:
    content = post.body.content
    if content is UNSET:
        return ""
    if content.media is not UNSET and post.media[0].kind != "document":
        return content.media.title or ""
    if content.article is not UNSET:
        return content.article.title
    return "" if content.poll is UNSET else content.poll.question


def _text(post: Post) -> str:
    content = post.body.content
    lines = [post.text.shown]
    if content is not UNSET and content.article is not UNSET:
        lines += [content.article.description or "", content.article.source]
    if content is not UNSET and content.poll is not UNSET:
        lines += [f"○ {one.text}" for one in content.poll.options]
        lines.append(f"Open for {_DURATIONS[content.poll.settings.duration]}")
    return "\n".join(line for line in lines if line)


def _shots(post: Post) -> tuple[Shot, ...]:
    content = post.body.content
    if content is UNSET:
        return ()
    if content.multi_image is not UNSET:
        words = [one.alt_text or "" for one in content.multi_image.images]
        return tuple(_shot(one, alt) for one, alt in zip(post.media, words, strict=True))
    alt = ""
    if content.media is not UNSET:
        document = post.media[0].kind == "document"
        alt = (content.media.title if document else content.media.alt_text) or ""
    return tuple(_shot(one, alt) for one in post.media)


def _shot(asset: Asset, alt: str) -> Shot:
    return Shot(url=f"/media/{asset.id}", kind=asset.kind, alt=alt)


def _badges(post: Post) -> tuple[str, ...]:
    words = []
    if post.body.visibility == "CONNECTIONS":
        words.append("connections only")
    if post.body.visibility == "LOGGED_IN":
        words.append("members only")
    if post.body.is_reshare_disabled_by_author:
        words.append("no reposts")
    if post.text.cut:
        words.append("text cut off")
    content = post.body.content
    if content is not UNSET and content.poll is not UNSET:
        words.append("poll")
    return tuple(words)
