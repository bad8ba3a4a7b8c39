"""What networks tell by themselves: requests that they send to the installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from mpcas2_hookspecs.account import HttpAnswer
from mpcas2_hookspecs.oauth import OAuthApp

__all__ = ("ReceivesWebhooks", "WebhookEvent", "WebhookKind", "WebhookRequest")

WebhookKind = Literal["post-decided", "account-gone", "comment"]
"""The network decided about an accepted post; an account took its permission back; somebody wrote
below a post."""


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that claims to come from the network.

    Attributes:
        method: ``"GET"`` or ``"POST"``.
        query: The parameters of its address.
        headers: Header names in lower case, and their values.
        body: Its bytes as they came: signatures are over them.
    """

    method: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes = b""

    def __repr__(self) -> str:
        """Shows the method and never a header or the body."""
        return f"WebhookRequest({self.method})"


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the network told. It is a hint: the engine asks the network itself.

    Attributes:
        id: The same for every delivery of the same event, whatever the network calls it or made from
            its content.
        kind: What happened.
        platform_account_id: The account that it is about.
        key: For ``post-decided`` the :attr:`Accepted.key` of the part, for ``comment`` the
            :attr:`Published.id` of the post; empty otherwise.
    """

    id: str
    kind: WebhookKind
    platform_account_id: str
    key: str = ""


@runtime_checkable
class ReceivesWebhooks(Protocol):
    """A network that sends requests to ``/webhooks/<key>`` of the installation.

    Both methods are pure. The engine keeps each event once, and lets it have its effect.
    """

    def webhook_challenge(
        self, request: WebhookRequest, app: OAuthApp, verify_token: str
    ) -> HttpAnswer | None:
        """Answers the question with which the network makes sure of the address.

        Args:
            request: As it came.
            app: The installation's registration.
            verify_token: What the operator typed into the network's form as well.

        Returns:
            The answer; None when the request is no such question.

        Raises:
            Rejected: It is one, with another token.
        """

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        """Checks the signature and reads the events; those of no interest are left out.

        Args:
            request: As it came.
            app: The installation's registration, whose secret signs.

        Raises:
            Unauthorized: The signature is missing or wrong, or the request is too old.
            Rejected: It is signed, and cannot be read.
        """
