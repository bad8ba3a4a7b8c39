"""Judges the bytes of videos and photos by what their headers tell."""

import msgspec

from mpcas2_platform_tiktok.sandbox.movie_header import Movie, read_movie
from mpcas2_platform_tiktok.sandbox.picture_header import read_picture
from mpcas2_sandbox.files import StoredFile

MAX_PHOTO_BYTES = 20_000_000
_MIN_SIDE = 360
_MAX_SIDE = 4096
_MIN_FRAME_RATE = 23
_MAX_FRAME_RATE = 60
_MAX_SHORT_SIDE = 1080
_MAX_LONG_SIDE = 1920


class Judged(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One file of a post and what its header tells.

    Args:
        media_type: What it is; None when it is nothing that TikTok takes.
        width: In pixels.
        height: In pixels.
        seconds: How long a video runs.
        fail_reason: Why the post fails for it; empty when nothing is wrong.
    """

    media_type: str | None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    fail_reason: str = ""


def judge_video(file: StoredFile, max_seconds: int) -> Judged:
    """Looks at a video.

    Args:
        file: Its bytes.
        max_seconds: How long the creator's videos may be.
    """
    movie = read_movie(file)
    if movie is None:
        return Judged(media_type=None, fail_reason="file_format_check_failed")
    return Judged(
        media_type=movie.media_type,
        width=movie.width,
        height=movie.height,
        seconds=movie.seconds,
        fail_reason=_video_fault(movie, max_seconds),
    )


def _video_fault(movie: Movie, max_seconds: int) -> str:
    if movie.seconds is not None and movie.seconds > max_seconds:
        return "duration_check_failed"
    sides = [side for side in (movie.width, movie.height) if side is not None]
    if any(not _MIN_SIDE <= side <= _MAX_SIDE for side in sides):
        return "picture_size_check_failed"
    rate = movie.frame_rate
    # Half a frame of slack: 23.976 and 59.94 are told as fractions, and rounded by many tools.
    if rate is not None and not _MIN_FRAME_RATE - 0.5 <= rate <= _MAX_FRAME_RATE + 0.5:
        return "frame_rate_check_failed"
    return ""


def judge_photo(file: StoredFile) -> Judged:
    """Looks at a photo."""
    picture = read_picture(file)
    if picture is None:
        return Judged(media_type=None, fail_reason="file_format_check_failed")
    sides = sorted(side for side in (picture.width, picture.height) if side is not None)
    limits = (_MAX_SHORT_SIDE, _MAX_LONG_SIDE)
    fits = all(side <= most for side, most in zip(sides, limits, strict=False))
    return Judged(
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        fail_reason="" if fits else "picture_size_check_failed",
    )
