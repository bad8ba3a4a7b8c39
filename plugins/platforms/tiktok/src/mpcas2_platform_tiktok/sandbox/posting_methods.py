"""Creator info, the three ways to begin a post, and what became of it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from mpcas2_platform_tiktok.sandbox.answers import ApiError
from mpcas2_platform_tiktok.sandbox.api_call import Call, Method
from mpcas2_platform_tiktok.sandbox.post_request import (
    DirectPhotos,
    DraftInfo,
    DraftPhotos,
    InboxInit,
    PhotoInfo,
    PostInfo,
    UploadSource,
    VideoAddress,
    VideoInfo,
    VideoInit,
    check_address,
    check_texts,
    read_body,
)
from mpcas2_platform_tiktok.sandbox.publishes import Publish
from mpcas2_platform_tiktok.sandbox.pulling import start_pull
from mpcas2_platform_tiktok.sandbox.state import DIRECT_POSTS, PENDING_DRAFTS
from mpcas2_platform_tiktok.sandbox.uploads import upload_address
from mpcas2_sandbox import here


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """A body without members."""


class _StatusQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``status/fetch/``."""

    publish_id: str


def _creator_info(call: Call) -> dict[str, Any]:
    if call.raw:
        read_body(call.raw, _Nothing)
    creator = call.creator
    if creator.banned:
        raise ApiError("spam_risk_user_banned_from_posting")
    return {
        "creator_avatar_url": f"{here(call.request)}/@{creator.handle}/avatar.svg",
        "creator_username": creator.handle,
        "creator_nickname": creator.name,
        "privacy_level_options": creator.privacy_options,
        "comment_disabled": creator.comment_disabled,
        "duet_disabled": creator.duet_disabled,
        "stitch_disabled": creator.stitch_disabled,
        "max_video_post_duration_sec": creator.max_video_seconds,
    }


def _may_post(call: Call, info: VideoInfo | PhotoInfo) -> None:
    """Refuses what this creator may not post with this app, and counts what he may."""
    state, creator = call.state, call.creator
    state.refuse_planned()
    if creator.banned:
        raise ApiError("spam_risk_user_banned_from_posting")
    if not state.settings.audited and (info.privacy_level != "SELF_ONLY" or not creator.private):
        raise ApiError("unaudited_client_can_only_post_to_private_accounts")
    if info.privacy_level not in creator.privacy_options:
        raise ApiError("privacy_level_option_mismatch")
    _check_spam(call, info)
    if not state.windows.look(DIRECT_POSTS, user=creator.id).room:
        raise ApiError("spam_risk_too_many_posts")
    if not state.settings.audited:
        state.count_user(call.grant.client_id, creator)
    state.windows.take(DIRECT_POSTS, user=creator.id)


def _may_draft(call: Call, info: DraftInfo) -> None:
    """Refuses a draft that this creator may not get, and counts the others."""
    call.state.refuse_planned()
    if call.creator.banned:
        raise ApiError("spam_risk_user_banned_from_posting")
    _check_spam(call, info)
    if not call.state.windows.take(PENDING_DRAFTS, user=call.creator.id).room:
        raise ApiError("spam_risk_too_many_pending_share")


def _check_spam(call: Call, info: PostInfo) -> None:
    text = info.title if isinstance(info, VideoInfo) else f"{info.title} {info.description}"
    if any(word in text for word in call.state.settings.banned_words):
        raise ApiError("spam_risk_text")


def _check_source(call: Call, source: UploadSource | VideoAddress) -> None:
    if isinstance(source, UploadSource):
        source.check()
    else:
        check_address(source.video_url, call.state.settings.verified)


def _begin_video(
    call: Call, info: VideoInfo | DraftInfo, source: UploadSource | VideoAddress
) -> dict[str, Any]:
    state, creator, client_id = call.state, call.creator, call.grant.client_id
    if isinstance(source, UploadSource):
        publish = state.begin(creator, client_id, info, upload=source)
        address = upload_address(here(call.request), publish)
        return {"publish_id": publish.id, "upload_url": address}
    publish = state.begin(creator, client_id, info, urls=(source.video_url,))
    start_pull(state, publish)
    return {"publish_id": publish.id}


def _video_init(call: Call) -> dict[str, Any]:
    order = call.body(VideoInit)
    check_texts(order.post_info, photos=False)
    _check_source(call, order.source_info)
    _may_post(call, order.post_info)
    return _begin_video(call, order.post_info, order.source_info)


def _inbox_init(call: Call) -> dict[str, Any]:
    order = call.body(InboxInit)
    _check_source(call, order.source_info)
    info = DraftInfo()
    _may_draft(call, info)
    return _begin_video(call, info, order.source_info)


def _content_init(call: Call) -> dict[str, Any]:
    # A union is no type to a type checker, though it is one to the decoder.
    order: DirectPhotos | DraftPhotos = call.body(DirectPhotos | DraftPhotos)  # type: ignore[arg-type]  # see above
    call.needs("video.publish" if isinstance(order, DirectPhotos) else "video.upload")
    check_texts(order.post_info, photos=True)
    order.source_info.check()
    for url in order.source_info.photo_images:
        check_address(url, call.state.settings.verified)
    if isinstance(order, DirectPhotos):
        _may_post(call, order.post_info)
    else:
        _may_draft(call, order.post_info)
    publish = call.state.begin(
        call.creator,
        call.grant.client_id,
        order.post_info,
        urls=tuple(order.source_info.photo_images),
        photos=True,
        cover=order.source_info.photo_cover_index,
    )
    start_pull(call.state, publish)
    return {"publish_id": publish.id}


def _status(call: Call) -> Mapping[str, Any]:
    wanted = call.body(_StatusQuestion).publish_id
    publish = call.state.publishes.find(wanted)
    if publish is None:
        raise ApiError("invalid_publish_id")
    if publish.creator is not call.creator or publish.client_id != call.grant.client_id:
        raise ApiError("token_not_authorized_for_specified_publish_id")
    return shown_status(publish, call)


def shown_status(publish: Publish, call: Call) -> dict[str, Any]:
    """Returns the state of a post as ``status/fetch`` tells it."""
    shown: dict[str, Any] = {"status": publish.status(call.now)}
    if reason := publish.fail_reason(call.now):
        shown["fail_reason"] = reason
    if publish.is_public(call.now):
        shown["publicaly_available_post_id"] = [publish.post_id]
    if publish.upload is not None:
        shown["uploaded_bytes"] = publish.file.size
    else:
        shown["downloaded_bytes"] = sum(one.file.size for one in publish.media)
    return shown


POSTING_METHODS = (
    Method(
        verb="POST",
        path="/v2/post/publish/creator_info/query/",
        answer=_creator_info,
        scopes=("video.publish",),
    ),
    Method(
        verb="POST",
        path="/v2/post/publish/video/init/",
        answer=_video_init,
        scopes=("video.publish",),
    ),
    Method(
        verb="POST",
        path="/v2/post/publish/inbox/video/init/",
        answer=_inbox_init,
        scopes=("video.upload",),
    ),
    Method(
        verb="POST",
        path="/v2/post/publish/content/init/",
        answer=_content_init,
        scopes=("video.publish", "video.upload"),
    ),
    Method(
        verb="POST",
        path="/v2/post/publish/status/fetch/",
        answer=_status,
        scopes=("video.publish", "video.upload"),
    ),
)
