"""The fields that a request's body may have, and the check of a body against them.

A field that the resource has, but that only the network sets, is taken and ignored, as the real
API does; a name that the resource lacks is refused. Source: the schemas of the API's discovery
document (https://youtube.googleapis.com/$discovery/rest?version=v3); a test compares them.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from mpcas2_platform_youtube.sandbox.errors import ApiError, bad_request

Fields: TypeAlias = Mapping[str, Any]

ANY = object()
"""The mark of an object whose members are the network's alone and are not looked at."""

_LOCALIZED = {"title": str, "description": str}
_RESOURCE_ID = {"kind": str, "videoId": str, "channelId": str, "playlistId": str}

VIDEO: Fields = {
    "kind": str,
    "etag": str,
    "id": str,
    "snippet": {
        "title": str,
        "description": str,
        "tags": [str],
        "categoryId": str,
        "channelId": str,
        "channelTitle": str,
        "publishedAt": str,
        "defaultLanguage": str,
        "defaultAudioLanguage": str,
        "liveBroadcastContent": ("none", "upcoming", "live", "completed"),
        "localized": _LOCALIZED,
        "thumbnails": ANY,
    },
    "status": {
        "uploadStatus": ("uploaded", "processed", "failed", "rejected", "deleted"),
        "failureReason": str,
        "rejectionReason": str,
        "privacyStatus": ("public", "unlisted", "private"),
        "publishAt": str,
        "license": ("youtube", "creativeCommon"),
        "embeddable": bool,
        "publicStatsViewable": bool,
        "madeForKids": bool,
        "selfDeclaredMadeForKids": bool,
        "containsSyntheticMedia": bool,
    },
    "recordingDetails": {"recordingDate": str, "location": ANY, "locationDescription": str},
    "paidProductPlacementDetails": {"hasPaidProductPlacement": bool},
    "localizations": ANY,
    "contentDetails": ANY,
    "statistics": ANY,
    "processingDetails": ANY,
    "player": ANY,
    "fileDetails": ANY,
    "suggestions": ANY,
    "topicDetails": ANY,
    "liveStreamingDetails": ANY,
    "ageGating": ANY,
    "brandPartner": ANY,
    "monetizationDetails": ANY,
    "projectDetails": ANY,
}

PLAYLIST: Fields = {
    "kind": str,
    "etag": str,
    "id": str,
    "snippet": {
        "title": str,
        "description": str,
        "tags": [str],
        "channelId": str,
        "channelTitle": str,
        "publishedAt": str,
        "defaultLanguage": str,
        "localized": _LOCALIZED,
        "thumbnailVideoId": str,
        "thumbnails": ANY,
    },
    "status": {
        "privacyStatus": ("public", "unlisted", "private"),
        "podcastStatus": ("enabled", "disabled"),
    },
    "localizations": ANY,
    "contentDetails": ANY,
    "player": ANY,
}

PLAYLIST_ITEM: Fields = {
    "kind": str,
    "etag": str,
    "id": str,
    "snippet": {
        "playlistId": str,
        "position": int,
        "resourceId": _RESOURCE_ID,
        "title": str,
        "description": str,
        "channelId": str,
        "channelTitle": str,
        "publishedAt": str,
        "thumbnails": ANY,
        "videoOwnerChannelId": str,
        "videoOwnerChannelTitle": str,
    },
    "contentDetails": {
        "videoId": str,
        "note": str,
        "startAt": str,
        "endAt": str,
        "videoPublishedAt": str,
    },
    "status": {"privacyStatus": ("public", "unlisted", "private")},
}

COMMENT_THREAD: Fields = {
    "kind": str,
    "etag": str,
    "id": str,
    "snippet": {
        "channelId": str,
        "videoId": str,
        "canReply": bool,
        "isPublic": bool,
        "totalReplyCount": int,
        "topLevelComment": {
            "kind": str,
            "etag": str,
            "id": str,
            "snippet": {
                "textOriginal": str,
                "textDisplay": str,
                "channelId": str,
                "videoId": str,
                "parentId": str,
                "publishedAt": str,
                "updatedAt": str,
                "likeCount": int,
                "canRate": bool,
                "viewerRating": ("none", "like", "dislike"),
                "moderationStatus": ("published", "heldForReview", "likelySpam", "rejected"),
                "authorChannelId": ANY,
                "authorChannelUrl": str,
                "authorDisplayName": str,
                "authorProfileImageUrl": str,
                "imageUrl": str,
            },
        },
    },
    "replies": ANY,
}


def resource_body(raw: bytes, fields: Fields, parts: frozenset[str]) -> dict[str, Any]:
    """Reads a request's JSON body as a resource.

    Args:
        raw: The body as it was sent.
        fields: What the resource may have.
        parts: The parts that the query names.

    Raises:
        ApiError: It is not JSON, has unknown or misfit fields, or a part that ``part`` lacks.
    """
    try:
        body = msgspec.json.decode(raw or b"{}")
    except ValueError as error:
        raise ApiError(400, "parseError", f"Parse Error: {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "parseError", "Parse Error: the body must be a JSON object")
    _check(body, fields, "resource")
    for part in body:
        if fields[part] is not str and part not in parts:  # kind, etag and id need no part
            message = f"The request body has the part '{part}', which the parameter part lacks."
            raise ApiError(400, "unexpectedPart", message, domain="youtube.part", location="part")
    return body


def _check(value: Any, expected: Any, path: str) -> None:
    if expected is ANY:
        if not isinstance(value, dict):
            raise _misfit(path, "an object", value)
    elif isinstance(expected, Mapping):
        if not isinstance(value, dict):
            raise _misfit(path, "an object", value)
        for name, member in value.items():
            if name not in expected:
                raise bad_request(
                    f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': "
                    "Cannot find field."
                )
            _check(member, expected[name], f"{path}.{name}")
    elif isinstance(expected, list):
        if not isinstance(value, list):
            raise _misfit(path, "a list", value)
        for place, member in enumerate(value):
            _check(member, expected[0], f"{path}[{place}]")
    elif isinstance(expected, tuple):
        if value not in expected:
            raise _misfit(path, f"one of {', '.join(expected)}", value)
    elif type(value) is not expected:  # a truth value must not pass as a number
        raise _misfit(path, f"a {expected.__name__}", value)


def _misfit(path: str, expected: str, value: Any) -> ApiError:
    shown = msgspec.json.encode(value).decode()[:80]
    return bad_request(f"Invalid value at '{path}' ({expected}), {shown}", reason="invalid")
