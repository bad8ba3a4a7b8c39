"""Videos: their state by the clock, their figures, and how the API shows them."""

import base64
import dataclasses
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeAlias

from mpcas2_platform_youtube.sandbox.api_times import api_time
from mpcas2_platform_youtube.sandbox.channels import Channel
from mpcas2_platform_youtube.sandbox.video_rules import DEFAULT_CATEGORY, publish_at
from mpcas2_sandbox.files import StoredFile
from mpcas2_sandbox.growth import figure

FailureReason: TypeAlias = Literal[
    "conversion", "invalidFile", "emptyFile", "tooSmall", "codec", "uploadAborted"
]
RejectionReason: TypeAlias = Literal[
    "copyright",
    "inappropriate",
    "duplicate",
    "termsOfUse",
    "uploaderAccountSuspended",
    "length",
    "claim",
    "uploaderAccountClosed",
    "trademark",
    "legal",
]
UploadStatus: TypeAlias = Literal["uploaded", "processed", "failed", "rejected"]

THUMBNAIL_SIZES = {"default": (120, 90), "medium": (320, 180), "high": (480, 360)}
_MOST_VIEWS = 20_000


@dataclasses.dataclass(kw_only=True)
class Thumbnail:
    """A picture that the owner set.

    Attributes:
        data: Where its bytes are.
        media_type: What they are.
    """

    data: StoredFile
    media_type: str


@dataclasses.dataclass(kw_only=True)
class Comment:
    """A comment below a video."""

    id: str
    author: Channel
    text: str
    at: datetime


@dataclasses.dataclass(kw_only=True)
class Figures:
    """How often a video was seen, liked and commented."""

    views: int = 0
    likes: int = 0
    comments: int = 0


