"""The routes that bring pictures, documents and videos."""

from collections.abc import Callable
from typing import Any

from mpcas2_platform_linkedin.sandbox.calls import Call, Handler, Reply, decoded, urn_of
from mpcas2_platform_linkedin.sandbox.directory import Member
from mpcas2_platform_linkedin.sandbox.media import VIDEO_BYTES, Asset, Kind, Part
from mpcas2_platform_linkedin.sandbox.post_body import EndVideo, StartUpload, StartVideo
from mpcas2_platform_linkedin.sandbox.refusals import Refused, bad_field, denied, not_found
from mpcas2_platform_linkedin.sandbox.state import LinkedInState

_EXTRAS = {"thumbnail": "thumbnailUploadUrl", "captions": "captionsUploadUrl"}


def initialize(kind: Kind) -> Handler:
    """Returns the handler that starts the upload of a picture or a document."""

    def run(call: Call) -> Reply:
        decoded(call.query({"action"}), "action", ("initializeUpload",))
        owner_urn = call.json(StartUpload).initialize_upload_request.owner
        owner = call.author(urn_of(owner_urn, "person", "organization"), "/owner")
        call.writes_as(owner, f"{kind}s.ACTION-initializeUpload")
        asset = call.state.media.begin(kind, owner)
        value = {
            "uploadUrl": f"{call.here}/dms-uploads/{asset.id}",
            "uploadUrlExpiresAt": int(asset.urls_end.timestamp() * 1000),
            kind: asset.urn,
        }
        return Reply(body={"value": value})

    return run


def video_action(call: Call) -> Reply:
    """Starts or ends the upload of a video (``POST /rest/videos``)."""
    actions = {"initializeUpload": _start_video, "finalizeUpload": _end_video}
    return actions[decoded(call.query({"action"}), "action", tuple(actions))](call)


def _start_video(call: Call) -> Reply:
    order = call.json(StartVideo).initialize_upload_request
    owner = call.author(urn_of(order.owner, "person", "organization"), "/owner")
    call.writes_as(owner, "videos.ACTION-initializeUpload")
    if not VIDEO_BYTES[0] <= order.file_size_bytes <= VIDEO_BYTES[1]:
        description = f"fileSizeBytes must be from {VIDEO_BYTES[0]} to {VIDEO_BYTES[1]}"
        raise bad_field("/initializeUploadRequest/fileSizeBytes", description)
    asset = call.state.media.begin("video", owner, size=order.file_size_bytes)
    asset.token = call.state.settings.upload_token
    base = f"{call.here}/dms-uploads/{asset.id}"
    value: dict[str, Any] = {
        "video": asset.urn,
        "uploadToken": asset.token,
        "uploadUrlsExpireAt": int(asset.urls_end.timestamp() * 1000),
        "uploadInstructions": [
            {"uploadUrl": f"{base}/{number}", "firstByte": part.first, "lastByte": part.last}
            for number, part in enumerate(asset.parts)
        ],
    }
    for extra, asked in (
        ("thumbnail", order.upload_thumbnail),
        ("captions", order.upload_captions),
    ):
        if asked:
            asset.extras[extra] = None
            value[_EXTRAS[extra]] = f"{base}/{extra}"
    return Reply(body={"value": value})


def _end_video(call: Call) -> Reply:
    order = call.json(EndVideo).finalize_upload_request
    urn = urn_of(order.video, "video")
    asset = call.state.media.find(urn.rpartition(":")[2], "video")
    if asset is None:
        raise Refused(400, "This Video ID is invalid", code="INVALID_VIDEO_ID")
    call.writes_as(asset.owner, "videos.ACTION-finalizeUpload")
    if order.upload_token != asset.token:
        raise bad_field("/finalizeUploadRequest/uploadToken", "uploadToken is another upload's")
    if any(part.file is None for part in asset.parts):
        raise Refused(400, "Media asset is waiting upload", code="MEDIA_ASSET_WAITING_UPLOAD")
    if list(order.uploaded_part_ids) != [part.etag for part in asset.parts]:
        description = "uploadedPartIds must be the ETags of all parts in their order"
        raise bad_field("/finalizeUploadRequest/uploadedPartIds", description)
    if asset.file is None:
        call.state.media.finalize(asset)
    return Reply()


def show(kind: Kind) -> Handler:
    """Returns the handler that tells how far an upload is."""

    def run(call: Call) -> Reply:
        call.query(())
        urn = urn_of(call.path("urn"), kind)
        asset = call.state.media.find(urn.rpartition(":")[2], kind)
        if asset is None:
            raise not_found()
        call.writes_as(asset.owner, f"{kind}s.GET")
        if kind == "image" and isinstance(asset.owner, Member):
            # A member's token may bring pictures and not ask about them.
            raise denied("images.GET", f"{call.header('linkedin-version')}01")
        return Reply(body=_shown(call, asset))

    return run


def _shown(call: Call, asset: Asset) -> dict[str, Any]:
    book = call.state.media
    status = book.status(asset)
    document: dict[str, Any] = {"id": asset.urn, "owner": asset.owner.urn, "status": status}
    if status == "PROCESSING_FAILED":
        document["processingFailureReason"] = book.failure(asset)
    if status == "AVAILABLE":
        document["downloadUrl"] = f"{call.here}/media/{asset.id}"
    return document


def put_whole(call: Call) -> Reply:
    """Takes the bytes of a picture or a document (``PUT`` to its upload address)."""
    asset = call.state.media.find(call.path("id"))
    if asset is None or asset.kind == "video":
        raise not_found()
    _still_open(call.state, asset)
    call.writes_as(asset.owner, f"{asset.kind}s.UPLOAD")
    if not call.body:
        raise bad_field("/", "The upload is empty")
    call.state.media.put_whole(asset, call.body)
    return Reply(status=201)


def put_part(
    state: LinkedInState, path: tuple[str, str], headers: Callable[[str], str | None], body: bytes
) -> Reply:
    """Takes one range of a video, or its thumbnail or captions.

    The address alone allows it: a token or a version beside it is refused.

    Args:
        state: What the network remembers.
        path: The upload's id, and the range's number or the extra file's name.
        headers: Returns a request header.
        body: The bytes.

    Raises:
        Refused: They are not what was instructed.
    """
    asset = state.media.find(path[0], "video")
    if asset is None:
        raise not_found()
    _still_open(state, asset)
    if headers("authorization") is not None or headers("linkedin-version") is not None:
        raise bad_field("/", "An upload address takes neither Authorization nor LinkedIn-Version")
    if headers("content-type") != "application/octet-stream":
        raise bad_field("/", "Content-Type must be application/octet-stream")
    if path[1] in asset.extras:
        asset.extras[path[1]] = state.media.disk.new_file(body)
        return Reply(status=201)
    part = _part(asset, path[1])
    if len(body) != part.last - part.first + 1:
        description = f"These are not the bytes from {part.first} to {part.last}"
        raise bad_field("/", description)
    etag = state.media.put_part(asset, int(path[1]), body)
    return Reply(headers={"ETag": f'"{etag}"'})


def _part(asset: Asset, number: str) -> Part:
    if not (number.isascii() and number.isdigit() and int(number) < len(asset.parts)):
        raise not_found()
    return asset.parts[int(number)]


def _still_open(state: LinkedInState, asset: Asset) -> None:
    if state.core.clock.now() >= asset.urls_end:
        raise Refused(400, f"The {asset.kind} upload URL is expired", code="EXPIRED_UPLOAD_URL")
