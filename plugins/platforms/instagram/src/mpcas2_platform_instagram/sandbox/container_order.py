"""What a request for a container asks for, and what is wrong with it before any media is seen."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from mpcas2_platform_instagram.sandbox.errors import GraphError, bad_parameter, missing_parameter

ContainerKind = Literal["IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"]

MAX_CAPTION: Final = 2200
MAX_HASHTAGS: Final = 30
MAX_MENTIONS: Final = 20
MAX_ALT_TEXT: Final = 1000
MAX_TAGS: Final = 20
MAX_COLLABORATORS: Final = 3
MIN_CHILDREN: Final = 2
MAX_CHILDREN: Final = 10

# What the edge takes; the last two lines are taken and heeded by nobody here.
PARAMETERS: Final = frozenset(
    {
        *("image_url", "video_url", "media_type", "caption", "alt_text", "children", "upload_type"),
        *("is_carousel_item", "location_id", "user_tags", "collaborators", "is_ai_generated"),
        *("cover_url", "thumb_offset", "share_to_feed", "audio_name", "trial_params"),
        *("audio_configuration", "branded_content_sponsor_ids", "cross_post_to_threads", "title"),
        *("is_comment_prompt_used", "is_paid_partnership", "product_tags", "show_ig_link"),
    }
)
_ONLY_REELS = ("cover_url", "thumb_offset", "share_to_feed", "audio_name", "trial_params")
_HASHTAG = re.compile(r"(?<![\w&/])#\w*[^\W\d_]\w*")
_MENTION = re.compile(r"(?<![\w@./])@[A-Za-z0-9_][A-Za-z0-9_.]{0,29}")
_USERNAME = re.compile(r"[A-Za-z0-9_.]{1,30}\Z")
_WORDS = {"true": True, "1": True, "false": False, "0": False}


class UserTag(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to be seen, and where, from 0 to 1 of the picture's width and height."""

    username: str
    x: float | None = None
    y: float | None = None


class TrialParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a trial reel becomes a reel for everybody."""

    graduation_strategy: Literal["MANUAL", "SS_PERFORMANCE"]


class ContainerOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A container as it was asked for.

    Args:
        kind: What is to become of it.
        url: Where the media is; empty for a carousel and for an upload.
        is_video: Whether the media is a video.
        resumable: Whether the media will be uploaded instead.
        carousel_item: Whether it is for a carousel.
        caption: The text.
        alt_text: What is to be seen, for people who cannot.
        children: The containers of a carousel.
        location_id: Where it was.
        user_tags: Who is to be seen.
        collaborators: Who else is named as its author.
        ai_generated: Whether it was made by AI.
        cover_url: Where a reel's cover is.
        thumb_offset: The moment of a reel that becomes its cover, in milliseconds.
        share_to_feed: Whether a reel also shows in the feed.
        audio_name: What a reel's sound is called.
        trial: How a trial reel ends; None for a usual one.
    """

    kind: ContainerKind
    url: str = ""
    is_video: bool = False
    resumable: bool = False
    carousel_item: bool = False
    caption: str = ""
    alt_text: str = ""
    children: tuple[str, ...] = ()
    location_id: str = ""
    user_tags: tuple[UserTag, ...] = ()
    collaborators: tuple[str, ...] = ()
    ai_generated: bool = False
    cover_url: str = ""
    thumb_offset: int | None = None
    share_to_feed: bool = True
    audio_name: str = ""
    trial: TrialParams | None = None

    @property
    def in_feed(self) -> bool:
        """Whether the limits of feed pictures hold."""
        return self.kind != "STORIES"


