"""LinkedIn's authorization server: its rules, and the products that an app has been given."""

from collections.abc import Callable, Sequence

import msgspec

from mpcas2_platform_linkedin.sandbox.directory import Member
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.oauth import Grant, OAuthRules, OAuthServer, Refusal
from mpcas2_sandbox.oauth.requests import Asked, SentBackError

ACCESS_SECONDS = 60 * 86_400.0
REFRESH_SECONDS = 365 * 86_400.0

SCOPES = {
    "openid": "Know who you are",
    "profile": "See your name and picture",
    "email": "See your e-mail address",
    "w_member_social": "Post for you, and delete what it posted",
    "r_member_social": "See your posts with their comments",
    "w_organization_social": "Post for the pages that you manage",
    "r_organization_social": "See the posts of the pages that you manage",
    "rw_organization_admin": "Manage your pages and see their figures",
    "w_member_social_feed": "Comment and react for you",
    "r_member_social_feed": "See the comments on your posts",
    "w_organization_social_feed": "Comment and react for your pages",
    "r_organization_social_feed": "See the comments on your pages' posts",
    "r_member_postAnalytics": "See the figures of your posts",
    "r_member_profileAnalytics": "See the figures of your profile",
}
# LinkedIn gives this one to hardly anybody.
RESTRICTED = "r_member_social"

_RULES = OAuthRules(
    authorize_path="/oauth/v2/authorization",
    token_path="/oauth/v2/accessToken",  # noqa: S106  # a path
    revoke_path="/oauth/v2/revoke",
    scopes=SCOPES,
    access_seconds=ACCESS_SECONDS,
    code_seconds=1800,
    refresh_seconds=REFRESH_SECONDS,
    refresh_expires_name="refresh_token_expires_in",
    refresh_tokens=False,
    rotates=False,
    repeats_refresh_token=True,
    secret_in_basic=False,
    bad_client=Refusal(
        error="invalid_client", description="Client authentication failed", status=401
    ),
    bad_code=Refusal(
        error="invalid_request",
        description="Unable to retrieve access token: appid/redirect uri/code verifier does not "
        "match authorization code. Or authorization code expired. Or external member binding "
        "exists",
    ),
    bad_verifier=Refusal(
        error="invalid_request",
        description="Unable to retrieve access token: appid/redirect uri/code verifier does not "
        "match authorization code. Or authorization code expired. Or external member binding "
        "exists",
    ),
    bad_token=Refusal(
        error="invalid_grant",
        description="The provided authorization grant or refresh token is invalid, expired or "
        "revoked.",
    ),
)


def _with_commas(grant: Grant[Member], answer: dict[str, object]) -> dict[str, object]:
    """LinkedIn asks for scopes with spaces between them and answers with commas."""
    return {**answer, "scope": ",".join(grant.scopes)}


class LinkedInOAuth(OAuthServer[Member]):
    """Consent and tokens.

    Args:
        core: Its clock decides what has expired.
        accounts: Returns everyone who can consent.
        title: The network's name for people.

    Attributes:
        approved: The scopes of the products that the apps here have; asking for another one fails
            as a whole.
    """

    def __init__(
        self, core: SandboxCore, accounts: Callable[[], Sequence[Member]], title: str
    ) -> None:
        super().__init__(core, _RULES, accounts=accounts, title=title, show_answer=_with_commas)
        self.approved = frozenset(SCOPES) - {RESTRICTED}

    @property
    def partner(self) -> bool:
        """Whether the apps here are given refresh tokens."""
        return self.rules.refresh_tokens

    @partner.setter
    def partner(self, value: bool) -> None:
        self.rules = msgspec.structs.replace(self.rules, refresh_tokens=value)

    def asked(self, query: str) -> Asked:
        """Reads an authorization request from a query.

        Raises:
            AskedWrongError: Client or redirect address are wrong.
            SentBackError: Anything else is wrong.
        """
        asked = super().asked(query)
        lacking = next((scope for scope in asked.scopes if scope not in self.approved), None)
        if lacking is not None:
            told = {
                "error": "unauthorized_scope_error",
                "error_description": f'Scope "{lacking}" is not authorized for your application',
            }
            raise SentBackError(asked.back(told))
        return asked
