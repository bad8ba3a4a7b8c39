"""Repositories: records by collection and key, and the commits that write them."""

import dataclasses
from datetime import datetime
from typing import Any

from mpcas2_platform_bluesky.sandbox.blobs import StoredBlob
from mpcas2_platform_bluesky.sandbox.cids import record_cid


@dataclasses.dataclass(kw_only=True)
class StoredRecord:
    """A record as the repository holds it.

    Attributes:
        uri: Its address, ``at://did/collection/rkey``.
        cid: The identifier of its content.
        collection: Its lexicon.
        rkey: Its key.
        value: The record itself.
        created_at: When the server first took it.
        edited_at: When the server last took another content under the key.
        puts: How many writes named this key, repeats among them.
        edits: How many of them changed the content.
    """

    uri: str
    cid: str
    collection: str
    rkey: str
    value: dict[str, Any]
    created_at: datetime
    edited_at: datetime | None = None
    puts: int = 1
    edits: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Commit:
    """One write to a repository: its identifier and revision."""

    cid: str
    rev: str


class Repo:
    """One account's records and blobs.

    Args:
        did: The account that owns it.
    """

    def __init__(self, did: str) -> None:
        self.did = did
        self.blobs: dict[str, StoredBlob] = {}
        self.collections: dict[str, dict[str, StoredRecord]] = {}
        self.commit: Commit | None = None

    def get(self, collection: str, rkey: str) -> StoredRecord | None:
        """Returns one record, or None."""
        return self.collections.get(collection, {}).get(rkey)

    def uri(self, collection: str, rkey: str) -> str:
        """Returns the address of a record of this repository."""
        return f"at://{self.did}/{collection}/{rkey}"

    def put(self, stored: StoredRecord, rev: str) -> Commit:
        """Writes a record under its key and returns the commit."""
        self.collections.setdefault(stored.collection, {})[stored.rkey] = stored
        return self._commit(rev, stored.cid)

    def delete(self, stored: StoredRecord, rev: str) -> Commit:
        """Takes a record out and returns the commit."""
        del self.collections[stored.collection][stored.rkey]
        return self._commit(rev, None)

    def page(
        self, collection: str, *, limit: int, cursor: str | None, reverse: bool
    ) -> list[StoredRecord]:
        """Returns records of a collection by key, the highest first unless reversed.

        Args:
            collection: The lexicon.
            limit: How many at most.
            cursor: The key of the last record that the reader has seen.
            reverse: Whether the lowest key comes first.
        """
        records = self.collections.get(collection, {})
        keys = sorted(records, reverse=not reverse)
        if cursor is not None:
            keys = [key for key in keys if (key > cursor if reverse else key < cursor)]
        return [records[key] for key in keys[:limit]]

    def _commit(self, rev: str, content: str | None) -> Commit:
        before = None if self.commit is None else self.commit.cid
        entry = {"did": self.did, "version": 3, "rev": rev, "prev": before, "data": content}
        self.commit = Commit(cid=record_cid(entry), rev=rev)
        return self.commit
