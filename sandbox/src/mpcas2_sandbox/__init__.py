"""The core of the practice networks of MPCAS2."""
