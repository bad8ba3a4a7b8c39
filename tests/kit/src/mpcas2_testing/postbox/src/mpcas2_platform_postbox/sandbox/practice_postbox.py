"""The practice network: Postbox's routes over a fresh state, its pages, and what tests may ask."""

import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from mpcas2_sandbox import Practice, SandboxCore, here
from mpcas2_sandbox.growth import figure
from mpcas2_sandbox.oauth import BearerError, OAuthRules, OAuthServer
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .pages import page_routes
from .state import IMAGE_BYTES, Account, Draft, DraftBody, Post, RefusedError, State

_RULES = OAuthRules(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke",
    scopes={
        "posts.write": "Publish and delete posts for you",
        "statistics.read": "See how your posts do",
    },
    rotates=True,
    pkce="required",
)
_DRAFT_ID = re.compile(r"[0-9a-f]{32}")
_IDS_A_QUESTION = 50

Handler = Callable[[Request, Account], Awaitable[Response]]


class PracticePostbox:
    """Plays Postbox's API, its consent page and its public pages."""

    key = "postbox"
    title = "Postbox"
    body_limit = IMAGE_BYTES + 100_000
    practice = Practice(
        settings={"api_url": "{url}", "web_url": "{url}"},
        publish=("POST /v1/drafts/[^/]+/publish$",),
        person="ada",
        samples=("text", "image", "images"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns the HTTP method and the path, with ``{id}`` in the place of ids."""
        return f"{method} {re.sub(r'/([0-9a-f]{32}|[0-9]{8})', '/{id}', path)}"

    def error_body(self, status: int) -> Any:
        """Returns what Postbox sends with a status; fault rules are answered like this too."""
        return {"error": f"status-{status}", "message": "The practice network was told to say so."}

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = State(core)
        oauth: OAuthServer[Account] = OAuthServer(
            core, _RULES, accounts=lambda: state.accounts, title=self.title
        )
        api = _Api(core, state, oauth)
        return [
            Route("/v1/me", api.guarded(api.me)),
            Route("/v1/drafts/{id}", api.guarded(api.write_draft, "posts.write"), methods=["PUT"]),
            Route("/v1/drafts/{id}", api.guarded(api.read_draft, "posts.write")),
            Route(
                "/v1/drafts/{id}/images/{place:int}",
                api.guarded(api.put_image, "posts.write"),
                methods=["PUT"],
            ),
            Route(
                "/v1/drafts/{id}/publish",
                api.guarded(api.publish, "posts.write"),
                methods=["POST"],
            ),
            Route("/v1/posts", api.guarded(api.figures, "statistics.read")),
            Route("/v1/posts/{id}", api.guarded(api.delete, "posts.write"), methods=["DELETE"]),
            *oauth.routes(),
            *page_routes(state),
            *_control_routes(state),
        ]


class _Api:
    """The API's methods."""

    def __init__(self, core: SandboxCore, state: State, oauth: OAuthServer[Account]) -> None:
        self._clock = core.clock
        self._state = state
        self._oauth = oauth

    def guarded(
        self, handler: Handler, scope: str = ""
    ) -> Callable[[Request], Awaitable[Response]]:
        """Puts the check of token and scope before a method, and words to its refusals."""

        @functools.wraps(handler)
        async def run(request: Request) -> Response:
            try:
                grant = self._oauth.bearer(request)
                if scope and scope not in grant.scopes:
                    raise RefusedError(403, "scope-missing", f"The token lacks {scope}.")
                return await handler(request, grant.account)
            except BearerError as error:
                return _refusal(401, "bad-token", f"The token is {error.reason}.")
            except RefusedError as error:
                return _refusal(error.status, error.code, str(error))

        return run

    async def me(self, _request: Request, account: Account) -> Response:
        return _json({"id": account.id, "handle": account.handle, "name": account.name})

    async def write_draft(self, request: Request, account: Account) -> Response:
        if not _DRAFT_ID.fullmatch(request.path_params["id"]):
            raise RefusedError(422, "bad-id", "An id is 32 hexadecimal digits in lower case.")
        try:
            body = msgspec.json.decode(await request.body(), type=DraftBody)
        except msgspec.MsgspecError as error:
            raise RefusedError(400, "bad-body", str(error)) from error
        draft = self._state.write(account, request.path_params["id"], body)
        return self._shown(request, draft)

    async def read_draft(self, request: Request, account: Account) -> Response:
        return self._shown(request, self._state.draft(account, request.path_params["id"]))

    async def put_image(self, request: Request, account: Account) -> Response:
        draft = self._state.draft(account, request.path_params["id"])
        self._state.add_image(
            draft,
            request.path_params["place"],
            request.headers.get("content-type", ""),
            request.query_params.get("alt", ""),
            await request.body(),
        )
        return self._shown(request, draft)

    async def publish(self, request: Request, account: Account) -> Response:
        draft = self._state.draft(account, request.path_params["id"])
        status = 200 if draft.post_id else 201
        return _json(_link(request, self._state.publish(account, draft).id), status)

    async def delete(self, request: Request, account: Account) -> Response:
        self._state.delete(account, request.path_params["id"])
        return Response(status_code=204)

    async def figures(self, request: Request, account: Account) -> Response:
        ids = request.query_params.get("ids", "").split(",")
        if len(ids) > _IDS_A_QUESTION:
            raise RefusedError(422, "too-many-ids", f"Ask for {_IDS_A_QUESTION} posts at most.")
        found = (self._state.posts.get(one) for one in ids)
        return _json(
            {"posts": [self._figures(one) for one in found if one and one.author == account]}
        )

    def _figures(self, post: Post) -> dict[str, Any]:
        views = figure(f"{post.id}:views", post.at, self._clock.now(), 5_000)
        comments = len(self._state.comments(post.id))
        return {"id": post.id, "views": views, "likes": views // 12, "comments": comments}

    def _shown(self, request: Request, draft: Draft) -> Response:
        post = _link(request, draft.post_id) if draft.post_id else None
        return _json({"images": sorted(draft.images), "post": post})


def _link(request: Request, post_id: str) -> dict[str, str]:
    return {"id": post_id, "url": f"{here(request)}/posts/{post_id}"}


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _refusal(status: int, code: str, message: str) -> Response:
    return _json({"error": code, "message": message}, status)


def _control_routes(state: State) -> list[BaseRoute]:
    """Returns what tests and people may ask about the network's own side."""

    async def accounts(_request: Request) -> Response:
        return _json({"accounts": state.accounts})

    async def posts(_request: Request) -> Response:
        return _json({"posts": [_whole(post) for post in state.posts.values()]})

    async def stats(_request: Request) -> Response:
        comments = sum(post.comment_on is not None for post in state.posts.values())
        return _json({"posts": len(state.posts) - comments, "comments": comments})

    return [
        Route("/_sandbox/accounts", accounts),
        Route("/_sandbox/posts", posts),
        Route("/_sandbox/stats", stats),
    ]


def _whole(post: Post) -> dict[str, Any]:
    images = [image for _, image in sorted(post.draft.images.items())]
    return {
        "id": post.id,
        "account": post.author.handle,
        **msgspec.to_builtins(post.draft.body),
        "images": [{"sha256": image.file.sha256, "alt": image.alt} for image in images],
    }
