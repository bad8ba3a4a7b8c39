"""The authorization server of one practice network."""

import dataclasses
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
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
from mpcas2_sandbox.oauth.grants import BearerError, Code, Grant, GrantBook, Token, end
from mpcas2_sandbox.oauth.requests import Asked, AskedWrongError, SentBackError, read_request
from mpcas2_sandbox.oauth.rules import OAuthRules, OAuthSettings, PersonT, Place, Refusal
from mpcas2_sandbox.oauth.token_endpoint import (
    Endpoint,
    answer_revocation,
    answer_token_request,
    exchange_code,
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
        places: Returns what a person may choose among beside the account; None asks for nothing.
        places_question: How the consent page asks for it.
        refuse: Makes the token endpoint's answer of a refusal; the standard's shape by default.
        show_answer: Reshapes the token endpoint's answer about a grant; None leaves it.

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
        places: Callable[[PersonT], Sequence[Place]] | None = None,
        places_question: str = "Where may it post?",
        refuse: Callable[[Refusal], Response] = refused,
        show_answer: Callable[[Grant[PersonT], dict[str, object]], dict[str, object]] | None = None,
    ) -> None:
        self.rules = rules
        self.refuse = refuse
        self.show_answer = show_answer
        self.places = places
        self._places_question = places_question
        self.title = title
        self.accounts = accounts
        self.clients = ClientBook()
        self.book: GrantBook[PersonT] = GrantBook(core.clock)
        self.settings = OAuthSettings(
            access_seconds=rules.access_seconds,
            code_seconds=rules.code_seconds,
            refresh_seconds=rules.refresh_seconds,
            rotates=rules.rotates,
        )
        self.counters = OAuthCounters()
        self.clock = core.clock

    def routes(self) -> list[BaseRoute]:
        """Returns the routes of the server, its part of the control API included."""
        routes: list[BaseRoute] = [
            Route(self.rules.authorize_path, self._show_consent, methods=["GET"]),
            Route(self.rules.authorize_path, self._take_consent, methods=["POST"]),
            *oauth_control_routes(self),
        ]
        if self.rules.token_path is not None:
            routes.append(Route(self.rules.token_path, self._token, methods=["POST"]))
        if self.rules.revoke_path is not None:
            routes.append(Route(self.rules.revoke_path, self._revoke, methods=["POST"]))
        return routes

    def bearer(self, request: Request) -> Grant[PersonT]:
        """Returns the grant whose access token came with a request; see ``bearer_token``."""
        return self.bearer_token(request).grant

    def bearer_token(self, request: Request) -> Token[PersonT]:
        """Returns the access token that came with a request, with its kind and its grant.

        Args:
            request: Its Authorization header is read, and where the rules allow it the query.

        Raises:
            BearerError: There is no good token; ``reason`` says why.
        """
        scheme, _, letters = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not letters:
            letters = request.query_params.get("access_token", "")
            if not self.rules.token_in_query or not letters:
                raise BearerError("missing")
        return self.book.good_token(letters.strip())

    def good_token(self, letters: str) -> Token[PersonT]:
        """Returns an access token that works, wherever its letters stood in the request.

        Raises:
            BearerError: It is unknown, expired or revoked.
        """
        return self.book.good_token(letters)

    def token_of(self, letters: str) -> Token[PersonT] | None:
        """Returns an access token, dead ones included; ``Token.fault`` says why one is dead."""
        return self.book.token(letters)

    def token_kind(self, letters: str) -> str | None:
        """Returns the kind of an access token, dead ones included; None for an unknown one."""
        token = self.book.token(letters)
        return None if token is None else token.kind

    def end_token(self, letters: str) -> None:
        """Ends one access token and nothing else; an unknown one is no error."""
        token = self.book.token(letters)
        if token is not None:
            token.ended = True

    def open_grant(
        self,
        account: PersonT,
        client_id: str,
        scopes: Sequence[str],
        *,
        offline: bool = False,
        places: Sequence[str] = (),
    ) -> Grant[PersonT]:
        """Makes a grant without an access token.

        Args:
            account: Who gives it.
            client_id: To whom.
            scopes: What is allowed.
            offline: Whether a refresh token comes with it.
            places: The ids of the pages or organisations that it is for.
        """
        grant = self.book.open(account, client_id, tuple(scopes), places=tuple(places))
        if offline:
            self.book.rotate(grant, self.settings.refresh_seconds)
        return grant

    def give_token(
        self, grant: Grant[PersonT], seconds: float | None, kind: str = "user", *, place: str = ""
    ) -> str:
        """Makes an access token and returns its letters.

        Args:
            grant: What it stands for.
            seconds: How long it lives; None for ever.
            kind: The network's own word for what it is.
            place: The page or organisation that it speaks for; empty for the person.
        """
        return self.book.add_access_token(grant, seconds, kind=kind, place=place)

    def take_code(
        self, form: Mapping[str, str], *, authorization: str | None = None
    ) -> Grant[PersonT] | Refusal:
        """Spends an authorization code, for a network with a token route of its own.

        Args:
            form: The parameters: client, secret, ``code``, ``redirect_uri``, ``code_verifier``.
            authorization: The Authorization header, where it may prove the client.

        Returns:
            The grant, without an access token yet, or why there is none.
        """
        client = self.clients.proven(authorization, form, self.rules)
        taken: Grant[PersonT] | Refusal = (
            self.rules.bad_client if client is None else exchange_code(self, client, form)
        )
        self.counters.refused_exchanges += isinstance(taken, Refusal)
        return taken

    def person(self, handle: str) -> PersonT | None:
        """Returns the account of that handle or id."""
        return next((one for one in self.accounts() if handle in {one.handle, one.id}), None)

    def allow(
        self,
        asked: Asked,
        account: PersonT,
        scopes: Sequence[str],
        places: Sequence[str] | None = None,
    ) -> str:
        """Lets a person allow a request and returns where to send him.

        Args:
            asked: The request.
            account: Who consents.
            scopes: What is allowed; names that were not asked for count for nothing.
            places: The ids of the chosen places, of which those of others count for nothing; None
                chooses all.
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
            places=self.places_of(account, places),
            challenge=asked.challenge,
            plain=asked.plain,
            offline=offline and (asked.prompts or not repeated),
            expires_at=self.clock.now() + timedelta(seconds=self.settings.code_seconds),
        )
        self.counters.consents += 1
        told = {"code": self.book.add_code(code)}
        if self.rules.redirect_names_scopes:
            told["scope"] = self.rules.scope_separator.join(granted)
        return asked.back(told)

    def places_of(self, account: PersonT, chosen: Sequence[str] | None) -> tuple[str, ...]:
        """Returns the ids of an account's places, all or only the chosen ones."""
        every = () if self.places is None else self.places(account)
        return tuple(one.id for one in every if chosen is None or one.id in chosen)

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
        people = self.accounts()
        places = None if self.places is None else [self.places(one) for one in people]
        return consent_page(
            asked,
            people,
            self.rules.scopes,
            network=self.title,
            places=places,
            places_question=self._places_question,
        )

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
        return _redirect(self.allow(asked, account, form.get("scope", []), form.get("place", [])))

    async def _token(self, request: Request) -> Response:
        return self._answer(answer_token_request, request, await form_text(request))

    async def _revoke(self, request: Request) -> Response:
        return self._answer(answer_revocation, request, await form_text(request))

    def _answer(self, endpoint: Endpoint, request: Request, text: str) -> Response:
        try:
            form = single_parameters(text)
        except RepeatedParameterError as error:
            return self.refuse(Refusal(error="invalid_request", description=str(error)))
        client = self.clients.proven(request.headers.get("authorization"), form, self.rules)
        if client is None:
            return self.refuse(self.rules.bad_client)
        return endpoint(self, client, form)


def _redirect(location: str) -> Response:
    return RedirectResponse(location, 302, headers={"Cache-Control": "no-store"})
