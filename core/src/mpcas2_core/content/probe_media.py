"""Looks into one video or audio file and draws its thumbnail; runs in the probe's child process."""

from __future__ import annotations

import base64
import importlib
import pkgutil
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import av
import av.error
from PIL import Image, ImageStat

from mpcas2_core.content.thumbnail import LONGEST_SIDE, drawn, load_pillow

if TYPE_CHECKING:
    from av.container import InputContainer

__all__ = ("look", "prepare")

MAX_STREAMS = 32
MAX_SECONDS = 12 * 3600
# A little more than 8K.
MAX_PIXELS = 36_000_000
# How much of the end may lack, as a share of the length and at least so many seconds. MP4 names
# every frame; other containers round, and may end in a picture that stands still.
SLACK = {"mov": 0.01}
SLACK_ELSEWHERE = 0.1
SLACK_SECONDS = 0.5
# Where a telling frame is looked for, how far from the key frame before, and for how long.
MOMENTS = (0.1, 0.3, 0.6)
FRAMES_AFTER_KEY = 120
THUMBNAIL_CPU_SECONDS = 10.0
# Mean brightness of 255 below which a frame is as good as black.
BLACK = 16
_MICROSECONDS = 1_000_000
# Rotations in degrees that lay a picture on its side.
_TURNED = frozenset({90, 270})
_NOT_NEEDED = frozenset({"av.__main__", "av.datasets"})


class _RefusedError(Exception):
    pass


def prepare() -> None:
    """Loads what is needed, since no file can be opened once the limits hold."""
    load_pillow()
    # PyAV imports parts of itself when a file first has such a stream.
    for found in pkgutil.walk_packages(av.__path__, "av."):
        if found.name not in _NOT_NEEDED:
            importlib.import_module(found.name)


def look(file: BinaryIO, demuxer: str, said: str) -> dict[str, Any]:
    """Opens the file, reads its streams and decodes the start; says what it is, or why it is refused.

    Args:
        file: The video or audio.
        demuxer: FFmpeg's name of the one container that it may be. Named, so that no playlist or
            other format that reads further files is ever tried.
        said: ``video`` or ``audio``; an audio file may carry a cover but no moving picture.
    """
    try:
        with _opened(file, demuxer) as container:
            pictures, sounds = _streams(container, said)
            if said == "audio" and pictures:
                return {"holds_picture": True}
            streams = (*pictures[:1], *sounds[:1])
            told = _length(streams, container, demuxer)
            read = [each.index for each in streams]
        heard = _heard(file, demuxer, read, told)
        with _opened(file, demuxer) as container:
            pictures, sounds = _streams(container, said)
            return _decoded(container, pictures, sounds, round(told or heard, 3))
    except _RefusedError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": "decoding it needs more memory than a file may take"}
    except av.error.FFmpegError as error:
        return {"refused": f"it is damaged or cut off ({error.strerror})"}
    except Exception as error:  # noqa: BLE001 - a decoder raises whatever its format's code raises
        return {"refused": f"it is damaged or cut off ({error})"}


def _opened(file: BinaryIO, demuxer: str) -> InputContainer:
    file.seek(0)
    return av.open(file, "r", format=demuxer, metadata_errors="replace")


def _streams(container: InputContainer, said: str) -> tuple[list[Any], list[Any]]:
    streams = container.streams
    if len(streams) > MAX_STREAMS:
        raise _RefusedError(f"it holds {len(streams)} streams; {MAX_STREAMS} is the most")
    cover = av.stream.Disposition.attached_pic
    pictures = [each for each in streams.video if not each.disposition & cover]
    if said == "video" and not pictures:
        raise _RefusedError("it holds no moving picture")
    if not pictures and not streams.audio:
        raise _RefusedError("it holds no sound")
    return pictures, list(streams.audio)


def _decoded(
    container: InputContainer, pictures: Sequence[Any], sounds: Sequence[Any], seconds: float
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "duration": seconds,
        "audio": _sound_facts(sounds[0]) if sounds else None,
    }
    first = _first_frame(container, (*pictures, *sounds)[0])
    if pictures:
        width, height = first.width, first.height
        if abs(first.rotation) in _TURNED:
            width, height = height, width
        answer |= {"width": width, "height": height, "video": _picture_facts(pictures[0])}
        image = _telling(container, pictures[0], first, seconds)
        answer["thumbnail"] = base64.b64encode(drawn(image)).decode()
    return answer


