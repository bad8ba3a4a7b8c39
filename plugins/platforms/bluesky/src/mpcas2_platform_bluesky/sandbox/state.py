"""Everything that the practice server remembers between two resets."""

import dataclasses
from typing import Any

import msgspec

from mpcas2_platform_bluesky.sandbox.accounts import AccountBook
from mpcas2_platform_bluesky.sandbox.cids import TidClock
from mpcas2_platform_bluesky.sandbox.post_rules import POST
from mpcas2_platform_bluesky.sandbox.repos import StoredRecord
from mpcas2_platform_bluesky.sandbox.sessions import Sessions
from mpcas2_platform_bluesky.sandbox.syntax import split_at_uri
from mpcas2_sandbox import SandboxCore


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What the server counted since the last reset.

    Args:
        posts: Posts that exist now.
        repeats: Writes of the content that a key already held; they made no second post.
        edits: Writes of another content under a key.
        deletes: Records that were deleted.
        refreshes: Refresh tokens that were taken for a new pair.
        sessions: Sessions that were opened by password or with a new account.
        blobs: Different blobs that the repositories hold.
        uploads: Uploads, those of a blob that was there already among them.
        requests: Requests outside the control API.
    """

    posts: int
    repeats: int
    edits: int
    deletes: int
    refreshes: int
    sessions: int
    blobs: int
    uploads: int
    requests: int


@dataclasses.dataclass
class Counters:
    """The counts that no other object keeps."""

    repeats: int = 0
    edits: int = 0
    deletes: int = 0
    uploads: int = 0


class PdsState:
    """Accounts, sessions and posts of one practice server.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.accounts = AccountBook(core.clock.now())
        self.sessions = Sessions(core, self.accounts)
        self.tids = TidClock()
        self.counters = Counters()
        self.posts: dict[str, StoredRecord] = {}

    def record(self, uri: str) -> StoredRecord | None:
        """Returns the record at an address, whose authority may be a handle or a DID."""
        parts = split_at_uri(uri)
        account = None if parts is None else self.accounts.find(parts[0])
        if parts is None or account is None:
            return None
        return account.repo.get(parts[1], parts[2])

    def show(self, stored: StoredRecord) -> None:
        """Puts a new post into the timeline; other records are not shown."""
        if stored.collection == POST:
            self.posts[stored.uri] = stored

    def stats(self) -> Stats:
        """Returns the counts as they stand."""
        return Stats(
            posts=len(self.posts),
            repeats=self.counters.repeats,
            edits=self.counters.edits,
            deletes=self.counters.deletes,
            refreshes=self.sessions.refreshed,
            sessions=self.sessions.opened,
            blobs=sum(len(account.repo.blobs) for account in self.accounts.all()),
            uploads=self.counters.uploads,
            requests=self.core.log.count,
        )

    def author_of(self, stored: StoredRecord) -> tuple[str, str]:
        """Returns the DID and the handle of a record's author."""
        did = stored.uri.split("/")[2]
        account = self.accounts.find(did)
        return did, account.handle if account is not None else did

    def post_entry(self, stored: StoredRecord) -> dict[str, Any]:
        """Returns a post with everything that a test wants to know about it."""
        did, handle = self.author_of(stored)
        return {
            "uri": stored.uri,
            "cid": stored.cid,
            "did": did,
            "handle": handle,
            "rkey": stored.rkey,
            "record": stored.value,
            "createdAtServer": stored.created_at,
            "puts": stored.puts,
            "edits": stored.edits,
        }
