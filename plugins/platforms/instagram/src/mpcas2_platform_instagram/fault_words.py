"""What each of Instagram's error codes means, in words that a person can act on."""

from __future__ import annotations

from enum import IntEnum

__all__ = (
    "BLOCKED",
    "MEDIA",
    "OTHER_CONTAINER",
    "PARAMETERS",
    "RECONNECT",
    "VERSION",
    "Subcode",
)


class Subcode(IntEnum):
    """Subcodes that decide what is done next."""

    SERVER = 2207001
    UNKNOWN_MEDIA = 2207006
    UNKNOWN_CONTAINER = 2207008
    EXPIRED = 2207020
    NOT_READY = 2207027
    QUOTA = 2207042


RECONNECT: dict[int, tuple[str, bool]] = {
    0: ("Instagram no longer takes the account's access; reconnect the account.", False),
    458: ("The app was removed in Instagram's settings; reconnect the account.", True),
    459: (
        "Instagram asks who the owner is. Log in at instagram.com, answer, then reconnect the account.",
        True,
    ),
    460: ("The account's password was changed, which ends the access; reconnect it.", True),
    463: ("The access to the account has run out; reconnect the account.", False),
    464: (
        "The account is not confirmed. Log in at instagram.com, confirm it, then reconnect it.",
        True,
    ),
    467: ("The access to the account is no longer good; reconnect the account.", False),
}
"""Subcodes of 190, their words, and whether the access is gone for good."""

OTHER_CONTAINER: dict[int, str] = {
    2207001: "Instagram had a fault of its own.",
    2207003: "Instagram took too long to fetch a file from this installation.",
    2207020: "What was prepared is older than 24 hours; it is prepared anew.",
    2207027: "Instagram is still preparing the post.",
    2207032: "Instagram could not prepare the post; it is prepared anew.",
    2207052: "Instagram could not fetch a file from this installation. If this stays, its public "
    "address has to be reachable from the internet.",
    2207053: "Instagram's upload failed; the post is prepared anew.",
}
"""Subcodes that pass: with the same container, or with a new one."""

MEDIA: dict[int, str] = {
    2207004: "The picture is larger than 8 MiB; make it smaller.",
    2207005: "Instagram takes only JPEG pictures; convert it.",
    2207009: "The shape of a picture does not fit: width to height has to be between 4:5 and 1.91:1. "
    "Crop it, or publish it as a story.",
    2207010: "The text is too long: Instagram takes 2,200 characters, 30 hashtags and 20 mentions.",
    2207023: "Instagram does not know this kind of file; use JPEG, MP4 or MOV.",
    2207026: "Instagram does not take the video. It has to be MP4 or MOV with H.264 or HEVC and AAC, "
    "23 to 60 frames a second, at most 1,920 pixels wide, 25 Mbit/s, and 3 seconds to 15 minutes long "
    "(60 seconds in a story or a carousel).",
    2207028: "The carousel does not fit: it has to have 2 to 10 files.",
    2207057: "The cover's time lies outside the video; choose an earlier one.",
}
"""Subcodes of what a person has to change about the post."""

BLOCKED: dict[int, str] = {
    368: "Instagram has blocked the account from this for a while because of its rules. Look into the "
    "app for the reason, wait, then retry.",
    1346003: "Instagram has blocked the post because of its rules; look into the app for the reason.",
    1404102: "Instagram has blocked what the post says because of its rules; change it.",
    1404078: "Instagram wants the account to be authorized for publishing first; log in at "
    "instagram.com and do what it asks.",
    1404112: "Instagram has limited the account for a while; look into the app, wait, then retry.",
    2207050: "Instagram has restricted the account, or it is not in use. Log in at instagram.com and do "
    "what it asks, then retry.",
    2207051: "Instagram takes this for spam and has blocked it. Look into the app, wait, publish less "
    "often, then retry.",
    4854002: "Instagram wants to know who owns the account; log in at instagram.com and confirm it.",
}
"""Codes and subcodes of an account that may not publish."""

PARAMETERS: dict[int, str] = {
    100: "Instagram refused a part of the post:",
    1366046: "A picture is too large; make it smaller.",
    1609005: "Instagram cannot read an address in the post.",
    1609008: "Instagram does not take addresses of facebook.com here.",
    2061006: "An address in the post is not valid.",
}
"""Codes of a parameter that is wrong; what Instagram says is put behind."""

VERSION: dict[int, str] = {
    2500: "Instagram does not know this request. The setting `api_version` of this installation may "
    "name a version that does not exist; its operator has to set one that does.",
    2635: "Instagram has ended the version of its API that this installation uses. Its operator has to "
    "set `api_version` (MPCAS2_INSTAGRAM_API_VERSION) to a version that lives, or upgrade the plugin.",
}
"""Codes that are about the version of the API."""
