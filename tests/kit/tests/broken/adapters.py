"""All broken adapters: Postbox with one fault each, and the rules that must catch it."""

from __future__ import annotations

# Loading them is what makes them known as subclasses.
from . import declaring, erring, publishing, resuming
from .base import Broken

__all__ = ("BROKEN", "Broken", "declaring", "erring", "publishing", "resuming")


def _leaves(base: type[Broken]) -> list[type[Broken]]:
    below = base.__subclasses__()
    return [leaf for one in below for leaf in _leaves(one)] if below else [base]


BROKEN: tuple[type[Broken], ...] = tuple(_leaves(Broken))
"""All of them."""
