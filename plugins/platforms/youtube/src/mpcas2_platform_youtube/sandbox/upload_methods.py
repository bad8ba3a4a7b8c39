"""``videos.insert``: the start of an upload, and what is sent to the session's address."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_youtube.sandbox.api_call import ApiCall, Method, parts_of
from mpcas2_platform_youtube.sandbox.errors import (
    ApiError,
    bad_request,
    invalid_credentials,
    invalid_parameter,
    upload_limit_exceeded,
)
from mpcas2_platform_youtube.sandbox.resource_fields import VIDEO
from mpcas2_platform_youtube.sandbox.scopes import TO_UPLOAD
from mpcas2_platform_youtube.sandbox.state import YouTubeState
from mpcas2_platform_youtube.sandbox.uploads import UploadSession
from mpcas2_platform_youtube.sandbox.video_rules import check_video
from mpcas2_sandbox import here
from mpcas2_sandbox.oauth import BearerError

UPLOAD_PATH = "/upload/youtube/v3/videos"
_RESUME_INCOMPLETE = 308
_CANCELLED = 499


def _announced_length(request: Request) -> int | None:
    text = request.headers.get("x-upload-content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise bad_request(f"Invalid value for X-Upload-Content-Length: {text}")
    if int(text) == 0:
        message = "The request does not include the video content."
        raise ApiError(400, "mediaBodyRequired", message, domain="youtube.video")
    return int(text)


def _check_types(request: Request) -> None:
    said = request.headers.get("x-upload-content-type", "application/octet-stream").lower()
    if not said.startswith("video/") and said != "application/octet-stream":
        message = (
            f"Media type '{said}' is not supported. Valid media types: "
            "[application/octet-stream, video/*]"
        )
        raise ApiError(400, "badContent", message)
    metadata_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if metadata_type != "application/json":
        message = f"The metadata must be sent as application/json, not as '{metadata_type}'."
        raise ApiError(400, "badContent", message)


def _start_upload(call: ApiCall) -> Response:
    if call.text("uploadType") != "resumable":
        raise invalid_parameter(
            "uploadType", f"{call.text('uploadType')}; this practice network plays resumable only"
        )
    channel = call.channel()
    if channel.upload_limit_exceeded:
        raise upload_limit_exceeded()
    _check_types(call.request)
    total = _announced_length(call.request)
    metadata = call.resource(VIDEO)
    check_video(metadata, call.now)
    session = call.state.uploads.start(
        channel=channel,
        client_id=call.client_id,
        metadata=metadata,
        parts=call.parts,
        total=total,
        now=call.now,
    )
    url = call.request.url.include_query_params(upload_id=session.id)
    headers = {"Location": str(url), "X-GUploader-UploadID": session.id}
    return Response(None, 200, headers)


VIDEOS_INSERT = Method(
    name="videos.insert",
    verb="POST",
    path=UPLOAD_PATH,
    scopes=TO_UPLOAD,
    units=None,
    parameters=frozenset(
        {
            "part",
            "uploadType",
            "autoLevels",
            "notifySubscribers",
            "onBehalfOfContentOwner",
            "onBehalfOfContentOwnerChannel",
            "stabilize",
        }
    ),
    required=("part", "uploadType"),
    parts=parts_of(VIDEO),
    run=_start_upload,
)


def _session_of(state: YouTubeState, request: Request) -> UploadSession:
    """Returns the session that the address names, which is all the proof that it takes.

    A token that is sent along must still be good, as at every other address.
    """
    if "authorization" in request.headers:
        try:
            state.oauth.bearer(request)
        except BearerError as error:
            raise invalid_credentials() from error
    upload_id = request.query_params.get("upload_id", "")
    session = state.uploads.find(upload_id, state.core.clock.now())
    if session is None:
        raise ApiError(404, "notFound", "The upload session does not exist any more.")
    return session


def put_bytes(state: YouTubeState, request: Request, body: bytes) -> Response:
    """Takes a chunk, the whole file or a question, and says how far the upload is.

    The last byte makes the video. From then on every request to the session gets the same answer.
    """
    try:
        session = _session_of(state, request)
        complete = session.take(request.headers.get("content-range"), body)
    except ApiError as error:
        return error.response()
    if not complete:
        stored = session.file.size
        headers = {"Range": f"bytes=0-{stored - 1}"} if stored else {}
        return Response(None, _RESUME_INCOMPLETE, headers)
    if session.answer is None:
        video = state.insert_video(session)
        host = here(request)
        resource = video.resource(session.parts, video.inserted_at, host)
        session.answer = msgspec.json.encode(resource)
    return Response(session.answer, 200, media_type="application/json; charset=UTF-8")


def cancel(state: YouTubeState, request: Request) -> Response:
    """Ends a session; Google's servers answer with a status of their own."""
    try:
        _session_of(state, request).cancelled = True
    except ApiError as error:
        return error.response()
    return Response(None, _CANCELLED)
