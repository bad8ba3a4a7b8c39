"""What a request for a container asks for, and what is wrong with it before any media is seen."""

import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar

import msgspec

from mpcas2_platform_threads.sandbox.attachments import (
    GifAttachment,
    PollAttachment,
    TextAttachment,
    TextEntity,
)
from mpcas2_platform_threads.sandbox.errors import bad_parameter, missing_parameter
from mpcas2_platform_threads.sandbox.text_rules import MAX_LINKS, MAX_TEXT, counted, links_in

ContainerKind = Literal["TEXT", "IMAGE", "VIDEO", "CAROUSEL"]
ReplyControl = Literal[
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
]

MAX_ALT_TEXT: Final = 1000
MIN_CHILDREN: Final = 2
MAX_CHILDREN: Final = 20
MAX_ENTITIES: Final = 10

_OF_ITEMS = frozenset({"media_type", "image_url", "video_url", "is_carousel_item", "alt_text"})
_OF_TEXTS = frozenset(
    {
        *("link_attachment", "poll_attachment", "text_attachment", "gif_attachment"),
        *("is_ghost_post", "auto_publish_text"),
    }
)
PARAMETERS: Final = frozenset(
    {
        *("text", "children", "reply_control", "reply_to_id", "quote_post_id", "topic_tag"),
        *("location_id", "text_entities", "is_spoiler_media", "allowlisted_country_codes"),
        *_OF_ITEMS,
        *_OF_TEXTS,
    }
)
"""What the edge takes."""

