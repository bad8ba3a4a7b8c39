"""Pictures, documents and videos from the start of their upload to the end of their processing."""

import dataclasses
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from mpcas2_platform_linkedin.sandbox import containers
from mpcas2_platform_linkedin.sandbox.directory import Author
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decision, Decisions
from mpcas2_sandbox.files import FileDisk, StoredFile

Kind = Literal["image", "document", "video"]
Status = Literal["WAITING_UPLOAD", "PROCESSING", "AVAILABLE", "PROCESSING_FAILED"]

PART_BYTES = 4 * 1024 * 1024
IMAGE_BYTES = 5 * 1024 * 1024
IMAGE_PIXELS = 36_152_320
DOCUMENT_BYTES = 100 * 1000 * 1000
DOCUMENT_PAGES = 300
VIDEO_BYTES = (75 * 1000, 500 * 1000 * 1000)
VIDEO_SECONDS = (3, 30 * 60)
VIDEO_RATIO = 2.4
_URL_LIFE = timedelta(days=1)
_TYPES: dict[Kind, frozenset[str]] = {
    "image": frozenset({"image/png", "image/jpeg", "image/gif"}),
    "document": frozenset({"application/pdf"}),
    "video": frozenset({"video/mp4"}),
}


class Processing(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How the processing of an upload is to end.

    Args:
        failure: Why it fails; None lets it succeed, if the bytes are what they should be.
    """

    failure: Annotated[str, msgspec.Meta(min_length=1)] | None = None


@dataclasses.dataclass(eq=False, kw_only=True)
class Part:
    """One instructed range of a video.

    Attributes:
        first: Its first byte.
        last: Its last byte.
        file: What was sent.
        etag: What the answer named it.
    """

    first: int
    last: int
    file: StoredFile | None = None
    etag: str = ""


@dataclasses.dataclass(eq=False, kw_only=True)
class Asset:
    """One upload.

    Attributes:
        id: The end of its URN and of the addresses for its bytes.
        kind: What it is to be.
        owner: Whose it is.
        created_at: When it was begun.
        parts: The instructed ranges; empty for what comes in one piece.
        extras: Which files beside a video were asked for.
        token: What the end of a video's upload has to repeat.
        file: All the bytes, once they are there.
        media_type: What they are, by their own account.
        flaw: What is wrong with them.
        used: Whether a post shows it.
    """

    id: str
    kind: Kind
    owner: Author
    created_at: datetime
    parts: list[Part] = dataclasses.field(default_factory=list)
    extras: dict[str, StoredFile | None] = dataclasses.field(default_factory=dict)
    token: str = ""
    file: StoredFile | None = None
    media_type: str = ""
    flaw: str | None = None
    used: bool = False

    @property
    def urn(self) -> str:
        """Its name in the API."""
        return f"urn:li:{self.kind}:{self.id}"

    @property
    def urls_end(self) -> datetime:
        """When the addresses for its bytes are over."""
        return self.created_at + _URL_LIFE


class MediaBook:
    """All uploads.

    Args:
        core: Its clock decides when processing is over.
    """

    def __init__(self, core: SandboxCore) -> None:
        self._clock = core.clock
        self.disk = FileDisk()
        self.part_bytes = PART_BYTES
        self.processing: Decisions[Processing] = Decisions(
            core, Processing, seconds=1.0, name="processing"
        )
        # A member's token cannot ask about a picture, so LinkedIn has it ready nearly at once.
        self.picture_processing: Decisions[Processing] = Decisions(
            core, Processing, name="picture-processing"
        )
        self._assets: dict[str, Asset] = {}

    def begin(self, kind: Kind, owner: Author, *, size: int = 0) -> Asset:
        """Starts an upload.

        Args:
            kind: What it is to be.
            owner: Whose it is.
            size: A video's length in bytes, by which its parts are cut.
        """
        prefix = {"image": "C4E10AQ", "document": "C4D1FAQ", "video": "C5F05AQ"}[kind]
        asset = Asset(
            id=prefix + secrets.token_urlsafe(9),
            kind=kind,
            owner=owner,
            created_at=self._clock.now(),
        )
        if kind == "video":
            asset.parts = [
                Part(first=at, last=min(at + self.part_bytes, size) - 1)
                for at in range(0, size, self.part_bytes)
            ]
        self._assets[asset.id] = asset
        return asset

    def find(self, asset_id: str, kind: Kind | None = None) -> Asset | None:
        """Returns the upload of that id, if it is of that kind."""
        found = self._assets.get(asset_id)
        return found if found is not None and kind in {None, found.kind} else None

    def all(self) -> list[Asset]:
        """Returns every upload in the order of their beginning."""
        return list(self._assets.values())

    def put_whole(self, asset: Asset, data: bytes) -> None:
        """Takes a picture or a document, and begins to process it."""
        self._complete(asset, self.disk.new_file(data))

    def put_part(self, asset: Asset, number: int, data: bytes) -> str:
        """Takes one range of a video and returns its ETag."""
        part = asset.parts[number]
        part.file = self.disk.new_file(data)
        part.etag = hashlib.md5(  # noqa: S324  # an ETag, no proof of anything
            f"{asset.id}:{number}:".encode() + data
        ).hexdigest()
        return part.etag

    def finalize(self, asset: Asset) -> None:
        """Puts the ranges of a video together and begins to process it."""
        whole = self.disk.new_file()
        for part in asset.parts:
            if part.file is not None:
                whole.extend(part.file)
        self._complete(asset, whole)

    def _complete(self, asset: Asset, file: StoredFile) -> None:
        asset.file = file
        asset.media_type = containers.sniff(file.read(0, containers.HEAD_BYTES)) or ""
        asset.flaw = flaw(asset.kind, file, asset.media_type)
        self._decision(asset)

    def _decision(self, asset: Asset) -> Decision[Processing]:
        book = self.picture_processing if asset.kind == "image" else self.processing
        return book.decide(asset.urn)

    def status(self, asset: Asset) -> Status:
        """Returns how far an upload is."""
        if asset.file is None:
            return "WAITING_UPLOAD"
        if self.processing.state(self._decision(asset)) == "pending":
            return "PROCESSING"
        return "PROCESSING_FAILED" if self.failure(asset) else "AVAILABLE"

    def failure(self, asset: Asset) -> str | None:
        """Returns why the processing fails, or will."""
        if asset.file is None:
            return None
        return self._decision(asset).verdict.failure or asset.flaw


def flaw(kind: Kind, file: StoredFile, media_type: str) -> str | None:
    """Returns what is wrong with an upload's bytes, or None.

    Args:
        kind: What they are to be.
        file: The bytes.
        media_type: What they are, by their own account.
    """
    if media_type not in _TYPES[kind]:
        return f"The file is no {kind} of a supported format"
    if kind == "image":
        size = containers.picture_size(file.read(0, containers.HEAD_BYTES))
        if file.size > IMAGE_BYTES:
            return "The image has too many bytes"
        if size is None:
            return "The image cannot be read"
        return "The image has too many pixels" if size[0] * size[1] >= IMAGE_PIXELS else None
    if kind == "document":
        if file.size > DOCUMENT_BYTES:
            return "The document has too many bytes"
        return "The document has too many pages" if _too_many_pages(file) else None
    return _film_flaw(containers.film(file))


def _too_many_pages(file: StoredFile) -> bool:
    return containers.pages(file) > DOCUMENT_PAGES


def _film_flaw(film: containers.Film) -> str | None:
    if film.seconds is not None and not VIDEO_SECONDS[0] <= film.seconds <= VIDEO_SECONDS[1]:
        return "The video is too short or too long"
    if film.width and film.height:
        ratio = max(film.width, film.height) / min(film.width, film.height)
        return "The video is too wide or too tall" if ratio > VIDEO_RATIO else None
    return None
