"""Tenants: making them, and resolving the one that a token or a job names."""

from mpcas2_core.tenants.registry import Tenants

__all__ = ("Tenants",)
