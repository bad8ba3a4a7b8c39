"""The body of ``POST /2/tweets`` as X's OpenAPI description closes it: unknown names are refused."""

from typing import Annotated, Literal

import msgspec

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}$")]
Reach = Literal["following", "mentionedUsers", "subscribers", "verified"]
Choice = Annotated[str, msgspec.Meta(min_length=1, max_length=25)]
Unset = msgspec.UnsetType
UNSET = msgspec.UNSET


class _Closed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object without further members."""


class AppInstall(_Closed, frozen=True, kw_only=True):
    """Stores from which an app can be had."""

    app_store_id: str | Unset = UNSET
    ipad_app_store_id: str | Unset = UNSET
    play_store_id: str | Unset = UNSET


class Visit(_Closed, frozen=True, kw_only=True):
    """An address that a button leads to."""

    url: str


class CallToActions(_Closed, frozen=True, kw_only=True):
    """Buttons below a video."""

    app_install: AppInstall | Unset = UNSET
    visit_site: Visit | Unset = UNSET
    watch_now: Visit | Unset = UNSET


class AttachedMedia(_Closed, frozen=True, kw_only=True):
    """Media of the post."""

    media_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=4)]
    tagged_user_ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=10)] = ()
    call_to_actions: CallToActions | Unset = UNSET
    description: str | Unset = UNSET
    embeddable: bool | Unset = UNSET
    preview_media_id: Id | Unset = UNSET
    title: str | Unset = UNSET


class PollRequest(_Closed, frozen=True, kw_only=True):
    """A poll."""

    options: Annotated[tuple[Choice, ...], msgspec.Meta(min_length=2, max_length=4)]
    duration_minutes: Annotated[int, msgspec.Meta(ge=5, le=10_080)]
    reply_settings: Reach | Unset = UNSET


class ReplyTo(_Closed, frozen=True, kw_only=True):
    """The post that this one answers."""

    in_reply_to_tweet_id: Id
    auto_populate_reply_metadata: bool | Unset = UNSET
    exclude_reply_user_ids: tuple[str, ...] = ()


class EditOptions(_Closed, frozen=True, kw_only=True):
    """The post that this one replaces."""

    previous_post_id: Id


class Geo(_Closed, frozen=True, kw_only=True):
    """A place."""

    place_id: str


class PostRequest(_Closed, frozen=True, kw_only=True):
    """A post as a client wants it."""

    text: str = ""
    media: AttachedMedia | Unset = UNSET
    poll: PollRequest | Unset = UNSET
    reply: ReplyTo | Unset = UNSET
    quote_tweet_id: Id | Unset = UNSET
    reply_settings: Reach | Unset = UNSET
    community_id: Id | Unset = UNSET
    made_with_ai: bool = False
    paid_partnership: bool = False
    nullcast: bool = False
    for_super_followers_only: bool = False
    share_with_followers: bool = False
    edit_options: EditOptions | Unset = UNSET
    geo: Geo | Unset = UNSET
    card_uri: str | Unset = UNSET
    direct_message_deep_link: str | Unset = UNSET
