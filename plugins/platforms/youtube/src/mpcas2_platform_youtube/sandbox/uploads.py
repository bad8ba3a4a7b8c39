"""Resumable uploads: sessions, the ranges that arrived, and what is still missing.

Source: https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol. A chunk
that begins before the end of what was stored loses the part that is known already; one that begins
beyond it is refused with status 400, as Google's upload servers do, because the bytes in between
would be missing. Stricter than the real one: a chunk other than the last whose length is no
multiple of 256 KiB is refused, where the real one stores the largest multiple.
"""

import dataclasses
import re
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from mpcas2_platform_youtube.sandbox.channels import Channel
from mpcas2_platform_youtube.sandbox.errors import ApiError, bad_request
from mpcas2_sandbox.files import FileDisk, StoredFile

CHUNK_UNIT: Final = 256 * 1024
MAX_VIDEO_BYTES: Final = 256 * 1024**3
_LIFE = timedelta(days=7)
_CHUNK = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)", re.ASCII)
_QUERY = re.compile(r"bytes \*/(\d+|\*)", re.ASCII)


@dataclasses.dataclass(kw_only=True)
class UploadSession:
    """One upload from its start to a week later.

    Attributes:
        id: The ``upload_id`` of its address.
        channel: Where the video goes.
        client_id: The OAuth client that started it.
        metadata: The video resource as it was sent.
        parts: The parts that the last answer shows.
        created_at: When it was started.
        file: What has arrived.
        total: The length of the whole; None while nobody has said it.
        received: First and last byte of every chunk that was taken, in order, repeats included.
        video_id: The video that it became, or None.
        answer: The body of the last answer, which is given again to whoever asks.
        cancelled: Whether the client gave it up.
    """

    id: str
    channel: Channel
    client_id: str
    metadata: dict[str, Any]
    parts: frozenset[str]
    created_at: datetime
    file: StoredFile
    total: int | None
    received: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    video_id: str | None = None
    answer: bytes | None = None
    cancelled: bool = False

    def take(self, content_range: str | None, body: bytes) -> bool:
        """Takes what one ``PUT`` brought, and tells whether the file is complete now.

        Args:
            content_range: The header; None when the body is the whole file.
            body: The bytes; empty when only the state is asked for.

        Raises:
            ApiError: Header and bytes do not fit each other or what is here already.
        """
        start, total = self._placed(content_range, body)
        if self.total is not None and total not in {None, self.total}:
            raise bad_request(
                f"Invalid request. The total size is {total} byte(s) in the Content-Range header, "
                f"and was {self.total} byte(s) when the upload began."
            )
        if total is not None and start + len(body) > total:
            raise bad_request("Invalid request. The range reaches beyond the total size.")
        if body:
            self._append(start, body, total if total is not None else self.total)
        self.total = total if total is not None else self.total
        return self.file.size == self.total

    def shown(self) -> dict[str, Any]:
        """Returns the session as the control API shows it."""
        return {
            "id": self.id,
            "total": self.total,
            "received": self.received,
            "sha256": None if self.video_id is None else self.file.sha256,
            "videoId": self.video_id,
            "createdBy": self.client_id,
            "channelId": self.channel.id,
            "createdAt": self.created_at,
            "cancelled": self.cancelled,
        }

    def _placed(self, content_range: str | None, body: bytes) -> tuple[int, int | None]:
        if content_range is None:
            return 0, len(body)
        query = _QUERY.fullmatch(content_range)
        if query is not None:
            if body:
                raise bad_request("Invalid request. A status query has no body.")
            return self.file.size, _length(query[1])
        chunk = _CHUNK.fullmatch(content_range)
        if chunk is None:
            raise bad_request("Failed to parse Content-Range header.")
        start, last = int(chunk[1]), int(chunk[2])
        if last - start + 1 != len(body):
            raise bad_request(
                f"Invalid request. The Content-Range header names {last - start + 1} byte(s), the "
                f"body has {len(body)}."
            )
        return start, _length(chunk[3])

    def _append(self, start: int, body: bytes, total: int | None) -> None:
        if start + len(body) != total and len(body) % CHUNK_UNIT:
            raise bad_request(
                "Invalid request. Every chunk but the last must be a multiple of 262144 bytes, "
                f"not {len(body)}."
            )
        known = self.file.size - start
        if known < 0:
            raise bad_request(
                f"Invalid request. According to the Content-Range header, the upload offset is "
                f"{start} byte(s), which exceeds already uploaded size of {self.file.size} byte(s)."
            )
        self.file.append(body[known:] if known else body)
        self.received.append((start, start + len(body) - 1))


def _length(text: str) -> int | None:
    return None if text == "*" else int(text)


class UploadBook:
    """All sessions in the order of their start.

    Args:
        disk: Where the bytes go.
    """

    def __init__(self, disk: FileDisk) -> None:
        self._disk = disk
        self._sessions: dict[str, UploadSession] = {}

    def start(
        self,
        *,
        channel: Channel,
        client_id: str,
        metadata: dict[str, Any],
        parts: frozenset[str],
        total: int | None,
        now: datetime,
    ) -> UploadSession:
        """Starts a session; see ``UploadSession`` for the arguments.

        Raises:
            ApiError: The file is to be larger than any may be.
        """
        if total is not None and total > MAX_VIDEO_BYTES:
            raise ApiError(413, "uploadTooLarge", "The video is larger than 256 GiB.")
        session = UploadSession(
            id=secrets.token_urlsafe(48),
            channel=channel,
            client_id=client_id,
            metadata=metadata,
            parts=parts,
            created_at=now,
            file=self._disk.new_file(),
            total=total,
        )
        self._sessions[session.id] = session
        return session

    def find(self, upload_id: str, now: datetime) -> UploadSession | None:
        """Returns a session that is neither cancelled nor older than a week."""
        session = self._sessions.get(upload_id)
        if session is None or session.cancelled or now - session.created_at >= _LIFE:
            return None
        return session

    def all(self) -> list[UploadSession]:
        """Returns every session, cancelled and old ones included."""
        return list(self._sessions.values())
