"""What apps may ask for, and how TikTok's authorization server behaves."""

from mpcas2_sandbox.oauth import OAuthRules, Refusal

SCOPES = {
    "user.info.basic": "Read your nickname and picture",
    "user.info.profile": "Read your username, biography and profile address",
    "user.info.stats": "Read how many followers, likes and videos you have",
    "video.publish": "Post videos and photos on your profile",
    "video.upload": "Put drafts of videos and photos into your inbox",
    "video.list": "Read your public videos and how they do",
}
TOKEN_PATH = "/v2/oauth/token/"  # noqa: S105  # a path, no secret
REVOKE_PATH = "/v2/oauth/revoke/"
_SPENT = "The refresh token is invalid or expired."
RULES = OAuthRules(
    authorize_path="/v2/auth/authorize/",
    token_path=TOKEN_PATH,
    scopes=SCOPES,
    scope_separator=",",
    client_id_name="client_key",
    access_seconds=7200,
    refresh_seconds=180 * 86_400,
    refresh_expires_name="refresh_expires_in",
    rotates=True,
    secret_in_basic=False,
    plain_challenge=False,
    names_account="open_id",
    bad_client=Refusal(
        error="invalid_client", description="Client key or secret is incorrect.", status=401
    ),
    bad_code=Refusal(
        error="invalid_grant", description="Authorization code is expired or incorrect."
    ),
    bad_verifier=Refusal(error="invalid_grant", description="Code verifier is incorrect."),
    bad_token=Refusal(error="invalid_grant", description=_SPENT),
)
