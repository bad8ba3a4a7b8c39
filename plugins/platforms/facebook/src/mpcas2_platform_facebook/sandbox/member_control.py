"""The control routes of people, Pages and tokens, below ``/_sandbox/``."""

from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_facebook.sandbox.members import Hindrance, Page, PageHindrance, Person
from mpcas2_platform_facebook.sandbox.scopes import SCOPES
from mpcas2_platform_facebook.sandbox.state import FacebookState
from mpcas2_platform_facebook.sandbox.tokens import page_token
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID

_NOBODY = "this network has no person of that handle"


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many people to make, each with one Page, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{1,11}$")] = "user"


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What keeps a person's tokens from working from now on; null for nothing."""

    hindrance: Hindrance | None


class PageChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes about a Page; what is absent stays as it is."""

    hindrance: PageHindrance | msgspec.UnsetType | None = msgspec.UNSET
    tasks: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made without consent; no scopes or pages means all of them."""

    account: str
    kind: Literal["short", "long", "page"] = "page"
    page: str = ""
    scopes: tuple[str, ...] | None = None
    pages: tuple[str, ...] | None = None


def _page(one: Page) -> dict[str, Any]:
    return {
        "id": one.id,
        "handle": one.handle,
        "name": one.name,
        "tasks": one.tasks,
        "hindrance": one.hindrance,
        "subscribed": one.subscribed,
    }


def _account(one: Person) -> dict[str, Any]:
    return {
        "id": one.id,
        "handle": one.handle,
        "name": one.name,
        "hindrance": one.hindrance,
        "pages": [_page(page) for page in one.pages],
    }


def member_control_routes(state: FacebookState) -> list[BaseRoute]:
    """Returns the control routes of people, Pages and tokens."""

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_account(one) for one in state.members.all()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        first = len(state.members.all()) + 1
        people = [
            (f"{order.prefix}{number}", f"{name} {number}", (f"{name} Page {number}",))
            for number in range(first, first + order.count)
            for name in (order.prefix.capitalize(),)
        ]
        made = state.members.add(people, state.core.clock.now())
        return control_json({"accounts": [_account(one) for one in made]}, 201)

    async def post_account(request: Request) -> Response:
        person = state.members.named(request.path_params["handle"])
        if person is None:
            return control_error(_NOBODY, 404)
        try:
            person.hindrance = (await control_body(request, AccountChange)).hindrance
        except ValueError as error:
            return control_error(str(error))
        return control_json(_account(person))

    async def post_deauthorize(request: Request) -> Response:
        person = state.members.named(request.path_params["handle"])
        if person is None:
            return control_error(_NOBODY, 404)
        grants = state.oauth.book.live(person.id)
        for grant in grants:
            state.oauth.end(grant, "removed by the person")
        state.events.deauthorized(person)
        return control_json({"ended": len(grants)})

    async def post_page(request: Request) -> Response:
        page = state.members.page(request.path_params["number"])
        if page is None:
            return control_error("this network has no Page of that id", 404)
        try:
            change = await control_body(request, PageChange)
        except ValueError as error:
            return control_error(str(error))
        if change.hindrance is not msgspec.UNSET:
            page.hindrance = change.hindrance
        if change.tasks is not msgspec.UNSET:
            page.tasks = change.tasks
        return control_json(_page(page))

    async def post_token(request: Request) -> Response:
        try:
            order = await control_body(request, NewToken)
        except ValueError as error:
            return control_error(str(error))
        person = state.members.named(order.account)
        if person is None:
            return control_error(_NOBODY, 404)
        return _token(state, person, order)

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/accounts/{handle}", post_account, methods=["POST"]),
        Route("/_sandbox/accounts/{handle}/deauthorize", post_deauthorize, methods=["POST"]),
        Route("/_sandbox/pages/{number}", post_page, methods=["POST"]),
        Route("/_sandbox/tokens", post_token, methods=["POST"]),
    ]


def _token(state: FacebookState, person: Person, order: NewToken) -> Response:
    scopes = tuple(SCOPES) if order.scopes is None else order.scopes
    if not set(scopes) <= set(SCOPES):
        return control_error("scopes must be some of " + " ".join(SCOPES))
    places = state.oauth.places_of(person, order.pages)
    page = state.members.page(order.page or (places[0] if places else ""))
    if order.kind == "page" and (page is None or page.id not in places):
        return control_error("this person has no such Page", 404)
    grant = state.oauth.open_grant(person, PRACTICE_CLIENT_ID, scopes, places=places)
    short = order.kind == "short"
    seconds = state.settings.short_seconds if short else state.oauth.settings.access_seconds
    letters = state.oauth.give_token(grant, seconds, "short" if short else "long")
    token = state.oauth.good_token(letters)
    if order.kind == "page" and page is not None:
        letters = page_token(state, token, page)
    return control_json({"accessToken": letters, "kind": order.kind, "id": grant.id}, 201)
