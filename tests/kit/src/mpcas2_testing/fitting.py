"""Files that fit what an adapter declares, for each kind of sample."""

from __future__ import annotations

import functools

from mpcas2_hookspecs import Limits, Media, MediaRule
from mpcas2_testing.samples import document_bytes, jpeg_bytes, picture_bytes, video_bytes

__all__ = ("fitting", "rule_for", "sample_kind")

_USUAL_SIDE = 640
_USUAL_SECONDS = 3.0
_SEVERAL = 2
_MOST_BITS_A_SECOND = 8e6


def sample_kind(sample: str) -> str:
    """Gives the kind of media that a sample is made of; empty for a text."""
    kinds = {"video": "video", "document": "document", "text": ""}
    return kinds.get(sample, "image")


def rule_for(limits: Limits, kind: str) -> MediaRule | None:
    """Gives the rule about a kind of media; None where it is not accepted."""
    return next((one for one in limits.media if one.kind == kind), None)


def fitting(
    limits: Limits, sample: str, *, count: int | None = None, size: int = 100_000
) -> dict[Media, bytes]:
    """Makes the files of a sample so that they fit the limits.

    Args:
        limits: What the adapter declares.
        sample: One of ``Practice.samples``.
        count: How many files; None for as many as the sample needs.
        size: Bytes of a video.

    Raises:
        AssertionError: The limits accept no such file although the network takes it.
    """
    kind = sample_kind(sample)
    if not kind:
        return {}
    rule = rule_for(limits, kind)
    assert rule is not None, (
        f"the practice network takes {sample!r}, and limits(None) accepts no {kind}"
    )
    if count is None:
        count = min(_SEVERAL, rule.max_count) if sample in {"images", "carousel"} else 1
    files = (_file(rule, f"sample-{number}", size) for number in range(count))
    return dict(files)


@functools.cache
def _file(rule: MediaRule, name: str, size: int) -> tuple[Media, bytes]:
    if rule.kind == "document":
        content = document_bytes()
        return Media(
            id=name, kind="document", mime_type="application/pdf", size=len(content)
        ), content
    width, height = _sides(rule)
    if rule.kind == "image":
        png = "image/png" in rule.mime_types
        make = picture_bytes if png else jpeg_bytes
        content = make(width, height, label=name)
        return Media(
            id=name,
            kind="image",
            mime_type="image/png" if png else "image/jpeg",
            size=len(content),
            width=width,
            height=height,
            alt_text="Dots." if rule.alt_text_max_length else "",
        ), content
    size = min(max(size, rule.min_bytes), rule.max_bytes)
    # Networks refuse more bits a second than a film has.
    long = max(_USUAL_SECONDS, rule.min_duration or 0.0, size * 8 / _MOST_BITS_A_SECOND)
    seconds = min(long, rule.max_duration or 1e9)
    content = video_bytes(size, width=width, height=height, seconds=seconds)
    return Media(
        id=name,
        kind="video",
        mime_type="video/mp4",
        size=len(content),
        width=width,
        height=height,
        duration=seconds,
    ), content


def _sides(rule: MediaRule) -> tuple[int, int]:
    """Chooses dimensions that meet all that the rule asks of them."""
    least, most = rule.min_aspect or 0.0, rule.max_aspect or 1e9
    usual = 1.0 if rule.kind == "image" else 9 / 16
    aspect = min(max(usual, least), most)
    height = max(_USUAL_SIDE, rule.min_height or 0)
    height = min(height, rule.max_height or height)
    width = max(round(height * aspect), rule.min_width or 0)
    width = min(width, rule.max_width or width)
    if not least <= width / height <= most:
        height = round(width / aspect)
    return width, height
