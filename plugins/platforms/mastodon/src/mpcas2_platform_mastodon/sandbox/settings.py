"""What differs from one Mastodon server to the next, changeable while it runs."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]

SUPPORTED_TYPES = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/webp",
    "image/avif",
    "video/webm",
    "video/mp4",
    "video/quicktime",
    "audio/wav",
    "audio/ogg",
    "audio/mpeg",
    "audio/flac",
    "audio/mp4",
)


class MastodonSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """The limits that ``GET /api/v2/instance`` tells, and what only a test wants.

    Args:
        max_characters: Of a post with its content warning.
        characters_per_url: What a link counts as.
        max_media: Files of a post.
        description_limit: Characters of an alt text.
        image_size_limit: Bytes.
        image_matrix_limit: Pixels.
        video_size_limit: Bytes, of sound and GIFs too.
        video_matrix_limit: Pixels of a frame.
        video_frame_rate_limit: Frames a second.
        poll_options: Choices of a poll, at most.
        poll_option_characters: Characters of a choice.
        poll_min_seconds: How long a poll must run.
        poll_max_seconds: How long it may run.
        supported_types: The media types that are taken.
        timeline_lag_seconds: Younger posts do not stand in ``GET /api/v1/accounts/{id}/statuses``.
        idempotency_seconds: How long an Idempotency-Key is remembered.
        version: What the server says it runs.
    """

    max_characters: Count = 500
    characters_per_url: Count = 23
    max_media: Count = 4
    description_limit: Count = 1500
    image_size_limit: Count = 16_777_216
    image_matrix_limit: Count = 33_177_600
    video_size_limit: Count = 103_809_024
    video_matrix_limit: Count = 8_294_400
    video_frame_rate_limit: Count = 120
    poll_options: Count = 4
    poll_option_characters: Count = 50
    poll_min_seconds: Count = 300
    poll_max_seconds: Count = 2_629_746
    supported_types: tuple[str, ...] = SUPPORTED_TYPES
    timeline_lag_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    idempotency_seconds: Annotated[float, msgspec.Meta(ge=0)] = 3600.0
    version: str = "4.5.0"
