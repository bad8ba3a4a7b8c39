"""The practice people and the channels that they own."""

import base64
import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from mpcas2_platform_youtube.sandbox.api_times import api_time

_MADE_BEFORE = timedelta(days=400)


def _letters(purpose: str, name: str, length: int) -> str:
    digest = hashlib.sha256(f"{purpose}:{name}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:length]


class Channel:
    """One channel; its identifier follows from its handle and is the same after every reset.

    Args:
        handle: The handle without the at sign.
        title: The name that its pages show.
        created_at: When it was made.
    """

    def __init__(self, handle: str, title: str, *, created_at: datetime) -> None:
        self.handle = handle
        self.title = title
        self.created_at = created_at
        letters = _letters("channel", handle, 22)
        self.id = f"UC{letters}"
        self.uploads_id = f"UU{letters}"
        self.upload_limit_exceeded = False

    def resource(
        self, parts: frozenset[str], *, videos: int, views: int, followers: int, picture_url: str
    ) -> dict[str, Any]:
        """Returns the channel as the API shows it.

        Args:
            parts: The parts that were asked for.
            videos: How many public videos it has.
            views: How often they were seen.
            followers: How many subscribed to it.
            picture_url: The address of its picture.
        """
        every: dict[str, dict[str, Any]] = {
            "snippet": {
                "title": self.title,
                "description": "",
                "customUrl": f"@{self.handle}",
                "publishedAt": api_time(self.created_at),
                "thumbnails": {
                    size: {"url": picture_url, "width": width, "height": width}
                    for size, width in (("default", 88), ("medium", 240), ("high", 800))
                },
                "localized": {"title": self.title, "description": ""},
            },
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": self.uploads_id}},
            "statistics": {
                "viewCount": str(views),
                "subscriberCount": str(followers),
                "hiddenSubscriberCount": False,
                "videoCount": str(videos),
            },
            "status": {
                "privacyStatus": "public",
                "isLinked": True,
                "longUploadsStatus": "allowed",
            },
        }
        chosen = {part: every[part] for part in every if part in parts}
        return {
            "kind": "youtube#channel",
            "etag": _letters("channel-etag", self.id, 27),
            "id": self.id,
            **chosen,
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a Google account.

    Attributes:
        id: The account's number, as an ID token's ``sub`` has it.
        name: The name for people.
        handle: What a test calls the person, also at the consent page.
        channels: The channels that this person owns; may be empty.
    """

    id: str
    name: str
    handle: str
    channels: tuple[Channel, ...]

    def owns(self, channel: Channel) -> bool:
        """Tells whether the channel is one of this person's."""
        return any(one is channel for one in self.channels)


class PeopleBook:
    """All people, by handle and by number, and all channels, by identifier.

    Ada, Bob and Carol have one channel each; Duo has two, Nora none.

    Args:
        now: The present time; the first channels are older.
    """

    def __init__(self, now: datetime) -> None:
        self._by_handle: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        old = now.astimezone(UTC) - _MADE_BEFORE
        for handle, titles in {
            "ada": ("Ada Films",),
            "bob": ("Bob Builds",),
            "carol": ("Carol Cooks",),
            "duo": ("Duo Main", "Duo Second"),
            "nora": (),
        }.items():
            self._add(handle, titles, old)

    def add_many(self, count: int, prefix: str, now: datetime) -> list[Person]:
        """Makes that many people ``prefix1``, ``prefix2``, … with a channel each."""
        made: list[Person] = []
        number = 0
        while len(made) < count:
            number += 1
            handle = f"{prefix}{number}"
            if handle not in self._by_handle:
                made.append(self._add(handle, (f"{handle.capitalize()} Films",), now))
        return made

    def all(self) -> list[Person]:
        """Returns every person in the order of their making."""
        return list(self._by_handle.values())

    def find(self, handle: str) -> Person | None:
        """Returns the person of that handle or account number."""
        found = self._by_handle.get(handle)
        if found is None:
            found = next((one for one in self._by_handle.values() if one.id == handle), None)
        return found

    def _add(self, handle: str, titles: tuple[str, ...], created_at: datetime) -> Person:
        suffixes = ("", "second")
        channels = tuple(
            Channel(handle + suffix, title, created_at=created_at)
            for suffix, title in zip(suffixes, titles, strict=False)
        )
        number = int.from_bytes(hashlib.sha256(f"person:{handle}".encode()).digest()[:8], "big")
        person = Person(
            id=str(10**20 + number), name=handle.capitalize(), handle=handle, channels=channels
        )
        self._by_handle[handle] = person
        self.channels |= {one.id: one for one in channels}
        return person
