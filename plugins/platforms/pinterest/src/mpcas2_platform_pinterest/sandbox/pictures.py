"""Brings the pictures of a new Pin here: it pulls them, or decodes them, and looks at their bytes."""

import dataclasses

from mpcas2_platform_pinterest.sandbox.picture_header import read_picture
from mpcas2_platform_pinterest.sandbox.pin_body import (
    AddressItem,
    BytesItem,
    ImageAddress,
    ImageAddresses,
    ImageBytes,
    ImagesBytes,
    Source,
    VideoSource,
    decoded,
)
from mpcas2_platform_pinterest.sandbox.pins import Image
from mpcas2_platform_pinterest.sandbox.refusals import invalid
from mpcas2_sandbox.files import FileDisk, StoredFile
from mpcas2_sandbox.pull import PullError, pull

MAX_PULLED_BYTES = 20_000_000
_SECONDS = 20.0


async def pictures_of(source: Source, disk: FileDisk) -> tuple[Image, ...]:
    """Returns the pictures that a source of media names; of a video, its cover.

    Args:
        source: Where they are.
        disk: Where they are kept.

    Raises:
        Refused: One cannot be had, or is no JPEG or PNG, or is too large.
    """
    match source:
        case ImageAddress():
            return (await _pulled(source.url, disk),)
        case ImageBytes():
            return (_sent(source.data, source.content_type, disk),)
        case ImageAddresses():
            pulled = [(await _pulled(one.url, disk), one) for one in source.items]
            return tuple(_in_row(image, one) for image, one in pulled)
        case ImagesBytes():
            sent = [(_sent(one.data, one.content_type, disk), one) for one in source.items]
            return tuple(_in_row(image, one) for image, one in sent)
        case VideoSource():
            return await _cover(source, disk)


def _in_row(image: Image, item: AddressItem | BytesItem) -> Image:
    """Returns a picture with what a carousel says about it."""
    return dataclasses.replace(
        image, title=item.title, description=item.description, link=item.link
    )


async def _cover(source: VideoSource, disk: FileDisk) -> tuple[Image, ...]:
    if source.cover_image_url is not None:
        return (await _pulled(source.cover_image_url, disk),)
    if source.cover_image_data is not None:
        return (_sent(source.cover_image_data, source.cover_image_content_type or "", disk),)
    return ()


async def _pulled(url: str, disk: FileDisk) -> Image:
    try:
        pulled = await pull(url, disk, limit=MAX_PULLED_BYTES, seconds=_SECONDS)
    except PullError as error:
        if error.reason == "too_large":
            raise invalid("Invalid request: the image is larger than 20 MB") from error
        raise invalid(
            "Sorry, we were unable to reach the URL. Please check the URL and try again."
        ) from error
    return _image(pulled.file, url)


def _sent(data: str, content_type: str, disk: FileDisk) -> Image:
    image = _image(disk.new_file(decoded(data)), "")
    if image.picture.media_type != content_type:
        raise invalid("Invalid request: the image is not of its 'content_type'")
    return image


def _image(file: StoredFile, url: str) -> Image:
    picture = read_picture(file)
    if picture is None:
        raise invalid("Invalid request: the image is not a JPEG or PNG file")
    return Image(file=file, picture=picture, url=url)
