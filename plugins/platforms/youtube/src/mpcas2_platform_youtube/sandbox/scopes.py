"""The scopes of the API, in words that the consent page shows, and which of them a method needs.

Source: the ``auth`` and ``scopes`` members of the API's discovery document.
"""

_PREFIX = "https://www.googleapis.com/auth/"
MANAGE = _PREFIX + "youtube"
FORCE_SSL = _PREFIX + "youtube.force-ssl"
READ_ONLY = _PREFIX + "youtube.readonly"
UPLOAD = _PREFIX + "youtube.upload"

SCOPES = {
    MANAGE: "Manage your YouTube account",
    FORCE_SSL: "See, edit, and permanently delete your videos, ratings, comments and captions",
    READ_ONLY: "View your YouTube account",
    UPLOAD: "Manage your YouTube videos",
    _PREFIX + "yt-analytics.readonly": "View YouTube Analytics reports for your content",
    "openid": "Associate you with your personal info on Google",
    "email": "See your primary Google Account email address",
    "profile": "See your personal info, including any you have made publicly available",
}

TO_READ = frozenset({MANAGE, FORCE_SSL, READ_ONLY})
TO_WRITE = frozenset({MANAGE, FORCE_SSL})
TO_UPLOAD = frozenset({MANAGE, FORCE_SSL, UPLOAD})
TO_COMMENT = frozenset({FORCE_SSL})
