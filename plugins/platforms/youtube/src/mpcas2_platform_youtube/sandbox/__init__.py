"""A server that plays YouTube's OAuth, Data API and watch pages on this machine.

It is written from the API's discovery document and documentation, not from the adapter beside it,
so that a misunderstanding on one side shows as a refusal on the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from mpcas2_platform_youtube.sandbox.host import (  # noqa: PLC0415  # needs the [sandbox] extra
        PracticeYouTube,
    )

    return PracticeYouTube()
