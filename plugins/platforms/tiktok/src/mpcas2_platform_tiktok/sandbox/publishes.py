"""Posts and drafts from their beginning on, and what became of each."""

import dataclasses
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from mpcas2_platform_tiktok.sandbox.creators import Creator
from mpcas2_platform_tiktok.sandbox.media_rules import Judged
from mpcas2_platform_tiktok.sandbox.post_request import (
    DraftInfo,
    PhotoInfo,
    PostInfo,
    UploadSource,
    VideoInfo,
)
from mpcas2_sandbox.decisions import Decision
from mpcas2_sandbox.files import StoredFile

Status = Literal[
    "PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD", "SEND_TO_USER_INBOX", "PUBLISH_COMPLETE", "FAILED"
]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Verdict(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename="camel",
    omit_defaults=True,
):
    """How processing and moderation of a post end; as it stands, well.

    Args:
        fail_reason: The post is FAILED for it as soon as processing is over.
        id_seconds: How long after PUBLISH_COMPLETE a public post gets its id.
        withdraw_reason: The post is PUBLISH_COMPLETE, never gets an id, and turns FAILED for this.
        withdraw_seconds: How long after PUBLISH_COMPLETE that is.
        taken_down_seconds: How long after it got its id a post is taken down; None for never.
    """

    fail_reason: str = ""
    id_seconds: Seconds = 0.0
    withdraw_reason: str = ""
    withdraw_seconds: Seconds = 60.0
    taken_down_seconds: Seconds | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredMedia:
    """One file of a post.

    Attributes:
        file: Its bytes.
        judged: What its header tells.
        url: Where it was pulled from; empty for an upload.
    """

    file: StoredFile
    judged: Judged
    url: str = ""


@dataclasses.dataclass(eq=False, kw_only=True)
class Publish:
    """A post or draft from the request that began it on.

    Attributes:
        id: The ``publish_id``.
        post_id: The number that a public post goes by.
        creator: Whose it is.
        client_id: Which app began it.
        direct: Whether it is posted, or lands in the inbox.
        info: What was said about it.
        upload: The announced chunks; None where the media is pulled.
        token: What the upload address proves itself with.
        upload_until: When that address dies.
        urls: Where the media lies; empty for an upload.
        file: The bytes of an upload so far.
        chunks: First and last byte of each chunk that was taken.
        cover: Which photo stands for the post.
        created_at: When it began.
        media: The files, once all are there.
        broken: Why the media could not be had.
        decision: When processing ends and how, once the media is there.
        removed_at: When the control API took it down.
    """

    id: str
    post_id: int
    creator: Creator
    client_id: str
    direct: bool
    info: PostInfo
    upload: UploadSource | None
    token: str
    upload_until: datetime
    urls: tuple[str, ...]
    file: StoredFile
    cover: int
    created_at: datetime
    chunks: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    media: list[StoredMedia] = dataclasses.field(default_factory=list)
    broken: str = ""
    decision: Decision[Verdict] | None = None
    removed_at: datetime | None = None

    @property
    def photos(self) -> bool:
        """Tells whether it is about photos."""
        return self.id.startswith("p_")

    @property
    def text(self) -> str:
        """The words that people read."""
        parts = [self.info.title]
        if not isinstance(self.info, VideoInfo):
            parts.append(self.info.description)
        return "\n\n".join(part for part in parts if part)

    @property
    def path(self) -> str:
        """The path of the public page."""
        return f"/@{self.creator.handle}/{'photo' if self.photos else 'video'}/{self.post_id}"

    def fail_reason(self, now: datetime) -> str:
        """Returns why it failed, or nothing."""
        if self.broken:
            return self.broken
        if self.decision is None:
            late = self.upload is not None and now >= self.upload_until
            return "internal" if late else ""
        if now < self.decision.at:
            return ""
        verdict = self.decision.verdict
        flaw = next((one.judged.fail_reason for one in self.media if one.judged.fail_reason), "")
        if flaw or verdict.fail_reason:
            return flaw or verdict.fail_reason
        withdrawn = self.decision.at + timedelta(seconds=verdict.withdraw_seconds)
        if self.direct and verdict.withdraw_reason and now >= withdrawn:
            return verdict.withdraw_reason
        return ""

    def status(self, now: datetime) -> Status:
        """Returns the state as ``status/fetch`` tells it."""
        if self.fail_reason(now):
            return "FAILED"
        if self.decision is None or now < self.decision.at:
            return "PROCESSING_DOWNLOAD" if self.upload is None else "PROCESSING_UPLOAD"
        return "PUBLISH_COMPLETE" if self.direct else "SEND_TO_USER_INBOX"

    def public_since(self) -> datetime | None:
        """Returns when everybody can see it from, as things stand; None for never."""
        if self.decision is None or not isinstance(self.info, VideoInfo | PhotoInfo):
            return None
        if self.info.privacy_level != "PUBLIC_TO_EVERYONE" or self.decision.verdict.withdraw_reason:
            return None
        if self.fail_reason(self.decision.at):
            return None
        return self.decision.at + timedelta(seconds=self.decision.verdict.id_seconds)

    def taken_down_at(self) -> datetime | None:
        """Returns when a public post goes away again; None for never."""
        since = self.public_since()
        planned = None if self.decision is None else self.decision.verdict.taken_down_seconds
        moments = [] if self.removed_at is None else [self.removed_at]
        if since is not None and planned is not None:
            moments.append(since + timedelta(seconds=planned))
        return min(moments, default=None)

    def is_public(self, now: datetime) -> bool:
        """Tells whether everybody can see it."""
        since, until = self.public_since(), self.taken_down_at()
        return since is not None and since <= now and (until is None or now < until)

    def exists(self, now: datetime) -> bool:
        """Tells whether it is a post, or becomes one without any further request."""
        if not self.direct or self.fail_reason(now):
            return False
        until = self.taken_down_at()
        on_its_way = self.upload is None or self.decision is not None
        return on_its_way and (until is None or now < until)


