"""Uploaded media: sessions, segments, what the bytes are, and processing that takes its time."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from mpcas2_platform_twitter.sandbox.accounts import Account
from mpcas2_platform_twitter.sandbox.numbers import Numbers
from mpcas2_platform_twitter.sandbox.pictures import HEAD_BYTES, gap_in, picture_size, sniff
from mpcas2_platform_twitter.sandbox.problems import Problem, invalid_request
from mpcas2_sandbox.clock import SandboxClock
from mpcas2_sandbox.files import FileDisk, StoredFile

SEGMENT_LIMIT = 5 * 1024 * 1024
_MB = 1_000_000
_EXPIRES_SECONDS = 86_400
_CHECK_SECONDS = 1
_GIF_SIZE = (1280, 1080)
_STILLS = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
_MOVIES = frozenset({"video/mp4", "video/quicktime", "video/webm"})

# For each category what it holds, and how large that may be.
_CATEGORIES: dict[str, tuple[str, frozenset[str], int]] = {
    "tweet_image": ("photo", _STILLS, 5 * _MB),
    "tweet_gif": ("animated_gif", frozenset({"image/gif"}), 15 * _MB),
    "tweet_video": ("video", _MOVIES, 512 * _MB),
    "amplify_video": ("video", _MOVIES, 512 * _MB),
}
_KEY_PREFIX = {"photo": "3", "animated_gif": "16", "video": "7"}


@dataclasses.dataclass(eq=False, kw_only=True)
class Media:
    """One file on its way into a post.

    Attributes:
        id: Its number.
        owner: Who uploads it.
        category: What it is to be used for.
        said_type: The media type that the uploader named; empty when none was.
        total_bytes: How long the uploader says it is; None when it came in one piece.
        created_at: When the upload began.
        segments: What has come so far, by index.
        file: The whole file, once it is complete.
        mime_type: What the bytes are.
        size: Width and height of a picture.
        ready_at: When its processing ends; None where nothing is processed.
        failure: Why its processing fails, or None.
        alt_text: What was said about it for those who do not see it.
        used: Whether a post has it.
    """

    id: str
    owner: Account
    category: str
    said_type: str
    total_bytes: int | None
    created_at: datetime
    segments: dict[int, StoredFile] = dataclasses.field(default_factory=dict)
    file: StoredFile | None = None
    mime_type: str = ""
    size: tuple[int, int] | None = None
    ready_at: datetime | None = None
    failure: str | None = None
    alt_text: str = ""
    used: bool = False

    @property
    def kind(self) -> str:
        """What a post shows: ``photo``, ``animated_gif`` or ``video``."""
        return _CATEGORIES[self.category][0]

    @property
    def key(self) -> str:
        """Its name in the fields of a post."""
        return f"{_KEY_PREFIX[self.kind]}_{self.id}"

    @property
    def expires_at(self) -> datetime:
        """When it is thrown away unless a post has it."""
        return self.created_at + timedelta(seconds=_EXPIRES_SECONDS)


class MediaBook:
    """All media since the start or the last reset.

    Args:
        clock: Uploads expire and processing ends by it.
        numbers: Gives ids.

    Attributes:
        processing_seconds: How long the processing of what is finalized from now on takes.
        fail_next: Why the processing of the next video or GIF fails; None lets it succeed.
        uploads: How many files were completed.
    """

    def __init__(self, clock: SandboxClock, numbers: Numbers) -> None:
        self._clock = clock
        self._numbers = numbers
        self._disk = FileDisk()
        self._by_id: dict[str, Media] = {}
        self.processing_seconds = 2.0
        self.fail_next: str | None = None
        self.uploads = 0

    def begin(
        self, owner: Account, category: str, *, said_type: str = "", total_bytes: int | None = None
    ) -> Media:
        """Opens an upload.

        Raises:
            Problem: The category is not for posts, or the file is too large for it.
        """
        if category not in _CATEGORIES:
            raise invalid_request(f"media_category {category} cannot be used in posts")
        _, kinds, limit = _CATEGORIES[category]
        if said_type and said_type not in kinds:
            raise invalid_request(f"media_type {said_type} does not fit media_category {category}")
        _check_size(category, total_bytes or 0, limit)
        media = Media(
            id=self._numbers.next(self._clock.now()),
            owner=owner,
            category=category,
            said_type=said_type,
            total_bytes=total_bytes,
            created_at=self._clock.now(),
        )
        self._by_id[media.id] = media
        return media

    def find(self, media_id: str, owner: Account | None = None) -> Media | None:
        """Returns the media of that number, if it is the owner's and has not expired."""
        media = self._by_id.get(media_id)
        if media is None or owner not in {None, media.owner}:
            return None
        return media if media.used or self._clock.now() < media.expires_at else None

    def by_key(self, key: str) -> Media | None:
        """Returns the media of that key."""
        media = self._by_id.get(key.partition("_")[2])
        return media if media is not None and media.key == key else None

    def all(self) -> list[Media]:
        """Returns every upload in the order of their beginning."""
        return list(self._by_id.values())

    def append(self, media: Media, index: int, data: bytes) -> None:
        """Keeps one segment; one that comes again takes the place of the first.

        Raises:
            Problem: The upload is complete, or the segment is empty or too large.
        """
        if media.file is not None or media.total_bytes is None:
            raise invalid_request("the upload is finalized already")
        if not data:
            raise invalid_request("the segment is empty")
        if len(data) > SEGMENT_LIMIT:
            raise invalid_request(f"a segment may have {SEGMENT_LIMIT} bytes, not {len(data)}")
        others = sum(file.size for at, file in media.segments.items() if at != index)
        if others + len(data) > media.total_bytes:
            raise invalid_request("Segments do not add up to provided total file size.")
        media.segments[index] = self._disk.new_file(data)

    def finalize(self, media: Media) -> None:
        """Puts the segments together; a second call changes nothing.

        Raises:
            Problem: A segment is missing, the length is another, or the bytes are something else.
        """
        if media.file is not None:
            return
        gap = gap_in(list(media.segments)) if media.segments else 0
        if gap is not None:
            raise invalid_request(f"segment {gap} is missing")
        whole = self._disk.new_file()
        for index in sorted(media.segments):
            whole.extend(media.segments[index])
        if whole.size != media.total_bytes:
            raise invalid_request(
                "Segments do not add up to provided total file size.",
            )
        self._complete(media, whole)
        media.segments.clear()

    def complete(self, media: Media, data: bytes) -> None:
        """Takes a whole file at once.

        Raises:
            Problem: It is empty, too large, or not what its category holds.
        """
        _check_size(media.category, len(data), _CATEGORIES[media.category][2])
        try:
            self._complete(media, self._disk.new_file(data))
        except Problem:
            del self._by_id[media.id]
            raise

    def _complete(self, media: Media, whole: StoredFile) -> None:
        head = whole.read(0, HEAD_BYTES)
        kind = sniff(head)
        if kind is None or kind not in _CATEGORIES[media.category][1]:
            raise invalid_request(
                f"the bytes are {kind or 'of no known media type'}, which does not fit "
                f"media_category {media.category}"
            )
        if media.said_type not in {"", kind}:
            raise invalid_request(f"the bytes are {kind}, not {media.said_type}")
        size = picture_size(head)
        if media.kind == "animated_gif" and size is not None and _exceeds(size, _GIF_SIZE):
            raise invalid_request("a GIF may have 1280 by 1080 pixels")
        media.file, media.mime_type, media.size = whole, kind, size
        self.uploads += 1
        if media.kind != "photo":
            media.failure, self.fail_next = self.fail_next, None
            media.ready_at = self._clock.now() + timedelta(seconds=self.processing_seconds)

    def state(self, media: Media) -> str:
        """Returns ``waiting``, ``pending``, ``in_progress``, ``failed`` or ``succeeded``."""
        if media.file is None:
            return "waiting"
        if media.ready_at is None:
            return "succeeded"
        left = (media.ready_at - self._clock.now()).total_seconds()
        if left > 0:
            return "pending" if left > self.processing_seconds / 2 else "in_progress"
        return "succeeded" if media.failure is None else "failed"

    def shown(self, media: Media) -> dict[str, Any]:
        """Returns the media as the answers of the upload routes show it."""
        left = (media.expires_at - self._clock.now()).total_seconds()
        data: dict[str, Any] = {
            "id": media.id,
            "media_key": media.key,
            "expires_after_secs": max(0, int(left)),
        }
        if media.file is None:
            return data
        data["size"] = media.file.size
        if media.kind == "photo" and media.size is not None:
            data["image"] = {
                "image_type": media.mime_type,
                "w": media.size[0],
                "h": media.size[1],
            }
        if media.ready_at is not None:
            data["processing_info"] = self._processing(media)
            data["video"] = {"video_type": media.mime_type}
        return data

    def _processing(self, media: Media) -> dict[str, Any]:
        state = self.state(media)
        info: dict[str, Any] = {"state": state}
        if state in {"pending", "in_progress"}:
            info["check_after_secs"] = _CHECK_SECONDS
        if state != "failed":
            progress = {"pending": 0, "in_progress": 60, "succeeded": 100}
            info["progress_percent"] = progress[state]
        return info


def _check_size(category: str, size: int, limit: int) -> None:
    if size > limit:
        raise invalid_request(f"{category} may have {limit} bytes, not {size}")


def _exceeds(size: tuple[int, int], limit: tuple[int, int]) -> bool:
    return size[0] > limit[0] or size[1] > limit[1]
