"""Starts a practice network from the command line: ``python -m mpcas2_sandbox``."""

import argparse
import sys
from pathlib import Path

from mpcas2_sandbox.network import SandboxNotFoundError, load_network, load_networks


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mpcas2_sandbox",
        description="Plays a social network's HTTP API on this machine, for practice and tests.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--network",
        action="append",
        help="which network, for example bluesky; several stand below /their-keys",
    )
    which.add_argument(
        "--all", action="store_true", help="every installed network, each below /its-key"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one (default)")
    parser.add_argument("--ready-file", type=Path, help="file that gets the printed line as well")
    parser.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input is closed"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serves the networks that the arguments name, or all, and returns the exit code.

    Args:
        argv: The arguments; None takes the process's own.
    """
    arguments = _arguments(argv)
    keys = dict.fromkeys(arguments.network or ())
    try:
        networks = load_networks() if arguments.all else {key: load_network(key) for key in keys}
    except SandboxNotFoundError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    from mpcas2_sandbox.serving import serve, serve_all  # noqa: PLC0415  # a wrong name needs none

    try:
        if arguments.all or len(networks) > 1:
            serve_all(
                networks,
                host=arguments.host,
                port=arguments.port,
                ready_file=arguments.ready_file,
                exit_with_stdin=arguments.exit_with_stdin,
            )
        else:
            serve(
                *networks.values(),
                host=arguments.host,
                port=arguments.port,
                ready_file=arguments.ready_file,
                exit_with_stdin=arguments.exit_with_stdin,
            )
    except OSError as error:
        sys.stderr.write(f"cannot listen on {arguments.host}:{arguments.port}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
