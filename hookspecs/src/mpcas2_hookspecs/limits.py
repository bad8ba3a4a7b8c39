"""What a network accepts, as data: one declaration drives validation, forms and previews."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ("Limits", "MediaKind", "MediaRule", "TextRule", "TextUnit")

MediaKind = Literal["image", "video", "audio", "document"]
"""The four kinds of file that content can hold."""

TextUnit = Literal["graphemes", "codepoints", "utf16", "bytes", "weighted"]
"""How a network counts text: user-perceived characters, code points, UTF-16 units, UTF-8 bytes, or in
a way of its own (``weighted``), which the adapter counts as :class:`~mpcas2_hookspecs.CountsText`."""


class TextRule(msgspec.Struct, frozen=True, kw_only=True):
    """How long a text may be, and how its length is counted.

    Attributes:
        max_length: Greatest length, counted in ``unit``.
        unit: What one step of the count is.
        max_bytes: A second limit in UTF-8 bytes, where the network has one.
        required: True when a post must have text, even with media.
        folds_at: Length behind which the network hides the rest until somebody asks for it, counted
            in ``unit``; None when it shows everything. For the preview only.
    """

    max_length: int
    unit: TextUnit = "codepoints"
    max_bytes: int | None = None
    required: bool = False
    folds_at: int | None = None


class MediaRule(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of media must be like to be accepted.

    Attributes:
        kind: The kind of file that the rule is about.
        mime_types: Accepted MIME types, for example ``("image/jpeg", "image/png")``.
        max_count: How many files of the kind one part may carry.
        max_bytes: Greatest size of one file in bytes.
        min_duration: Least length in seconds, for video and audio.
        max_duration: Greatest length in seconds, for video and audio.
        alt_text_max_length: Greatest length of an alternative text in code points; 0 when the
            network takes none.
        min_bytes: Least size of one file in bytes.
        min_width: Least width in pixels, for pictures and videos.
        max_width: Greatest width in pixels.
        min_height: Least height in pixels.
        max_height: Greatest height in pixels.
        max_pixels: Greatest width times height.
        min_aspect: Least width divided by height, for example ``0.8`` for 4:5.
        max_aspect: Greatest width divided by height.
    """

    kind: MediaKind
    mime_types: tuple[str, ...]
    max_count: int
    max_bytes: int
    min_duration: float | None = None
    max_duration: float | None = None
    alt_text_max_length: int = 0
    min_bytes: int = 0
    min_width: int | None = None
    max_width: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    max_pixels: int | None = None
    min_aspect: float | None = None
    max_aspect: float | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a network accepts from one account.

    Attributes:
        text: The rule for the text of a part.
        title: The rule for the title of a post; None when the network has no titles.
        media: One rule for each kind of media that is accepted; an absent kind is refused.
        thumbnail: What a picture that stands for the post must be like; None when the network
            takes none.
        mixes_media: True when one part may carry media of more than one kind.
        requires_media: True when a part without media is refused.
        max_parts: Parts of one post: 1 means that the network has no threads.
        max_media: Files of all kinds together in one part; None when each kind's own count is enough.
        comment: The rule for a first comment; None when the network lets nobody comment by API.
    """

    text: TextRule
    title: TextRule | None = None
    media: tuple[MediaRule, ...] = ()
    thumbnail: MediaRule | None = None
    mixes_media: bool = False
    requires_media: bool = False
    max_parts: int = 1
    max_media: int | None = None
    comment: TextRule | None = None
