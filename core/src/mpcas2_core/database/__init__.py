"""One pool, one way to open a tenant's scope, and the migrations."""

from mpcas2_core.database.pool import Database, DatabaseUnavailable
from mpcas2_core.database.scope import Scope, Tenant, TenantBehind, TenantUnavailable

__all__ = (
    "Database",
    "DatabaseUnavailable",
    "Scope",
    "Tenant",
    "TenantBehind",
    "TenantUnavailable",
)
