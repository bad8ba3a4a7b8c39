"""Judges the files of a part by what its network takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mpcas2_core.content.rows import MediaFile
from mpcas2_core.publishing.compose import ComposedPart
from mpcas2_hookspecs import Limits, MediaRule

__all__ = ("Fault", "media_faults", "thumbnail_faults")


class Fault(NamedTuple):
    """What is wrong with a field of a post, and what to do."""

    field: str
    message: str


def media_faults(part: ComposedPart, limits: Limits, title: str, prefix: str) -> Iterator[Fault]:
    """Tells what is wrong with the files of a part.

    What could not be measured when the file came in is not judged; the network does that.

    Args:
        part: The part.
        limits: What the network takes.
        title: The network's name.
        prefix: What stands before ``media`` in the field.
    """
    field = f"{prefix}media"
    rules = {rule.kind: rule for rule in limits.media}
    kinds = {file.kind for file in part.media}
    if not part.media and limits.requires_media:
        yield Fault(field, f"A post on {title} needs a file: {' or '.join(rules)}.")
    if len(kinds) > 1 and not limits.mixes_media:
        yield Fault(field, f"{title} does not take {' and '.join(sorted(kinds))} in one post.")
    if limits.max_media is not None and len(part.media) > limits.max_media:
        yield Fault(
            field,
            f"{title} takes {limits.max_media} files in one post; this has {len(part.media)}. "
            f"Leave {len(part.media) - limits.max_media} out.",
        )
    for kind in sorted(kinds):
        count = sum(1 for file in part.media if file.kind == kind)
        rule = rules.get(kind)
        if rule is None:
            takes = ", ".join(rules) or "no files"
            yield Fault(field, f"{title} does not take {kind} files here; it takes: {takes}.")
        elif count > rule.max_count:
            yield Fault(
                field,
                f"{title} takes {rule.max_count} {kind} files in one post; this has {count}.",
            )
    for index, file in enumerate(part.media):
        rule = rules.get(file.kind)
        if rule is not None:
            yield from _file_faults(file, rule, title, f"{field}[{index}]")


def thumbnail_faults(part: ComposedPart, limits: Limits, title: str) -> Iterator[Fault]:
    """Tells what is wrong with the picture that stands for a post."""
    file, rule = part.thumbnail, limits.thumbnail
    if file is None:
        return
    if rule is None:
        yield Fault("thumbnail", f"{title} takes no thumbnail. Leave it out.")
    elif file.kind != rule.kind:
        yield Fault("thumbnail", f"A thumbnail is a picture; this is a {file.kind} file.")
    else:
        yield from _file_faults(file, rule, title, "thumbnail")


def _file_faults(file: MediaFile, rule: MediaRule, title: str, place: str) -> Iterator[Fault]:
    if file.mime_type not in rule.mime_types:
        takes = ", ".join(rule.mime_types)
        yield Fault(place, f"{title} does not take {file.mime_type}; it takes {takes}.")
    if file.size > rule.max_bytes:
        yield Fault(
            place,
            f"The file has {file.size} bytes, {title} takes {rule.max_bytes}. "
            "Upload a smaller one.",
        )
    if file.size < rule.min_bytes:
        yield Fault(
            place,
            f"The file has {file.size} bytes, {title} wants {rule.min_bytes} at least. "
            "Upload a larger one.",
        )
    for message in (*_duration_faults(file, rule, title), *_size_faults(file, rule, title)):
        yield Fault(place, message)
    # Where a network takes none, the content's own alternative text is simply not used.
    if 0 < rule.alt_text_max_length < len(file.alt_text):
        yield Fault(
            f"{place}.altText",
            f"The alternative text has {len(file.alt_text)} characters, {title} takes "
            f"{rule.alt_text_max_length}.",
        )


def _duration_faults(file: MediaFile, rule: MediaRule, title: str) -> Iterator[str]:
    seconds = file.duration
    if seconds is None:
        return
    if rule.max_duration is not None and seconds > rule.max_duration:
        yield f"It lasts {seconds:.1f} s, {title} takes {rule.max_duration:g}. Cut it shorter."
    if rule.min_duration is not None and seconds < rule.min_duration:
        yield f"It lasts {seconds:.1f} s, {title} wants {rule.min_duration:g} at least."


def _size_faults(file: MediaFile, rule: MediaRule, title: str) -> Iterator[str]:
    width, height = file.width, file.height
    for what, size, least, most in (
        ("wide", width, rule.min_width, rule.max_width),
        ("high", height, rule.min_height, rule.max_height),
    ):
        if size is not None and least is not None and size < least:
            yield f"It is {size} pixels {what}, {title} wants {least} at least. Use a larger one."
        if size is not None and most is not None and size > most:
            yield f"It is {size} pixels {what}, {title} takes {most}. Scale it down."
    if not width or not height:
        return
    if rule.max_pixels is not None and width * height > rule.max_pixels:
        yield (
            f"It has {width} x {height} = {width * height} pixels, {title} takes "
            f"{rule.max_pixels}. Scale it down."
        )
    aspect = width / height
    too_narrow = rule.min_aspect is not None and aspect < rule.min_aspect
    too_wide = rule.max_aspect is not None and aspect > rule.max_aspect
    if too_narrow or too_wide:
        yield (
            f"It is {width} x {height} pixels, which is a width to height of {aspect:.4g}; {title} "
            f"takes {_range(rule.min_aspect, rule.max_aspect)}. "
            f"Crop its {'height' if too_narrow else 'width'}."
        )


def _range(least: float | None, most: float | None) -> str:
    if least is None:
        return f"{most:.4g} at most"
    if most is None:
        return f"{least:.4g} at least"
    return f"{least:.4g} to {most:.4g}" if least != most else f"{least:.4g} only"
