"""What pictures and films must be, told from their bytes."""

from typing import Final, Literal

import msgspec

from mpcas2_platform_facebook.sandbox.media_header import Film, read_film
from mpcas2_sandbox.files import StoredFile

VideoKind = Literal["video", "reel", "story"]

MAX_VIDEO_BYTES: Final = 10_000_000_000
MAX_REEL_BYTES: Final = 4_000_000_000
_MAX_SECONDS: Final[dict[VideoKind, float]] = {
    "video": 4 * 3600.0,
    "reel": 90.0,
    "story": 60.0,
}
_MIN_SECONDS: Final[dict[VideoKind, float]] = {"video": 1.0, "reel": 3.0, "story": 3.0}
_MIN_WIDTH = 540
_MIN_HEIGHT = 960
_FRAMES_A_SECOND = (24.0, 60.0)
# Clocks of films count in odd parts of a second.
_SLACK_SECONDS = 0.05
_SLACK_FRAMES = 0.5
# 9:16 within one part in a hundred, because frames have even numbers of dots.
_SLACK_SHAPE = 0.01

NOT_A_VIDEO: Final = 1363024
TOO_LARGE: Final = 1363023
BAD_LENGTH: Final = 1363026
BAD_FRAMES: Final = 1363128


class VideoFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a film.

    Args:
        code: The number that its status names.
        message: The sentence for a person.
    """

    code: int
    message: str


def video_fault(file: StoredFile, kind: VideoKind) -> tuple[Film | None, VideoFault | None]:
    """Returns what a film says about itself, and what is wrong with it.

    What its header does not tell is not held against it.

    Args:
        file: Its bytes.
        kind: What it is for.
    """
    film = read_film(file)
    if film is None:
        message = "The video file you selected is in a format that we don't support."
        return None, VideoFault(code=NOT_A_VIDEO, message=message)
    if film.seconds is not None and not (
        _MIN_SECONDS[kind] - _SLACK_SECONDS <= film.seconds <= _MAX_SECONDS[kind] + _SLACK_SECONDS
    ):
        least, most = _MIN_SECONDS[kind], _MAX_SECONDS[kind]
        message = f"The video must be between {least:g} and {most:g} seconds long."
        return film, VideoFault(code=BAD_LENGTH, message=message)
    fault = None if kind == "video" else _bad_frames(film)
    return film, fault


def _bad_frames(film: Film) -> VideoFault | None:
    if film.width is not None and film.height is not None:
        if film.width < _MIN_WIDTH or film.height < _MIN_HEIGHT:
            message = f"The video must have at least {_MIN_WIDTH} x {_MIN_HEIGHT} pixels."
            return VideoFault(code=BAD_FRAMES, message=message)
        if abs(film.width * 16 / (film.height * 9) - 1) > _SLACK_SHAPE:
            return VideoFault(code=BAD_FRAMES, message="The video must have the shape 9:16.")
    slow, fast = _FRAMES_A_SECOND
    speed = film.frames_a_second
    if speed is not None and not slow - _SLACK_FRAMES <= speed <= fast + _SLACK_FRAMES:
        message = f"The video must have {slow:g} to {fast:g} frames per second."
        return VideoFault(code=BAD_FRAMES, message=message)
    return None
