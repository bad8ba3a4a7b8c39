"""Makes the film that the demonstration posts."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

if TYPE_CHECKING:
    from av import VideoStream

__all__ = ("make_film",)

_SIZE = (640, 360)
_FRAMES_PER_SECOND = 24
_SECONDS = 4
_DARK, _LIGHT = (18, 32, 84), (0, 176, 178)
_BITS_PER_SECOND = 6_000_000
# So coarse that it looks like sand, and so fine that it does not compress to nothing.
_GRAIN = 60
_STEP = 5
_DISC = 46


def make_film(path: Path) -> None:
    """Encodes a few seconds of a moving picture as MP4: H.264, or MPEG-4 where that is missing.

    Args:
        path: Where to.
    """
    import av  # noqa: PLC0415 - brings FFmpeg, which only the film needs

    width, height = _SIZE
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    sand = Image.effect_noise(_SIZE, _GRAIN)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=_FRAMES_PER_SECOND))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = _BITS_PER_SECOND
        stream.options = {"preset": "ultrafast"} if codec == "libx264" else {}
        for number in range(_FRAMES_PER_SECOND * _SECONDS):
            frame = av.VideoFrame.from_image(_picture(sand, number))  # type: ignore[no-untyped-call]  # PyAV's gap
            frame.pts, frame.time_base = number, Fraction(1, _FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _picture(sand: Image.Image, number: int) -> Image.Image:
    width, height = _SIZE
    moved = ImageChops.offset(sand, number * _STEP, number)
    image = ImageOps.colorize(moved, _DARK, _LIGHT)
    draw = ImageDraw.Draw(image)
    turn = 2 * math.pi * number / (_FRAMES_PER_SECOND * _SECONDS)
    x = width / 2 + (width / 2 - _DISC * 1.5) * math.cos(turn)
    y = height / 2 + (height / 2 - _DISC * 1.5) * math.sin(2 * turn)
    draw.ellipse((x - _DISC, y - _DISC, x + _DISC, y + _DISC), fill="white")
    draw.text(
        (width / 2, height / 2),
        f"MPCAS2  {number / _FRAMES_PER_SECOND:.1f} s",
        fill="white",
        font=ImageFont.load_default(48),
        anchor="mm",
        stroke_width=2,
        stroke_fill=_DARK,
    )
    return image
