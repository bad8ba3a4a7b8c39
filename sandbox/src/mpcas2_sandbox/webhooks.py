"""Sends a network's events to whoever subscribed, at least once each and in the background."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Literal

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.core import SandboxCore
from mpcas2_sandbox.outgoing import outgoing_client

_POLL_SECONDS = 0.02
_TIMEOUT_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.1
_MOST_ATTEMPTS = 9
_OK = range(200, 300)

Sign = Callable[[bytes], Mapping[str, str]]
Verify = Callable[[str, str], Mapping[str, str]]
Count = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class WebhookSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How events are sent from now on.

    Args:
        duplicates: How often each event is sent beyond the first time.
        reverse: How many deliveries are gathered and then sent with the last one first; 0 and 1
            send each at once.
        break_signature: Whether the signature is that of another body.
    """

    duplicates: Count = 0
    reverse: Count = 0
    break_signature: bool = False


class _Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What ``POST /_sandbox/webhooks`` takes; what is absent stays as it is."""

    url: str | None = None
    verify_token: str = ""
    duplicates: Count | None = None
    reverse: Count | None = None
    break_signature: bool | None = None


class Delivery(msgspec.Struct, kw_only=True, rename="camel"):
    """One event on its way to one subscriber.

    Args:
        id: Counts the deliveries from 1.
        url: Where it goes.
        event: The body as text.
        content_type: What the body is.
        at: Not before this time on the network's clock.
        broken: Whether its signature is that of another body.
        state: Whether it waits, arrived, or was given up.
        attempts: How often it was tried.
        status: The status of the last answer; None where none came.
    """

    id: int
    url: str
    event: str
    content_type: str
    at: datetime
    broken: bool
    state: Literal["waiting", "delivered", "given_up"] = "waiting"
    attempts: int = 0
    status: int | None = None


class WebhookSender:
    """Subscribers and the events that are on their way to them.

    Make it in the network's ``routes``. Deliveries go out one after the other; one that is not
    answered with 2xx is tried again, with growing pauses, while later ones go on.

    Args:
        core: Its clock says when an event is due; a reset ends all deliveries.
        sign: Makes the headers that prove a body to be the network's.
        verify: Makes the query with which a subscriber is asked whether the address is his, of the
            verify token that he gave and of random letters that he must answer with; None asks
            nothing. See ``meta_question``.

    Attributes:
        settings: How events are sent; the control API changes it.
    """

    def __init__(self, core: SandboxCore, sign: Sign, *, verify: Verify | None = None) -> None:
        self.settings = WebhookSettings()
        self._clock = core.clock
        self._sign = sign
        self._verify = verify
        self._urls: list[str] = []
        self._deliveries: list[Delivery] = []
        self._gathered: list[Delivery] = []
        self._queue: list[tuple[float, Delivery]] = []
        self._task: asyncio.Task[None] | None = None
        core.at_reset(self.close)

    @property
    def urls(self) -> tuple[str, ...]:
        """The subscribed addresses."""
        return tuple(self._urls)

    async def subscribe(self, url: str, verify_token: str = "") -> bool:
        """Subscribes an address and tells whether it proved to be the subscriber's.

        Args:
            url: Where events go.
            verify_token: What the question to that address repeats.
        """
        if self._verify is not None and not await self._proves(url, verify_token):
            return False
        if url not in self._urls:
            self._urls.append(url)
        return True

    def send(
        self,
        event: object,
        *,
        at: datetime | None = None,
        content_type: str = "application/json",
    ) -> None:
        """Sends an event to every subscriber, in the background.

        Args:
            event: The body: bytes as they are, text in UTF-8, anything else as JSON.
            at: Not before this time on the network's clock; None for at once.
            content_type: What the body is.
        """
        body = event if isinstance(event, bytes | str) else msgspec.json.encode(event)
        text = body.decode() if isinstance(body, bytes) else body
        for url in self._urls:
            for _ in range(1 + self.settings.duplicates):
                delivery = Delivery(
                    id=len(self._deliveries) + 1,
                    url=url,
                    event=text,
                    content_type=content_type,
                    at=at or self._clock.now(),
                    broken=self.settings.break_signature,
                )
                self._deliveries.append(delivery)
                self._gathered.append(delivery)
        if len(self._gathered) >= self.settings.reverse:
            self._let_go()

    def close(self) -> None:
        """Ends all deliveries; events that are sent from now on go nowhere."""
        for waiting in (self._urls, self._gathered, self._queue):
            waiting.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def routes(self) -> list[BaseRoute]:
        """Returns the control routes, ``GET``, ``POST`` and ``DELETE /_sandbox/webhooks``."""

        async def show(_request: Request) -> Response:
            return control_json(
                {"urls": self._urls, "settings": self.settings, "deliveries": self._deliveries}
            )

        async def change(request: Request) -> Response:
            try:
                order = await control_body(request, _Order)
            except ValueError as error:
                return control_error(str(error))
            self._change(order)
            if order.url is not None and not await self.subscribe(order.url, order.verify_token):
                return control_error(f"{order.url} did not answer the question as it must")
            return await show(request)

        async def forget(request: Request) -> Response:
            self._urls.clear()
            return await show(request)

        path = "/_sandbox/webhooks"
        return [
            Route(path, show, methods=["GET"]),
            Route(path, change, methods=["POST"]),
            Route(path, forget, methods=["DELETE"]),
        ]

    def _change(self, order: _Order) -> None:
        changed = {
            name: value
            for name in WebhookSettings.__struct_fields__
            if (value := getattr(order, name)) is not None
        }
        self.settings = msgspec.structs.replace(self.settings, **changed)
        if self._gathered and len(self._gathered) >= self.settings.reverse:
            self._let_go()

    def _let_go(self) -> None:
        gathered, self._gathered = self._gathered, []
        if self.settings.reverse > 1:
            gathered.reverse()
        self._queue += [(0.0, one) for one in gathered]
        if self._queue and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        """Delivers what is due until nothing waits any more."""
        while self._queue:
            # Closing the client gives way to others, who may queue one more meanwhile.
            async with outgoing_client(seconds=_TIMEOUT_SECONDS) as client:
                await self._deliver_all(client)

    async def _deliver_all(self, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            now = self._clock.now()
            due = [entry for entry in self._queue if entry[0] <= loop.time() and entry[1].at <= now]
            for entry in due:
                self._queue.remove(entry)
                await self._deliver(client, entry[1])
            if not due:
                await asyncio.sleep(_POLL_SECONDS)

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        body = delivery.event.encode()
        signature = self._sign(body + b" " if delivery.broken else body)
        headers = {"Content-Type": delivery.content_type, **signature}
        delivery.attempts += 1
        try:
            answer = await client.post(delivery.url, content=body, headers=headers)
            delivery.status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            delivery.status = None
        if delivery.status in _OK:
            delivery.state = "delivered"
        elif delivery.attempts >= _MOST_ATTEMPTS:
            delivery.state = "given_up"
        else:
            pause = _FIRST_PAUSE_SECONDS * 2 ** (delivery.attempts - 1)
            self._queue.append((asyncio.get_running_loop().time() + pause, delivery))

    async def _proves(self, url: str, verify_token: str) -> bool:
        letters = secrets.token_hex(8)
        question = self._verify(verify_token, letters) if self._verify is not None else {}
        try:
            async with outgoing_client(seconds=_TIMEOUT_SECONDS) as client:
                answer = await client.get(httpx.URL(url).copy_merge_params(dict(question)))
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code in _OK and answer.text == letters


def meta_question(verify_token: str, letters: str) -> dict[str, str]:
    """Returns the query with which Meta's networks ask whether an address is the subscriber's."""
    return {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": letters}
