"""What a network decides later: containers, processing, moderation."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.core import SandboxCore

V = TypeVar("V", bound=msgspec.Struct)
_MAX_SECONDS = 365 * 86_400


class Decision(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """What was decided about one subject, and from when on it shows.

    Args:
        at: When the network is done; until then the subject waits.
        verdict: How it ends.
    """

    at: datetime
    verdict: V


class _Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the control API changes; what is absent stays as it is."""

    seconds: float | None = None
    next: list[dict[str, Any]] | None = None
    overrule: dict[str, dict[str, Any]] = {}


class Decisions(Generic[V]):
    """Gives every subject its verdict when it is made, and shows it when its time has come.

    Args:
        core: Its clock says when that is.
        verdict: The Struct of a verdict. All its members have defaults; ``verdict()`` is how things
            end if nothing was planned.
        seconds: How long deciding takes, until the control API says otherwise.
        name: The control routes are ``/_sandbox/{name}``, so that a network may have several.

    Attributes:
        seconds: How long deciding takes for subjects that are made from now on.
    """

    def __init__(
        self,
        core: SandboxCore,
        verdict: type[V],
        *,
        seconds: float = 0.0,
        name: str = "decisions",
    ) -> None:
        self.seconds = seconds
        self._clock = core.clock
        self._type = verdict
        self._name = name
        self._next: deque[V] = deque()
        self._decided: dict[str, Decision[V]] = {}

    def plan(self, verdicts: Iterable[V | Mapping[str, Any]]) -> None:
        """Replaces what is planned for the next subjects, in the order of their making.

        Raises:
            ValueError: A verdict does not fit the Struct.
        """
        self._next = deque([self._read(one) for one in verdicts])

    def decide(self, key: str) -> Decision[V]:
        """Returns the decision about a subject; at the first call it is made.

        Args:
            key: The subject's id.
        """
        found = self._decided.get(key)
        if found is None:
            verdict = self._next.popleft() if self._next else self._type()
            found = self._decided[key] = Decision(at=self._ends(), verdict=verdict)
        return found

    def overrule(self, key: str, verdict: V | Mapping[str, Any]) -> Decision[V]:
        """Decides anew about a subject, as moderators do; it shows after ``seconds`` again.

        Raises:
            ValueError: The verdict does not fit the Struct.
            KeyError: Nothing was ever decided about the subject.
        """
        if key not in self._decided:
            raise KeyError(key)
        fresh = self._decided[key] = Decision(at=self._ends(), verdict=self._read(verdict))
        return fresh

    def state(
        self, decision: Decision[V], now: datetime | None = None
    ) -> Literal["pending", "decided"]:
        """Tells whether a decision shows already.

        Args:
            decision: The decision.
            now: The time that counts; None takes the network's present.
        """
        return "decided" if (now or self._clock.now()) >= decision.at else "pending"

    def routes(self) -> list[BaseRoute]:
        """Returns the control routes, ``GET`` and ``POST /_sandbox/{name}``."""

        async def show(_request: Request) -> Response:
            return control_json(self._shown())

        async def change(request: Request) -> Response:
            try:
                self._change(await control_body(request, _Order))
            except ValueError as error:
                return control_error(str(error))
            except KeyError as error:
                return control_error(f"nothing was decided about {error} yet", 404)
            return control_json(self._shown())

        path = f"/_sandbox/{self._name}"
        return [Route(path, show, methods=["GET"]), Route(path, change, methods=["POST"])]

    def _change(self, order: _Order) -> None:
        if order.seconds is not None:
            if not 0 <= order.seconds <= _MAX_SECONDS:
                raise ValueError(f"seconds must be from 0 to {_MAX_SECONDS}")
            self.seconds = order.seconds
        if order.next is not None:
            self.plan(order.next)
        for key, verdict in order.overrule.items():
            self.overrule(key, verdict)

    def _shown(self) -> dict[str, object]:
        decided = [
            {"key": key, "at": timestamp(one.at), "verdict": one.verdict, "state": self.state(one)}
            for key, one in self._decided.items()
        ]
        return {"seconds": self.seconds, "next": list(self._next), "decided": decided}

    def _ends(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.seconds)

    def _read(self, verdict: V | Mapping[str, Any]) -> V:
        return msgspec.convert(verdict, self._type)