@dataclasses.dataclass(kw_only=True)
class Video:
    """One video as the network keeps it.

    Attributes:
        id: Its eleven characters.
        channel: Where it was uploaded.
        snippet: Title, description, tags and category as they were sent.
        status: Privacy and declarations as they were sent.
        file: Where its bytes are.
        media_type: What they are; None for bytes that are no video.
        inserted_at: When the last byte had arrived.
        ready_at: When processing ends.
        failure: Why processing fails, or None.
        rejection: Why the network takes it down after processing, or None.
        client_id: Which OAuth client sent it.
        thumbnail: The picture that the owner set, or None.
        comments: The comments in the order of their making.
    """

    id: str
    channel: Channel
    snippet: dict[str, Any]
    status: dict[str, Any]
    file: StoredFile
    media_type: str | None
    inserted_at: datetime
    ready_at: datetime
    failure: FailureReason | None
    rejection: RejectionReason | None
    client_id: str
    thumbnail: Thumbnail | None = None
    comments: list[Comment] = dataclasses.field(default_factory=list)

    @property
    def title(self) -> str:
        """The title as it was sent."""
        title: str = self.snippet["title"]
        return title

    @property
    def description(self) -> str:
        """The description as it was sent; empty if there was none."""
        description: str = self.snippet.get("description", "")
        return description

    def scheduled_for(self, now: datetime) -> datetime | None:
        """Returns when the video goes public by itself, if that is still to come."""
        moment = publish_at(self.status)
        return moment if moment is not None and moment > now else None

    def privacy(self, now: datetime) -> str:
        """Returns ``public``, ``unlisted`` or ``private`` as it is at that moment."""
        if publish_at(self.status) is not None:
            return "private" if self.scheduled_for(now) else "public"
        privacy: str = self.status.get("privacyStatus", "public")
        return privacy

    def upload_status(self, now: datetime) -> UploadStatus:
        """Returns how far the network is with the bytes."""
        if now < self.ready_at:
            return "uploaded"
        if self.failure is not None:
            return "failed"
        return "processed" if self.rejection is None else "rejected"

    def watchable(self, now: datetime) -> bool:
        """Tells whether a stranger with the link can see it."""
        return self.upload_status(now) == "processed" and self.privacy(now) != "private"

    def listed(self, now: datetime) -> bool:
        """Tells whether it stands in public lists."""
        return self.upload_status(now) == "processed" and self.privacy(now) == "public"

    def published_at(self) -> datetime:
        """Returns the moment that the pages name: the scheduled one, else that of the upload."""
        return publish_at(self.status) or self.inserted_at

    def figures(self, now: datetime) -> Figures:
        """Returns figures that grow with the clock from the moment strangers can see the video."""
        if not self.watchable(now):
            return Figures(comments=len(self.comments))
        since = max(self.ready_at, self.published_at())
        views = figure(f"{self.id}:views", since, now, _MOST_VIEWS)
        return Figures(views=views, likes=views // 25, comments=views // 100 + len(self.comments))

    def thumbnails(self, host: str) -> dict[str, Any]:
        """Returns the addresses of its picture in the API's sizes."""
        return {
            size: {"url": f"{host}/vi/{self.id}/{size}.jpg", "width": width, "height": height}
            for size, (width, height) in THUMBNAIL_SIZES.items()
        }

    def resource(self, parts: frozenset[str], now: datetime, host: str) -> dict[str, Any]:
        """Returns the video as the API shows it.

        Args:
            parts: The parts that were asked for.
            now: The network's present time.
            host: This server's address, for links to pictures.
        """
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "snippet": lambda: self._snippet(host),
            "status": lambda: self._status(now),
            "statistics": lambda: self._statistics(now),
            "contentDetails": self._content_details,
            "processingDetails": lambda: self._processing_details(now),
            "player": lambda: {"embedHtml": f'<iframe src="{host}/watch?v={self.id}"></iframe>'},
            "localizations": dict,
            "paidProductPlacementDetails": lambda: {"hasPaidProductPlacement": False},
        }
        shown = {part: make() for part, make in makers.items() if part in parts}
        digest = hashlib.sha256(repr((self.id, shown)).encode()).digest()
        etag = base64.urlsafe_b64encode(digest).decode()[:27]
        return {"kind": "youtube#video", "etag": etag, "id": self.id, **shown}

    def _snippet(self, host: str) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "publishedAt": api_time(self.published_at()),
            "channelId": self.channel.id,
            "title": self.title,
            "description": self.description,
            "thumbnails": self.thumbnails(host),
            "channelTitle": self.channel.title,
            "categoryId": self.snippet.get("categoryId", DEFAULT_CATEGORY),
            "liveBroadcastContent": "none",
            "localized": {"title": self.title, "description": self.description},
        }
        given = ("tags", "defaultLanguage", "defaultAudioLanguage")
        return shown | {name: self.snippet[name] for name in given if self.snippet.get(name)}

    def _status(self, now: datetime) -> dict[str, Any]:
        made_for_kids = self.status.get("selfDeclaredMadeForKids")
        shown: dict[str, Any] = {
            "uploadStatus": self.upload_status(now),
            "privacyStatus": self.privacy(now),
            "license": self.status.get("license", "youtube"),
            "embeddable": self.status.get("embeddable", True),
            "publicStatsViewable": self.status.get("publicStatsViewable", True),
            "madeForKids": bool(made_for_kids),
            "containsSyntheticMedia": self.status.get("containsSyntheticMedia", False),
        }
        if made_for_kids is not None:
            shown["selfDeclaredMadeForKids"] = made_for_kids
        moment = self.scheduled_for(now)
        if moment is not None:
            shown["publishAt"] = api_time(moment)
        if shown["uploadStatus"] == "failed":
            shown["failureReason"] = self.failure
        if shown["uploadStatus"] == "rejected":
            shown["rejectionReason"] = self.rejection
        return shown

    def _statistics(self, now: datetime) -> dict[str, str]:
        figures = self.figures(now)
        return {
            "viewCount": str(figures.views),
            "likeCount": str(figures.likes),
            "favoriteCount": "0",
            "commentCount": str(figures.comments),
        }

    def _content_details(self) -> dict[str, Any]:
        return {
            "duration": "PT0S",  # nobody here decodes the bytes
            "dimension": "2d",
            "definition": "hd",
            "caption": "false",
            "licensedContent": False,
            "projection": "rectangular",
            "hasCustomThumbnail": self.thumbnail is not None,
        }

    def _processing_details(self, now: datetime) -> dict[str, Any]:
        status = self.upload_status(now)
        words = {"uploaded": "processing", "processed": "succeeded", "rejected": "terminated"}
        shown: dict[str, Any] = {
            "processingStatus": words.get(status, "failed"),
            "fileDetailsAvailability": "available",
            "processingIssuesAvailability": "available",
            "tagSuggestionsAvailability": "available",
            "editorSuggestionsAvailability": "available",
            "thumbnailsAvailability": "available",
        }
        if status == "uploaded":
            total = (self.ready_at - self.inserted_at).total_seconds()
            left = (self.ready_at - now).total_seconds()
            shown["processingProgress"] = {
                "partsTotal": "100",
                "partsProcessed": str(max(0, int(100 * (1 - left / total)))),
                "timeLeftMs": str(int(left * 1000)),
            }
        if status == "failed":
            uploaded_badly = self.failure == "uploadAborted"
            shown["processingFailureReason"] = (
                "uploadFailed" if uploaded_badly else "transcodeFailed"
            )
        return shown
