import asyncio
import io
import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import av
import pytest
from PIL import Image

from mpcas2_core.content.kinds import MediaType
from mpcas2_core.content.probe import FileProbe, Probed
from mpcas2_core.content.rows import MediaFacts, SoundFacts, VideoFacts
from mpcas2_core.errors import UnsupportedMedia

SIZE = (160, 90)
RATE = 25


def noise(seed: int, size: tuple[int, int] = SIZE) -> Image.Image:
    return Image.frombytes("RGB", size, Random(seed).randbytes(size[0] * size[1] * 3))


def halves() -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", SIZE, "red")
    image.paste("blue", (0, SIZE[1] // 2, *SIZE))
    return image


def made(
    container: str,
    *,
    picture: str = "",
    sound: str = "",
    frames: int = 50,
    image: Any = noise,
    **options: str,
) -> bytes:
    """Makes a video or audio file of 1/25 s for each frame."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=options) as output:
        if picture:
            video: Any = output.add_stream(picture, rate=RATE)
            video.width, video.height = SIZE
            video.pix_fmt = "yuv420p"
        if sound:
            audio: Any = output.add_stream(sound, rate=48_000)
            audio.layout = "mono"
        if picture:
            for number in range(frames):
                frame: Any = av.VideoFrame.from_image(image(number))  # type: ignore[no-untyped-call]  # PyAV's own lack
                frame.pts, frame.time_base = number, Fraction(1, RATE)
                output.mux(video.encode(frame))
            output.mux(video.encode(None))
        if sound:
            samples = Random(1).randbytes(48_000 * frames // RATE * 2)
            beep = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
            beep.planes[0].update(samples)
            beep.sample_rate, beep.pts = 48_000, 0
            for piece in resampled(audio, beep):
                output.mux(audio.encode(piece))
            output.mux(audio.encode(None))
    return buffer.getvalue()


def resampled(stream: Any, frame: Any) -> list[Any]:
    context = stream.codec_context
    resampler = av.AudioResampler(
        format=context.format, layout="mono", rate=48_000, frame_size=context.frame_size or 4800
    )
    return [*resampler.resample(frame), *resampler.resample(None)]


def turned(data: bytes) -> bytes:
    """Has an MP4 shown a quarter turn clockwise, by the matrix of its track header."""
    at = data.index(b"tkhd") + 4 + 40
    matrix = struct.pack(">9i", 0, 65_536, 0, -65_536, 0, 0, 0, 0, 1 << 30)
    return data[:at] + matrix + data[at + len(matrix) :]


def check(tmp_path: Path, data: bytes, said: MediaType, **options: float) -> Probed:
    path = tmp_path / "file"
    path.write_bytes(data)

    async def story() -> Probed:
        return await FileProbe(**options).check(path, said, uuid4())  # type: ignore[arg-type]  # one option, a number of seconds

    return asyncio.run(story())


def thumbnail_of(probed: Probed) -> Image.Image:
    assert probed.thumbnail is not None
    image = Image.open(io.BytesIO(probed.thumbnail))
    assert image.format == "JPEG"
    return image


@pytest.mark.parametrize(
    ("container", "picture", "sound", "mime_type", "codecs"),
    [
        ("mp4", "libx264", "aac", "video/mp4", ("h264", "aac")),
        ("mp4", "mpeg4", "", "video/mp4", ("mpeg4", None)),
        ("mov", "libx264", "aac", "video/quicktime", ("h264", "aac")),
        ("webm", "libvpx-vp9", "libopus", "video/webm", ("vp9", "opus")),
        ("matroska", "libx264", "libmp3lame", "video/x-matroska", ("h264", "mp3")),
        ("avi", "mpeg4", "libmp3lame", "video/x-msvideo", ("mpeg4", "mp3")),
    ],
)
def test_a_video_is_measured_and_what_is_in_it_is_named(
    tmp_path: Path,
    container: str,
    picture: str,
    sound: str,
    mime_type: str,
    codecs: tuple[str, str | None],
) -> None:
    probed = check(tmp_path, made(container, picture=picture, sound=sound), "video")
    assert (probed.mime_type, probed.width, probed.height) == (mime_type, *SIZE)
    assert probed.duration == pytest.approx(2, abs=0.1)
    assert probed.media.video == VideoFacts(codec=codecs[0], frame_rate=RATE)
    heard = SoundFacts(codec=codecs[1], sample_rate=48_000, channels=1) if codecs[1] else None
    assert probed.media.audio == heard
    assert thumbnail_of(probed).size == SIZE


@pytest.mark.parametrize(
    ("container", "codec", "mime_type", "named"),
    [
        ("mp3", "libmp3lame", "audio/mpeg", "mp3"),
        ("wav", "pcm_s16le", "audio/wav", "pcm_s16le"),
        ("flac", "flac", "audio/flac", "flac"),
        ("ogg", "libopus", "audio/ogg", "opus"),
        ("adts", "aac", "audio/aac", "aac"),
        ("ipod", "aac", "audio/mp4", "aac"),
        ("mp4", "aac", "audio/mp4", "aac"),
        ("webm", "libopus", "audio/webm", "opus"),
    ],
)
def test_audio_is_measured_and_has_no_thumbnail(
    tmp_path: Path, container: str, codec: str, mime_type: str, named: str
) -> None:
    probed = check(tmp_path, made(container, sound=codec), "audio")
    # A file of MP3 or AAC frames tells its length only by its size and bit rate.
    assert probed.duration == pytest.approx(2, abs=0.2)
    assert probed == Probed(
        mime_type=mime_type,
        duration=probed.duration,
        media=MediaFacts(audio=SoundFacts(codec=named, sample_rate=48_000, channels=1)),
    )


def test_a_video_that_lies_on_its_side_is_measured_and_drawn_as_it_is_shown(
    tmp_path: Path,
) -> None:
    data = made("mp4", picture="libx264", image=lambda _number: halves())
    probed = check(tmp_path, turned(data), "video")
    assert (probed.width, probed.height) == (90, 160)
    image = thumbnail_of(probed)
    assert image.size == (90, 160)
    # Turned clockwise, what was above is on the right.
    left, right = image.getpixel((10, 80)), image.getpixel((80, 80))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[2] > 150 > left[0]
    assert right[0] > 150 > right[2]


def test_a_video_that_was_trimmed_without_being_encoded_anew_is_not_taken_for_cut_off(
    tmp_path: Path,
) -> None:
    data = made("mp4", picture="libx264", sound="aac", frames=100)
    at = data.find(b"elst")
    while at != -1:
        # The length of the one entry, in thousandths: a quarter of what is there.
        data = data[: at + 12] + struct.pack(">I", 1000) + data[at + 16 :]
        at = data.find(b"elst", at + 1)
    assert check(tmp_path, data, "video").duration == pytest.approx(1, abs=0.1)


def test_the_cover_of_a_song_makes_no_video_of_it(tmp_path: Path) -> None:
    cover = io.BytesIO()
    noise(1).save(cover, "JPEG")
    # ID3v2.3: one frame APIC, of the type "front cover".
    picture = b"\x00image/jpeg\x00\x03\x00" + cover.getvalue()
    frame = b"APIC" + struct.pack(">I", len(picture)) + bytes(2) + picture
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    song = made("mp3", sound="libmp3lame", id3v2_version="0")
    probed = check(tmp_path, b"ID3\x03\x00\x00" + size + frame + song, "audio")
    assert (probed.mime_type, probed.thumbnail) == ("audio/mpeg", None)
    assert probed.media.video is None


def test_the_thumbnail_of_a_video_that_begins_black_is_a_later_frame(tmp_path: Path) -> None:
    def fading(number: int) -> Image.Image:
        return Image.new("RGB", SIZE, "black" if number < 10 else "white")

    image = thumbnail_of(check(tmp_path, made("mp4", picture="libx264", image=fading), "video"))
    assert image.convert("L").getpixel((80, 45)) == pytest.approx(255, abs=5)


def test_a_black_video_has_a_black_thumbnail(tmp_path: Path) -> None:
    data = made("mp4", picture="libx264", image=lambda _number: Image.new("RGB", SIZE))
    assert thumbnail_of(check(tmp_path, data, "video")).size == SIZE


def test_a_recording_that_does_not_tell_its_length_is_read_to_its_end(tmp_path: Path) -> None:
    data = made("webm", picture="libvpx", sound="libopus", live="1")
    with av.open(io.BytesIO(data), "r") as container:
        assert container.duration is None
    assert check(tmp_path, data, "video").duration == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize(
    ("container", "options"),
    [("mp4", {}), ("mp4", {"movflags": "+faststart"}), ("webm", {}), ("avi", {})],
)
def test_a_video_that_is_cut_off_is_refused(
    tmp_path: Path, container: str, options: dict[str, str], share: float
) -> None:
    codec = "libvpx" if container == "webm" else "mpeg4"
    if options:
        # Moving the index to the front needs a real file.
        path = tmp_path / "whole.mp4"
        path.write_bytes(made(container, picture=codec, frames=100))
        with av.open(path) as whole, av.open(tmp_path / "fast.mp4", "w", options=options) as fast:
            stream = fast.add_stream_from_template(whole.streams.video[0])
            for packet in whole.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    fast.mux(packet)
        data = (tmp_path / "fast.mp4").read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")
    else:
        data = made(container, picture=codec, frames=100)
    with pytest.raises(UnsupportedMedia, match="damaged or cut off") as caught:
        check(tmp_path, data[: int(len(data) * share)], "video")
    assert caught.value.code == "MEDIA_UNREADABLE"


def test_sound_alone_is_no_video_and_a_video_no_sound(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="holds no moving picture"):
        check(tmp_path, made("mp4", sound="aac"), "video")
    with pytest.raises(UnsupportedMedia, match='Send it with type "video"'):
        check(tmp_path, made("mp4", picture="mpeg4", sound="aac"), "audio")


def test_a_video_of_too_many_hours_is_refused(tmp_path: Path) -> None:
    data = made("mp4", picture="mpeg4", frames=3)
    # Time is counted in seconds, and each frame lasts 60,000 of them.
    for name, at, value in ((b"mdhd", 12, 1), (b"stts", 12, 60_000)):
        start = data.index(name) + 4 + at
        data = data[:start] + struct.pack(">I", value) + data[start + 4 :]
    with pytest.raises(UnsupportedMedia, match=r"hours is the most"):
        check(tmp_path, data, "video")


def test_too_many_streams_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as output:
        streams = [output.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(40)]
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.planes[0].update(bytes(1600))
        frame.sample_rate, frame.pts = 8000, 0
        for stream in streams:
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    with pytest.raises(UnsupportedMedia, match="40 streams"):
        check(tmp_path, buffer.getvalue(), "audio")


def test_looking_into_a_video_for_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="takes too long"):
        check(tmp_path, made("mp4", picture="mpeg4"), "video", seconds=0.001)


def damaged(number: int) -> tuple[MediaType, bytes]:
    """One of twenty files with bytes changed, lost, doubled or swapped."""
    dice = Random(number)
    kind: MediaType = "audio" if number % 5 == 4 else "video"
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("mp4", {"picture": "libx264", "sound": "aac"}),
        ("webm", {"picture": "libvpx", "sound": "libopus"}),
        ("matroska", {"picture": "libx264"}),
        ("avi", {"picture": "mpeg4", "sound": "libmp3lame"}),
        ("flac", {"sound": "flac"}),
    ]
    container, options = kinds[number % 5]
    data = bytearray(made(container, **options))
    # The first bytes stay, or the file is refused before any decoder sees it.
    for _ in range(1 + number * 3):
        at = dice.randrange(64, len(data) - 64)
        size = dice.randrange(1, 48)
        what = number // 5
        if what == 0:
            data[at : at + size] = dice.randbytes(size)
        elif what == 1:
            del data[at : at + size]
        elif what == 2:
            data[at:at] = data[at : at + size]
        else:
            # The index: sizes and counts as large as they can be.
            at = at if dice.random() < 0.5 else len(data) - dice.randrange(64, 1500)
            data[at : at + 4] = b"\xff\xff\xff\xff"
    return kind, bytes(data)


@pytest.mark.parametrize("number", range(20))
def test_a_damaged_file_is_judged_and_never_more(tmp_path: Path, number: int) -> None:
    kind, data = damaged(number)
    with suppress(UnsupportedMedia):
        # Any other error, and any crash, is this test's failure.
        assert check(tmp_path, data, kind).duration is not None
