"""The upload host: it takes a form in the way of Amazon S3's browser uploads, and answers in XML."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpcas2_platform_pinterest.sandbox.form_parts import MalformedFormError, read_parts
from mpcas2_platform_pinterest.sandbox.state import PinterestState
from mpcas2_platform_pinterest.sandbox.uploads import BUCKET, Media

UPLOAD_PATH = "/media-upload/"
_FILE = "file"
_UNCOUNTED = frozenset({"policy", "x-amz-signature"})


class UploadRefusedError(Exception):
    """The host does not take an upload.

    Args:
        status: The HTTP status.
        code: The error's name.
        message: The words.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
            f"<Message>{escape(message)}</Message></Error>"
        )


def _denied(why: str) -> UploadRefusedError:
    return UploadRefusedError(403, "AccessDenied", f"Invalid according to Policy: {why}")


def upload_route(state: PinterestState) -> Route:
    """Returns the route that takes uploads."""

    async def post(request: Request) -> Response:
        try:
            fields, content = _form(request.headers.get("content-type", ""), await request.body())
            media = _allowed(state, fields, content)
        except UploadRefusedError as refusal:
            return Response(refusal.body, refusal.status, media_type="application/xml")
        state.media.arrived(media, content)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return Response(None, 204, {"ETag": f'"{digest}"'})

    return Route(UPLOAD_PATH, post, methods=["POST"])


def _form(content_type: str, body: bytes) -> tuple[dict[str, str], memoryview]:
    """Returns the fields that stand before the file, and the file; what follows it is not read."""
    fields: dict[str, str] = {}
    try:
        for part in read_parts(content_type, body):
            if part.name == _FILE:
                return fields, part.content
            fields[part.name] = part.text
    except MalformedFormError as error:
        message = f"The body of your POST request is not well-formed: {error}."
        raise UploadRefusedError(400, "MalformedPOSTRequest", message) from error
    raise UploadRefusedError(
        400, "InvalidArgument", "POST requires exactly one file upload per request."
    )


def _allowed(state: PinterestState, fields: Mapping[str, str], content: memoryview) -> Media:
    media = state.media.of_key(fields.get("key", ""))
    if "key" not in fields:
        message = "Bucket POST must contain a field named 'key'. If it is specified, please check "
        message += "the order of the fields."
        raise UploadRefusedError(400, "InvalidArgument", message)
    if media is None:
        raise _denied('Policy Condition failed: ["eq", "$key"]')
    if "policy" not in fields:
        raise UploadRefusedError(403, "AccessDenied", "Access Denied")
    proof = media.signature(fields["policy"])
    if not hmac.compare_digest(proof.encode(), fields.get("x-amz-signature", "").encode()):
        message = "The request signature we calculated does not match the signature you provided."
        raise UploadRefusedError(403, "SignatureDoesNotMatch", message)
    if state.core.clock.now() >= media.until:
        raise _denied("Policy expired.")
    rules: dict[str, Any] = msgspec.json.decode(base64.b64decode(fields["policy"]))
    wanted = {name: value for one in rules["conditions"][:-1] for name, value in one.items()}
    for name, value in wanted.items():
        if {"bucket": BUCKET, **fields}.get(name) != value:
            raise _denied(f'Policy Condition failed: ["eq", "${name}", "{value}"]')
    extra = sorted(set(fields) - set(wanted) - _UNCOUNTED)
    if extra:
        raise _denied(f"Extra input fields: {extra[0]}")
    _, least, most = rules["conditions"][-1]
    if len(content) < least:
        message = "Your proposed upload is smaller than the minimum allowed size"
        raise UploadRefusedError(400, "EntityTooSmall", message)
    if len(content) > most:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise UploadRefusedError(400, "EntityTooLarge", message)
    return media
