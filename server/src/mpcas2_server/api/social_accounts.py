"""``/social-accounts``: connect, list, set the late policy, disconnect."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, patch, post
from litestar.response.base import ASGIResponse

from mpcas2_core.accounts import LatePolicy
from mpcas2_core.accounts import store as accounts
from mpcas2_core.database import Scope
from mpcas2_core.errors import InvalidInput
from mpcas2_core.identity import Principal
from mpcas2_server.api.account_shapes import (
    AccountChange,
    AccountDisconnected,
    AccountQuery,
    ConnectInput,
    ConsentStarted,
    SocialAccount,
    SocialAccountList,
    shown,
)
from mpcas2_server.caller import signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.idempotency import Outcome, earlier_answer, once
from mpcas2_server.wire import answer, given, pagination, read_json, read_query

__all__ = ("SocialAccountController",)

AnyRequest = Request[Any, Any, Any]
NO_ACCOUNT = "There is no such account."


class SocialAccountController(Controller):
    """Connected accounts."""

    path = "/social-accounts"

    @get(
        doc=Doc(
            tag="Social Accounts",
            summary="List connected social accounts",
            query=AccountQuery,
            answers={200: SocialAccountList},
        ),
    )
    async def list_accounts(self, request: AnyRequest) -> ASGIResponse:
        """Gives a page of accounts."""
        caller = signed_in(request)
        query = read_query(request, AccountQuery)

        async def work(scope: Scope, _principal: Principal) -> SocialAccountList:
            rows, total = await accounts.list_page(
                scope,
                platform=given(query.platform),
                limit=query.limit,
                offset=query.offset,
            )
            return SocialAccountList(
                data=[shown(row) for row in rows], pagination=pagination(query, total)
            )

        return answer(await caller.run(work))

    @post(
        doc=Doc(
            tag="Social Accounts",
            summary="Connect an account",
            description="`GET /platforms` tells how. With a form, send its fields as `credentials`: "
            "the answer is the account, 201 for a new one and 200 for one that was connected before, "
            "which keeps its id and its jobs. With a consent page, leave `credentials` out, or name "
            "the server where `connect.serverField` asks for it: the answer is the page's address, "
            "and the person does the rest in a browser.",
            body=ConnectInput,
            example={
                "platform": "bluesky",
                "credentials": {
                    "identifier": "ada.example.org",
                    "appPassword": "abcd-efgh-ijkl-mnop",
                },
            },
            answers={200: (SocialAccount, ConsentStarted), 201: SocialAccount},
            errors={
                400: "`CREDENTIALS_REQUIRED` (with `details.fields`), `CREDENTIALS_REFUSED`, "
                "`SERVER_REFUSED` or `VALIDATION_ERROR`.",
                404: "`UNKNOWN_PLATFORM`: no enabled plugin brings this network; or no such account.",
                409: "`IDEMPOTENCY_KEY_REUSED`: the key came with another request. "
                "`OAUTH_APP_MISSING`: nobody has registered an app with the network yet.",
                502: "`NETWORK_UNAVAILABLE`: the network cannot be reached now.",
            },
        ),
    )
    async def connect_account(self, request: AnyRequest) -> ASGIResponse:
        """Connects an account, or renews the one that stands."""
        caller = signed_in(request)
        body = await read_json(request, ConnectInput)
        earlier = await earlier_answer(request, caller, body)
        if earlier is not None:
            return earlier
        engine, principal = caller.engine, await caller.principal()
        field = engine.connecting.asks_server(body.platform)
        if field is not None or (
            body.credentials is msgspec.UNSET and engine.connecting.uses_consent(body.platform)
        ):
            started = await engine.connecting.start(
                principal.tenant,
                principal.user_id,
                body.platform,
                credentials=given(body.credentials),
                wanted_account_id=given(body.account_id),
            )
            begun = ConsentStarted(
                auth_url=started.url,
                connection_id=started.flow.id,
                expires_at=started.flow.expires_at,
            )

            async def told(_scope: Scope, _principal: Principal) -> Outcome:
                return 200, begun

            return await once(request, caller, body, told)
        if body.account_id is not msgspec.UNSET:
            raise InvalidInput(
                "accountId is for networks with a consent page. Leave it out: the same account keeps "
                "its id when it is connected again.",
                details={"field": "accountId"},
            )
        connection = await engine.accounts.authorize(
            principal.tenant, body.platform, given(body.credentials)
        )

        async def work(scope: Scope, principal: Principal) -> Outcome:
            row, is_new = await engine.accounts.store(
                scope, principal.user_id, body.platform, connection
            )
            return 201 if is_new else 200, shown(row)

        return await once(request, caller, body, work)

    @get(
        "/{account_id:uuid}",
        doc=Doc(
            tag="Social Accounts",
            summary="Get an account",
            answers={200: SocialAccount},
            errors={404: NO_ACCOUNT},
        ),
    )
    async def get_account(self, request: AnyRequest, account_id: UUID) -> ASGIResponse:
        """Gives one account."""
        caller = signed_in(request)

        async def work(scope: Scope, _principal: Principal) -> SocialAccount:
            return shown(await caller.engine.accounts.get(scope, account_id))

        return answer(await caller.run(work))

    @patch(
        "/{account_id:uuid}",
        doc=Doc(
            tag="Social Accounts",
            summary="Change an account's late policy",
            body=AccountChange,
            example={"latePolicy": {"withinMinutes": 60, "otherwise": "ask"}},
            answers={200: SocialAccount},
            errors={404: NO_ACCOUNT},
        ),
    )
    async def change_account(self, request: AnyRequest, account_id: UUID) -> ASGIResponse:
        """Changes what becomes of late posts."""
        caller = signed_in(request)
        body = await read_json(request, AccountChange)
        policy = LatePolicy(
            within_seconds=body.late_policy.within_minutes * 60,
            otherwise=body.late_policy.otherwise,
        )

        async def work(scope: Scope, _principal: Principal) -> SocialAccount:
            return shown(await caller.engine.accounts.set_late_policy(scope, account_id, policy))

        return answer(await caller.run(work))

    @post(
        "/{account_id:uuid}/refresh",
        status_code=200,
        doc=Doc(
            tag="Social Accounts",
            summary="Read an account's name and picture anew",
            description="Also what it may do now. The engine does so by itself once a day, and "
            "before a post is composed where the network asks for it.",
            answers={200: SocialAccount},
            errors={
                400: "`PROFILE_UNSUPPORTED`: the network tells no profile. `NETWORK_REFUSED`",
                404: NO_ACCOUNT,
                409: "`ACCOUNT_NOT_CONNECTED`; `IDEMPOTENCY_KEY_REUSED`",
                502: "`NETWORK_UNAVAILABLE`: the network cannot be asked now.",
            },
        ),
    )
    async def refresh_account(self, request: AnyRequest, account_id: UUID) -> ASGIResponse:
        """Reads an account's profile from its network."""
        caller = signed_in(request)
        earlier = await earlier_answer(request, caller, b"")
        if earlier is not None:
            return earlier
        principal = await caller.principal()
        row = await caller.engine.profiles.refresh_profile(principal.tenant, account_id)

        async def told(_scope: Scope, _principal: Principal) -> Outcome:
            return 200, shown(row)

        return await once(request, caller, b"", told)

    @delete(
        "/{account_id:uuid}",
        status_code=200,
        doc=Doc(
            tag="Social Accounts",
            summary="Disconnect an account",
            description="Its tokens are erased and the posts that wait for it are cancelled; "
            "`cancelledJobs` names them. What was published stays.",
            answers={200: AccountDisconnected},
            errors={404: NO_ACCOUNT, 409: "A post is being sent with it at this moment."},
        ),
    )
    async def disconnect_account(self, request: AnyRequest, account_id: UUID) -> ASGIResponse:
        """Disconnects an account and says what that cancelled."""
        caller = signed_in(request)

        async def work(scope: Scope, principal: Principal) -> AccountDisconnected:
            done = await caller.engine.accounts.disconnect(scope, principal.user_id, account_id)
            return AccountDisconnected(
                id=account_id,
                status=done.account.status,
                cancelled_jobs=list(done.cancelled_jobs),
            )

        return answer(await caller.run(work))
