"""A network that uses everything that the core offers to those that decide, count and call back."""

import dataclasses
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox import Practice, SandboxCore, here
from mpcas2_sandbox.control import control_json
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import FileDisk, file_response
from mpcas2_sandbox.growth import figure
from mpcas2_sandbox.oauth import BearerError, OAuthRules, OAuthServer, Place, Refusal
from mpcas2_sandbox.pull import PullError, pull
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import (
    Card,
    Shot,
    missing_page,
    page_offset,
    post_page,
    timeline_page,
)
from mpcas2_sandbox.webhooks import WebhookSender, meta_question
from mpcas2_sandbox.windows import CallWindows, Window, limits_routes

RULES = OAuthRules(
    authorize_path="/dialog",
    scopes={"pages": "Post to your pages", "read": "See your pages"},
    refresh_tokens=False,
    token_in_query=True,
    code_suffix="#_",
)


_PICTURE = (
    b"<svg xmlns='http://www.w3.org/2000/svg' width='800' height='500'>"
    b"<rect width='800' height='500' fill='#7ab'/><circle cx='400' cy='250' r='150'/></svg>"
)


@dataclasses.dataclass(frozen=True)
class Owner:
    id: str
    name: str
    handle: str


OWNERS = tuple(
    Owner(f"7{number}", handle.title(), handle)
    for number, handle in enumerate(("ada", "bob", "carol", "dave", "eve", "finn", "gina"))
)


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    error: str | None = None


def sign(body: bytes) -> dict[str, str]:
    return {"X-Signature": hmac.new(b"practice-secret", body, hashlib.sha256).hexdigest()}


def places(owner: Owner) -> list[Place]:
    return [
        Place(id=f"{owner.id}-{number}", name=f"{owner.name} page {number}", note="Page")
        for number in (1, 2)
    ]


class Depot:
    key = "depot"
    title = "Depot"
    body_limit = 1_000_000
    practice = Practice(settings={"api_url": "{url}/api"}, publish=("POST /jobs$",), person="ada")

    def operation(self, method: str, path: str) -> str:
        return f"{method} {path}"

    def error_body(self, status: int) -> Any:
        return {"error": {"code": status, "message": "Something is wrong"}}

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        oauth = OAuthServer(
            core,
            RULES,
            accounts=lambda: OWNERS,
            title=self.title,
            places=places,
            places_question="Which pages?",
        )
        decisions = Decisions(core, Verdict, seconds=60)
        windows = CallWindows(
            core.clock,
            [
                Window(route="GET /me", limit=3, seconds=100),
                Window(route="GET /me", limit=4, seconds=100, per="app", rolling=True),
                Window(route="*", limit=1000, per="route"),
            ],
        )
        hooks = WebhookSender(core, sign, verify=meta_question)
        disk = FileDisk()
        started = core.clock.now()

        async def short_token(request: Request) -> Response:
            grant = oauth.take_code(dict(request.query_params))
            if isinstance(grant, Refusal):
                return JSONResponse({"error": grant.error}, grant.status)
            return JSONResponse({"token": oauth.give_token(grant, 3600, "short")})

        async def other_token(request: Request) -> Response:
            try:
                token = oauth.bearer_token(request)
            except BearerError as error:
                return JSONResponse({"error": error.reason}, 401)
            kind = request.path_params["kind"]
            place = request.query_params.get("place", "")
            if place and place not in token.grant.places:
                return JSONResponse({"error": "not yours"}, 403)
            seconds = None if kind == "page" else 5_000_000
            letters = oauth.give_token(token.grant, seconds, kind, place=place)
            if request.query_params.get("ends") == "1":
                oauth.end_token(token.letters)
            return JSONResponse({"token": letters})

        async def me(request: Request) -> Response:
            try:
                token = oauth.bearer_token(request)
            except BearerError as error:
                return JSONResponse({"error": error.reason}, 401)
            grant = token.grant
            taken = windows.take("GET /me", user=grant.account.id, app=grant.client_id)
            tightest = taken.tightest
            assert tightest is not None
            headers = {"X-Left": str(tightest.left), "X-Reset": str(tightest.reset_second)}
            if not taken.room:
                return JSONResponse(self.error_body(429), 429, headers)
            shown = {"id": grant.account.id, "kind": token.kind, "place": token.place}
            return JSONResponse({**shown, "places": grant.places}, 200, headers)

        async def add_job(request: Request) -> Response:
            name = (await request.body()).decode()
            decision = decisions.decide(name)
            hooks.send({"job": name}, at=decision.at)
            return JSONResponse({"url": f"{here(request)}/jobs/{name}"}, 201)

        async def show_job(request: Request) -> Response:
            decision = decisions.decide(request.path_params["name"])
            if decisions.state(decision) == "pending":
                return JSONResponse({"state": "working"})
            return JSONResponse({"state": decision.verdict.error or "done"})

        async def fetch(request: Request) -> Response:
            query = request.query_params
            try:
                pulled = await pull(
                    query["url"],
                    disk,
                    limit=int(query["limit"]),
                    seconds=float(query["seconds"]),
                )
            except PullError as error:
                return JSONResponse({"reason": error.reason, "status": error.status}, 400)
            return JSONResponse(
                {
                    "sha256": pulled.file.sha256,
                    "type": pulled.content_type,
                    "size": pulled.file.size,
                }
            )

        async def views(_request: Request) -> Response:
            return JSONResponse({"views": figure("a:views", started, core.clock.now(), 500)})

        async def accounts(_request: Request) -> Response:
            return control_json({"accounts": [dataclasses.asdict(one) for one in OWNERS]})

        return [
            *oauth.routes(),
            *decisions.routes(),
            *limits_routes(windows),
            *hooks.routes(),
            Route("/token", short_token, methods=["GET"]),
            Route("/token/{kind}", other_token, methods=["GET"]),
            Route("/me", me, methods=["GET"]),
            Route("/jobs", add_job, methods=["POST"]),
            Route("/jobs/{name}", show_job, methods=["GET"]),
            Route("/fetch", fetch, methods=["POST"]),
            Route("/views", views, methods=["GET"]),
            *_pages(core, self.title),
            Route("/_sandbox/accounts", accounts, methods=["GET"]),
        ]


