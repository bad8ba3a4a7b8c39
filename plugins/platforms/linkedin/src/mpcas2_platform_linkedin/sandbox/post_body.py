"""The bodies that the posts' and the comments' routes take."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

Visibility = Literal["PUBLIC", "CONNECTIONS", "LOGGED_IN"]
Duration = Literal["ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A closed JSON object."""


class Distribution(_Body, frozen=True, kw_only=True):
    """Who is shown a post in the feed."""

    feed_distribution: Literal["MAIN_FEED", "NONE"]
    target_entities: tuple[dict[str, Any], ...] = ()
    third_party_distribution_channels: tuple[Any, ...] = ()


class ShownMedia(_Body, frozen=True, kw_only=True):
    """One picture, video or document of a post."""

    id: str
    title: str | UnsetType = UNSET
    alt_text: str | UnsetType = UNSET


class ShownImage(_Body, frozen=True, kw_only=True):
    """One of several pictures."""

    id: str
    alt_text: str | UnsetType = UNSET


class MultiImage(_Body, frozen=True, kw_only=True):
    """Several pictures."""

    images: tuple[ShownImage, ...]


class Article(_Body, frozen=True, kw_only=True):
    """A link with its card."""

    source: str
    title: str
    description: str | UnsetType = UNSET
    thumbnail: str | UnsetType = UNSET


class PollOption(_Body, frozen=True, kw_only=True):
    """One answer of a poll."""

    text: str


class PollSettings(_Body, frozen=True, kw_only=True):
    """How a poll runs."""

    duration: Duration
    vote_selection_type: Literal["SINGLE_VOTE"] = "SINGLE_VOTE"
    is_voter_visible_to_author: bool = True


class Poll(_Body, frozen=True, kw_only=True):
    """A question with answers."""

    question: str
    options: tuple[PollOption, ...]
    settings: PollSettings


class Content(_Body, frozen=True, kw_only=True):
    """What a post has beside its text; exactly one of them."""

    media: ShownMedia | UnsetType = UNSET
    multi_image: MultiImage | UnsetType = UNSET
    article: Article | UnsetType = UNSET
    poll: Poll | UnsetType = UNSET


class PostBody(_Body, frozen=True, kw_only=True):
    """The body of ``POST /rest/posts``."""

    author: str
    commentary: str
    visibility: Visibility
    distribution: Distribution
    lifecycle_state: Literal["PUBLISHED"]
    is_reshare_disabled_by_author: bool = False
    content: Content | UnsetType = UNSET


class Message(_Body, frozen=True, kw_only=True):
    """The words of a comment: plain text."""

    text: str
    attributes: tuple[Any, ...] = ()


class CommentBody(_Body, frozen=True, kw_only=True):
    """The body of ``POST /rest/socialActions/{urn}/comments``."""

    actor: str
    object: str
    message: Message
    parent_comment: str | UnsetType = UNSET


class Owned(_Body, frozen=True, kw_only=True):
    """Whose an upload is to be."""

    owner: str


class StartUpload(_Body, frozen=True, kw_only=True):
    """The body that starts the upload of a picture or a document."""

    initialize_upload_request: Owned


class VideoStart(_Body, frozen=True, kw_only=True):
    """What a video's upload is to be."""

    owner: str
    file_size_bytes: int
    upload_captions: bool = False
    upload_thumbnail: bool = False


class StartVideo(_Body, frozen=True, kw_only=True):
    """The body that starts the upload of a video."""

    initialize_upload_request: VideoStart


class VideoEnd(_Body, frozen=True, kw_only=True):
    """The parts of a video, in order."""

    video: str
    upload_token: str
    uploaded_part_ids: tuple[str, ...]


class EndVideo(_Body, frozen=True, kw_only=True):
    """The body that ends the upload of a video."""

    finalize_upload_request: VideoEnd
