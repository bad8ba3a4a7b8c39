"""What pictures and videos must be, told from their bytes."""

from typing import Final

from mpcas2_platform_instagram.sandbox.container_order import ContainerOrder
from mpcas2_platform_instagram.sandbox.jpeg_header import HEAD, jpeg_size
from mpcas2_platform_instagram.sandbox.movie_header import Movie, Track, read_movie
from mpcas2_sandbox.files import StoredFile

MAX_IMAGE_BYTES: Final = 8 * 1024 * 1024
MAX_REEL_BYTES: Final = 1024**3
MAX_STORY_BYTES: Final = 100 * 1024 * 1024
MIN_WIDTH: Final = 320
_REEL_SECONDS = (3.0, 900.0)
_SHORT_SECONDS = (3.0, 60.0)
_MAX_VIDEO_WIDTH = 1920
_FRAMES_A_SECOND = (23.0, 60.0)
_MAX_BITS_A_SECOND = 25_000_000
_MAX_SOUND_RATE = 48_000
_PICTURE_CODECS = frozenset({b"avc1", b"avc3", b"hvc1", b"hev1"})
# Clocks of containers count in odd parts of a second.
_SLACK_SECONDS = 0.05

BAD_IMAGE: Final = 2207005
BAD_ASPECT: Final = 2207009
BAD_VIDEO: Final = 2207026
TOO_LARGE: Final = 2207004
BAD_OFFSET: Final = 2207057


def size_limit(order: ContainerOrder) -> int:
    """Returns how many bytes the media of a container may have."""
    if not order.is_video:
        return MAX_IMAGE_BYTES
    return MAX_STORY_BYTES if order.kind == "STORIES" else MAX_REEL_BYTES


def too_large(order: ContainerOrder) -> int:
    """Returns the subcode of media beyond its size limit."""
    return BAD_VIDEO if order.is_video else TOO_LARGE


def image_fault(file: StoredFile, *, in_feed: bool) -> int | None:
    """Returns the subcode of what is wrong with a picture, or None.

    Args:
        file: Its bytes.
        in_feed: Whether the aspect of feed pictures is asked for.
    """
    if file.size > MAX_IMAGE_BYTES:
        return TOO_LARGE
    data = file.read()
    size = jpeg_size(data) if data.startswith(HEAD) else None
    if size is None:
        return BAD_IMAGE
    width, height = size
    if width < MIN_WIDTH or height == 0:
        return BAD_ASPECT
    # 4:5 to 1.91:1, in whole numbers.
    if in_feed and not (width * 5 >= height * 4 and width * 100 <= height * 191):
        return BAD_ASPECT
    return None


def video_fault(file: StoredFile, order: ContainerOrder) -> tuple[Movie | None, int | None]:
    """Returns what a video's header says, and the subcode of what is wrong with it, or None.

    A file without a header tells nothing of length and frames, and is taken.

    Args:
        file: Its bytes.
        order: What it is for.
    """
    movie = read_movie(file)
    if movie is None or file.size > size_limit(order):
        return movie, BAD_VIDEO
    if movie.seconds is None:
        return movie, None
    least, most = _REEL_SECONDS if order.kind == "REELS" else _SHORT_SECONDS
    if not least - _SLACK_SECONDS <= movie.seconds <= most + _SLACK_SECONDS:
        return movie, BAD_VIDEO
    if file.size * 8 > movie.seconds * _MAX_BITS_A_SECOND:
        return movie, BAD_VIDEO
    picture, sound = movie.picture, movie.sound
    if picture is None or not _good_picture(picture):
        return movie, BAD_VIDEO
    if sound is not None and (sound.codec != b"mp4a" or sound.rate > _MAX_SOUND_RATE):
        return movie, BAD_VIDEO
    if order.thumb_offset is not None and order.thumb_offset >= movie.seconds * 1000:
        return movie, BAD_OFFSET
    return movie, None


def _good_picture(track: Track) -> bool:
    if track.codec not in _PICTURE_CODECS or not 0 < track.width <= _MAX_VIDEO_WIDTH:
        return False
    if not track.height / 100 <= track.width <= track.height * 10:
        return False
    if track.frames == 0 or track.seconds == 0:
        return True
    slow, fast = _FRAMES_A_SECOND
    return slow - 0.5 <= track.frames / track.seconds <= fast + 0.5
