"""All broken adapters: Postbox or Depot with one fault each, and the rules that must catch it."""

from __future__ import annotations

# Loading them is what makes them known as subclasses.
from . import capable, connecting, declaring, erring, limiting, misreading, publishing, resuming
from .base import Broken

__all__ = (
    "BROKEN",
    "Broken",
    "capable",
    "connecting",
    "declaring",
    "erring",
    "limiting",
    "misreading",
    "publishing",
    "resuming",
)


def _below(base: type[Broken]) -> list[type[Broken]]:
    return [one for child in base.__subclasses__() for one in (child, *_below(child))]


BROKEN: tuple[type[Broken], ...] = tuple(one for one in _below(Broken) if hasattr(one, "breaks"))
"""All of them; those without ``breaks`` are what others are made of."""
