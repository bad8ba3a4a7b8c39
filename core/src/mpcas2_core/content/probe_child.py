"""Looks into one file in a process of its own: ``python -m mpcas2_core.content.probe_child``.

Arguments: path, ``image``, ``video`` or ``audio``, and the name of the one format that it may be.
Prints one line of JSON: what was found, or ``{"refused": reason}``. The bytes come from a stranger
and the decoders are C: whatever they do to this process, the server does not notice, and once the
limits hold this process can open neither a file nor a connection. Kept free of every import that is
not needed, since one is started per upload.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ("main",)

# Pictures are up to 400 MB when decoded; a video's decoder keeps several frames of 8K.
MEMORY_BYTES = {"image": 1024 * 1024 * 1024, "video": 1536 * 1024 * 1024}
CPU_SECONDS = 30


def main(file: BinaryIO, said: str, name: str) -> dict[str, Any]:
    """Looks into the file under the limits.

    Args:
        file: The file.
        said: ``image``, ``video`` or ``audio``.
        name: What Pillow calls an image's format, or FFmpeg a container.
    """
    if said == "image":
        from mpcas2_core.content import probe_image  # noqa: PLC0415 - one of the two is needed

        probe_image.prepare()
        _limit(MEMORY_BYTES["image"])
        return probe_image.look(file, name)
    from mpcas2_core.content import probe_media  # noqa: PLC0415 - one of the two is needed

    probe_media.prepare()
    _limit(MEMORY_BYTES["video"])
    return probe_media.look(file, name, said)


def _limit(memory: int) -> None:
    try:
        # Absent on Windows, where the wall clock of the parent is what remains.
        import resource  # noqa: PLC0415 - see above
    except ImportError:
        return
    for what, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        # What is open stays open; no further file, pipe or socket can be had.
        (resource.RLIMIT_NOFILE, 0),
    ):
        # macOS knows RLIMIT_AS and refuses to set it; the others hold there.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (value, value))


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as opened:
        json.dump(main(opened, sys.argv[2], sys.argv[3]), sys.stdout)
