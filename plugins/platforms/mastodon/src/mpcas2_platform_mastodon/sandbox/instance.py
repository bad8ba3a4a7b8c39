"""What the server says about itself."""

import urllib.parse
from typing import Any

from mpcas2_platform_mastodon.sandbox.accounts import OAUTH_RULES
from mpcas2_platform_mastodon.sandbox.calls import Answer, Call
from mpcas2_platform_mastodon.sandbox.settings import MastodonSettings

_API_VERSION = 7
VAPID_KEY = "BPractice-networks-push-nothing-so-this-key-opens-no-door_________="


def get_instance(call: Call) -> Answer:
    """Tells the server's name and limits (``GET /api/v2/instance``)."""
    base, settings, accounts = call.base_url, call.state.settings, call.state.accounts.all()
    return Answer(
        body={
            "domain": urllib.parse.urlsplit(base).netloc,
            "title": "Mastodon, to practise on",
            "version": settings.version,
            "source_url": "https://github.com/mastodon/mastodon",
            "description": "A practice network on this machine.",
            "usage": {"users": {"active_month": len(accounts)}},
            "thumbnail": {"url": f"{base}/headers/missing.svg"},
            "icon": [],
            "languages": ["en"],
            "configuration": _configuration(settings, base),
            "registrations": {
                "enabled": False,
                "approval_required": False,
                "message": None,
                "url": None,
            },
            "api_versions": {"mastodon": _API_VERSION},
            "contact": {"email": "nobody@example.com", "account": None},
            "rules": [{"id": "1", "text": "Nothing leaves this machine.", "hint": ""}],
        }
    )


def _configuration(settings: MastodonSettings, base: str) -> dict[str, Any]:
    return {
        "urls": {"streaming": f"ws{base.removeprefix('http')}", "about": f"{base}/"},
        "vapid": {"public_key": VAPID_KEY},
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": settings.max_characters,
            "max_media_attachments": settings.max_media,
            "characters_reserved_per_url": settings.characters_per_url,
        },
        "media_attachments": {
            "description_limit": settings.description_limit,
            "supported_mime_types": list(settings.supported_types),
            "image_size_limit": settings.image_size_limit,
            "image_matrix_limit": settings.image_matrix_limit,
            "video_size_limit": settings.video_size_limit,
            "video_matrix_limit": settings.video_matrix_limit,
            "video_frame_rate_limit": settings.video_frame_rate_limit,
        },
        "polls": {
            "max_options": settings.poll_options,
            "max_characters_per_option": settings.poll_option_characters,
            "min_expiration": settings.poll_min_seconds,
            "max_expiration": settings.poll_max_seconds,
        },
        "translation": {"enabled": False},
        "limited_federation": False,
    }


def get_authorization_server(call: Call) -> Answer:
    """Tells where consent and tokens are (``GET /.well-known/oauth-authorization-server``)."""
    base = call.base_url
    return Answer(
        body={
            "issuer": f"{base}/",
            "service_documentation": "https://docs.joinmastodon.org/",
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "app_registration_endpoint": f"{base}/api/v1/apps",
            "scopes_supported": list(OAUTH_RULES.scopes),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )
