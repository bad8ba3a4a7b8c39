"""PostgreSQL and Valkey from wheels, run by the product itself, and backup and restore."""

from mpcas2_core.servers.account import ServerError
from mpcas2_core.servers.archive import verify
from mpcas2_core.servers.backup import BackupReport, Occupied, backup, restore
from mpcas2_core.servers.local import LocalServers
from mpcas2_core.servers.process import ServerProcess

__all__ = [
    "BackupReport",
    "LocalServers",
    "Occupied",
    "ServerError",
    "ServerProcess",
    "backup",
    "restore",
    "verify",
]
