"""Decodes one image wholly, measures it and draws its thumbnail; runs in the probe's child process."""

from __future__ import annotations

import base64
import warnings
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

from mpcas2_core.content.thumbnail import drawn, load_pillow, upright

__all__ = ("look", "prepare")

MAX_PIXELS = 100_000_000
# All frames of an animation together; the rest of a longer one is not looked at.
MAX_FRAME_PIXELS = 400_000_000
_ORIENTATION = 0x0112
# EXIF orientations that lie on their side.
_TURNED = frozenset({5, 6, 7, 8})


def prepare() -> None:
    """Loads every decoder, since no file can be opened once the limits hold."""
    # Pillow's own bomb guard stands aside: the header is judged below, before anything is decoded.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    load_pillow()


def look(file: BinaryIO, decoder: str) -> dict[str, Any]:
    """Decodes the file and tells its size as shown, or why it is refused.

    Args:
        file: The image.
        decoder: Pillow's name of the one format that it may be.
    """
    try:
        with Image.open(file, formats=(decoder,)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                return {
                    "refused": f"it has {width} x {height} pixels; {MAX_PIXELS // 1_000_000} "
                    "million together is the most"
                }
            frames = getattr(image, "n_frames", 1)
            for index in range(max(1, min(frames, MAX_FRAME_PIXELS // max(width * height, 1)))):
                image.seek(index)
                image.load()
            image.seek(0)
            orientation = image.getexif().get(_ORIENTATION, 1)
            if orientation in _TURNED:
                width, height = height, width
            thumbnail = drawn(upright(image, orientation))
            return {
                "width": width,
                "height": height,
                "thumbnail": base64.b64encode(thumbnail).decode(),
            }
    except MemoryError:
        return {"refused": "decoding it needs more memory than an image may take"}
    except UnidentifiedImageError:
        return {"refused": "its bytes cannot be read as an image"}
    except Exception as error:  # noqa: BLE001 - a decoder raises whatever its format's code raises
        return {"refused": f"it is damaged or cut off ({error})"}
