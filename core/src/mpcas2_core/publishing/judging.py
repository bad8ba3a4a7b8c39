"""Judges a post by what its network takes, when it is planned and not when it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import msgspec
import regex

from mpcas2_core.publishing.compose import ComposedPart
from mpcas2_core.publishing.judging_media import Fault, media_faults, thumbnail_faults
from mpcas2_hookspecs import Account, ChecksPost, CountsText, Limits, Platform, TextRule

__all__ = ("Problem", "judge", "measure", "unit_words")

GRAPHEME = regex.compile(r"\X")


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One reason why a post cannot be published as it is."""

    field: str
    message: str
    social_account_id: UUID | None = None


def measure(text: str, rule: TextRule, platform: Platform) -> int:
    """Counts a text the way the network does."""
    if isinstance(platform, CountsText) and rule.unit == "weighted":
        return platform.text_length(text)
    if rule.unit == "graphemes":
        return sum(1 for _ in GRAPHEME.finditer(text))
    if rule.unit == "utf16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    if rule.unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text)


def judge(
    parts: tuple[ComposedPart, ...],
    platform: Platform,
    account: Account,
    options: msgspec.Struct,
) -> list[Problem]:
    """Judges parts by a network's limits, then by the network's own rules.

    Args:
        parts: What is to be posted.
        platform: The network.
        account: For whom.
        options: The network's own fields.

    Returns:
        Every problem, in the order of the parts; empty when the post fits.
    """
    faults = list(_limit_faults(parts, platform, platform.limits(account)))
    if not faults and isinstance(platform, ChecksPost):
        # Only a post that fits the limits is worth the network's own words.
        seen = [part.for_adapter(index, options) for index, part in enumerate(parts)]
        faults = [
            Fault(_field(parts, found.part, found.field), found.message)
            for found in platform.check_post(seen, account)
        ]
    return [Problem(field=one.field, message=one.message) for one in faults]


def unit_words(rule: TextRule) -> str:
    """Names what a rule counts, for people, in the plural."""
    return {
        "graphemes": "characters",
        "codepoints": "characters",
        "utf16": "UTF-16 units",
        "weighted": "characters as the network counts",
    }.get(rule.unit, rule.unit)


def _field(parts: tuple[ComposedPart, ...], index: int, field: str) -> str:
    if 0 < index < len(parts) and parts[index].role == "comment":
        return "firstComment"
    prefix = "" if index == 0 or field.startswith("options") else f"thread[{index - 1}]."
    return f"{prefix}{field}"


def _limit_faults(
    parts: tuple[ComposedPart, ...], platform: Platform, limits: Limits
) -> Iterator[Fault]:
    title = platform.title
    posts = [part for part in parts if part.role == "post"]
    if len(posts) > limits.max_parts:
        most = "no threads" if limits.max_parts == 1 else f"at most {limits.max_parts} posts"
        yield Fault("thread", f"{title} takes {most} in one thread; this has {len(posts)}.")
    for index, part in enumerate(posts):
        prefix = "" if index == 0 else f"thread[{index - 1}]."
        if not part.text and (limits.text.required or not (part.media or limits.title)):
            yield Fault(f"{prefix}text", f"A post on {title} needs text.")
        yield from _text_faults(part.text, limits.text, platform, f"{prefix}text")
        yield from media_faults(part, limits, title, prefix)
    yield from _title_faults(parts[0], limits, platform)
    yield from thumbnail_faults(parts[0], limits, title)
    for part in parts[len(posts) :]:
        yield from _comment_faults(part, limits, platform)


def _title_faults(part: ComposedPart, limits: Limits, platform: Platform) -> Iterator[Fault]:
    rule = limits.title
    if rule is None:
        return
    if rule.required and not part.title:
        yield Fault("title", f"A post on {platform.title} needs a title.")
    yield from _text_faults(part.title, rule, platform, "title")


def _comment_faults(part: ComposedPart, limits: Limits, platform: Platform) -> Iterator[Fault]:
    if limits.comment is None:
        yield Fault(
            "firstComment",
            f"{platform.title} takes no first comment from programs. Leave it out, or write it "
            "into the text.",
        )
        return
    yield from _text_faults(part.text, limits.comment, platform, "firstComment")


def _text_faults(text: str, rule: TextRule, platform: Platform, field: str) -> Iterator[Fault]:
    what, title = field.rpartition(".")[2], platform.title
    what = "first comment" if what == "firstComment" else what
    length = measure(text, rule, platform)
    if length > rule.max_length:
        yield Fault(
            field,
            f"The {what} has {length} {unit_words(rule)}, {title} takes {rule.max_length}. "
            f"Shorten it by {length - rule.max_length}.",
        )
        return
    size = len(text.encode("utf-8", "surrogatepass"))
    if rule.max_bytes is not None and size > rule.max_bytes:
        yield Fault(
            field,
            f"The {what} has {size} bytes in UTF-8, {title} takes {rule.max_bytes}.",
        )
