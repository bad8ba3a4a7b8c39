"""What pictures and videos must be, told from their bytes, in the words of a container's error."""

from typing import Final, Literal

from mpcas2_platform_threads.sandbox.movie_header import Movie, Track, read_movie
from mpcas2_platform_threads.sandbox.picture_header import picture_size, picture_type
from mpcas2_sandbox.files import StoredFile

MediaFault = Literal[
    "FAILED_DOWNLOADING_VIDEO",
    "FAILED_PROCESSING_AUDIO",
    "FAILED_PROCESSING_VIDEO",
    "INVALID_ASPEC_RATIO",
    "INVALID_BIT_RATE",
    "INVALID_DURATION",
    "INVALID_FRAME_RATE",
    "INVALID_AUDIO_CHANNELS",
    "INVALID_AUDIO_CHANNEL_LAYOUT",
    "UNKNOWN",
]
"""What a container's ``error_message`` says; the third one's spelling is the network's own."""

MAX_IMAGE_BYTES: Final = 8 * 1024 * 1024
MAX_VIDEO_BYTES: Final = 1024**3
_MAX_SECONDS = 300.0
_MAX_WIDTH = 1920
_FRAMES_A_SECOND = (22.5, 60.5)
_MAX_BITS_A_SECOND = 100_000_000
_MAX_SOUND_RATE = 48_000
_MAX_CHANNELS = 2
_PICTURE_CODECS = frozenset({b"avc1", b"avc3", b"hvc1", b"hev1"})
# Clocks of containers count in odd parts of a second.
_SLACK_SECONDS = 0.05


def size_limit(*, video: bool) -> int:
    """Returns how many bytes a picture or a video may have."""
    return MAX_VIDEO_BYTES if video else MAX_IMAGE_BYTES


def image_fault(file: StoredFile) -> tuple[str, MediaFault | None]:
    """Returns a picture's media type, and what is wrong with it, or None."""
    data = file.read()
    kind = picture_type(data)
    size = picture_size(data) if kind else None
    if size is None or 0 in size:
        return kind, "UNKNOWN"
    width, height = size
    # 10:1, whichever side is the longer one.
    if max(width, height) > 10 * min(width, height):
        return kind, "INVALID_ASPEC_RATIO"
    return kind, None


def video_fault(file: StoredFile) -> tuple[str, MediaFault | None]:
    """Returns a video's media type, and what is wrong with it, or None.

    A file without a header tells nothing of length and frames, and is taken.
    """
    movie = read_movie(file)
    if movie is None:
        return "", "FAILED_PROCESSING_VIDEO"
    if movie.seconds is None:
        return movie.media_type, None
    return movie.media_type, _header_fault(movie, movie.seconds, file.size)


def _header_fault(movie: Movie, seconds: float, size: int) -> MediaFault | None:
    if not 0 < seconds <= _MAX_SECONDS + _SLACK_SECONDS:
        return "INVALID_DURATION"
    if size * 8 > seconds * _MAX_BITS_A_SECOND:
        return "INVALID_BIT_RATE"
    picture, sound = movie.first(b"vide"), movie.first(b"soun")
    if picture is None:
        return "FAILED_PROCESSING_VIDEO"
    return _picture_fault(picture) or (None if sound is None else _sound_fault(sound))


def _picture_fault(track: Track) -> MediaFault | None:
    if track.codec not in _PICTURE_CODECS or not 0 < track.width <= _MAX_WIDTH:
        return "FAILED_PROCESSING_VIDEO"
    # 0.01:1 to 10:1.
    if not track.height / 100 <= track.width <= track.height * 10:
        return "INVALID_ASPEC_RATIO"
    if track.frames and track.seconds:
        slow, fast = _FRAMES_A_SECOND
        if not slow <= track.frames / track.seconds <= fast:
            return "INVALID_FRAME_RATE"
    return None


def _sound_fault(track: Track) -> MediaFault | None:
    if track.codec != b"mp4a" or track.rate > _MAX_SOUND_RATE:
        return "FAILED_PROCESSING_AUDIO"
    return "INVALID_AUDIO_CHANNELS" if track.channels > _MAX_CHANNELS else None
