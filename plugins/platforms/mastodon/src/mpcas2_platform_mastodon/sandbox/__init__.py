"""A practice network that plays one Mastodon server on this machine.

It is written from the description of Mastodon's API and what is known of its server, not from the
adapter beside it, so that a misunderstanding on one side shows as a refusal on the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from mpcas2_platform_mastodon.sandbox.practice_mastodon import (  # noqa: PLC0415  # needs the [sandbox] extra
        PracticeMastodon,
    )

    return PracticeMastodon()
