"""References to other records by address and content.

Source: the lexicon ``com.atproto.repo.strongRef``. A real server takes any address; this one
looks the record up, so that a thread or a quote that hangs in the air is found out.
"""

from collections.abc import Callable
from typing import Any

from mpcas2_platform_bluesky.sandbox.checks import SchemaError, format_at, member, object_at
from mpcas2_platform_bluesky.sandbox.repos import StoredRecord
from mpcas2_platform_bluesky.sandbox.syntax import is_cid, split_at_uri

RecordSource = Callable[[str], StoredRecord | None]


def strong_ref(value: Any, path: str, records: RecordSource) -> StoredRecord:
    """Returns the record that a reference names.

    Args:
        value: The reference: ``uri`` and ``cid``.
        path: Its path, for the refusal.
        records: Finds a record by its address.

    Raises:
        SchemaError: It is no reference, or there is no such record with this content.
    """
    reference = object_at(value, path)
    uri = format_at(
        member(reference, "uri", path),
        f"{path}.uri",
        "AT-URI",
        lambda text: split_at_uri(text) is not None,
    )
    cid = format_at(member(reference, "cid", path), f"{path}.cid", "CID string", is_cid)
    stored = records(uri)
    if stored is None:
        raise SchemaError(f"{path}.uri names a record that does not exist: {uri}")
    if stored.cid != cid:
        raise SchemaError(f"{path}.cid is not that of {uri}, which is {stored.cid}")
    return stored
