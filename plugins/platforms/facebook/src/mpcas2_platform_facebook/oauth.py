"""Connecting Pages: a code becomes a person's token, that one a lasting one, and it tells the Pages' own.

Source: https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived. The token of
a Page that comes from a lasting token has no end by time; it dies when the password changes, a role or the
app is taken away, or the access to data lapses. So nothing is renewed.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import (
    AccountContext,
    AccountProfile,
    ConnectContext,
    Connection,
    Consent,
    Grant,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    retry_after,
)
from mpcas2_platform_facebook.api import Graph, send
from mpcas2_platform_facebook.faults import PASSING, THROTTLED
from mpcas2_platform_facebook.wire import (
    ErrorAnswer,
    GraphError,
    PageNode,
    Pages,
    Permissions,
    TokenAnswer,
)

__all__ = ("connections", "consent", "grant_request", "parse_grant", "profile")

T = TypeVar("T")

SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_read_user_content",
    "read_insights",
    "business_management",
)
_REQUIRED = SCOPES[:3]
_MAY_POST = "CREATE_CONTENT"
_PAGE_FIELDS = "id,name,username,picture{url}"
_LIST_FIELDS = f"{_PAGE_FIELDS},access_token,tasks"
_MOST_LISTS = 20
_APP_WORDS = ("client secret", "client_secret", "application", "app id", "app_id")
_LONGEST_QUOTE = 300


def consent(web_url: str, version: str) -> Consent:
    """Gives the consent page; comments, figures and business accounts may be left out."""
    return Consent(
        url=f"{web_url}/{version}/dialog/oauth",
        scopes=SCOPES,
        required=_REQUIRED,
        scope_separator=",",
        pkce=False,
    )


def grant_request(graph: Graph, code: str, redirect_uri: str, app: OAuthApp) -> HttpRequest:
    """Builds the request that trades a code for a person's token."""
    return HttpRequest(
        method="POST",
        url=graph.address("oauth/access_token"),
        form={
            "client_id": app.client_id,
            "client_secret": app.client_secret or "",
            "redirect_uri": redirect_uri,
            "code": code,
        },
    )


def parse_grant(answer: HttpAnswer) -> Grant:
    """Reads the answer to a code.

    Raises:
        Rejected: Facebook refused the code or the app.
        RateLimited: It asks to come back later.
        Unavailable: Anything else.
    """
    error = _error_of(answer.body)
    if error is None and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Grant(access_token=_token_of(answer))
    number = None if error is None else error.code
    code = str(answer.status if number is None else number)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or number in THROTTLED:
        raise RateLimited(
            "Facebook asks to come back later: too many requests.",
            code=code,
            retry_after=retry_after(answer.headers, None),
        )
    refused = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
    passing = error is not None and (error.is_transient or number in PASSING)
    if not refused or passing or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        raise Unavailable(f"Facebook answered with {answer.status}; start again.", code=code)
    words = "" if error is None else error.message[:_LONGEST_QUOTE]
    said = f" It said: {words}" if words else ""
    if any(word in words.lower() for word in _APP_WORDS):
        raise Rejected(
            "Facebook does not know the app by this id and secret. Whoever runs this installation has "
            f"to compare both with the app's page in Meta's developer console.{said}",
            code=code,
        )
    raise Rejected(
        "Facebook refused the code of its consent page; it is good for a short while and only once. "
        "Start the connection again. If it stays, compare the redirect address in the app's "
        f"settings.{said}",
        code=code,
    )


async def connections(graph: Graph, grant: Grant, ctx: ConnectContext) -> list[Connection]:
    """Tells the Pages on which the person may create content, each with its own token.

    Raises:
        Rejected: There is none, or a permission is missing.
        RateLimited: Facebook asks to come back later.
        Unavailable: It cannot be reached now.
    """
    try:
        token = await _lasting(graph, grant, ctx)
        scopes = await _allowed(graph, token, ctx)
        pages = await _pages(graph, token, ctx)
    except Unauthorized as error:
        raise Rejected(
            "Facebook refused the permission that it has just given. Start the connection again.",
            code=error.code,
            answer=error.answer,
        ) from error
    if not pages:
        raise Rejected(
            "There is no Page that was chosen on Facebook's page and on which you may create content. "
            "Start again and choose one, or ask its owner to give you that task.",
            code="no-page",
        )
    return [
        Connection(
            profile=_profile(page), grant=Grant(access_token=page.access_token, scopes=scopes)
        )
        for page in pages
    ]