def _pages(core: SandboxCore, title: str) -> list[BaseRoute]:
    picture = FileDisk().new_file(_PICTURE)

    async def start(_request: Request) -> Response:
        return start_page(OWNERS, network=title, about="It plays <a> depot.", posts=1)

    async def timeline(request: Request) -> Response:
        cards = [_card(number, core) for number in range(60)]
        return timeline_page(cards, network=title, offset=page_offset(request))

    async def post(request: Request) -> Response:
        if request.path_params["number"] == 404:
            return missing_page("This post was deleted.", network=title)
        return post_page(_card(request.path_params["number"], core), network=title)

    async def show_picture(request: Request) -> Response:
        return file_response(request, picture, "image/svg+xml")

    return [
        Route("/", start, methods=["GET"]),
        Route("/timeline", timeline, methods=["GET"]),
        Route("/posts/{number:int}", post, methods=["GET"]),
        Route("/picture", show_picture, methods=["GET"]),
    ]


def _card(number: int, core: SandboxCore) -> Card:
    at = core.clock.now() - timedelta(hours=number)
    comment = Card(author="Bob", handle="bob", at=at, text="First!", badges=("comment",))
    return Card(
        author="Ada Lovelace",
        handle="ada",
        at=at,
        url=f"/posts/{number}",
        title="On engines" if number % 4 == 1 else "",
        text=f"Post {number} <script>alert(1)</script>, see https://example.org/a?b=1&c=2. Fine.",
        media=(
            (Shot(url="/picture", alt="A circle"),)
            if number % 3 == 0
            else (
                Shot(url="/picture", alt="A circle"),
                Shot(url="/picture", kind="video"),
                Shot(url="/picture", kind="document", alt="Slides.pdf"),
            )
            if number % 3 == 1
            else ()
        ),
        badges=("draft",) if number == 2 else ("deleted",) if number == 3 else (),
        counts=(("views", 1200), ("likes", 12)),
        comments=(comment,) if number == 0 else (),
    )


class Unopened(Depot):
    key = "unopened"

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        raise RuntimeError(f"no files, {core.log.count} requests")


def network() -> Depot:
    return Depot()


def unopened() -> Unopened:
    return Unopened()
