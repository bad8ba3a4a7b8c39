"""The AT Protocol's string formats.

Sources: https://atproto.com/specs/lexicon (string formats) and the pages that it refers to.
"""

import re
from datetime import datetime

from mpcas2_platform_bluesky.sandbox.cids import cid_bytes

_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_HANDLE = re.compile(rf"(?:{_LABEL}\.)+[a-zA-Z](?:[a-zA-Z0-9-]{{0,61}}[a-zA-Z0-9])?")
_NSID = re.compile(
    rf"[a-zA-Z](?:[a-zA-Z0-9-]{{0,61}}[a-zA-Z0-9])?(?:\.{_LABEL})+\.[a-zA-Z][a-zA-Z0-9]{{0,62}}"
)
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_RECORD_KEY = re.compile(r"[a-zA-Z0-9_~.:-]{1,512}")
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9.+-]*:[^\s]+")
_LANGUAGE = re.compile(r"(?:i|[a-zA-Z]{2,3})(?:-[a-zA-Z0-9]{1,8})*")
_DATETIME = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](?:\.[0-9]{1,20})?"
    r"(?:Z|[+-][0-2][0-9]:[0-5][0-9])"
)
_FRACTION = re.compile(r"\.[0-9]+")
_MAX_DID = 2048
_MAX_HANDLE = 253
_MAX_NSID = 317
_MAX_URI = 8192
_MAX_DATETIME = 64


def is_did(text: str) -> bool:
    """Tells whether the text is a decentralized identifier."""
    return len(text) <= _MAX_DID and _DID.fullmatch(text) is not None


def is_handle(text: str) -> bool:
    """Tells whether the text is a handle, which has the form of a domain name."""
    return len(text) <= _MAX_HANDLE and _HANDLE.fullmatch(text) is not None


def is_at_identifier(text: str) -> bool:
    """Tells whether the text is a handle or a DID."""
    return is_did(text) or is_handle(text)


def is_nsid(text: str) -> bool:
    """Tells whether the text is a namespaced identifier, the name of a lexicon."""
    return len(text) <= _MAX_NSID and _NSID.fullmatch(text) is not None


def is_tid(text: str) -> bool:
    """Tells whether the text is a timestamp identifier."""
    return _TID.fullmatch(text) is not None


def is_record_key(text: str) -> bool:
    """Tells whether the text may be a record's key."""
    return text not in {".", ".."} and _RECORD_KEY.fullmatch(text) is not None


def is_uri(text: str) -> bool:
    """Tells whether the text is a URI with a scheme."""
    return len(text) <= _MAX_URI and _URI.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """Tells whether the text has the form of a BCP 47 language tag."""
    return _LANGUAGE.fullmatch(text) is not None


def is_cid(text: str) -> bool:
    """Tells whether the text is a CID of the kind that the protocol uses."""
    return cid_bytes(text) is not None


def is_datetime(text: str) -> bool:
    """Tells whether the text is a moment with a zone that really exists."""
    if len(text) > _MAX_DATETIME or _DATETIME.fullmatch(text) is None:
        return False
    if text.endswith("-00:00") or text.startswith("000"):
        return False
    try:
        datetime.fromisoformat(_FRACTION.sub("", text))
    except ValueError:
        return False
    return True


def split_at_uri(text: str) -> tuple[str, str, str] | None:
    """Splits ``at://authority/collection/rkey``; None when the text is no record's URI."""
    head, _, rest = text.partition("://")
    parts = rest.split("/")
    if head != "at" or len(parts) != 3:  # noqa: PLR2004  # authority, collection, key
        return None
    authority, collection, rkey = parts
    if is_at_identifier(authority) and is_nsid(collection) and is_record_key(rkey):
        return authority, collection, rkey
    return None
