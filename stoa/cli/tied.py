"""Run a program that ends with us: `python -m stoa.cli.tied PARENT PROGRAM ARGUMENT ...`.

A server that is killed with SIGKILL can tell its processes nothing; on Linux the system tells them, once they have
asked for it. What we ask here stays in force for the program that takes our place.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for SIGTERM at the parent's end, and become the program."""
    parent, program, *arguments = sys.argv[1:]
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(0)  # it ended before we could ask
    os.execv(program, [program, *arguments])  # noqa: S606


if __name__ == "__main__":
    main()
