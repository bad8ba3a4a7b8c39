"""Pinterest as MPCAS2 sees it: stage, publish and find for one Pin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Account,
    AccountContext,
    AccountMetrics,
    AccountProfile,
    CannotTell,
    ConnectContext,
    Connection,
    Consent,
    FindResult,
    Found,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    OAuthApp,
    Part,
    PostMetrics,
    PostProblem,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    Staged,
    Target,
)
from mpcas2_platform_pinterest import figures, oauth
from mpcas2_platform_pinterest.api import Api
from mpcas2_platform_pinterest.boards import places
from mpcas2_platform_pinterest.bodies import FileBody
from mpcas2_platform_pinterest.faults import is_gone
from mpcas2_platform_pinterest.options import PinterestOptions
from mpcas2_platform_pinterest.pins import (
    PinPlan,
    as_json,
    by_address,
    pin_body,
    plan_of,
    same_pins,
)
from mpcas2_platform_pinterest.rules import LIMITS, part_problems
from mpcas2_platform_pinterest.videos import uploaded_video
from mpcas2_platform_pinterest.wire import Pin, Pins

__all__ = ("PinterestPlatform",)

_DAY = 24 * 60 * 60.0
_NEWEST = "50"
_NEXT_LOOK = 60.0


class PinterestPlatform:
    """Publishes to Pinterest.

    ``stage`` uploads a video and waits until it is processed; pictures travel with the one request that
    makes the Pin. Pinterest has no key against repeats and no handle of a Pin that is not made yet, so
    ``find`` looks through the newest Pins of the board and never claims that a Pin is not there.

    Args:
        settings: ``api_url``, ``api_version``, ``web_url`` and ``secret_boards`` of the manifest.
    """

    key = "pinterest"
    title = "Pinterest"
    options: type[msgspec.Struct] = PinterestOptions
    profile_seconds = _DAY

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._web_url = str(settings["web_url"]).rstrip("/")
        self._api = Api(
            str(settings["api_url"]).rstrip("/"), str(settings["api_version"]).strip("/")
        )
        self.consent: Consent = oauth.consent(
            self._web_url, secret_boards=bool(settings["secret_boards"])
        )

    def grant_request(
        self,
        code: str,
        redirect_uri: str,
        verifier: str,  # noqa: ARG002 - Pinterest knows no PKCE
        app: OAuthApp,
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant."""
        return oauth.grant_request(self._api, code, redirect_uri, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: Pinterest refused the code or the app.
            RateLimited: It asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells the one account that the grant is for.

        Raises:
            Rejected: Pinterest refuses.
            RateLimited: It asks to come back later.
            Unavailable: It cannot be reached now.
        """
        return (await oauth.connection(self._api, grant, ctx),)

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:  # noqa: ARG002 - the same for all accounts
        """Builds the request that renews a grant.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        return oauth.refresh_request(self._api, grant, app)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a renewal.

        Raises:
            Unauthorized: The refresh token is no longer good.
            RateLimited: Pinterest asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_refresh(answer)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads anew who the account is.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await oauth.profile(self._api, ctx)

    async def targets(self, ctx: AccountContext) -> Sequence[Target]:
        """Lists the account's boards and their sections.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await places(ctx, self._api)

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - the same for all accounts
        """Declares what may be posted; it is the same for every account."""
        return LIMITS

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:  # noqa: ARG002 - the same for all accounts
        """Judges a post by the rules that span several fields."""
        return [problem for part in parts for problem in part_problems(part)]

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Uploads a video and looks until Pinterest has processed it; plans the Pin.

        Raises:
            NotReady: Pinterest is still processing the video.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        for problem in part_problems(part):
            raise Rejected(problem.message, code="invalid-post")
        if not part.media:
            raise Rejected("A Pin needs a picture or a video. Attach one.", code="invalid-post")
        first = part.media[0]
        filmed = first.kind == "video"
        media_id = await uploaded_video(first, ctx, self._api) if filmed else None
        if not filmed and by_address(part.media):
            # Without an address that Pinterest reaches this ends here, before the mark.
            ctx.media_url(first)
        return Staged(data=as_json(plan_of(part, media_id, ctx.now())))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Makes the Pin, with one request.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened.
        """
        plan = msgspec.convert(staged.data, PinPlan)
        body = FileBody(ctx.open_media)
        headers = body.write(pin_body(plan, body.place, ctx.media_url))
        pin = await self._api.post_once(
            ctx.http, "pins", headers, body.content(), Pin, now=ctx.now()
        )
        return self._published(pin, plan)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Looks for the Pin among the newest ones of its board.

        Raises:
            PlatformError: The question itself failed.
        """
        plan = msgspec.convert(staged.data, PinPlan)
        try:
            page = await self._api.get(
                ctx.http,
                f"boards/{plan.board_id}/pins",
                Pins,
                now=ctx.now(),
                params={"page_size": _NEWEST},
            )
        except Rejected as error:
            if not is_gone(error):
                raise
            return CannotTell(
                reason="The board is gone. Look on Pinterest whether the Pin is there."
            )
        ours = same_pins(plan, page.items)
        if len(ours) == 1:
            return Found(post=self._published(ours[0], plan))
        named = f'"{plan.title or plan.description[:50]}"'
        if ours:
            return CannotTell(
                reason=f"The board has {len(ours)} Pins like {named} of the same time. Look which of "
                "them is from this post."
            )
        return CannotTell(
            reason=f"The board does not list the Pin {named} yet. Look on Pinterest whether it is there.",
            ask_again_after=_NEXT_LOOK,
        )

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a Pin down; one that is gone already is no error.

        Raises:
            PlatformError: Any of the tree.
        """
        try:
            await self._api.delete(ctx.http, f"pins/{post.id}", now=ctx.now())
        except Rejected as error:
            if not is_gone(error):
                raise

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of Pins.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await figures.pin_figures(posts, ctx, self._api)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads the account's figures.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await figures.account_figures(ctx, self._api)

    def _published(self, pin: Pin, plan: PinPlan) -> Published:
        data = {figures.FILMED: True} if plan.media_id is not None else {}
        return Published(id=pin.id, url=f"{self._web_url}/pin/{pin.id}/", data=data)
