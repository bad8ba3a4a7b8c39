"""The practice members, the organisations, and who has which role at them."""

import dataclasses
import hashlib
from datetime import datetime
from typing import Literal, get_args

Role = Literal[
    "ADMINISTRATOR",
    "CONTENT_ADMINISTRATOR",
    "CURATOR",
    "ANALYST",
    "DIRECT_SPONSORED_CONTENT_POSTER",
]
ROLES: tuple[str, ...] = get_args(Role)
WRITING_ROLES = ("ADMINISTRATOR", "CONTENT_ADMINISTRATOR")

_FIRST_MEMBERS = (
    ("ada", "Ada", "Lovelace"),
    ("bob", "Bob", "Byte"),
    ("carol", "Carol", "Shaw"),
    ("dave", "Dave", "Data"),
)
_FIRST_ORGANIZATIONS = (
    ("Analytical Engines", {"ada": "ADMINISTRATOR", "carol": "ANALYST"}),
    ("Notes and Numbers", {"ada": "CONTENT_ADMINISTRATOR", "bob": "ADMINISTRATOR"}),
    ("Difference Works", {"bob": "ADMINISTRATOR"}),
)


@dataclasses.dataclass(eq=False, kw_only=True)
class Member:
    """One person; the id follows from the handle and is the same after every reset.

    Attributes:
        handle: The short name.
        first_name: The given name.
        last_name: The family name.
        created_at: When the account was made.
    """

    handle: str
    first_name: str
    last_name: str
    created_at: datetime

    @property
    def id(self) -> str:
        """The person id, which is ``sub`` in the identity claims."""
        return hashlib.sha256(self.handle.encode()).hexdigest()[:10]

    @property
    def urn(self) -> str:
        """The member as an author."""
        return f"urn:li:person:{self.id}"

    @property
    def name(self) -> str:
        """The name that people read."""
        return f"{self.first_name} {self.last_name}"

    @property
    def path(self) -> str:
        """The path of the member's page."""
        return f"/in/{self.handle}"


@dataclasses.dataclass(eq=False, kw_only=True)
class Organization:
    """One organisation with a page.

    Attributes:
        id: Its number.
        name: The name that people read.
        created_at: When the page was made.
        roles: What each member, by handle, may do there.
    """

    id: int
    name: str
    created_at: datetime
    roles: dict[str, str]

    @property
    def urn(self) -> str:
        """The organisation as an author."""
        return f"urn:li:organization:{self.id}"

    @property
    def vanity_name(self) -> str:
        """The short name in the page's address."""
        return self.name.lower().replace(" ", "-")

    @property
    def path(self) -> str:
        """The path of the organisation's page."""
        return f"/company/{self.vanity_name}"


Author = Member | Organization


class Directory:
    """All members and organisations.

    Args:
        now: When the first ones are made.
    """

    def __init__(self, now: datetime) -> None:
        self._members: dict[str, Member] = {}
        self._organizations: list[Organization] = []
        for handle, first, last in _FIRST_MEMBERS:
            self._members[handle] = Member(
                handle=handle, first_name=first, last_name=last, created_at=now
            )
        for name, roles in _FIRST_ORGANIZATIONS:
            self.add_organization(name, dict(roles), now)

    def add_members(self, count: int, prefix: str, now: datetime) -> list[Member]:
        """Makes that many members ``prefix1``, ``prefix2``, … and returns them."""
        made: list[Member] = []
        number = 0
        while len(made) < count:
            number += 1
            handle = f"{prefix}{number}"
            if handle not in self._members:
                member = Member(
                    handle=handle, first_name=handle.title(), last_name="Member", created_at=now
                )
                self._members[handle] = member
                made.append(member)
        return made

    def add_organization(self, name: str, roles: dict[str, str], now: datetime) -> Organization:
        """Makes an organisation.

        Args:
            name: Its name.
            roles: A role for each member's handle.
            now: When it is made.
        """
        number = 5_515_715 + len(self._organizations)
        made = Organization(id=number, name=name, created_at=now, roles=roles)
        self._organizations.append(made)
        return made

    def members(self) -> list[Member]:
        """Returns every member in the order of their making."""
        return list(self._members.values())

    def organizations(self) -> list[Organization]:
        """Returns every organisation in the order of their making."""
        return list(self._organizations)

    def member(self, handle: str) -> Member | None:
        """Returns the member of that handle."""
        return self._members.get(handle)

    def organization(self, number: str) -> Organization | None:
        """Returns the organisation of that number or short name."""
        return next(
            (one for one in self._organizations if number in {str(one.id), one.vanity_name}), None
        )

    def author(self, urn: str) -> Author | None:
        """Returns the member or the organisation of a URN."""
        everyone: list[Author] = [*self._members.values(), *self._organizations]
        return next((one for one in everyone if one.urn == urn), None)