def read_order(given: Mapping[str, str]) -> ContainerOrder:
    """Returns the container that parameters ask for.

    Args:
        given: The parameters, the access token left out.

    Raises:
        GraphError: They do not fit.
    """
    unknown = sorted(set(given) - PARAMETERS)
    if unknown:
        raise bad_parameter(f"Param {unknown[0]} is not known to this edge")
    carousel_item = _flag(given, "is_carousel_item")
    kind = _kind(given, carousel_item=carousel_item)
    resumable = _resumable(given, kind)
    is_video, url = _source(given, kind, resumable=resumable)
    order = ContainerOrder(
        kind=kind,
        url=url,
        is_video=is_video,
        resumable=resumable,
        carousel_item=carousel_item,
        caption=_caption(given.get("caption", "")),
        alt_text=given.get("alt_text", ""),
        children=_children(given) if kind == "CAROUSEL" else (),
        location_id=given.get("location_id", ""),
        user_tags=_user_tags(given, kind, is_video=is_video),
        collaborators=_collaborators(given, kind, carousel_item=carousel_item),
        ai_generated=_flag(given, "is_ai_generated"),
        cover_url=given.get("cover_url", ""),
        thumb_offset=_thumb_offset(given),
        share_to_feed=_flag(given, "share_to_feed", default=True),
        audio_name=given.get("audio_name", ""),
        trial=_trial(given),
    )
    _check(order, given)
    return order


def _kind(given: Mapping[str, str], *, carousel_item: bool) -> ContainerKind:
    named = given.get("media_type", "IMAGE")
    if named == "VIDEO" and not carousel_item:
        raise bad_parameter(
            "The VIDEO value for media_type is no longer supported. Use the REELS media type to "
            "publish a video to your Instagram feed.",
            2207067,
        )
    try:
        kind: ContainerKind = msgspec.convert(named, ContainerKind)
    except msgspec.ValidationError:
        raise bad_parameter(f"The media type {named} is unknown.", 2207023) from None
    if carousel_item and kind not in {"IMAGE", "VIDEO"}:
        raise bad_parameter(f"A carousel item cannot be of the media type {kind}.")
    return kind


def _resumable(given: Mapping[str, str], kind: ContainerKind) -> bool:
    named = given.get("upload_type")
    if named is None:
        return False
    if named != "resumable":
        raise bad_parameter("upload_type must be resumable")
    if kind in {"IMAGE", "CAROUSEL"} or "video_url" in given or "image_url" in given:
        raise bad_parameter("upload_type=resumable is for a video without a video_url.")
    return True


def _source(given: Mapping[str, str], kind: ContainerKind, *, resumable: bool) -> tuple[bool, str]:
    """Returns whether the media is a video, and its address."""
    if kind == "CAROUSEL":
        return False, ""
    if resumable:
        return True, ""
    both = "image_url" in given and "video_url" in given
    if kind == "STORIES" and (both or not {"image_url", "video_url"} & set(given)):
        raise bad_parameter("A story needs either image_url or video_url.")
    is_video = "video_url" in given if kind == "STORIES" else kind != "IMAGE"
    name = "video_url" if is_video else "image_url"
    if both:
        raise bad_parameter(f"The media type {kind} takes {name} only.")
    if not given.get(name):
        raise missing_parameter(name)
    return is_video, given[name]


def _caption(text: str) -> str:
    if len(text) > MAX_CAPTION:
        told = (
            f"The submitted caption was {len(text)} characters long. Maximum number of characters "
            f"permitted for a caption is {MAX_CAPTION}."
        )
        raise GraphError(36004, "The caption is too long", subcode=2207010, told=told)
    if len(_HASHTAG.findall(text)) > MAX_HASHTAGS:
        raise bad_parameter(f"A caption may have {MAX_HASHTAGS} hashtags at most.")
    if len(_MENTION.findall(text)) > MAX_MENTIONS:
        raise bad_parameter(f"Cannot use more than {MAX_MENTIONS} mentions per caption.")
    return text


def _children(given: Mapping[str, str]) -> tuple[str, ...]:
    text = given.get("children", "")
    children = _listed(text, "children")
    if not MIN_CHILDREN <= len(children) <= MAX_CHILDREN:
        raise bad_parameter(
            "Your post won't work as a carousel. Carousels need at least 2 photos/videos and no "
            "more than 10 photos/videos.",
            2207028,
        )
    if len(set(children)) != len(children):
        raise bad_parameter("A container cannot stand in a carousel twice.")
    return children


