"""The only HTTP clients of the engine, guarded against addresses that users must not reach."""

from mpcas2_core.outbound.clients import Clients
from mpcas2_core.outbound.guard import AddressRefused

__all__ = ("AddressRefused", "Clients")
