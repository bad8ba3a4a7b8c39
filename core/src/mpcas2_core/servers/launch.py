"""Becomes a server process: gives up root, ties itself to its parent, then runs the program.

Run as a script, ``python -I -S launch.py PARENT UID GID SIGNAL PROGRAM ARGUMENT...``, by
`mpcas2_core.servers.process`. It is a process of its own and not a ``preexec_fn`` because Python code
between fork and exec is unsafe (and, from 3.12, warned about) as soon as the parent has threads. It
imports the standard library only, all of it before root is given up: afterwards the interpreter's own
folder may be out of reach.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Replaces this process by the program, as the given user and tied to the given parent.

    Args:
        arguments: pid of the parent; user id and group id to become (-1 keeps the present ones);
            number of the signal that is sent when the parent's thread ends (0 for none; without
            effect outside Linux); absolute path of the program; its arguments.

    Raises:
        OSError: The user cannot be changed or the program cannot be run.
    """
    parent, uid, gid, death_signal = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if death_signal and sys.platform == "linux":
        # The kernel clears the setting at a change of user, so it comes after that.
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        if os.getppid() != parent:
            sys.exit("The process that started this server has ended already.")
    # execv is the purpose of this script: the program and its arguments come from our own code.
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
