"""Posts to Postbox the way one writes it on the first evening."""

from collections.abc import Iterable, Mapping
from typing import Any

from mpcas2_hookspecs import Platform, hookimpl

from .adapter import Naive


@hookimpl
def mpcas2_register_platforms(settings: Mapping[str, Any]) -> Iterable[Platform]:
    """Adds the naive publisher."""
    return [Naive(settings)]