_TOPIC = re.compile(r"[^.&]{1,50}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

T = TypeVar("T")


class ContainerOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A container as it was asked for.

    Args:
        kind: What is to become of it.
        url: Where the media is; empty for texts and carousels.
        carousel_item: Whether it is for a carousel.
        text: The text.
        alt_text: What is to be seen, for people who cannot.
        children: The containers of a carousel.
        reply_control: Who may reply.
        reply_to_id: The post that it replies to.
        quote_post_id: The post that it quotes.
        topic_tag: Its topic.
        location_id: Where it was.
        link_attachment: The link below a text.
        poll: The poll below a text.
        text_attachment: The long text below a text.
        gif: The moving picture below a text.
        text_entities: What of the text is hidden at first.
        spoiler: Whether the media is hidden at first.
        ghost: Whether it is gone after a day.
        countries: Where it may be seen; empty for everywhere.
        auto_publish: Whether it is published at once.
    """

    kind: ContainerKind
    url: str = ""
    carousel_item: bool = False
    text: str = ""
    alt_text: str = ""
    children: tuple[str, ...] = ()
    reply_control: ReplyControl = "everyone"
    reply_to_id: str = ""
    quote_post_id: str = ""
    topic_tag: str = ""
    location_id: str = ""
    link_attachment: str = ""
    poll: PollAttachment | None = None
    text_attachment: TextAttachment | None = None
    gif: GifAttachment | None = None
    text_entities: tuple[TextEntity, ...] = ()
    spoiler: bool = False
    ghost: bool = False
    countries: tuple[str, ...] = ()
    auto_publish: bool = False

    @property
    def is_video(self) -> bool:
        """Whether its media is a video."""
        return self.kind == "VIDEO"


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
    kind: ContainerKind = _chosen(given, "media_type", ContainerKind)
    order = ContainerOrder(
        kind=kind,
        url=_source(given, kind),
        carousel_item=_flag(given, "is_carousel_item"),
        text=given.get("text", ""),
        alt_text=given.get("alt_text", ""),
        children=_children(given) if kind == "CAROUSEL" else (),
        reply_control=_chosen(given, "reply_control", ReplyControl, "everyone"),
        reply_to_id=_number(given, "reply_to_id"),
        quote_post_id=_number(given, "quote_post_id"),
        topic_tag=given.get("topic_tag", "").removeprefix("#"),
        location_id=_number(given, "location_id"),
        link_attachment=_address(given, "link_attachment"),
        poll=_structure(given, "poll_attachment", PollAttachment),
        text_attachment=_structure(given, "text_attachment", TextAttachment),
        gif=_structure(given, "gif_attachment", GifAttachment),
        text_entities=_structure(given, "text_entities", tuple[TextEntity, ...]) or (),
        spoiler=_flag(given, "is_spoiler_media"),
        ghost=_flag(given, "is_ghost_post"),
        countries=_listed(given.get("allowlisted_country_codes", ""), "allowlisted_country_codes"),
        auto_publish=_flag(given, "auto_publish_text"),
    )
    _check_kind(order, given)
    _check_text(order)
    return order


def _chosen(given: Mapping[str, str], name: str, known: Any, usual: str = "") -> Any:
    """Returns a word that must be one of those which a literal type knows."""
    word = given.get(name) or usual
    if not word:
        raise missing_parameter(name)
    try:
        return msgspec.convert(word, known)
    except msgspec.ValidationError:
        raise bad_parameter(f"Param {name} has an unknown value: {word[:40]}") from None


def _source(given: Mapping[str, str], kind: ContainerKind) -> str:
    """Returns where the media is."""
    wanted = {"IMAGE": "image_url", "VIDEO": "video_url"}.get(kind)
    for name in ("image_url", "video_url"):
        if name in given and name != wanted:
            raise bad_parameter(f"The media type {kind} takes no {name}.")
    if wanted is None:
        return ""
    if not given.get(wanted):
        raise missing_parameter(wanted)
    return _address(given, wanted)


def _address(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    if text:
        try:
            parts = urllib.parse.urlsplit(text)
        except ValueError:
            parts = urllib.parse.urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise bad_parameter(f"Param {name} must be a valid URI.")
    return text


def _children(given: Mapping[str, str]) -> tuple[str, ...]:
    children = _listed(given.get("children", ""), "children")
    if not MIN_CHILDREN <= len(children) <= MAX_CHILDREN:
        raise bad_parameter(
            f"A carousel needs {MIN_CHILDREN} to {MAX_CHILDREN} items, not {len(children)}."
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


def _number(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    if text and not text.isdecimal():
        raise bad_parameter(f"Param {name} must be a number.")
    return text


def _structure(given: Mapping[str, str], name: str, kind: type[T]) -> T | None:
    if not given.get(name):
        return None
    try:
        return msgspec.json.decode(given[name], type=kind)
    except msgspec.MsgspecError as error:
        raise bad_parameter(f"Param {name} does not fit: {error}") from None


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false").lower()
    if text not in _FLAGS:
        raise bad_parameter(f"Param {name} must be a boolean")
    return _FLAGS[text]


def _check_kind(order: ContainerOrder, given: Mapping[str, str]) -> None:
    """Refuses what belongs to another kind of container."""
    kind = order.kind
    if order.carousel_item:
        if kind not in {"IMAGE", "VIDEO"}:
            raise bad_parameter(f"A carousel item cannot be of the media type {kind}.")
        for name in sorted(set(given) - _OF_ITEMS):
            raise bad_parameter(f"Param {name} belongs to the carousel, not to its items.")
    if kind != "TEXT":
        for name in sorted(_OF_TEXTS & set(given)):
            raise bad_parameter(f"Param {name} is for text posts only.")
    if "children" in given and kind != "CAROUSEL":
        raise bad_parameter("Param children is for carousels only.")
    if order.alt_text and kind not in {"IMAGE", "VIDEO"}:
        raise bad_parameter("Only an image or a video has an alt_text.")
    if len(order.alt_text) > MAX_ALT_TEXT:
        raise bad_parameter(f"Param alt_text must be at most {MAX_ALT_TEXT} characters long.")
    if order.spoiler and kind == "TEXT":
        raise bad_parameter("Param is_spoiler_media needs media.")
    if any(_COUNTRY.match(one) is None for one in order.countries):
        raise bad_parameter("Param allowlisted_country_codes must be ISO 3166-1 alpha-2 codes.")
    _check_attachments(order)


def _check_attachments(order: ContainerOrder) -> None:
    if order.poll and (order.link_attachment or order.text_attachment or order.gif):
        raise bad_parameter("A poll goes with no other attachment.")
    if order.ghost and order.reply_to_id:
        raise bad_parameter("A ghost post cannot be a reply.")


def _check_text(order: ContainerOrder) -> None:
    text = order.text
    if order.kind == "TEXT" and not text.strip() and not order.link_attachment:
        raise missing_parameter("text")
    if counted(text) > MAX_TEXT:
        raise bad_parameter(f"Param text must be at most {MAX_TEXT} characters long.")
    links = links_in(text) | ({order.link_attachment} if order.link_attachment else set())
    if len(links) > MAX_LINKS:
        raise bad_parameter(f"A post may have {MAX_LINKS} links at most, not {len(links)}.")
    if order.topic_tag and _TOPIC.match(order.topic_tag) is None:
        raise bad_parameter("Param topic_tag must have 1 to 50 characters and no . or &.")
    if len(order.text_entities) > MAX_ENTITIES:
        raise bad_parameter(f"A text may have {MAX_ENTITIES} text_entities at most.")
    if any(one.offset + one.length > len(text) for one in order.text_entities):
        raise bad_parameter("A text entity lies outside the text.")