def _listed(text: str, name: str) -> tuple[str, ...]:
    """Reads a list, which may be JSON or words with commas between them."""
    if not text.lstrip().startswith("["):
        return tuple(word.strip() for word in text.split(",") if word.strip())
    try:
        return tuple(str(one) for one in msgspec.json.decode(text, type=list[str | int]))
    except msgspec.MsgspecError:
        raise bad_parameter(f"Param {name} must be an array.") from None


def _user_tags(
    given: Mapping[str, str], kind: ContainerKind, *, is_video: bool
) -> tuple[UserTag, ...]:
    if not given.get("user_tags"):
        return ()
    try:
        tags = msgspec.json.decode(given["user_tags"], type=tuple[UserTag, ...])
    except msgspec.MsgspecError as error:
        raise bad_parameter(f"Param user_tags must be an array of tags: {error}") from None
    if kind == "CAROUSEL":
        raise bad_parameter("People are tagged in the items of a carousel, not in the carousel.")
    if len(tags) > MAX_TAGS:
        raise bad_parameter(f"Cannot use more than {MAX_TAGS} tags per created media.", 2207040)
    for tag in tags:
        _check_username(tag.username)
        places = (tag.x, tag.y)
        if kind == "IMAGE" and None in places:
            raise bad_parameter("Tags of a photo need x and y.")
        if any(one is not None and not 0 <= one <= 1 for one in places):
            raise bad_parameter("x and y of a tag must be from 0.0 to 1.0.")
        if is_video and kind != "STORIES" and places != (None, None):
            raise bad_parameter("Tags of a video have no x and y.")
    return tags


def _check_username(name: str) -> None:
    if _USERNAME.match(name) is None:
        raise bad_parameter(f"{name} is not a username.")


def _collaborators(
    given: Mapping[str, str], kind: ContainerKind, *, carousel_item: bool
) -> tuple[str, ...]:
    names = _listed(given.get("collaborators", ""), "collaborators")
    if names and (carousel_item or kind == "STORIES"):
        raise bad_parameter("Stories and items of a carousel have no collaborators.")
    if len(names) > MAX_COLLABORATORS:
        raise bad_parameter(f"There may be {MAX_COLLABORATORS} collaborators at most.")
    for name in names:
        _check_username(name)
    return names


def _thumb_offset(given: Mapping[str, str]) -> int | None:
    text = given.get("thumb_offset")
    if text is None:
        return None
    if not re.fullmatch(r"-?\d{1,12}", text):
        raise bad_parameter("Param thumb_offset must be an integer.")
    offset = int(text)
    if offset < 0:
        told = "Thumbnail offset must be greater than or equal to 0 and less than video duration."
        raise GraphError(1, "Invalid thumbnail offset", subcode=2207057, told=told)
    return offset


def _trial(given: Mapping[str, str]) -> TrialParams | None:
    if not given.get("trial_params"):
        return None
    try:
        return msgspec.json.decode(given["trial_params"], type=TrialParams)
    except msgspec.MsgspecError as error:
        raise bad_parameter(f"Param trial_params does not fit: {error}") from None


def _flag(given: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    text = given.get(name)
    if text is None:
        return default
    if text.lower() not in _WORDS:
        raise bad_parameter(f"Param {name} must be a boolean")
    return _WORDS[text.lower()]


def _check(order: ContainerOrder, given: Mapping[str, str]) -> None:
    """Refuses what belongs to another kind of container."""
    for name in _ONLY_REELS:
        if name in given and order.kind != "REELS":
            raise bad_parameter(f"Param {name} is for reels only.")
    if order.alt_text and order.kind != "IMAGE":
        raise bad_parameter("Only photos have an alt_text.")
    if len(order.alt_text) > MAX_ALT_TEXT:
        raise bad_parameter(f"An alt_text may have {MAX_ALT_TEXT} characters at most.")
    if order.location_id and not order.location_id.isdecimal():
        raise bad_parameter("location_id must be the number of a page with a location.")