async def profile(graph: Graph, ctx: AccountContext) -> AccountProfile:
    """Asks for name and picture of the Page.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    request = ctx.http.build_request(
        "GET",
        graph.address(ctx.account.platform_account_id),
        params={"fields": _PAGE_FIELDS},
    )
    page = await send(
        ctx.http,
        request,
        PageNode,
        now=ctx.now(),
        observe=ctx.observe,
        version=graph.version,
    )
    return _profile(page)


async def _lasting(graph: Graph, grant: Grant, ctx: ConnectContext) -> str:
    """Trades the person's token for one that lasts two months."""
    if ctx.app is None or not ctx.app.client_secret:
        raise Rejected(
            "The app has no secret, which Facebook wants. Whoever runs this installation has to enter "
            "the app's secret.",
            code="no-client-secret",
        )
    form = {
        "grant_type": "fb_exchange_token",
        "client_id": ctx.app.client_id,
        "client_secret": ctx.app.client_secret,
        "fb_exchange_token": grant.access_token,
    }
    request = ctx.http.build_request("POST", graph.address("oauth/access_token"), data=form)
    told = await send(ctx.http, request, TokenAnswer, now=ctx.now(), version=graph.version)
    return told.access_token


async def _allowed(graph: Graph, token: str, ctx: ConnectContext) -> tuple[str, ...]:
    told = await _asked(graph, "me/permissions", {}, token, ctx, Permissions)
    granted = tuple(one.permission for one in told.data if one.status == "granted")
    missing = [name for name in _REQUIRED if name not in granted]
    if missing:
        raise Rejected(
            f"On Facebook's page not everything was allowed: {', '.join(missing)} is missing. Connect "
            "again and leave every permission on.",
            code="missing-permission",
        )
    return granted


async def _pages(graph: Graph, token: str, ctx: ConnectContext) -> list[PageNode]:
    found: list[PageNode] = []
    params = {"fields": _LIST_FIELDS, "limit": "100"}
    for _ in range(_MOST_LISTS):
        told = await _asked(graph, "me/accounts", params, token, ctx, Pages)
        found += [
            page
            for page in told.data
            if page.access_token and _MAY_POST in (page.tasks or (_MAY_POST,))
        ]
        if not told.paging.following:
            break
        params["after"] = told.paging.following
    return found


async def _asked(
    graph: Graph,
    path: str,
    params: Mapping[str, str],
    token: str,
    ctx: ConnectContext,
    answer: type[T],
) -> T:
    """Asks with the lasting token: the client carries the short one."""
    request = httpx.Request(
        "GET",
        graph.address(path),
        params=dict(params),
        headers={"Authorization": f"Bearer {token}"},
    )
    return await send(ctx.http, request, answer, now=ctx.now(), as_another=True)


def _profile(page: PageNode) -> AccountProfile:
    return AccountProfile(
        platform_account_id=page.id,
        username=page.username or page.name or page.id,
        display_name=page.name or None,
        avatar_url=page.picture.data.url,
    )


def _token_of(answer: HttpAnswer) -> str:
    try:
        token = msgspec.convert(answer.body, TokenAnswer).access_token
    except msgspec.ValidationError:
        token = ""
    if not token:
        # The error of msgspec may quote the body: it is not kept.
        raise Unavailable("Facebook's answer cannot be read.", code=str(answer.status))
    return token


def _error_of(body: Any) -> GraphError | None:
    try:
        return msgspec.convert(body, ErrorAnswer).error
    except msgspec.ValidationError:
        return None
