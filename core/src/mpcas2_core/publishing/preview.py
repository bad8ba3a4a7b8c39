"""Shows what a request would publish, as each network counts, folds, marks and lays it out."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import msgspec

from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.content.rows import MediaFile
from mpcas2_core.publishing.compose import ComposedPart
from mpcas2_core.publishing.jobs import NewJob
from mpcas2_core.publishing.judging import GRAPHEME, Problem, measure
from mpcas2_core.publishing.marks import marks_of
from mpcas2_core.publishing.warnings import PlanWarning
from mpcas2_hookspecs import Limits, Platform, TextMark, TextRule

__all__ = ("AccountPreview", "PartPreview", "Preview", "TextPreview", "preview_of")


class TextPreview(msgspec.Struct, frozen=True, kw_only=True):
    """A text as a network counts and shows it.

    Attributes:
        text: The whole of it.
        length: Counted in the rule's unit.
        size: In bytes of UTF-8.
        rule: What the network takes; None where it takes no such text.
        folded: What is seen before the network hides the rest; None when all is seen.
        marks: Links, mentions and hashtags.
    """

    text: str
    length: int
    size: int
    rule: TextRule | None
    folded: str | None = None
    marks: tuple[TextMark, ...] = ()


class PartPreview(msgspec.Struct, frozen=True, kw_only=True):
    """One post of the thread. Files bear the alternative text that the network will be given."""

    text: TextPreview
    media: tuple[MediaFile, ...]


class AccountPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What one account would publish.

    Attributes:
        account: The account.
        parts: The posts, in order.
        title: Where the network has titles.
        thumbnail: The picture that stands for the post.
        first_comment: Below the first post.
    """

    account: AccountRow
    parts: tuple[PartPreview, ...]
    title: TextPreview | None = None
    thumbnail: MediaFile | None = None
    first_comment: TextPreview | None = None


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a request would do, for all its accounts.

    Attributes:
        accounts: Those that could be composed for, in the order of the request.
        problems: What stands in the way; publishing would be refused in the same words.
        warnings: What would go otherwise than planned.
    """

    accounts: tuple[AccountPreview, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[PlanWarning, ...]


def preview_of(job: NewJob, platform: Platform) -> AccountPreview:
    """Shows one account's post.

    Args:
        job: The job, judged or not.
        platform: Its network.
    """
    limits = platform.limits(job.account.for_adapter())
    first = job.parts[0]
    comments = [part for part in job.parts if part.role == "comment"]
    return AccountPreview(
        account=job.account,
        parts=tuple(
            PartPreview(text=_text(part.text, limits.text, platform), media=_shown(part, limits))
            for part in job.parts
            if part.role == "post"
        ),
        title=_text(first.title, limits.title, platform) if limits.title and first.title else None,
        thumbnail=first.thumbnail,
        first_comment=_text(comments[0].text, limits.comment, platform) if comments else None,
    )


def _text(text: str, rule: TextRule | None, platform: Platform) -> TextPreview:
    return TextPreview(
        text=text,
        length=measure(text, rule or TextRule(max_length=0), platform),
        size=len(text.encode("utf-8", "surrogatepass")),
        rule=rule,
        folded=None if rule is None else _folded(text, rule, platform),
        marks=tuple(marks_of(text, platform)),
    )


def _folded(text: str, rule: TextRule, platform: Platform) -> str | None:
    if rule.folds_at is None or measure(text, rule, platform) <= rule.folds_at:
        return None
    ends = [found.end() for found in GRAPHEME.finditer(text)]
    # Never in the middle of a character that people see as one.
    fitting = bisect.bisect_right(
        ends, rule.folds_at, key=lambda end: measure(text[:end], rule, platform)
    )
    return text[: ends[fitting - 1]].rstrip() if fitting else ""


def _shown(part: ComposedPart, limits: Limits) -> tuple[MediaFile, ...]:
    return tuple(_as_given(file, limits) for file in part.media)


def _as_given(file: MediaFile, limits: Limits) -> MediaFile:
    described: Sequence[str] = [rule.kind for rule in limits.media if rule.alt_text_max_length]
    return file if file.kind in described else msgspec.structs.replace(file, alt_text="")
