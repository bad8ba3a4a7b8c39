"""Uploaded blobs: what they are, told from their bytes."""

import dataclasses

from mpcas2_platform_bluesky.sandbox.cids import blob_cid

UPLOAD_LIMIT = 100_000_000
_FTYP_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"mif1": "image/heif",
}


def sniff(data: bytes) -> str | None:
    """Returns the media type that the first bytes prove, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return _FTYP_BRANDS.get(data[8:12], "video/mp4")
    return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredBlob:
    """Bytes in an account's repository.

    Attributes:
        cid: The content's identifier.
        data: The bytes.
        mime_type: What the bytes prove, else what the uploader said.
        proven: Whether the bytes prove it.
    """

    cid: str
    data: bytes
    mime_type: str
    proven: bool

    @classmethod
    def of(cls, data: bytes, said: str) -> "StoredBlob":
        """Takes uploaded bytes with the media type that the uploader named."""
        seen = sniff(data)
        return cls(cid=blob_cid(data), data=data, mime_type=seen or said, proven=seen is not None)

    def reference(self) -> dict[str, object]:
        """Returns the blob as a record refers to it."""
        return {
            "$type": "blob",
            "ref": {"$link": self.cid},
            "mimeType": self.mime_type,
            "size": len(self.data),
        }
