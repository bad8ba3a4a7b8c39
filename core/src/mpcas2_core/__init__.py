"""The MPCAS2 engine, headless: tenancy, storage, vault, queue and the domains."""