def _length(streams: Sequence[Any], container: InputContainer, demuxer: str) -> float | None:
    # What a stream says of itself goes before the container, whose length counts subtitles too.
    known = [float(each.duration * each.time_base) for each in streams if each.duration]
    if demuxer == "avi":
        # Where it is cut off, FFmpeg guesses the length anew; the number of frames is as it was.
        known += [
            float(each.frames / each.average_rate)
            for each in streams
            if each.type == "video" and each.average_rate
        ]
    if not known and container.duration:
        known = [container.duration / _MICROSECONDS]
    longest = max(known, default=0.0)
    return longest if longest > 0 else None


def _first_frame(container: InputContainer, stream: Any) -> Any:
    context = stream.codec_context
    if context is None:
        raise _RefusedError("its codec is not known")
    if stream.type == "video" and context.width * context.height > MAX_PIXELS:
        raise _RefusedError(
            f"it shows {context.width} x {context.height} pixels; {MAX_PIXELS // 1_000_000} million "
            "together is the most"
        )
    # More threads hold more frames, and the memory is limited.
    context.thread_count = 1
    frame = next(iter(container.decode(stream)), None)
    if frame is None:
        raise _RefusedError("it is damaged or cut off (nothing of it can be decoded)")
    return frame


def _heard(file: BinaryIO, demuxer: str, streams: Sequence[int], told: float | None) -> float:
    """Reads to the end and gives the length that is there, in seconds.

    Where the length is told, only the last tenth is read, to see that it is not cut off.
    """
    if told is not None and told > MAX_SECONDS:
        raise _too_long(told)
    there = None
    if told is not None:
        there = _end_from(0.9 * told, file, demuxer, streams)
    if there is None:
        there = _end_from(0.0, file, demuxer, streams) or 0.0
    slack = max(SLACK_SECONDS, SLACK.get(demuxer, SLACK_ELSEWHERE) * (told or 0))
    if told is not None and there < told - slack:
        raise _RefusedError(
            f"it is damaged or cut off ({there:.1f} of {told:.1f} seconds are there)"
        )
    return there


def _end_from(moment: float, file: BinaryIO, demuxer: str, streams: Sequence[int]) -> float | None:
    """Gives the end in seconds, read from a moment on; None where that cannot be sought."""
    with _opened(file, demuxer) as container:
        start = (container.start_time or 0) / _MICROSECONDS
        if moment:
            try:
                container.seek(int((start + moment) * _MICROSECONDS))
            except av.error.FFmpegError:
                return None
        end = start
        for packet in container.demux(*(container.streams[index] for index in streams)):
            at = packet.pts if packet.pts is not None else packet.dts
            if not packet.size or at is None:
                continue
            if packet.is_corrupt and demuxer == "mov":
                raise _RefusedError("it is damaged or cut off (a frame reaches beyond the end)")
            end = max(end, float((at + (packet.duration or 0)) * packet.time_base))
            if end - start > MAX_SECONDS:
                raise _too_long(end - start)
        return end - start


def _too_long(seconds: float) -> _RefusedError:
    return _RefusedError(
        f"it lasts {seconds / 3600:.1f} hours; {MAX_SECONDS // 3600} hours is the most"
    )


def _telling(container: InputContainer, stream: Any, first: Any, seconds: float) -> Image.Image:
    """Gives a frame that is not black, the first one where there is no other."""
    start = (container.start_time or 0) / _MICROSECONDS
    for moment in MOMENTS:
        if time.process_time() > THUMBNAIL_CPU_SECONDS:
            break
        # A fault in the middle of a file is the network's to judge; the first frame will do.
        with suppress(av.error.FFmpegError):
            frame = _frame_at(container, stream, start + seconds * moment)
            if frame is not None:
                image = _image(frame)
                if ImageStat.Stat(image.convert("L")).mean[0] >= BLACK:
                    return image
    return _image(first)


def _frame_at(container: InputContainer, stream: Any, moment: float) -> Any:
    container.seek(int(moment * _MICROSECONDS))
    found = None
    for number, frame in enumerate(container.decode(stream)):
        found = frame
        late = frame.time is None or frame.time >= moment
        if late or number >= FRAMES_AFTER_KEY or time.process_time() > THUMBNAIL_CPU_SECONDS:
            break
    return found


def _image(frame: Any) -> Image.Image:
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    small = frame.reformat(
        width=max(2, round(frame.width * scale)),
        height=max(2, round(frame.height * scale)),
        format="rgb24",
    )
    image: Image.Image = small.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _picture_facts(stream: Any) -> dict[str, Any]:
    rate = stream.average_rate
    return {
        "codec": stream.codec_context.codec.canonical_name,
        "frame_rate": round(float(rate), 3) if rate else None,
    }


def _sound_facts(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    if context is None:
        return {"codec": "unknown"}
    return {
        "codec": context.codec.canonical_name,
        "sample_rate": context.sample_rate or None,
        "channels": context.channels or None,
    }
