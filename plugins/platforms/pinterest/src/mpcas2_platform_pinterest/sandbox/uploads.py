"""Registered media: what the upload host takes for it, and how its processing ends."""

import base64
import dataclasses
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from mpcas2_platform_pinterest.sandbox.movie_header import Movie, read_movie
from mpcas2_platform_pinterest.sandbox.pinners import Pinner, digits
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import FileDisk, StoredFile

MAX_VIDEO_BYTES = 2_000_000_000
BUCKET = "pinterest-media-upload"
_PROCESSING_SECONDS = 2.0
_MIN_SECONDS = 4.0
_MAX_SECONDS = 15 * 60.0
_NARROWEST = 1 / 2
_WIDEST = 1.91

Status = Literal["registered", "processing", "succeeded", "failed"]


class Verdict(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How the processing of an upload ends, where its bytes do not decide.

    Args:
        failed: Whether it fails.
    """

    failed: bool = False


@dataclasses.dataclass(eq=False, kw_only=True)
class Media:
    """One registered upload.

    Attributes:
        id: Its identifier.
        owner: Who registered it.
        key: Where the upload host keeps it.
        until: Until when the host takes it.
        max_bytes: How large it may be.
        signing_key: What its policy is signed with.
        file: Its bytes, once there.
        movie: What their header tells; None when they are no video.
        fault: Why they will not do; empty when they will.
    """

    id: str
    owner: Pinner
    key: str
    until: datetime
    max_bytes: int
    signing_key: bytes = dataclasses.field(repr=False)
    file: StoredFile | None = None
    movie: Movie | None = None
    fault: str = ""

    def fields(self, now: datetime) -> dict[str, str]:
        """Returns the parameters that its upload needs.

        Args:
            now: When they are given.
        """
        plain = {
            "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
            "x-amz-security-token": digits(f"token:{self.id}"),
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"PRACTICE/{now:%Y%m%d}/us-east-1/s3/aws4_request",
            "key": self.key,
            "Content-Type": "multipart/form-data",
        }
        rules: dict[str, Any] = {
            "expiration": f"{self.until:%Y-%m-%dT%H:%M:%SZ}",
            "conditions": [
                {"bucket": BUCKET},
                *({name: value} for name, value in plain.items()),
                ["content-length-range", 1, self.max_bytes],
            ],
        }
        policy = base64.b64encode(msgspec.json.encode(rules)).decode()
        return {**plain, "policy": policy, "x-amz-signature": self.signature(policy)}

    def signature(self, policy: str) -> str:
        """Returns the signature of a policy."""
        return hmac.new(self.signing_key, policy.encode(), hashlib.sha256).hexdigest()


class MediaBook:
    """All registered uploads.

    Args:
        core: Its clock says what is processed.

    Attributes:
        processing: How processing ends.
    """

    def __init__(self, core: SandboxCore) -> None:
        self._clock = core.clock
        self._media: dict[str, Media] = {}
        self._by_key: dict[str, Media] = {}
        self.disk = FileDisk()
        self.processing: Decisions[Verdict] = Decisions(
            core, Verdict, seconds=_PROCESSING_SECONDS, name="processing"
        )

    def register(self, owner: Pinner, *, seconds: float, max_bytes: int) -> Media:
        """Makes room for one video.

        Args:
            owner: Whose it will be.
            seconds: How long the upload host takes it.
            max_bytes: How large it may be.
        """
        media_id = digits(f"media:{len(self._media)}")
        media = Media(
            id=media_id,
            owner=owner,
            key=f"uploads/{media_id[:2]}/{media_id[2:4]}/3:video:{owner.id}:{media_id}",
            until=self._clock.now() + timedelta(seconds=seconds),
            max_bytes=max_bytes,
            signing_key=secrets.token_bytes(32),
        )
        self._media[media.id] = self._by_key[media.key] = media
        return media

    def find(self, media_id: str) -> Media | None:
        """Returns the upload of that id."""
        return self._media.get(media_id)

    def of_key(self, key: str) -> Media | None:
        """Returns the upload that the host keeps there."""
        return self._by_key.get(key)

    def all(self) -> list[Media]:
        """Returns every upload in the order of registration."""
        return list(self._media.values())

    def arrived(self, media: Media, content: memoryview) -> None:
        """Keeps the bytes of an upload; processing takes what came first."""
        if media.file is not None:
            return
        file = self.disk.new_file()
        for at in range(0, len(content), 1 << 20):
            file.append(bytes(content[at : at + (1 << 20)]))
        media.file = file
        media.movie = read_movie(file)
        media.fault = _fault(media.movie)
        self.processing.decide(media.id)

    def status(self, media: Media) -> Status:
        """Returns how far an upload is."""
        if media.file is None:
            return "registered"
        # Looked up anew: the control API may have decided otherwise meanwhile.
        decision = self.processing.decide(media.id)
        if self.processing.state(decision) == "pending":
            return "processing"
        return "failed" if media.fault or decision.verdict.failed else "succeeded"


def _fault(movie: Movie | None) -> str:
    if movie is None:
        return "no MP4, MOV or M4V file"
    if movie.seconds is not None and not _MIN_SECONDS <= movie.seconds <= _MAX_SECONDS:
        return "length"
    if movie.width and movie.height and not _NARROWEST <= movie.width / movie.height <= _WIDEST:
        return "aspect ratio"
    return ""
