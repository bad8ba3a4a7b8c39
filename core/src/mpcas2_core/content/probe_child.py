"""Decodes one image in a process of its own: ``python -m mpcas2_core.content.probe_child PATH FORMAT``.

Prints one line of JSON: ``{"width", "height"}``, or ``{"refused": reason}``. The bytes come from a
stranger and the decoders are C: whatever they do to this process, the server does not notice. Kept
free of every import but Pillow, since one is started per upload.
"""

from __future__ import annotations

import json
import sys
import warnings
from contextlib import suppress

from PIL import Image, UnidentifiedImageError

__all__ = ("main",)

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 20
MAX_PIXELS = 100_000_000
# All frames of an animation together; the rest of a longer one is not looked at.
MAX_FRAME_PIXELS = 400_000_000
_ORIENTATION = 0x0112
# EXIF orientations that lie on their side.
_TURNED = frozenset({5, 6, 7, 8})


def main(path: str, kind: str) -> dict[str, object]:
    """Decodes the file wholly and measures it.

    Args:
        path: The file.
        kind: Pillow's name of the one format that it may be.
    """
    try:
        with Image.open(path, formats=(kind,)) as image:
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
            if image.getexif().get(_ORIENTATION) in _TURNED:
                width, height = height, width
            return {"width": width, "height": height}
    except MemoryError:
        return {"refused": "decoding it needs more memory than an image may take"}
    except UnidentifiedImageError:
        return {"refused": "its bytes cannot be read as an image"}
    except Exception as error:  # noqa: BLE001 - a decoder raises whatever its format's code raises
        return {"refused": f"it is damaged or cut off ({error})"}


def _limit() -> None:
    # Absent on Windows, where the wall clock of the parent is what remains.
    import resource  # noqa: PLC0415 - see above

    for what, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        # macOS knows RLIMIT_AS and refuses to set it; the others hold there.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (value, value))


if __name__ == "__main__":
    # Pillow's own bomb guard stands aside: the header is judged above, before anything is decoded.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    with suppress(ImportError):
        _limit()
    json.dump(main(sys.argv[1], sys.argv[2]), sys.stdout)
