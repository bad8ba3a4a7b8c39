"""The posts that exist, and who may see them."""

import dataclasses
from datetime import datetime, timedelta

from mpcas2_platform_mastodon.sandbox.accounts import Account
from mpcas2_platform_mastodon.sandbox.counting import spans
from mpcas2_platform_mastodon.sandbox.media import Media
from mpcas2_platform_mastodon.sandbox.status_request import PollRequest, Visibility

LISTED = ("public", "unlisted")


@dataclasses.dataclass(eq=False, kw_only=True)
class Status:
    """One post.

    Attributes:
        id: Its number.
        author: Who wrote it.
        text: As it was sent.
        spoiler_text: Its content warning.
        visibility: Who may see it.
        sensitive: Whether its media are hidden at first.
        language: Its language's code.
        media: Its files in order.
        poll: Its poll.
        parent: The post that it answers; stays when that one is deleted.
        quoted: The post that it quotes.
        app: The name of the app that sent it.
        idempotency_key: What came with it.
        quote_policy: Who may quote it.
        created_at: When it was made.
    """

    id: str
    author: Account
    text: str
    spoiler_text: str
    visibility: Visibility
    sensitive: bool
    language: str
    media: tuple[Media, ...]
    poll: PollRequest | None
    parent: "Status | None"
    quoted: "Status | None"
    app: str
    idempotency_key: str
    quote_policy: str
    created_at: datetime

    @property
    def path(self) -> str:
        """Where its public page is."""
        return f"/@{self.author.handle}/{self.id}"

    @property
    def poll_ends_at(self) -> datetime | None:
        """When its poll ends; None without one."""
        if self.poll is None:
            return None
        return self.created_at + timedelta(seconds=self.poll.expires_in or 0)

    def mentions(self, account: Account) -> bool:
        """Tells whether an account of this server is named in it."""
        return any(
            span.kind == "mention" and span.value.lower() == account.handle
            for span in spans(self.text)
        )

    def visible_to(self, viewer: Account | None) -> bool:
        """Tells whether somebody may see it; nobody follows anybody here."""
        if self.visibility in LISTED or viewer is self.author:
            return True
        return viewer is not None and self.mentions(viewer)


class StatusBook:
    """All posts that exist."""

    def __init__(self) -> None:
        self._by_id: dict[str, Status] = {}
        self._of_author: dict[str, list[Status]] = {}
        self._answers: dict[str, list[Status]] = {}
        self._quotes: dict[str, list[Status]] = {}
        self._keys: dict[tuple[str, str], tuple[datetime, str]] = {}
        self.deleted = 0
        self.repeated = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, status: Status) -> None:
        """Takes a new post in."""
        self._by_id[status.id] = status
        self._of_author.setdefault(status.author.id, []).append(status)
        for index, other in ((self._answers, status.parent), (self._quotes, status.quoted)):
            if other is not None:
                index.setdefault(other.id, []).append(status)
        if status.idempotency_key:
            key = (status.author.id, status.idempotency_key)
            self._keys[key] = (status.created_at, status.id)

    def made_with(self, author: Account, key: str, since: datetime) -> str | None:
        """Returns the id of the post that an Idempotency-Key made, deleted ones included.

        Args:
            author: Whose key it is.
            key: The header's value; empty for none.
            since: Older keys are forgotten.
        """
        at, status_id = self._keys.get((author.id, key), (since, ""))
        return status_id if status_id and at > since else None

    def remove(self, status: Status) -> None:
        """Deletes a post; the answers to it stay."""
        del self._by_id[status.id]
        self._of_author[status.author.id].remove(status)
        for index, other in ((self._answers, status.parent), (self._quotes, status.quoted)):
            if other is not None:
                index[other.id].remove(status)
        self.deleted += 1

    def find(self, status_id: str, viewer: Account | None) -> Status | None:
        """Returns the post of that number if the viewer may see it."""
        status = self._by_id.get(status_id)
        return status if status is not None and status.visible_to(viewer) else None

    def exists(self, status: Status) -> bool:
        """Tells whether a post was not deleted."""
        return status.id in self._by_id

    def of(self, author: Account, viewer: Account | None = None) -> list[Status]:
        """Returns an author's posts that the viewer may see, the newest first."""
        mine = self._of_author.get(author.id, [])
        return [one for one in reversed(mine) if one.visible_to(viewer)]

    def all(self) -> list[Status]:
        """Returns every post in the order of their making."""
        return list(self._by_id.values())

    def replies(self, status: Status) -> list[Status]:
        """Returns the posts that answer this one, in the order of their making."""
        return list(self._answers.get(status.id, ()))

    def quotes(self, status: Status) -> int:
        """Returns how many posts quote this one."""
        return len(self._quotes.get(status.id, ()))

    def ancestors(self, status: Status) -> list[Status]:
        """Returns what a post answers, the thread's first post first, as far as it exists."""
        found: list[Status] = []
        parent = status.parent
        while parent is not None and self.exists(parent):
            found.append(parent)
            parent = parent.parent
        return found[::-1]

    def descendants(self, status: Status) -> list[Status]:
        """Returns everything below a post, each answer followed by the answers to it."""
        found: list[Status] = []
        for reply in self.replies(status):
            found += [reply, *self.descendants(reply)]
        return found
