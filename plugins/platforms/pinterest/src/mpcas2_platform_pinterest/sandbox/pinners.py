"""The practice accounts, and the boards with sections that each of them has."""

import dataclasses
import hashlib
from datetime import datetime
from typing import Literal

Privacy = Literal["PUBLIC", "PROTECTED", "SECRET"]
_FIRST = ("ada", "bob", "carol", "dave")
_FIRST_BOARDS: tuple[tuple[str, Privacy, tuple[str, ...]], ...] = (
    ("Recipes", "PUBLIC", ("Soups", "Salads")),
    ("Workshop", "PUBLIC", ()),
    ("Gift ideas", "SECRET", ()),
)


def digits(purpose: str) -> str:
    """Returns eighteen digits that follow from a purpose and are the same in every run."""
    number = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
    return str(10**17 + number % (9 * 10**17))


@dataclasses.dataclass(eq=False, kw_only=True)
class Pinner:
    """One account.

    Attributes:
        handle: The username.
        name: The name that its pages show.
    """

    handle: str
    name: str

    @property
    def id(self) -> str:
        """The account's identifier; it follows from the handle."""
        return digits(f"pinner:{self.handle}")


@dataclasses.dataclass(eq=False, kw_only=True)
class Section:
    """A part of a board.

    Attributes:
        id: Its identifier.
        name: Its name.
    """

    id: str
    name: str


@dataclasses.dataclass(eq=False, kw_only=True)
class Board:
    """A board.

    Attributes:
        id: Its identifier.
        owner: Whose it is.
        name: Its name.
        description: What it is about.
        privacy: Who sees it.
        created_at: When it was made.
        collaborators: Handles of those who may pin to it besides its owner.
        sections: Its sections in the order of their making.
    """

    id: str
    owner: Pinner
    name: str
    created_at: datetime
    description: str | None = None
    privacy: Privacy = "PUBLIC"
    collaborators: tuple[str, ...] = ()
    sections: list[Section] = dataclasses.field(default_factory=list)

    def is_open_to(self, pinner: Pinner) -> bool:
        """Tells whether somebody owns the board or works on it."""
        return pinner is self.owner or pinner.handle in self.collaborators

    def section(self, section_id: str) -> Section | None:
        """Returns its section of that id."""
        return next((one for one in self.sections if one.id == section_id), None)


class PinnerBook:
    """All accounts and boards; Ada, Bob, Carol and Dave are there from the start.

    Args:
        now: When the first boards are made.
    """

    def __init__(self, now: datetime) -> None:
        self._pinners: dict[str, Pinner] = {}
        self._boards: dict[str, Board] = {}
        self._owned: dict[str, list[Board]] = {}
        for handle in _FIRST:
            self._add(handle, now)
        shared = self.add_board(self._pinners["bob"], "Street food", now)
        shared.collaborators = ("ada",)

    def add_many(self, count: int, prefix: str, now: datetime) -> list[Pinner]:
        """Makes that many accounts ``prefix1``, ``prefix2`` and so on, with boards."""
        made: list[Pinner] = []
        number = 0
        while len(made) < count:
            number += 1
            if f"{prefix}{number}" not in self._pinners:
                made.append(self._add(f"{prefix}{number}", now))
        return made

    def all(self) -> list[Pinner]:
        """Returns every account in the order of their making."""
        return list(self._pinners.values())

    def find(self, handle: str) -> Pinner | None:
        """Returns the account of that handle."""
        return self._pinners.get(handle)

    def add_board(
        self,
        owner: Pinner,
        name: str,
        now: datetime,
        *,
        privacy: Privacy = "PUBLIC",
        description: str | None = None,
    ) -> Board:
        """Makes a board.

        Args:
            owner: Whose it is.
            name: Its name.
            now: The network's time.
            privacy: Who sees it.
            description: What it is about.
        """
        board = Board(
            id=digits(f"board:{owner.handle}:{len(self._owned.get(owner.handle, ()))}"),
            owner=owner,
            name=name,
            created_at=now,
            description=description,
            privacy=privacy,
        )
        self._boards[board.id] = board
        self._owned.setdefault(owner.handle, []).append(board)
        return board

    def add_section(self, board: Board, name: str) -> Section:
        """Makes a section of a board."""
        section = Section(id=digits(f"section:{board.id}:{len(board.sections)}"), name=name)
        board.sections.append(section)
        return section

    def board(self, board_id: str) -> Board | None:
        """Returns the board of that id."""
        return self._boards.get(board_id)

    def boards(self) -> list[Board]:
        """Returns every board in the order of their making."""
        return list(self._boards.values())

    def owned_by(self, pinner: Pinner) -> list[Board]:
        """Returns the boards that somebody made."""
        return list(self._owned.get(pinner.handle, ()))

    def open_to(self, pinner: Pinner) -> list[Board]:
        """Returns the boards that somebody may pin to, his own ones first."""
        shared = [one for one in self._boards.values() if pinner.handle in one.collaborators]
        return [*self.owned_by(pinner), *shared]

    def _add(self, handle: str, now: datetime) -> Pinner:
        pinner = Pinner(handle=handle, name=handle.capitalize())
        self._pinners[handle] = pinner
        for name, privacy, sections in _FIRST_BOARDS:
            board = self.add_board(pinner, name, now, privacy=privacy)
            for one in sections:
                self.add_section(board, one)
        return pinner
