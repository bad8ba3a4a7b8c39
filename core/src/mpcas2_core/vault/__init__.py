"""Encryption at rest: a master key for the installation, a data key for each tenant."""

from mpcas2_core.vault.keys import MasterKeys, SecretsError, secret_for
from mpcas2_core.vault.vault import SealedValueError, Vault

__all__ = ("MasterKeys", "SealedValueError", "SecretsError", "Vault", "secret_for")
