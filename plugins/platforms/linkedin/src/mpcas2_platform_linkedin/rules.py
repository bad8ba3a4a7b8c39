"""What LinkedIn accepts: limits, and rules that span several fields of a post.

Sources: LinkedIn's documentation and independent clients, partly third-party guides; nothing was tried
against the live service. Megabytes of videos and documents are decimal, the smaller reading.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpcas2_hookspecs import Account, Limits, MediaRule, Part, PostProblem, TextRule
from mpcas2_platform_linkedin.accounts import is_page, may_comment
from mpcas2_platform_linkedin.options import LinkedInOptions

__all__ = ("MAX_COMMENT", "MAX_TITLE", "limits_of", "options_of", "part_problems")

MAX_TITLE = 400
"""Greatest length of a title; from memory."""

MAX_COMMENT = 1_250
"""Greatest length of a comment; from memory."""

_MAX_TEXT = 3_000
_FOLDS_AT = 210
_ALT_TEXT = 4_086
_PICTURE_BYTES = 5 * 1024 * 1024
# LinkedIn wants fewer than 36,152,320.
_MAX_PIXELS = 36_152_319
_PICTURES = ("image/jpeg", "image/png", "image/gif")
_MAX_PICTURES = 20
_COMMENT = TextRule(max_length=MAX_COMMENT, required=True)
_MEDIA = (
    MediaRule(
        kind="image",
        mime_types=_PICTURES,
        max_count=_MAX_PICTURES,
        max_bytes=_PICTURE_BYTES,
        max_pixels=_MAX_PIXELS,
        alt_text_max_length=_ALT_TEXT,
    ),
    MediaRule(
        kind="video",
        mime_types=("video/mp4",),
        max_count=1,
        min_bytes=75_000,
        max_bytes=500_000_000,
        min_duration=3,
        max_duration=30 * 60,
        min_aspect=1 / 2.4,
        max_aspect=2.4,
    ),
    MediaRule(kind="document", mime_types=("application/pdf",), max_count=1, max_bytes=100_000_000),
)


def limits_of(account: Account | None, asked: tuple[str, ...]) -> Limits:
    """Declares what may be posted.

    Args:
        account: For whom; None for what holds without an account.
        asked: The scopes that the installation asks for: without an account, they tell whether
            comments are possible.
    """
    comments = "w_member_social_feed" in asked if account is None else may_comment(account)
    return Limits(
        text=TextRule(max_length=_MAX_TEXT, folds_at=_FOLDS_AT),
        title=TextRule(max_length=MAX_TITLE),
        media=_MEDIA,
        thumbnail=MediaRule(
            kind="image",
            mime_types=("image/jpeg", "image/png"),
            max_count=1,
            max_bytes=_PICTURE_BYTES,
            max_pixels=_MAX_PIXELS,
        ),
        comment=_COMMENT if comments else None,
    )


def options_of(part: Part) -> LinkedInOptions:
    """Gives a part's options, or their defaults."""
    return part.options if isinstance(part.options, LinkedInOptions) else LinkedInOptions()


def part_problems(part: Part, account: Account) -> Iterator[PostProblem]:
    """Judges a part by the rules that the limits cannot express; pure."""
    if part.role == "comment":
        return
    options = options_of(part)

    def problem(message: str, field: str) -> PostProblem:
        return PostProblem(message=message, field=field, part=part.index)

    if not (part.text.strip() or part.media or options.link or options.poll):
        yield problem("A post on LinkedIn needs a text, media, a link or a poll.", "text")
    if options.poll is not None and (part.media or options.link):
        yield problem(
            "A post on LinkedIn has either a poll or media or a link; remove all but one.",
            "options.poll",
        )
    if options.link is not None and part.media:
        yield problem(
            "A post on LinkedIn has either media or a link card; remove one of them, or write the "
            "address into the text.",
            "options.link",
        )
    if len(part.title) > MAX_TITLE:
        yield problem(f"A title on LinkedIn has at most {MAX_TITLE} characters.", "title")
    if options.link is not None:
        heading = part.title if options.link.title is None else options.link.title
        if not heading.strip():
            yield problem(
                "A link card on LinkedIn needs a heading: give the link or the post a title.",
                "options.link",
            )
        elif len(heading) > MAX_TITLE:
            yield problem(
                f"The heading of a link card has at most {MAX_TITLE} characters.", "options.link"
            )
    if any(media.kind == "document" for media in part.media) and not part.title.strip():
        yield problem("A document on LinkedIn needs a title; give the post one.", "title")
    if options.visibility == "CONNECTIONS" and is_page(account):
        yield problem(
            "A page has no connections; choose PUBLIC or LOGGED_IN.", "options.visibility"
        )
