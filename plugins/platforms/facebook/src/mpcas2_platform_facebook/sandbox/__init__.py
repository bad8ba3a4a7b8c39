"""A server that plays Facebook's consent, Graph API, upload host and public pages on this machine.

It is written from what is known of the API, not from the adapter beside it, so that a
misunderstanding on one side shows as a refusal on the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from mpcas2_platform_facebook.sandbox.host import (  # noqa: PLC0415  # needs the [sandbox] extra
        PracticeFacebook,
    )

    return PracticeFacebook()
