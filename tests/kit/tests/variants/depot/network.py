"""The practice network of Depot: drafts with a film, decided after a while, told by webhook."""

from __future__ import annotations

import dataclasses
import functools
import hmac
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.oauth import (
    PRACTICE_CLIENT_SECRET,
    BearerError,
    Client,
    OAuthRules,
    OAuthServer,
)
from mpcas2_sandbox.webhooks import WebhookSender, meta_question

_RULES = OAuthRules(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    scopes={"posts.write": "Publish", "statistics.read": "See figures"},
    rotates=True,
    pkce="required",
)
_DECIDES = timedelta(seconds=20)
_MOST_TEXT = 500


@dataclasses.dataclass(frozen=True)
class Account:
    id: str
    handle: str
    name: str


@dataclasses.dataclass
class Draft:
    text: str
    film: bytes | None = None
    number: int = 0
    decided_at: datetime | None = None


class Depot:
    key = "depot"
    title = "Depot"
    body_limit = 13_000_000
    practice = Practice(
        settings={"api_url": "{url}"},
        publish=("POST /v1/drafts/[^/]+/publish$",),
        person="ada",
        server="{url}",
        samples=("text", "video"),
    )

    def operation(self, method: str, path: str) -> str:
        return f"{method} {path}"

    def error_body(self, status: int) -> Any:
        return {"error": f"status-{status}", "message": "The practice network was told to say so."}

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        accounts = [Account("2000", "ada", "Ada")]
        oauth = OAuthServer(core, _RULES, accounts=lambda: accounts, title=self.title)
        sender = WebhookSender(core, _sign, verify=meta_question)
        api = _Api(core, oauth, sender)

        async def told(_request: Request) -> Response:
            return _json({"accounts": accounts})

        async def stats(_request: Request) -> Response:
            return _json({"posts": len(api.posts())})

        draft = "/v1/drafts/{id}"
        return [
            Route("/apps", api.register, methods=["POST"]),
            Route("/v1/me", api.guarded(api.me)),
            Route(draft, api.guarded(api.write), methods=["PUT"]),
            Route(draft, api.guarded(api.read)),
            Route(draft + "/images/0", api.guarded(api.fill), methods=["PUT"]),
            Route(draft + "/publish", api.guarded(api.publish), methods=["POST"]),
            Route("/v1/posts", api.guarded(api.figures)),
            Route("/v1/posts/{id}", api.guarded(api.delete), methods=["DELETE"]),
            *oauth.routes(),
            *sender.routes(),
            Route("/_sandbox/accounts", told),
            Route("/_sandbox/stats", stats),
        ]


class _Api:
    def __init__(
        self, core: SandboxCore, oauth: OAuthServer[Account], sender: WebhookSender
    ) -> None:
        self._clock = core.clock
        self._oauth = oauth
        self._sender = sender
        self._drafts: dict[str, Draft] = {}
        self._numbers = itertools.count(1)

    def guarded(
        self, handler: Callable[[Request, Account], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        @functools.wraps(handler)
        async def run(request: Request) -> Response:
            try:
                account = self._oauth.bearer(request).account
            except BearerError as error:
                return _refusal(401, "bad-token", error.reason)
            wanted = request.path_params.get("id")
            if wanted is not None and request.method != "PUT" and self._named(wanted) is None:
                return _refusal(404, "unknown-draft", "There is none of that id.")
            return await handler(request, account)

        return run

    def posts(self) -> dict[str, Draft]:
        """Gives what people see: what was published and decided."""
        return {f"{one.number:08d}": one for one in self._drafts.values() if one.number}

    async def register(self, request: Request) -> Response:
        number = len(self._oauth.clients.all())
        client = Client(
            client_id=f"app-{number}",
            client_secret=f"secret-of-app-{number}",
            redirect_uris=((await request.json())["redirect"],),
        )
        self._oauth.clients.add(client)
        return _json({"client_id": client.client_id, "client_secret": client.client_secret})

    async def me(self, _request: Request, account: Account) -> Response:
        return _json(account)

    async def write(self, request: Request, _account: Account) -> Response:
        text = (await request.json())["text"]
        if len(text) > _MOST_TEXT:
            return _refusal(422, "text-too-long", "The text is too long.")
        draft = self._drafts[request.path_params["id"]] = Draft(text)
        return self._shown(request, draft)

    async def read(self, request: Request, _account: Account) -> Response:
        return self._shown(request, self._drafts[request.path_params["id"]])

    async def fill(self, request: Request, _account: Account) -> Response:
        draft = self._drafts[request.path_params["id"]]
        draft.film = await request.body()
        return self._shown(request, draft)

    async def publish(self, request: Request, account: Account) -> Response:
        id_ = request.path_params["id"]
        draft = self._drafts[id_]
        if not draft.number:
            draft.number = next(self._numbers)
            draft.decided_at = self._clock.now() + _DECIDES
            self._sender.send(
                {
                    "id": f"event-{draft.number}",
                    "kind": "post-decided",
                    "platform_account_id": account.id,
                    "key": id_,
                },
                at=draft.decided_at,
            )
        return self._shown(request, draft)

    async def figures(self, request: Request, _account: Account) -> Response:
        found = set(request.query_params.get("ids", "").split(",")) & set(self.posts())
        return _json(
            {"posts": [{"id": one, "views": 1, "likes": 0, "comments": 0} for one in found]}
        )

    async def delete(self, request: Request, _account: Account) -> Response:
        post = self.posts().get(request.path_params["id"])
        if post is None:
            return _refusal(404, "unknown-post", "There is no such post.")
        self._drafts = {name: one for name, one in self._drafts.items() if one is not post}
        return Response(status_code=204)

    def _named(self, id_: str) -> object:
        return self._drafts.get(id_) if not id_.isdecimal() or len(id_) != 8 else id_

    def _shown(self, request: Request, draft: Draft) -> Response:
        post = None
        if draft.decided_at is not None and self._clock.now() >= draft.decided_at:
            id_ = f"{draft.number:08d}"
            post = {"id": id_, "url": f"{request.base_url}posts/{id_}"}
        images = [] if draft.film is None else [0]
        return _json({"images": images, "taken": bool(draft.number), "post": post})


def network() -> Depot:
    return Depot()


def _sign(body: bytes) -> dict[str, str]:
    digest = hmac.new(PRACTICE_CLIENT_SECRET.encode(), body, sha256).hexdigest()
    return {"X-Depot-Signature": digest}


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _refusal(status: int, code: str, message: str) -> Response:
    return _json({"error": code, "message": message}, status)
