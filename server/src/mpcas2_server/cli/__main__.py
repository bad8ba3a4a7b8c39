"""Runs the command line as ``python -m mpcas2_server.cli``, as `mpcas2 up` does for its children."""

from mpcas2_server.cli import main

if __name__ == "__main__":
    main()
