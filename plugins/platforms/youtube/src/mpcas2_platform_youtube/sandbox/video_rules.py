"""What YouTube asks of a new video's title, description, tags and settings.

Source: the field and error tables of
https://developers.google.com/youtube/v3/docs/videos and .../docs/videos/insert. In one point this
network is stricter: a ``publishAt`` in the past is refused, where the real one publishes at once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mpcas2_platform_youtube.sandbox.api_times import parse_api_time
from mpcas2_platform_youtube.sandbox.errors import ApiError, invalid_metadata

MAX_TITLE_CHARACTERS = 100
MAX_DESCRIPTION_BYTES = 5000
MAX_TAGS_CHARACTERS = 500
DEFAULT_CATEGORY = "22"
CATEGORIES = {
    "1": "Film & Animation",
    "2": "Autos & Vehicles",
    "10": "Music",
    "15": "Pets & Animals",
    "17": "Sports",
    "19": "Travel & Events",
    "20": "Gaming",
    "22": "People & Blogs",
    "23": "Comedy",
    "24": "Entertainment",
    "25": "News & Politics",
    "26": "Howto & Style",
    "27": "Education",
    "28": "Science & Technology",
    "29": "Nonprofits & Activism",
}


def tags_length(tags: Sequence[str]) -> int:
    """Counts tags as the API does: commas between them, quotation marks around those with spaces."""
    quoted = sum(len(tag) + 2 * (" " in tag) for tag in tags)
    return quoted + max(0, len(tags) - 1)


def _brackets(text: str) -> bool:
    return "<" in text or ">" in text


def _check_snippet(snippet: dict[str, Any]) -> None:
    title = snippet.get("title", "")
    if not title.strip() or len(title) > MAX_TITLE_CHARACTERS or _brackets(title):
        raise invalid_metadata(
            "invalidTitle",
            "The request metadata specifies an invalid or empty video title.",
            "snippet.title",
        )
    description = snippet.get("description", "")
    if len(description.encode()) > MAX_DESCRIPTION_BYTES or _brackets(description):
        raise invalid_metadata(
            "invalidDescription",
            "The request metadata specifies an invalid video description.",
            "snippet.description",
        )
    tags = snippet.get("tags", [])
    empty = any(not tag.strip() for tag in tags)
    if empty or tags_length(tags) > MAX_TAGS_CHARACTERS or any(map(_brackets, tags)):
        raise invalid_metadata(
            "invalidTags",
            "The request metadata specifies invalid video keywords.",
            "snippet.tags",
        )
    if snippet.get("categoryId", DEFAULT_CATEGORY) not in CATEGORIES:
        raise invalid_metadata(
            "invalidCategoryId",
            "The <code>snippet.categoryId</code> property specifies an invalid category ID. Use "
            "the <code>videoCategories.list</code> method to retrieve supported categories.",
            "snippet.categoryId",
        )


def _invalid_publish_at() -> ApiError:
    return invalid_metadata(
        "invalidPublishAt",
        "The request metadata specifies an invalid scheduled publishing time.",
        "status.publishAt",
    )


def publish_at(status: dict[str, Any]) -> datetime | None:
    """Returns when a video goes public by itself, or None.

    Raises:
        ApiError: The time cannot be read.
    """
    if "publishAt" not in status:
        return None
    moment = parse_api_time(status["publishAt"])
    if moment is None:
        raise _invalid_publish_at()
    return moment


def check_video(body: dict[str, Any], now: datetime) -> None:
    """Checks a new video's metadata, whose fields have the right types already.

    Args:
        body: The resource as it was sent.
        now: The network's present time.

    Raises:
        ApiError: A rule is broken; the reason names the field.
    """
    if "snippet" not in body:
        raise invalid_metadata(
            "invalidVideoMetadata", "The request metadata is invalid.", "snippet"
        )
    _check_snippet(body["snippet"])
    status = body.get("status", {})
    moment = publish_at(status)
    if moment is not None and (status.get("privacyStatus") != "private" or moment <= now):
        raise _invalid_publish_at()
