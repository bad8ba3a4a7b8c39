"""One call of the Graph API: who calls, with what, and whether he may."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from starlette.requests import Request

from mpcas2_platform_facebook.sandbox.errors import (
    GraphError,
    bad_parameter,
    bad_token,
    lacks_permission,
    missing_parameter,
    told,
    unknown_object,
    wants_page_token,
)
from mpcas2_platform_facebook.sandbox.field_list import FieldTree, parse_fields
from mpcas2_platform_facebook.sandbox.form_body import Files
from mpcas2_platform_facebook.sandbox.members import PAGE_FAULTS, Page, Person
from mpcas2_platform_facebook.sandbox.scopes import PUBLISH
from mpcas2_platform_facebook.sandbox.state import FacebookState
from mpcas2_sandbox.address import here
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_SECRET, BearerError
from mpcas2_sandbox.oauth.grants import Token

_VERSION = re.compile(r"v(\d+)\.0\Z")
_ALWAYS = frozenset({"locale", "pretty", "debug", "format", "method", "suppress_http_code"})
_LOCKED_OUT = {
    "checkpoint": (459, "The user has been checkpointed. Log in at www.facebook.com to resume."),
    "password": (460, "The session has been invalidated because the user changed the password."),
    "unconfirmed": (464, "Sessions for the user are not allowed because the user is unconfirmed."),
    "invalid": (467, "The access token is invalid since the user hasn't engaged the app lately."),
}


def authorization_letters(request: Request) -> str:
    """Returns the token of an Authorization header; empty for none."""
    scheme, _, letters = request.headers.get("authorization", "").partition(" ")
    return letters.strip() if scheme.lower() in {"bearer", "oauth"} else ""


def token_behind(state: FacebookState, letters: str) -> Token[Person]:
    """Returns the access token of these letters.

    Raises:
        GraphError: It is no good, or its person or Page cannot be used.
    """
    try:
        token = state.oauth.good_token(letters)
    except BearerError as error:
        raise _refused(error, letters) from None
    person = token.grant.account
    if person.hindrance in _LOCKED_OUT:
        raise bad_token(*_LOCKED_OUT[person.hindrance])
    since = token.grant.created_at
    lapses = since + timedelta(seconds=state.settings.data_access_seconds)
    if token.kind == "page" and state.core.clock.now() >= lapses:
        raise bad_token(467, "The access to data has expired. Ask the user to authorize again.")
    return token


def _refused(error: BearerError, letters: str) -> GraphError:
    if not letters:
        return GraphError(104, "An access token is required to request this resource.")
    match error.reason:
        case "expired":
            return bad_token(463, "Session has expired.")
        case "revoked":
            return bad_token(458, "The user has not authorized application practice-client.")
        case _:
            return GraphError(190, "Invalid OAuth access token - Cannot parse access token")


class GraphCall:
    """One call by somebody whose token was good.

    Args:
        state: What the network remembers.
        request: The request.
        given: Its parameters; the access token is taken out of them.
        files: The files that came with it.

    Attributes:
        verb: The HTTP method.
        token: The access token.
        person: Whose grant it is.
        page: The Page that it speaks for; None for the person.
        now: The network's time.
        unknown: The names of parameters that the network does not know; it ignores them.

    Raises:
        GraphError: The token is no good.
    """

    def __init__(
        self, state: FacebookState, request: Request, given: Mapping[str, str], files: Files
    ) -> None:
        self.state = state
        self.given = dict(given)
        self.files = files
        letters = self.given.pop("access_token", "") or authorization_letters(request)
        self.token = token_behind(state, letters)
        self._check_proof(letters, self.given.pop("appsecret_proof", None))
        self.person = self.token.grant.account
        self.page: Page | None = state.members.page(self.token.place) if self.token.place else None
        self.now: datetime = state.core.clock.now()
        self.verb = request.method
        self.here = here(request)
        self.version = state.settings.newest_version
        self.unknown: tuple[str, ...] = ()
        self._route = f"{request.method} {request.url.path}"

    def _check_proof(self, letters: str, proof: str | None) -> None:
        if proof is None:
            if self.state.settings.requires_proof:
                raise GraphError(
                    100, "API calls from the server require an appsecret_proof argument"
                )
            return
        key = PRACTICE_CLIENT_SECRET.encode()
        right = hmac.new(key, letters.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, proof):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument")

    def knows(self, *names: str) -> None:
        """Notes which of the given parameters this call of the network does not know.

        Args:
            names: Those that it knows; ``attached_media[]`` stands for numbered ones.
        """
        bare = {re.sub(r"\[\d+\]", "[]", one): one for one in (*self.given, *self.files)}
        strange = sorted(one for name, one in bare.items() if name not in {*names, *_ALWAYS})
        self.unknown = tuple(strange)
        if strange:
            self.state.unknown.append({"route": self._route, "names": strange})

    def needs(self, scopes: tuple[str, ...]) -> None:
        """Makes sure that the token was granted all of these permissions.

        Raises:
            GraphError: It was not.
        """
        for one in scopes:
            if one not in self.token.grant.scopes:
                raise lacks_permission(one)

    def of_page(self, page: Page) -> None:
        """Makes sure that the token speaks for that Page.

        Raises:
            GraphError: It is a user token, or another Page's.
        """
        if self.page is None:
            raise wants_page_token()
        if self.page is not page:
            raise unknown_object(self.verb, page.id)

    def may_publish(self, page: Page) -> None:
        """Makes sure that the caller may publish on a Page now.

        Raises:
            GraphError: He may not.
        """
        self.of_page(page)
        self.needs(PUBLISH)
        if "CREATE_CONTENT" not in page.tasks:
            raise GraphError(
                200,
                "(#200) The user must be an administrator, editor, or moderator of the page in "
                "order to impersonate it.",
            )
        if page.hindrance == "role":
            raise GraphError(10, "(#10) Application does not have permission for this action")
        if page.hindrance == "policy":
            raise GraphError(
                368,
                "The action attempted has been deemed abusive or is otherwise disallowed",
                subcode=1390008,
                told="You can't use this feature right now.",
            )
        if page.hindrance is not None:
            raise told(PAGE_FAULTS[page.hindrance])

    def count_publish(self, page: Page) -> None:
        """Counts one post, comment or upload against the window of writes.

        Raises:
            GraphError: The window is spent.
        """
        if not self.state.calls.take("publish", user=page.id).room:
            raise GraphError(613, "(#613) Calls to this api have exceeded the rate limit.")

    def needed(self, name: str) -> str:
        """Returns a parameter that must be there.

        Raises:
            GraphError: It is not.
        """
        if not self.given.get(name):
            raise missing_parameter(name)
        return self.given[name]

    def flag(self, name: str, *, usual: bool) -> bool:
        """Returns a parameter that is true or false.

        Raises:
            GraphError: It is neither.
        """
        text = self.given.get(name, "").lower()
        if not text:
            return usual
        if text not in {"true", "false", "1", "0"}:
            raise bad_parameter(f"Param {name} must be a boolean")
        return text in {"true", "1"}

    def fields(self, usual: str = "id") -> FieldTree:
        """Returns the fields that are asked for.

        Args:
            usual: Those of a request that asks for none.

        Raises:
            GraphError: They cannot be read.
        """
        return parse_fields(self.given.get("fields") or usual)

    def moment(self, name: str) -> float | None:
        """Returns a parameter that names a moment, in seconds since 1970; None when it is absent.

        Raises:
            GraphError: It is neither a number of seconds nor a date.
        """
        text = self.given.get(name)
        if not text:
            return None
        if text.isdecimal():
            return float(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise bad_parameter(f"Param {name} must be a UNIX timestamp or a date.") from None
        return moment.replace(tzinfo=moment.tzinfo or self.now.tzinfo).timestamp()

    def at_version(self, named: str | None) -> None:
        """Notes the version that the path names.

        Raises:
            GraphError: There is no such version, or not any more.
        """
        if named is None:
            return
        settings = self.state.settings
        match = _VERSION.match(named)
        if match is None or int(match[1]) > settings.newest_version:
            raise GraphError(2500, f"Unknown path components: /{named}")
        asked = int(match[1])
        if asked < settings.oldest_version and settings.ended_versions == "refuse":
            raise GraphError(
                2635,
                "(#2635) You are calling a deprecated version of the API. Please update to the "
                f"latest version: v{settings.newest_version}.0.",
            )
        self.version = max(asked, settings.oldest_version)