class PublishBook:
    """Every post and draft since the last reset, by publish_id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Publish] = {}
        self._by_post: dict[str, Publish] = {}

    def add(self, publish: Publish) -> None:
        """Keeps one."""
        self._by_id[publish.id] = publish
        self._by_post[str(publish.post_id)] = publish

    def find(self, publish_id: str) -> Publish | None:
        """Returns the one of that publish_id."""
        return self._by_id.get(publish_id)

    def of_post(self, post_id: str) -> Publish | None:
        """Returns the one of that post number, public or not."""
        return self._by_post.get(post_id)

    def all(self) -> list[Publish]:
        """Returns all in the order of their beginning."""
        return list(self._by_id.values())

    def public(self, now: datetime) -> list[Publish]:
        """Returns those that everybody sees, the newest first."""
        found = [one for one in self._by_id.values() if one.is_public(now)]
        return sorted(found, key=lambda one: one.post_id, reverse=True)

    def public_post(self, post_id: str, now: datetime) -> Publish | None:
        """Returns the public post of that number."""
        found = self.of_post(post_id)
        return found if found is not None and found.is_public(now) else None

    def new_ids(
        self, info: PostInfo, *, upload: bool, photos: bool, now: datetime
    ) -> tuple[str, int]:
        """Returns a fresh publish_id and post number, in the network's own spelling."""
        post_id = (int(now.timestamp()) << 32) + len(self._by_id) + 1
        kind = "inbox" if isinstance(info, DraftInfo) else "pub"
        source = "file~v2-1" if upload else "url~v2"
        # The letters of one run mean nothing to the next one.
        number = secrets.randbelow(9 * 10**17) + 10**17
        return f"{'p' if photos else 'v'}_{kind}_{source}.{number}", post_id
