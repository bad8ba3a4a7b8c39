"""What a practice network says about itself to those who put an adapter to the test."""

from typing import Any, Literal

import msgspec

Sample = Literal["text", "image", "images", "video", "carousel", "story", "document"]


class Practice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a test kit must know to try an adapter on this network.

    Texts may have ``{url}`` in the place of the network's address (without a slash at the end).

    Args:
        settings: The plugin's settings by name, so that the adapter talks to this network.
        publish: The irreversible requests, each as an HTTP method, a space and a regular expression
            that is searched in the path, such as ``POST /2/tweets$``.
        person: Handle of the account that consents, where there is a consent page.
        credentials: What a person fills in, by the field's name, where there is a form. Besides
            ``{url}`` there is ``{account[name]}`` for a member of the first account that
            ``GET /_sandbox/accounts`` lists.
        server: The server that a person names, where an adapter registers its app at servers.
        exact: Whether an adapter can prove that a post is not there.
        repeats_words: Whether two posts may have the same words.
        samples: What the network takes; suites use the first where nothing else is asked for.
        requires_options: Options that every post needs; ``{target}`` stands for the first target
            that the adapter lists for that option.
    """

    settings: dict[str, str]
    publish: tuple[str, ...]
    person: str = ""
    credentials: dict[str, str] = {}
    server: str = ""
    exact: bool = True
    repeats_words: bool = True
    samples: tuple[Sample, ...] = ("text",)
    requires_options: dict[str, Any] = {}
