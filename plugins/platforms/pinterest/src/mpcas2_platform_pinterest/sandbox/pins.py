"""The Pins that were made, and what became of them."""

import dataclasses
from datetime import datetime, timedelta

import msgspec

from mpcas2_platform_pinterest.sandbox.picture_header import Picture
from mpcas2_platform_pinterest.sandbox.pin_body import PinBody
from mpcas2_platform_pinterest.sandbox.pinners import Board, Pinner, digits
from mpcas2_platform_pinterest.sandbox.uploads import Media
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import StoredFile

_MODERATION_SECONDS = 60.0


class Removal(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What moderators decide about a Pin after it was made.

    Args:
        removed: Whether they take it away.
    """

    removed: bool = False


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Image:
    """One picture of a Pin.

    Attributes:
        file: Its bytes.
        picture: What their header tells.
        url: Where they were pulled from; empty when they were sent.
        title: Its title in a carousel.
        description: Its description in a carousel.
        link: Where it leads in a carousel.
    """

    file: StoredFile
    picture: Picture
    url: str = ""
    title: str = ""
    description: str = ""
    link: str = ""


@dataclasses.dataclass(eq=False, kw_only=True)
class Pin:
    """One Pin.

    Attributes:
        id: Its identifier.
        owner: Who made it.
        client_id: With which app.
        board: Where it is.
        body: What was asked for.
        images: Its pictures in order; of a video, its cover if that is a picture.
        video: Its video.
        trial: Whether the app had trial access, so that only the owner sees it.
        created_at: When it was made.
        deleted_at: When its owner deleted it.
    """

    id: str
    owner: Pinner
    client_id: str
    board: Board
    body: PinBody
    images: tuple[Image, ...]
    video: Media | None
    trial: bool
    created_at: datetime
    deleted_at: datetime | None = None

    @property
    def creative_type(self) -> str:
        """What kind of Pin it is, in the network's word."""
        if self.video is not None:
            return "VIDEO"
        return "CAROUSEL" if len(self.images) > 1 else "REGULAR"

    @property
    def path(self) -> str:
        """The path of its public page."""
        return f"/pin/{self.id}/"


class PinBook:
    """All Pins.

    Args:
        core: Its clock says what is decided about them.

    Attributes:
        moderation: What moderators decide about Pins.
    """

    def __init__(self, core: SandboxCore) -> None:
        self._clock = core.clock
        self._pins: dict[str, Pin] = {}
        self.moderation: Decisions[Removal] = Decisions(
            core, Removal, seconds=_MODERATION_SECONDS, name="moderation"
        )

    def new_id(self) -> str:
        """Returns the identifier of the next Pin."""
        return digits(f"pin:{len(self._pins)}")

    def add(self, pin: Pin) -> None:
        """Keeps a Pin."""
        self._pins[pin.id] = pin
        self.moderation.decide(pin.id)

    def find(self, pin_id: str) -> Pin | None:
        """Returns the Pin of that id, if it is still there."""
        pin = self._pins.get(pin_id)
        return pin if pin is not None and self.exists(pin) else None

    def every(self) -> list[Pin]:
        """Returns every Pin that was ever made, in the order of making."""
        return list(self._pins.values())

    def exists(self, pin: Pin) -> bool:
        """Tells whether a Pin was neither deleted nor removed."""
        return pin.deleted_at is None and not self.is_removed(pin)

    def is_removed(self, pin: Pin) -> bool:
        """Tells whether moderators took a Pin away."""
        # Looked up anew: the control API may have decided otherwise meanwhile.
        decision = self.moderation.decide(pin.id)
        return decision.verdict.removed and self.moderation.state(decision) == "decided"

    def is_public(self, pin: Pin) -> bool:
        """Tells whether everybody sees a Pin."""
        return self.exists(pin) and not pin.trial and pin.board.privacy == "PUBLIC"

    def newest(self, *, lag_seconds: float = 0.0) -> list[Pin]:
        """Returns the Pins that exist, the newest first.

        Args:
            lag_seconds: How old a Pin must be.
        """
        limit = self._clock.now() - timedelta(seconds=lag_seconds)
        return [
            one
            for one in reversed(self._pins.values())
            if one.created_at <= limit and self.exists(one)
        ]
