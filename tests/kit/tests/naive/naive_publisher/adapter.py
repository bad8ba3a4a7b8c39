"""One call that does it all, with a client of its own: what the check has to find words for."""

import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from mpcas2_hookspecs import (
    Absent,
    Account,
    AccountProfile,
    ConnectContext,
    Connection,
    Consent,
    FindResult,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    OAuthApp,
    Part,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    Staged,
    TextRule,
)

posted: list[tuple[str, datetime]] = []


class NaiveOptions(msgspec.Struct):
    """Nothing to choose."""

    pinned: bool = False


class Naive:
    """Posts at once."""

    key = "naive"
    title = "Naive"
    options = NaiveOptions

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._url = settings["api_url"]
        self.consent = Consent(
            url=settings["web_url"] + "/oauth/authorize",
            scopes=("posts.write", "statistics.read"),
        )

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - as the protocol has it
        """Takes any text."""
        return Limits(text=TextRule(max_length=5000))

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        """Asks for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": app.client_id,
            "client_secret": app.client_secret or "",
        }
        return HttpRequest(method="POST", url=f"{self._url}/oauth/token", form=form)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Takes the token."""
        return Grant(access_token=answer.body["access_token"])

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Asks who it is."""
        me = (await ctx.http.get(f"{self._url}/v1/me")).json()
        profile = AccountProfile(
            platform_account_id=me["id"], username=me["handle"], data={"token": grant.access_token}
        )
        return [Connection(profile=profile, grant=grant)]

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Remembers the text and the token."""
        return Staged(data={"text": part.text, "token": ctx.account.data["token"]})

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:  # noqa: ARG002 - as the protocol has it
        """Makes a draft and publishes it."""
        headers = {"Authorization": "Bearer " + staged.data["token"]}
        url = os.environ.get("POSTBOX_URL", self._url) + "/v1/drafts/" + uuid4().hex
        try:
            async with httpx.AsyncClient(headers=headers, follow_redirects=True) as client:
                await client.put(url, json={"text": staged.data["text"]})
                time.sleep(0.001)  # noqa: ASYNC251 - what the check must find
                answer = await client.post(url + "/publish")
                post = answer.json()
                posted.append((post["id"], datetime.now(UTC)))
                print("posted", post["id"])  # noqa: T201 - what the check must find
                return Published(id=post["id"], url=post["url"])
        except Exception as error:
            raise Rejected(f"Posting failed with {headers}: {error}") from error

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:  # noqa: ARG002 - as the protocol has it
        """Never finds anything."""
        return Absent(proof="nobody looked")
