"""The rules of what a post carries: pictures, video, link cards and quoted records.

Source: the lexicons ``app.bsky.embed.*``. Their unions are open, so a real server takes an
unknown ``$type`` and shows nothing; this one refuses it, because it can only be a mistake here.
"""

from typing import Any

from mpcas2_platform_bluesky.sandbox.checks import (
    SchemaError,
    array_at,
    format_at,
    integer_at,
    member,
    object_at,
    text_at,
    too_big,
    type_at,
    wrong_type,
)
from mpcas2_platform_bluesky.sandbox.errors import XrpcError
from mpcas2_platform_bluesky.sandbox.repos import Repo
from mpcas2_platform_bluesky.sandbox.strong_refs import RecordSource, strong_ref
from mpcas2_platform_bluesky.sandbox.syntax import is_cid, is_language, is_uri

IMAGE_LIMIT = 2_000_000
_THUMB_LIMIT = 1_000_000
_VIDEO_LIMIT = 300_000_000
_CAPTION_LIMIT = 20_000
_CAPTIONS = "text/vtt"
_MAX_IMAGES = 4
_MAX_GALLERY = 20
_MAX_CAPTIONS = 20
_GALLERY_IMAGE = "app.bsky.embed.gallery#image"


def _accepts(accept: str, mime_type: str) -> bool:
    if accept.endswith("/*"):
        return mime_type.startswith(accept[:-1])
    return mime_type == accept


def _blob(value: Any, path: str, repo: Repo, *, accept: str, limit: int) -> None:
    reference = value if isinstance(value, dict) else {}
    link, mime_type, size = (reference.get(name) for name in ("ref", "mimeType", "size"))
    cid = link.get("$link") if isinstance(link, dict) else None
    if (
        reference.get("$type") != "blob"
        or not (isinstance(cid, str) and is_cid(cid))
        or not isinstance(mime_type, str)
        or not isinstance(size, int)
    ):
        raise wrong_type("blob", value, path)
    if size > limit:
        raise too_big("blob", limit, size, path)
    if not _accepts(accept, mime_type):
        raise SchemaError(f'Expected "{accept}" (got "{mime_type}") at {path}.mimeType')
    stored = repo.blobs.get(cid)
    if stored is None:
        raise XrpcError("BlobNotFound", f"Could not find blob: {cid}")
    if mime_type != stored.mime_type:
        raise XrpcError(
            "InvalidMimeType",
            f"Referenced Mimetype does not match stored blob. Expected: {stored.mime_type}, "
            f"Got: {mime_type}",
        )
    length = len(stored.data)
    if size != length:
        raise XrpcError(
            "InvalidSize",
            f"Referenced Size does not match stored blob. Expected: {length}, Got: {size}",
        )
    if not stored.proven and accept != _CAPTIONS:
        raise XrpcError(
            "InvalidMimeType", f"The bytes of blob {cid} are not those of a {mime_type} file"
        )


def _aspect_ratio(value: Any, path: str) -> None:
    ratio = object_at(value, path)
    for side in ("width", "height"):
        integer_at(member(ratio, side, path), f"{path}.{side}", minimum=1)


def _image(value: Any, path: str, repo: Repo, *, ratio_required: bool = False) -> None:
    image = object_at(value, path)
    text_at(member(image, "alt", path), f"{path}.alt")
    if ratio_required or "aspectRatio" in image:
        _aspect_ratio(member(image, "aspectRatio", path), f"{path}.aspectRatio")
    reference = member(image, "image", path)
    _blob(reference, f"{path}.image", repo, accept="image/*", limit=IMAGE_LIMIT)


def _images(embed: dict[str, Any], path: str, repo: Repo) -> None:
    where = f"{path}.images"
    images = array_at(member(embed, "images", path), where, max_length=_MAX_IMAGES)
    for number, image in enumerate(images):
        _image(image, f"{where}[{number}]", repo)


def _gallery(embed: dict[str, Any], path: str, repo: Repo) -> None:
    where = f"{path}.items"
    items = array_at(member(embed, "items", path), where, max_length=_MAX_GALLERY)
    for number, item in enumerate(items):
        if type_at(item, f"{where}[{number}]") != _GALLERY_IMAGE:
            raise SchemaError(f"{where}[{number}] $type must be one of {_GALLERY_IMAGE}")
        _image(item, f"{where}[{number}]", repo, ratio_required=True)


def _video(embed: dict[str, Any], path: str, repo: Repo) -> None:
    video = member(embed, "video", path)
    _blob(video, f"{path}.video", repo, accept="video/mp4", limit=_VIDEO_LIMIT)
    if "alt" in embed:
        text_at(embed["alt"], f"{path}.alt")
    if "aspectRatio" in embed:
        _aspect_ratio(embed["aspectRatio"], f"{path}.aspectRatio")
    where = f"{path}.captions"
    captions = array_at(embed.get("captions", []), where, max_length=_MAX_CAPTIONS)
    for number, one in enumerate(captions):
        caption = object_at(one, f"{where}[{number}]")
        lang = member(caption, "lang", f"{where}[{number}]")
        format_at(lang, f"{where}[{number}].lang", "language", is_language)
        file = member(caption, "file", f"{where}[{number}]")
        _blob(file, f"{where}[{number}].file", repo, accept=_CAPTIONS, limit=_CAPTION_LIMIT)


def _external(embed: dict[str, Any], path: str, repo: Repo) -> None:
    where = f"{path}.external"
    card = object_at(member(embed, "external", path), where)
    format_at(member(card, "uri", where), f"{where}.uri", "uri", is_uri)
    text_at(member(card, "title", where), f"{where}.title")
    text_at(member(card, "description", where), f"{where}.description")
    if "thumb" in card:
        _blob(card["thumb"], f"{where}.thumb", repo, accept="image/*", limit=_THUMB_LIMIT)


_MEDIA_RULES = {
    "app.bsky.embed.images": _images,
    "app.bsky.embed.gallery": _gallery,
    "app.bsky.embed.video": _video,
    "app.bsky.embed.external": _external,
}
_WITH_MEDIA = "app.bsky.embed.recordWithMedia"
_RECORD = "app.bsky.embed.record"


def check_embed(value: Any, path: str, repo: Repo, records: RecordSource) -> None:
    """Checks a post's ``embed``.

    Args:
        value: The member's value.
        path: Its path, for the refusal.
        repo: The author's repository, which must hold the blobs.
        records: Where quoted records are looked up.

    Raises:
        SchemaError: It breaks its lexicon.
        XrpcError: A blob that it refers to is missing, or is not what the reference says.
    """
    kind = type_at(value, path)
    if kind in _MEDIA_RULES:
        _MEDIA_RULES[kind](value, path, repo)
    elif kind == _RECORD:
        strong_ref(member(value, "record", path), f"{path}.record", records)
    elif kind == _WITH_MEDIA:
        quote = object_at(member(value, "record", path), f"{path}.record")
        quoted = member(quote, "record", f"{path}.record")
        strong_ref(quoted, f"{path}.record.record", records)
        media = member(value, "media", path)
        media_kind = type_at(media, f"{path}.media")
        if media_kind not in _MEDIA_RULES:
            raise SchemaError(f"{path}.media $type must be one of {', '.join(_MEDIA_RULES)}")
        _MEDIA_RULES[media_kind](media, f"{path}.media", repo)
    else:
        known = ", ".join([*_MEDIA_RULES, _RECORD, _WITH_MEDIA])
        raise SchemaError(f"{path} $type must be one of {known}")
