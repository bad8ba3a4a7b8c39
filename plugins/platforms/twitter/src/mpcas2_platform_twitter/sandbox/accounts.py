"""The practice accounts and the scopes that they can grant."""

import dataclasses
import hashlib
from datetime import datetime

from mpcas2_sandbox.oauth import OAuthRules, Refusal

FIRST_PEOPLE = (("ada", "Ada"), ("bob", "Bob"), ("carol", "Carol"), ("dave", "Dave"))

# X's own words are shorter for some; the identifiers are those of its OpenAPI description.
OAUTH_RULES = OAuthRules(
    authorize_path="/i/oauth2/authorize",
    token_path="/2/oauth2/token",  # noqa: S106  # a path
    revoke_path="/2/oauth2/revoke",
    scopes={
        "tweet.read": "See every post that you can see",
        "tweet.write": "Post, repost and delete for you",
        "users.read": "See your profile and those of others",
        "media.write": "Upload pictures and videos for you",
        "offline.access": "Stay connected until you end it",
        "like.read": "See what you liked",
        "like.write": "Like and unlike for you",
        "follows.read": "See whom you follow",
        "bookmark.read": "See your bookmarks",
    },
    access_seconds=7200,
    code_seconds=30,
    rotates=True,
    pkce="required",
    secret_in_form=False,
    offline_scope="offline.access",
    token_type="bearer",  # noqa: S106  # the type's name
    bad_client=Refusal(
        error="unauthorized_client",
        description="Missing valid authorization header",
        status=401,
    ),
    bad_code=Refusal(
        error="invalid_request",
        description="Value passed for the authorization code was invalid.",
    ),
    bad_verifier=Refusal(
        error="invalid_request", description="Value passed for the code verifier was invalid."
    ),
    bad_token=Refusal(
        error="invalid_request", description="Value passed for the token was invalid."
    ),
)


@dataclasses.dataclass(eq=False, kw_only=True)
class Account:
    """One person's account; its id follows from the handle and is the same after every reset.

    Attributes:
        handle: The username, in lower case, without the @.
        name: The name that people read.
        created_at: When it was made.
        subscription: The paid plan in X's words, "None" without one.
    """

    handle: str
    name: str
    created_at: datetime
    subscription: str = "None"

    @property
    def id(self) -> str:
        """The account's number."""
        digest = hashlib.sha256(self.handle.encode()).digest()
        return str(10**17 + int.from_bytes(digest[:7], "big"))


class AccountBook:
    """All accounts, by id and by handle.

    Args:
        now: When the first ones are made.
    """

    def __init__(self, now: datetime) -> None:
        self._by_handle: dict[str, Account] = {}
        self._by_id: dict[str, Account] = {}
        for handle, name in FIRST_PEOPLE:
            self._add(Account(handle=handle, name=name, created_at=now))

    def _add(self, account: Account) -> None:
        self._by_handle[account.handle] = account
        self._by_id[account.id] = account

    def add_many(self, count: int, prefix: str, now: datetime) -> list[Account]:
        """Makes that many accounts ``prefix1``, ``prefix2``, … and returns them."""
        made: list[Account] = []
        number = 0
        while len(made) < count:
            number += 1
            handle = f"{prefix}{number}"
            if handle not in self._by_handle:
                account = Account(handle=handle, name=handle.title(), created_at=now)
                self._add(account)
                made.append(account)
        return made

    def by_id(self, account_id: str) -> Account | None:
        """Returns the account of that number."""
        return self._by_id.get(account_id)

    def by_handle(self, handle: str) -> Account | None:
        """Returns the account of that username, however it is capitalized."""
        return self._by_handle.get(handle.lower())

    def all(self) -> list[Account]:
        """Returns every account in the order of their making."""
        return list(self._by_handle.values())
