"""The people of the practice network and the Pages that they manage."""

import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape
from typing import Final, Literal

from starlette.responses import Response

Hindrance = Literal["checkpoint", "password", "unconfirmed", "invalid"]
"""What keeps a person's tokens from working: a login check-up, a changed password, an unconfirmed
registration, a session that was ended."""

PageHindrance = Literal[
    "policy", "too_fast", "content", "limited", "authorization", "identity", "role"
]
"""What keeps a Page from publishing."""

PAGE_FAULTS: Final[dict[PageHindrance, int]] = {
    "too_fast": 1346003,
    "content": 1404102,
    "limited": 1404112,
    "authorization": 1404078,
    "identity": 4854002,
}
"""The subcodes of the hindrances that have one."""

TASKS: Final = ("ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE")
_FIRST_PERSON = 10_200_000_000_000_000
_FIRST_PAGE = 100_400_000_000_000
_FIRST: Final = (
    ("ada", "Ada Okoro", ("Okoro Bakery",)),
    ("bob", "Bob Lindqvist", ("Lindqvist Bikes",)),
    ("carol", "Carol Ferrer", ("Ferrer Studio",)),
    ("dave", "Dave Novak", ("Novak Garden",)),
    ("duo", "Duo Marin", ("Marin Boats", "Marin Rooms")),
    ("nora", "Nora Blank", ()),
)


@dataclasses.dataclass(eq=False, kw_only=True)
class Page:
    """One Page.

    Attributes:
        id: Its number.
        handle: Its username.
        name: The name that people read.
        owner_id: Whose it is.
        joined_at: When it came.
        followers: How many follow it.
        tasks: What its owner may do with it.
        hindrance: What keeps it from publishing; None while nothing does.
        reels: When it published reels through the API, oldest first.
        subscribed: The webhook fields that it sends to the app.
    """

    id: str
    handle: str
    name: str
    owner_id: str
    joined_at: datetime
    followers: int
    tasks: tuple[str, ...] = TASKS
    hindrance: PageHindrance | None = None
    reels: list[datetime] = dataclasses.field(default_factory=list)
    subscribed: tuple[str, ...] = ()

    def used_reels(self, now: datetime, seconds: float) -> int:
        """Returns how many reels it published in the last seconds."""
        since = now - timedelta(seconds=seconds)
        return sum(one > since for one in self.reels)


@dataclasses.dataclass(eq=False, kw_only=True)
class Person:
    """One person with the Pages that he manages.

    Attributes:
        id: His number.
        handle: The short name that the control API uses.
        name: The name that people read.
        pages: His Pages.
        hindrance: What keeps his tokens from working; None while nothing does.
    """

    id: str
    handle: str
    name: str
    pages: list[Page] = dataclasses.field(default_factory=list)
    hindrance: Hindrance | None = None


class MemberBook:
    """All people and Pages; a few are there from the start.

    Args:
        now: When they joined.
    """

    def __init__(self, now: datetime) -> None:
        self._people: dict[str, Person] = {}
        self._pages: dict[str, Page] = {}
        self.add(_FIRST, now)

    def add(
        self, people: Iterable[tuple[str, str, tuple[str, ...]]], now: datetime
    ) -> list[Person]:
        """Adds people by handle, name and the names of their Pages; known handles are left out."""
        made = []
        for handle, name, pages in people:
            if handle in self._people:
                continue
            number = _FIRST_PERSON + len(self._people) * 7919
            person = Person(id=str(number), handle=handle, name=name)
            self._people[handle] = person
            for page in pages:
                self._add_page(person, page, now)
            made.append(person)
        return made

    def _add_page(self, person: Person, name: str, now: datetime) -> None:
        page = Page(
            id=str(_FIRST_PAGE + len(self._pages) * 6151),
            handle=name.lower().replace(" ", "."),
            name=name,
            owner_id=person.id,
            joined_at=now,
            followers=120 + _of_name(name) % 4000,
        )
        self._pages[page.id] = page
        person.pages.append(page)

    def all(self) -> list[Person]:
        """Returns every person in the order of joining."""
        return list(self._people.values())

    def named(self, handle: str) -> Person | None:
        """Returns the person of that handle."""
        return self._people.get(handle)

    def pages(self) -> list[Page]:
        """Returns every Page."""
        return list(self._pages.values())

    def page(self, number: str) -> Page | None:
        """Returns the Page of that number or username."""
        return self._pages.get(number) or next(
            (one for one in self._pages.values() if one.handle == number), None
        )

    def owner_of(self, page: Page) -> Person:
        """Returns who manages a Page."""
        return next(one for one in self._people.values() if one.id == page.owner_id)


def _of_name(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def face(page: Page) -> Response:
    """Returns a Page's picture: a disc with its first letter."""
    hue = _of_name(page.id) % 360
    body = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 88 88" width="88" height="88">'
        f'<circle cx="44" cy="44" r="44" fill="hsl({hue} 55% 42%)"/>'
        '<text x="44" y="58" font-family="sans-serif" font-size="40" fill="#fff" '
        f'text-anchor="middle">{escape(page.name[:1])}</text></svg>'
    )
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, media_type="image/svg+xml", headers=headers)
