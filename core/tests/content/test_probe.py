import asyncio
import io
import struct
import zipfile
import zlib
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from PIL import Image

from mpcas2_core.content.kinds import MediaType, recognise
from mpcas2_core.content.probe import FileProbe, Probed
from mpcas2_core.errors import EngineError, InvalidInput, UnsupportedMedia

# The same in every process and every run.
NOISE = Random(7)


def picture(kind: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    buffer = io.BytesIO()
    noise = Image.frombytes("RGB", size, NOISE.randbytes(size[0] * size[1] * 3))
    noise.save(buffer, kind, **options)
    return buffer.getvalue()


def animation(kind: str, frames: int) -> bytes:
    buffer = io.BytesIO()
    images = [Image.frombytes("RGB", (40, 30), NOISE.randbytes(3600)) for _ in range(frames)]
    images[0].save(buffer, kind, save_all=True, append_images=images[1:])
    return buffer.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture("JPEG", (64, 48), exif=exif)


def bomb() -> bytes:
    """A PNG of a few hundred bytes whose header promises 60,000 by 60,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def open_document(kind: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
    return buffer.getvalue()


MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(100)
M4A = b"\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00isomiso2" + bytes(100)
MOV = b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  " + bytes(100)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
WORD = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")


def name_of(value: object) -> str | None:
    # Made at import, so different in every worker process: no part of a test's name.
    return "data" if isinstance(value, bytes) else None


def check(tmp_path: Path, data: bytes, said: MediaType, **options: float) -> Probed:
    path = tmp_path / "picture.jpg"
    path.write_bytes(data)

    async def story() -> Probed:
        return await FileProbe(**options).check(path, said, uuid4())  # type: ignore[arg-type]  # one option, a number of seconds

    return asyncio.run(story())


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (picture("AVIF"), "image/avif"),
    ],
    ids=name_of,
)
def test_a_good_picture_is_named_by_its_bytes_and_measured(
    tmp_path: Path, data: bytes, mime_type: str
) -> None:
    probed = check(tmp_path, data, "image")
    assert (probed.mime_type, probed.width, probed.height) == (mime_type, 64, 48)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_every_frame_of_an_animation_is_decoded(tmp_path: Path, kind: str) -> None:
    data = animation(kind, 4)
    assert check(tmp_path, data, "image").width == 40
    with pytest.raises(UnsupportedMedia):
        check(tmp_path, data[: len(data) * 5 // 8], "image")


def test_a_picture_that_lies_on_its_side_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    probed = check(tmp_path, turned(), "image")
    assert (probed.width, probed.height) == (48, 64)


def thumbnail_of(tmp_path: Path, data: bytes) -> Image.Image:
    probed = check(tmp_path, data, "image")
    assert probed.thumbnail is not None
    return Image.open(io.BytesIO(probed.thumbnail))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((64, 48), (64, 48)),
        ((3000, 1500), (640, 320)),
        ((700, 4000), (112, 640)),
        ((9000, 1), (640, 1)),
    ],
)
def test_a_thumbnail_has_640_pixels_at_most_and_is_never_larger_than_the_picture(
    tmp_path: Path, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    image = thumbnail_of(tmp_path, saved(Image.new("RGB", size, "red"), "PNG"))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", shown)


@pytest.mark.parametrize(
    ("picture", "kind", "expected"),
    [
        (Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (50, 50), (0, 0, 255, 128)), "WEBP", (127, 127, 255)),
        (Image.new("LA", (50, 50), (0, 255)), "PNG", (0, 0, 0)),
        (Image.new("I;16", (50, 50), 128 * 256), "PNG", (128, 128, 128)),
        (Image.new("1", (50, 50), 1), "PNG", (255, 255, 255)),
        (Image.new("CMYK", (50, 50), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (Image.new("P", (50, 50), 0), "GIF", (0, 0, 0)),
    ],
    ids=["clear", "half clear", "grey", "sixteen bits", "one bit", "printed", "palette"],
)
def test_a_thumbnail_shows_every_kind_of_colour_on_white(
    tmp_path: Path, picture: Image.Image, kind: str, expected: tuple[int, int, int]
) -> None:
    found = thumbnail_of(tmp_path, saved(picture, kind)).getpixel((25, 25))
    assert found == pytest.approx(expected, abs=6)


def test_a_thumbnail_stands_as_the_picture_is_shown(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 48), "red")
    image.paste("blue", (0, 24, 64, 48))
    exif = Image.Exif()
    exif[0x0112] = 6
    thumbnail = thumbnail_of(tmp_path, saved(image, "JPEG", exif=exif))
    assert thumbnail.size == (48, 64)
    assert not thumbnail.getexif()
    # Turned clockwise, what was above is on the right.
    assert thumbnail.getpixel((5, 32)) == pytest.approx((0, 0, 254), abs=12)
    assert thumbnail.getpixel((43, 32)) == pytest.approx((254, 0, 0), abs=12)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_a_truncated_picture_is_refused_as_such(tmp_path: Path, kind: str) -> None:
    data = picture(kind, (200, 200))
    with pytest.raises(UnsupportedMedia, match=r"damaged or cut off|cannot be read") as caught:
        check(tmp_path, data[: len(data) // 2], "image")
    assert caught.value.code == "MEDIA_UNREADABLE"


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="60000 x 60000 pixels"):
        check(tmp_path, bomb(), "image")


def test_a_decoder_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="takes too long"):
        check(tmp_path, picture("PNG"), "image", seconds=0.001)


@pytest.mark.parametrize(
    ("data", "said", "named"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image", "SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<svg/>", "image", "SVG drawing"),
        (b"\n <!DOCTYPE html><script>alert(1)</script>", "image", "HTML page"),
        (b"<html><body>", "document", "HTML page"),
        (b"just words", "document", "text file"),
        (b"MZ\x90\x00", "image", "program"),
        (b"\x7fELF\x02", "document", "program"),
        (b"\x00" * 500, "image", "unknown kind"),
        (b"\xfe\x01\x02 random \x00\x9c", "video", "unknown kind"),
        (MP4, "image", 'with type "video"'),
        (picture("PNG"), "video", 'with type "image"'),
        (b"%PDF-1.7\n", "image", 'with type "document"'),
        (picture("BMP"), "image", "BMP image"),
        (picture("TIFF"), "image", "TIFF image"),
        (HEIC, "image", "HEIF image"),
        (zipped("a.txt"), "document", "ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", "old Office"),
    ],
    ids=name_of,
)
def test_what_is_not_of_the_said_type_is_refused_and_named(
    tmp_path: Path, data: bytes, said: MediaType, named: str
) -> None:
    with pytest.raises(UnsupportedMedia, match=named) as caught:
        check(tmp_path, data, said)
    assert (caught.value.status, caught.value.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert caught.value.details is not None
    assert caught.value.details["field"] == "file"


@pytest.mark.parametrize(
    ("data", "said", "mime_type"),
    [
        (b"%PDF-1.4\n", "document", "application/pdf"),
        (
            zipped(*WORD),
            "document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (open_document("text"), "document", "application/vnd.oasis.opendocument.text"),
    ],
    ids=name_of,
)
def test_documents_are_told_by_their_bytes(
    tmp_path: Path, data: bytes, said: MediaType, mime_type: str
) -> None:
    assert check(tmp_path, data, said) == Probed(mime_type=mime_type)


@pytest.mark.parametrize(
    ("data", "kind", "mime_type"),
    [
        (MP4, "video", "video/mp4"),
        (MOV, "video", "video/quicktime"),
        (WEBM, "video", "video/webm"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video", "video/x-msvideo"),
        (M4A, "audio", "audio/mp4"),
        (b"ID3\x04\x00", "audio", "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(60), "audio", "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(60), "audio", "audio/aac"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio", "audio/wav"),
        (b"fLaC\x00\x00", "audio", "audio/flac"),
        (b"OggS\x00\x02" + bytes(22) + b"\x01\x1e\x01vorbis", "audio", "audio/ogg"),
    ],
    ids=name_of,
)
def test_video_and_audio_are_told_by_their_bytes_and_refused_without_content(
    tmp_path: Path, data: bytes, kind: MediaType, mime_type: str
) -> None:
    found = recognise(data)
    assert (found.type, found.mime_type) == (kind, mime_type)
    with pytest.raises(UnsupportedMedia) as caught:
        check(tmp_path, data, kind)
    assert caught.value.code == "MEDIA_UNREADABLE"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="empty") as caught:
        check(tmp_path, b"", "image")
    assert caught.value.code == "EMPTY_FILE"


def test_an_office_file_whose_list_of_members_is_far_from_its_start_is_recognised() -> None:
    data = zipped("[Content_Types].xml", "docProps/" + "x" * 200, *WORD[1:])
    assert recognise(data[:64], data[-200:]).type == "document"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 11])
def test_no_short_file_upsets_the_check(tmp_path: Path, size: int) -> None:
    for start in (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        MP4,
        b"RIFF\x00\x00\x00\x00WEBP",
        b"PK\x03\x04abcdefg",
    ):
        with pytest.raises(EngineError):
            check(tmp_path, start[:size], "image")
