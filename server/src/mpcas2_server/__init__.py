"""The doors of MPCAS2: REST API and the mpcas2 command."""
