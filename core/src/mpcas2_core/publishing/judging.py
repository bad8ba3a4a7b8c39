"""Judges a post by what its network takes, when it is planned and not when it is sent."""

from __future__ import annotations

from uuid import UUID

import msgspec
import regex

from mpcas2_core.content.rows import MediaFile
from mpcas2_core.publishing.compose import ComposedPart
from mpcas2_hookspecs import (
    Account,
    ChecksPost,
    CountsText,
    Limits,
    MediaRule,
    Platform,
    TextRule,
)

__all__ = ("Problem", "judge", "measure")

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
    problems = _check_limits(parts, platform, platform.limits(account))
    if not problems and isinstance(platform, ChecksPost):
        # Only a post that fits the limits is worth the network's own words.
        seen = [part.for_adapter(index, options) for index, part in enumerate(parts)]
        problems.extend(
            Problem(field=_field(found.part, found.field), message=found.message)
            for found in platform.check_post(seen, account)
        )
    return problems


def _field(part: int, field: str) -> str:
    prefix = "" if part == 0 or field.startswith("options") else f"thread[{part - 1}]."
    return f"{prefix}{field}"


def _check_limits(
    parts: tuple[ComposedPart, ...], platform: Platform, limits: Limits
) -> list[Problem]:
    problems: list[Problem] = []
    title = platform.title
    if len(parts) > limits.max_parts:
        most = "no threads" if limits.max_parts == 1 else f"at most {limits.max_parts} posts"
        problems.append(
            Problem(
                field="thread",
                message=f"{title} takes {most} in one thread; this has {len(parts)}.",
            )
        )
    for index, part in enumerate(parts):
        prefix = "" if index == 0 else f"thread[{index - 1}]."
        if not part.text and (limits.text.required or not (part.media or limits.title)):
            problems.append(
                Problem(field=f"{prefix}text", message=f"A post on {title} needs text.")
            )
        problems.extend(_check_text(part.text, limits.text, platform, f"{prefix}text"))
        problems.extend(_check_media(part, limits, title, prefix))
    problems.extend(_check_title(parts[0], limits, platform))
    problems.extend(_check_thumbnail(parts[0], limits, title))
    return problems


def _check_title(part: ComposedPart, limits: Limits, platform: Platform) -> list[Problem]:
    rule = limits.title
    if rule is None:
        return []
    if rule.required and not part.title:
        return [Problem(field="title", message=f"A post on {platform.title} needs a title.")]
    return _check_text(part.title, rule, platform, "title")


def _check_thumbnail(part: ComposedPart, limits: Limits, title: str) -> list[Problem]:
    file, rule = part.thumbnail, limits.thumbnail
    if file is None:
        return []
    if rule is None:
        return [Problem(field="thumbnail", message=f"{title} takes no thumbnail. Leave it out.")]
    if file.kind != rule.kind:
        message = f"A thumbnail is a picture; this is a {file.kind} file."
        return [Problem(field="thumbnail", message=message)]
    return _check_file(file, rule, title, "thumbnail")


def _check_text(text: str, rule: TextRule, platform: Platform, field: str) -> list[Problem]:
    what, title = field.rpartition(".")[2], platform.title
    length = measure(text, rule, platform)
    if length > rule.max_length:
        return [
            Problem(
                field=field,
                message=f"The {what} has {length} {_unit(rule)}, {title} takes {rule.max_length}. "
                f"Shorten it by {length - rule.max_length}.",
            )
        ]
    size = len(text.encode("utf-8", "surrogatepass"))
    if rule.max_bytes is not None and size > rule.max_bytes:
        return [
            Problem(
                field=field,
                message=f"The {what} has {size} bytes in UTF-8, {title} takes {rule.max_bytes}.",
            )
        ]
    return []


def _check_media(part: ComposedPart, limits: Limits, title: str, prefix: str) -> list[Problem]:
    problems: list[Problem] = []
    field = f"{prefix}media"
    rules = {rule.kind: rule for rule in limits.media}
    kinds = {file.kind for file in part.media}
    if not part.media and limits.requires_media:
        problems.append(
            Problem(field=field, message=f"A post on {title} needs a file: {' or '.join(rules)}.")
        )
    if len(kinds) > 1 and not limits.mixes_media:
        message = f"{title} does not take {' and '.join(sorted(kinds))} in one post."
        problems.append(Problem(field=field, message=message))
    for kind in sorted(kinds):
        files = [file for file in part.media if file.kind == kind]
        rule = rules.get(kind)
        if rule is None:
            takes = ", ".join(rules) or "no files"
            message = f"{title} does not take {kind} files here; it takes: {takes}."
            problems.append(Problem(field=field, message=message))
            continue
        if len(files) > rule.max_count:
            message = (
                f"{title} takes {rule.max_count} {kind} files in one post; this has {len(files)}."
            )
            problems.append(Problem(field=field, message=message))
        for index, file in enumerate(files):
            problems.extend(_check_file(file, rule, title, f"{field}[{index}]"))
    return problems


def _check_file(file: MediaFile, rule: MediaRule, title: str, place: str) -> list[Problem]:
    messages: list[tuple[str, str]] = []
    if file.mime_type not in rule.mime_types:
        message = f"{title} does not take {file.mime_type}; it takes {', '.join(rule.mime_types)}."
        messages.append((place, message))
    if file.size > rule.max_bytes:
        message = (
            f"The file has {file.size} bytes, {title} takes {rule.max_bytes}. Upload a smaller one."
        )
        messages.append((place, message))
    seconds = file.duration
    if seconds is not None and rule.max_duration is not None and seconds > rule.max_duration:
        message = f"It lasts {seconds:.1f} s, {title} takes {rule.max_duration:g}. Cut it shorter."
        messages.append((place, message))
    if seconds is not None and rule.min_duration is not None and seconds < rule.min_duration:
        message = f"It lasts {seconds:.1f} s, {title} wants {rule.min_duration:g} at least."
        messages.append((place, message))
    # Where a network takes none, the content's own alternative text is simply not used.
    if 0 < rule.alt_text_max_length < len(file.alt_text):
        message = (
            f"The alternative text has {len(file.alt_text)} characters, {title} takes "
            f"{rule.alt_text_max_length}."
        )
        messages.append((f"{place}.altText", message))
    return [Problem(field=where, message=message) for where, message in messages]


def _unit(rule: TextRule) -> str:
    return {
        "graphemes": "characters",
        "codepoints": "characters",
        "utf16": "UTF-16 units",
        "weighted": "characters as the network counts",
    }.get(rule.unit, rule.unit)
