"""Draws the pictures that the demonstration posts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

__all__ = ("draw_picture",)

_SIZE = (1200, 675)
_FROM = (18, 32, 84)
_TO = (0, 176, 178)
_QUALITY = 88


def draw_picture(path: Path, now: datetime, number: int) -> None:
    """Draws a gradient with the product's name, a number and the time, as JPEG.

    Args:
        path: Where to.
        now: The time to show.
        number: Tells one picture from another.
    """
    width, height = _SIZE
    # Two pixels, stretched: the library's own interpolation makes the gradient.
    seed = Image.new("RGB", (2, 2))
    middle = tuple((a + b) // 2 for a, b in zip(_FROM, _TO, strict=True))
    seed.putdata([_FROM, middle, middle, _TO])
    image = seed.resize(_SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for text, size, at in (
        ("MPCAS2", 190, 0.38),
        (str(number), 90, 0.62),
        (f"{now:%A, %d %B %Y, %H:%M:%S}", 44, 0.80),
    ):
        draw.text(
            (width / 2, height * at),
            text,
            fill="white",
            font=ImageFont.load_default(size),
            anchor="mm",
        )
    image.save(path, "JPEG", quality=_QUALITY)
