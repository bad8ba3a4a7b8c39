"""Reads the bodies with which posts are begun and refuses those that TikTok would."""

import urllib.parse
from typing import Annotated, Literal, TypeVar

import msgspec

from mpcas2_platform_tiktok.sandbox.answers import ApiError
from mpcas2_platform_tiktok.sandbox.creators import Privacy

MAX_VIDEO_BYTES = 4 * 1024**3
MIN_CHUNK_BYTES = 5 * 1024**2
MAX_CHUNK_BYTES = 64_000_000
MAX_CHUNKS = 1000
_MAX_VIDEO_TITLE = 2200
_MAX_PHOTO_TITLE = 90
_MAX_DESCRIPTION = 4000
_MAX_PHOTOS = 35

T = TypeVar("T")
Count = Annotated[int, msgspec.Meta(ge=1)]


class VideoInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``post_info`` of a video that is posted directly."""

    privacy_level: Privacy
    title: str = ""
    disable_comment: bool = False
    disable_duet: bool = False
    disable_stitch: bool = False
    video_cover_timestamp_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    brand_content_toggle: bool = False
    brand_organic_toggle: bool = False
    is_aigc: bool = False


class PhotoInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``post_info`` of photos that are posted directly."""

    privacy_level: Privacy
    title: str = ""
    description: str = ""
    disable_comment: bool = False
    auto_add_music: bool = False
    brand_content_toggle: bool = False
    brand_organic_toggle: bool = False


class DraftInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``post_info`` of photos for the person's inbox; a video has nothing but its bytes."""

    title: str = ""
    description: str = ""


class UploadSource(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="source",
    tag="FILE_UPLOAD",
):
    """A video whose bytes will come in chunks."""

    video_size: Count
    chunk_size: Count
    total_chunk_count: Count

    def check(self) -> None:
        """Holds the announced chunks against the rules of the media transfer guide.

        Raises:
            ApiError: They do not fit.
        """
        size, chunk = self.video_size, self.chunk_size
        if size > MAX_VIDEO_BYTES:
            raise ApiError("invalid_params", "video_size is over the limit of 4 GB.")
        if chunk > MAX_CHUNK_BYTES:
            raise ApiError("invalid_params", "chunk_size is over the limit of 64 MB.")
        if chunk > size:
            raise ApiError("invalid_params", "chunk_size is greater than video_size.")
        if chunk < MIN_CHUNK_BYTES and chunk != size:
            raise ApiError(
                "invalid_params",
                "chunk_size is below 5 MB; a smaller video is uploaded as a whole.",
            )
        if self.total_chunk_count != size // chunk or self.total_chunk_count > MAX_CHUNKS:
            raise ApiError(
                "invalid_params",
                "The total chunk count is invalid: it is video_size divided by chunk_size, "
                "rounded down, and at most 1000.",
            )


class VideoAddress(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="source",
    tag="PULL_FROM_URL",
):
    """A video that the network fetches."""

    video_url: str


class PhotoAddresses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Photos that the network fetches."""

    source: Literal["PULL_FROM_URL"]
    photo_images: list[str]
    photo_cover_index: Annotated[int, msgspec.Meta(ge=0)] = 0

    def check(self) -> None:
        """Holds number and cover against the rules.

        Raises:
            ApiError: They do not fit.
        """
        if not 1 <= len(self.photo_images) <= _MAX_PHOTOS:
            raise ApiError("invalid_params", "photo_images must have from 1 to 35 addresses.")
        if self.photo_cover_index >= len(self.photo_images):
            raise ApiError("invalid_params", "photo_cover_index is not among photo_images.")


class VideoInit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``video/init/``."""

    post_info: VideoInfo
    source_info: UploadSource | VideoAddress


class InboxInit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``inbox/video/init/``."""

    source_info: UploadSource | VideoAddress


class DirectPhotos(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="post_mode",
    tag="DIRECT_POST",
):
    """Body of ``content/init/`` for a post."""

    media_type: Literal["PHOTO"]
    post_info: PhotoInfo
    source_info: PhotoAddresses


class DraftPhotos(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="post_mode",
    tag="MEDIA_UPLOAD",
):
    """Body of ``content/init/`` for a draft."""

    media_type: Literal["PHOTO"]
    post_info: DraftInfo = DraftInfo()
    source_info: PhotoAddresses


PostInfo = VideoInfo | PhotoInfo | DraftInfo


def read_body(raw: bytes, wanted: type[T]) -> T:
    """Reads a JSON body.

    Args:
        raw: The bytes.
        wanted: A Struct, or a union of tagged ones.

    Raises:
        ApiError: It is not JSON, or does not fit; the message says where.
    """
    try:
        return msgspec.json.decode(raw, type=wanted)
    except (ValueError, msgspec.DecodeError) as error:
        raise ApiError("invalid_params", f"The request body is invalid: {error}") from error


def check_texts(info: PostInfo, *, photos: bool) -> None:
    """Holds title and description against their lengths in UTF-16 units.

    Args:
        info: What was sent.
        photos: Whether it is about photos, whose titles are short.

    Raises:
        ApiError: One is too long.
    """
    most = _MAX_PHOTO_TITLE if photos else _MAX_VIDEO_TITLE
    if _units(info.title) > most:
        raise ApiError("invalid_params", f"title is over the limit of {most} UTF-16 units.")
    if not isinstance(info, VideoInfo) and _units(info.description) > _MAX_DESCRIPTION:
        raise ApiError("invalid_params", "description is over the limit of 4000 UTF-16 units.")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_address(url: str, verified: tuple[str, ...]) -> None:
    """Makes sure that an address is one, and under a verified domain or prefix.

    Args:
        url: Where the media lies.
        verified: Domains, which stand for their subdomains too, and prefixes of addresses.

    Raises:
        ApiError: It is not.
    """
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:
        raise ApiError("invalid_params", "A media address is not valid.") from error
    host = parts.hostname
    if parts.scheme not in {"http", "https"} or not host:
        raise ApiError("invalid_params", "A media address must begin with https:// and a host.")
    for one in verified:
        if "://" in one:
            if url.startswith(one):
                return
        elif host == one or host.endswith(f".{one}"):
            return
    raise ApiError("url_ownership_unverified")
