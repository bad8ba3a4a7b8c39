"""The authorization server of one practice network."""

import dataclasses
import urllib.parse
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Generic

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox.core import SandboxCore
from mpcas2_sandbox.oauth.clients import ClientBook
from mpcas2_sandbox.oauth.consent_page import consent_page, refusal_page
from mpcas2_sandbox.oauth.control import oauth_control_routes
from mpcas2_sandbox.oauth.forms import (
    RepeatedParameterError,
    form_text,
    single_parameters,
)
from mpcas2_sandbox.oauth.grants import BearerError, Code, Grant, GrantBook, end
from mpcas2_sandbox.oauth.requests import Asked, AskedWrongError, SentBackError, read_request
from mpcas2_sandbox.oauth.rules import OAuthRules, OAuthSettings, PersonT, Refusal
from mpcas2_sandbox.oauth.token_endpoint import (
    Endpoint,
    answer_revocation,
    answer_token_request,
    refused,
)


@dataclasses.dataclass
class OAuthCounters:
    """What the server counted since the last reset."""

    consents: int = 0
    denials: int = 0
    exchanges: int = 0
    refused_exchanges: int = 0
    refreshes: int = 0
    refused_refreshes: int = 0
    revocations: int = 0


class OAuthServer(Generic[PersonT]):
    """Consent page, token endpoint and bearer check of one practice network.

    Make it in the network's ``routes``, so that a reset forgets clients, grants and tokens.

    Args:
        core: Its clock decides what has expired.
        rules: How this network behaves.
        accounts: Returns everyone who can consent.
        title: The network's name for people.

    Attributes:
        rules: As given.
        clients: The registered clients.
        book: The codes, grants and tokens.
        settings: Life times and rotation, which the control API can change.
        counters: What happened so far.
    """

    def __init__(
        self,
        core: SandboxCore,
        rules: OAuthRules,
        *,
        accounts: Callable[[], Sequence[PersonT]],
        title: str,
    ) -> None:
        self.rules = rules
        self.title = title
        self.accounts = accounts
        self.clients = ClientBook()
        self.book: GrantBook[PersonT] = GrantBook(core.clock)
        self.settings = OAuthSettings(
            access_seconds=rules.access_seconds,
            code_seconds=rules.code_seconds,
            rotates=rules.rotates,
        )
        self.counters = OAuthCounters()
        self.clock = core.clock

    def routes(self) -> list[BaseRoute]:
        """Returns the routes of the server, its part of the control API included."""
        return [
            Route(self.rules.authorize_path, self._show_consent, methods=["GET"]),
            Route(self.rules.authorize_path, self._take_consent, methods=["POST"]),
            Route(self.rules.token_path, self._token, methods=["POST"]),
            Route(self.rules.revoke_path, self._revoke, methods=["POST"]),
            *oauth_control_routes(self),
        ]

    def bearer(self, request: Request) -> Grant[PersonT]:
        """Returns the grant whose access token came with a request.

        Args:
            request: Its Authorization header is read.

        Raises:
            BearerError: There is no good token; ``reason`` says why.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise BearerError("missing")
        return self.book.of_access_token(token.strip())

    def person(self, handle: str) -> PersonT | None:
        """Returns the account of that handle or id."""
        return next((one for one in self.accounts() if handle in {one.handle, one.id}), None)

    def allow(self, asked: Asked, account: PersonT, scopes: Sequence[str]) -> str:
        """Lets a person allow a request and returns where to send him.

        Args:
            asked: The request.
            account: Who consents.
            scopes: What is allowed; names that were not asked for count for nothing.
        """
        granted = tuple(scope for scope in asked.scopes if scope in scopes)
        if not granted:
            return self.deny(asked)
        offline = asked.offline and self.rules.offline_scope in {None, *granted}
        repeated = bool(self.book.live(account.id, asked.client.client_id))
        code = Code(
            account=account,
            client_id=asked.client.client_id,
            redirect_uri=asked.redirect_uri,
            scopes=granted,
            challenge=asked.challenge,
            plain=asked.plain,
            offline=offline and (asked.prompts or not repeated),
            expires_at=self.clock.now() + timedelta(seconds=self.settings.code_seconds),
        )
        self.counters.consents += 1
        told = {"code": self.book.add_code(code)}
        if self.rules.redirect_names_scopes:
            told["scope"] = " ".join(granted)
        return asked.back(told)

    def deny(self, asked: Asked) -> str:
        """Lets a person refuse a request and returns where to send him."""
        self.counters.denials += 1
        return asked.back({"error": "access_denied"})

    def end(self, grant: Grant[PersonT], reason: str) -> None:
        """Ends a grant and all its tokens, for a reason that the control API shows."""
        if grant.ended is None:
            self.counters.revocations += 1
        end(grant, reason)

    def asked(self, query: str) -> Asked:
        """Reads an authorization request from a query.

        Raises:
            AskedWrongError: Client or redirect address are wrong.
            SentBackError: Anything else is wrong.
        """
        return read_request(query, self.clients, self.rules)

    async def _show_consent(self, request: Request) -> Response:
        try:
            asked = self.asked(request.url.query)
        except AskedWrongError as error:
            return refusal_page(str(error), network=self.title)
        except SentBackError as error:
            return _redirect(error.location)
        return self._page(asked)

    def _page(self, asked: Asked) -> HTMLResponse:
        return consent_page(asked, self.accounts(), self.rules.scopes, network=self.title)

    async def _take_consent(self, request: Request) -> Response:
        try:
            asked = self.asked(request.url.query)
        except AskedWrongError as error:
            return refusal_page(str(error), network=self.title)
        except SentBackError as error:
            return _redirect(error.location)
        form = urllib.parse.parse_qs(await form_text(request))
        decision = form.get("decision", [""])[0]
        if decision == "deny":
            return _redirect(self.deny(asked))
        account = self.person(form.get("account", [""])[0])
        if decision != "allow" or account is None:
            message = "Choose an account of this network, then Allow or Cancel."
            return refusal_page(message, network=self.title)
        return _redirect(self.allow(asked, account, form.get("scope", [])))

    async def _token(self, request: Request) -> Response:
        return self._answer(answer_token_request, request, await form_text(request))

    async def _revoke(self, request: Request) -> Response:
        return self._answer(answer_revocation, request, await form_text(request))

    def _answer(self, endpoint: Endpoint, request: Request, text: str) -> Response:
        try:
            form = single_parameters(text)
        except RepeatedParameterError as error:
            return refused(Refusal(error="invalid_request", description=str(error)))
        client = self.clients.proven(
            request.headers.get("authorization"), form, secret_in_form=self.rules.secret_in_form
        )
        if client is None:
            return refused(self.rules.bad_client)
        return endpoint(self, client, form)


def _redirect(location: str) -> Response:
    return RedirectResponse(location, 302, headers={"Cache-Control": "no-store"})
