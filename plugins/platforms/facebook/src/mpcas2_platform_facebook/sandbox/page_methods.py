"""Who calls, which Pages he manages, and which changes of a Page are told."""

from typing import Any

from mpcas2_platform_facebook.sandbox.errors import bad_parameter, wants_page_token
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.lists import LIST_PARAMETERS, paged
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_platform_facebook.sandbox.nodes import show_page
from mpcas2_platform_facebook.sandbox.scopes import LIST

_CHANGES = frozenset({"feed", "videos", "mention", "ratings", "name", "picture", "live_videos"})


def list_accounts(call: GraphCall) -> dict[str, Any]:
    """Answers ``GET /me/accounts``: the Pages that were chosen at the consent, with tokens."""
    if call.page is not None:
        raise bad_parameter("Tried accessing nonexisting field (accounts) on node type (Page)")
    call.needs(LIST)
    call.knows(*LIST_PARAMETERS, "summary")
    wanted = call.fields("access_token,category,category_list,name,id,tasks")
    pages = [one for one in call.person.pages if one.id in call.token.grant.places and one.tasks]
    path = f"/{call.person.id}/accounts"
    return paged(call, path, pages, lambda one: one.id, lambda one: show_page(call, one, wanted))


def list_permissions(call: GraphCall) -> dict[str, Any]:
    """Answers ``GET /me/permissions``."""
    return {"data": [{"permission": one, "status": "granted"} for one in call.token.grant.scopes]}


def end_permissions(call: GraphCall) -> dict[str, Any]:
    """Answers ``DELETE /me/permissions``: the app is removed."""
    if call.page is not None:
        raise wants_page_token()
    call.state.oauth.end(call.token.grant, "removed by the app itself")
    return {"success": True}


async def subscribe(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``POST /{page}/subscribed_apps``."""
    call.of_page(page)
    call.knows("subscribed_fields")
    names = [one for one in call.needed("subscribed_fields").split(",") if one]
    if not names or not set(names) <= _CHANGES:
        raise bad_parameter(
            f"Param subscribed_fields must be some of {', '.join(sorted(_CHANGES))}"
        )
    page.subscribed = tuple(names)
    return {"success": True}


async def unsubscribe(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``DELETE /{page}/subscribed_apps``."""
    call.of_page(page)
    page.subscribed = ()
    return {"success": True}


async def list_subscriptions(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``GET /{page}/subscribed_apps``."""
    call.of_page(page)
    if not page.subscribed:
        return {"data": []}
    app = {"id": call.token.grant.client_id, "subscribed_fields": list(page.subscribed)}
    return {"data": [app]}
