"""Makes videos of any size: a short real film, and a box behind it that players pass over."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

__all__ = ("make_film",)

SIDE = 64
FRAMES = 48
FRAMES_PER_SECOND = 24
# A box whose length does not fit into 32 bits has 16 bytes of header (ISO/IEC 14496-12, 4.2).
LARGE_HEADER = 16


def make_film(path: Path, size: int) -> None:
    """Encodes two seconds of a moving picture as MP4 and fills the file up to a size.

    The rest is one ``free`` box, a hole in the file: it takes no room on the disk and is read as
    zeros.

    Args:
        path: Where to.
        size: Bytes of the whole file.

    Raises:
        ValueError: The film alone is larger.
    """
    import av  # noqa: PLC0415 - brings FFmpeg, which only this needs
    from PIL import Image  # noqa: PLC0415 - as above

    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        for number in range(FRAMES):
            picture = Image.new("RGB", (SIDE, SIDE), (5 * number, 120, 255 - 5 * number))
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV has no types for it
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    rest = size - path.stat().st_size
    if rest < LARGE_HEADER:
        raise ValueError(f"the film has {path.stat().st_size} bytes; ask for more than {size}")
    with path.open("ab") as file:
        file.write((1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big"))
        file.truncate(size)
