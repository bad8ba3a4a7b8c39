"""What a request for a new Pin may say, and how it is checked."""

import base64
import binascii
import re
from typing import Annotated, Literal

import msgspec

from mpcas2_platform_pinterest.sandbox.refusals import invalid

MAX_SENT_BYTES = 10_000_000
_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*\Z", re.IGNORECASE)
_BAD_LINK = (
    "Whoops! It looks like you entered an invalid URL. Try creating a Pin again with a valid URL."
)

Digits = Annotated[str, msgspec.Meta(pattern=r"^\d+$")]
Title = Annotated[str, msgspec.Meta(max_length=100)]
Description = Annotated[str, msgspec.Meta(max_length=800)]
AltText = Annotated[str, msgspec.Meta(max_length=500)]
Link = Annotated[str, msgspec.Meta(max_length=2048)]
Color = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}$")]
Encoded = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9+/=]+$")]
PictureType = Literal["image/jpeg", "image/png"]
Standard = Literal[True]


class _Source(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="source_type",
    omit_defaults=True,
):
    """The members that sources of media have in common."""


class ImageAddress(_Source, frozen=True, kw_only=True, tag="image_url"):
    """One picture that is pulled."""

    url: str
    is_standard: Standard = True


class ImageBytes(_Source, frozen=True, kw_only=True, tag="image_base64"):
    """One picture that is sent."""

    content_type: PictureType
    data: Encoded
    is_standard: Standard = True


class AddressItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One picture of a carousel that is pulled."""

    url: str
    title: str = ""
    description: str = ""
    link: str = ""


class BytesItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One picture of a carousel that is sent."""

    content_type: PictureType
    data: Encoded
    title: str = ""
    description: str = ""
    link: str = ""


class ImageAddresses(_Source, frozen=True, kw_only=True, tag="multiple_image_urls"):
    """A carousel of pictures that are pulled."""

    items: Annotated[list[AddressItem], msgspec.Meta(min_length=2, max_length=5)]
    index: Annotated[int, msgspec.Meta(ge=0)] = 0


class ImagesBytes(_Source, frozen=True, kw_only=True, tag="multiple_image_base64"):
    """A carousel of pictures that are sent."""

    items: Annotated[list[BytesItem], msgspec.Meta(min_length=2, max_length=5)]
    index: Annotated[int, msgspec.Meta(ge=0)] = 0


class VideoSource(_Source, frozen=True, kw_only=True, tag="video_id"):
    """A video that was uploaded, and its cover."""

    media_id: Digits
    cover_image_url: str | None = None
    cover_image_content_type: PictureType | None = None
    cover_image_data: Encoded | None = None
    cover_image_key_frame_time: Annotated[int, msgspec.Meta(ge=0)] | None = None
    is_standard: Standard = True


Source = ImageAddress | ImageBytes | ImageAddresses | ImagesBytes | VideoSource


class PinBody(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A request for a new Pin."""

    board_id: Digits
    media_source: Source
    board_section_id: Digits | None = None
    title: Title | None = None
    description: Description | None = None
    link: Link | None = None
    alt_text: AltText | None = None
    dominant_color: Color | None = None


def check_pin(body: PinBody) -> None:
    """Makes sure that the members of a request go together.

    Raises:
        Refused: They do not.
    """
    source = body.media_source
    links = [body.link]
    if isinstance(source, ImageAddresses | ImagesBytes):
        links += [one.link for one in source.items]
        if source.index >= len(source.items):
            raise invalid("Invalid request: 'index' must name one of the items")
    if isinstance(source, VideoSource):
        check_cover(source)
    if any(link and _ADDRESS.match(link) is None for link in links):
        raise invalid(_BAD_LINK)


def check_cover(source: VideoSource) -> None:
    """Makes sure that a video has exactly one cover.

    Raises:
        Refused: It has none, more than one, or half of one.
    """
    covers = (source.cover_image_url, source.cover_image_data, source.cover_image_key_frame_time)
    if sum(one is not None for one in covers) != 1:
        raise invalid(
            "Invalid request: a video needs one of 'cover_image_url', 'cover_image_data' and "
            "'cover_image_key_frame_time'"
        )
    if (source.cover_image_data is None) != (source.cover_image_content_type is None):
        raise invalid("Invalid request: 'cover_image_content_type' goes with 'cover_image_data'")


def decoded(data: str) -> bytes:
    """Returns the bytes of a picture that was sent.

    Raises:
        Refused: It is not base64, or too large.
    """
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise invalid("Invalid request: 'data' is not base64") from error
    if len(content) > MAX_SENT_BYTES:
        raise invalid("Invalid request: the image is larger than 10 MB")
    return content
