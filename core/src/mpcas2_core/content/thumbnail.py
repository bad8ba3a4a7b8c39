"""Draws the small JPEG that stands for a picture or a video in lists.

Only ever runs in the probe's child process, so it imports nothing but Pillow.
"""

from __future__ import annotations

import importlib
import io

from PIL import Image

__all__ = ("LONGEST_SIDE", "drawn", "load_pillow", "upright")

LONGEST_SIDE = 640
"""Greatest width and height of a thumbnail in pixels."""

QUALITY = 80
# What Pillow imports in the middle of its work only.
_LATE = ("copy", "random", "PIL.ImageColor", "PIL.ImageFilter", "PIL.ImagePalette", "PIL.TiffTags")
# What is done to a picture so that it stands as its EXIF orientation says (EXIF 2.3, tag 0x0112).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_pillow() -> None:
    """Loads all of Pillow that a picture may call for, while files can still be opened."""
    Image.init()
    for name in _LATE:
        importlib.import_module(name)


def drawn(image: Image.Image) -> bytes:
    """Draws a picture as a JPEG of :data:`LONGEST_SIDE` pixels at most, on white where it is clear.

    Args:
        image: The picture; it is made smaller in place.
    """
    # Coarsely first: what follows then needs little memory, whatever the picture's size and mode.
    coarse = 4 * LONGEST_SIDE
    image.thumbnail((coarse, coarse), Image.Resampling.NEAREST, reducing_gap=None)
    opaque = _opaque(image)
    opaque.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    opaque.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turns a picture as its EXIF orientation says; an unknown one changes nothing."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Sixteen bits of grey; converted as they are, all but the darkest would be white.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGB", clear.size, "white")
    white.paste(clear, mask=clear.getchannel("A"))
    return white
