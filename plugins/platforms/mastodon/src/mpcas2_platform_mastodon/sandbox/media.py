"""Uploaded media: what the bytes are, the server's limits, and processing that takes its time."""

import dataclasses
from typing import Literal

import msgspec

from mpcas2_platform_mastodon.sandbox.accounts import Account
from mpcas2_platform_mastodon.sandbox.movie_header import read_movie
from mpcas2_platform_mastodon.sandbox.numbers import Numbers
from mpcas2_platform_mastodon.sandbox.parameters import Upload
from mpcas2_platform_mastodon.sandbox.picture_header import read_head
from mpcas2_platform_mastodon.sandbox.refusals import Refused, invalid
from mpcas2_platform_mastodon.sandbox.settings import MastodonSettings
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import FileDisk, StoredFile

_MIB = 1024 * 1024
_UNREADABLE = "File type of uploaded media could not be verified"

Kind = Literal["image", "gifv", "video", "audio"]


class Processing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the processing of a video, a GIF or a sound ends.

    Args:
        fails: Whether the file turns out to be unusable.
    """

    fails: bool = False


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What the server found in a file.

    Args:
        media_type: What the bytes are.
        kind: What Mastodon makes of them.
        width: In pixels; None where the header does not tell.
        height: In pixels.
        seconds: How long it runs.
        frame_rate: Frames a second.
    """

    media_type: str
    kind: Kind
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    frame_rate: float | None = None


@dataclasses.dataclass(eq=False, kw_only=True)
class Media:
    """One attachment.

    Attributes:
        id: Its number.
        owner: Who uploaded it.
        file: Its bytes.
        look: What they are.
        description: What it shows, in words; empty for none.
        focus: The point that a preview keeps in sight.
        status_id: The post that it belongs to; None before there is one.
    """

    id: str
    owner: Account
    file: StoredFile
    look: Look
    description: str = ""
    focus: tuple[float, float] | None = None
    status_id: str | None = None


class MediaBook:
    """All media.

    Args:
        core: Its clock says when processing is over.
        numbers: Gives the ids.
    """

    def __init__(self, core: SandboxCore, numbers: Numbers) -> None:
        self.disk = FileDisk()
        self.decisions = Decisions(core, Processing, seconds=2, name="processing")
        self._clock = core.clock
        self._numbers = numbers
        self._by_id: dict[str, Media] = {}

    def take(self, owner: Account, upload: Upload, settings: MastodonSettings) -> Media:
        """Takes a file in.

        Raises:
            Refused: It is none of the supported types, or beyond a limit.
        """
        look = inspected(upload.file, settings)
        media = Media(
            id=self._numbers.next(self._clock.now()), owner=owner, file=upload.file, look=look
        )
        if look.kind != "image":
            self.decisions.decide(media.id)
        self._by_id[media.id] = media
        return media

    def state(self, media: Media) -> Literal["ready", "processing", "failed"]:
        """Tells how far the processing of a file is; pictures need none."""
        if media.look.kind == "image":
            return "ready"
        decision = self.decisions.decide(media.id)
        if self.decisions.state(decision) == "pending":
            return "processing"
        return "failed" if decision.verdict.fails else "ready"

    def find(self, media_id: str) -> Media | None:
        """Returns the file of that number."""
        return self._by_id.get(media_id)

    def free(self, media_id: str, owner: Account) -> Media | None:
        """Returns a file of that owner that belongs to no post."""
        media = self._by_id.get(media_id)
        if media is None or media.owner is not owner or media.status_id is not None:
            return None
        return media

    def remove(self, media: Media) -> None:
        """Forgets a file."""
        del self._by_id[media.id]

    def all(self) -> list[Media]:
        """Returns every file in the order of their making."""
        return list(self._by_id.values())


def inspected(file: StoredFile, settings: MastodonSettings) -> Look:
    """Returns what a file is.

    Raises:
        Refused: It is none of the supported types, or beyond a limit.
    """
    if not file.size:
        raise invalid("File can't be blank")
    look = _look(file)
    if look is None:
        raise Refused(422, _UNREADABLE)
    if look.media_type not in settings.supported_types:
        raise invalid("File content type is invalid", "File is invalid")
    large = look.kind != "image"
    limit = settings.video_size_limit if large else settings.image_size_limit
    if file.size > limit:
        raise invalid(f"File file size must be less than {limit / _MIB:g} MB")
    pixels = settings.video_matrix_limit if look.kind == "video" else settings.image_matrix_limit
    if look.width and look.height and look.width * look.height > pixels:
        what = "videos" if look.kind == "video" else "images"
        raise Refused(422, f"{look.width}x{look.height} {what} are not supported")
    if look.frame_rate is not None and look.frame_rate > settings.video_frame_rate_limit:
        raise Refused(422, f"{int(look.frame_rate)}fps videos are not supported")
    return look


def _look(file: StoredFile) -> Look | None:
    head = read_head(file)
    if head is not None:
        return Look(
            media_type=head.media_type, kind=head.kind, width=head.width, height=head.height
        )
    movie = read_movie(file)
    if movie is None:
        return None
    return Look(
        media_type=movie.media_type,
        kind="video",
        width=movie.width,
        height=movie.height,
        seconds=movie.seconds,
        frame_rate=movie.frame_rate,
    )
