"""The test kit for MPCAS2 and its plugins."""
