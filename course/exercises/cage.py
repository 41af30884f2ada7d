"""Runs the file named on the command line under limits; started by scripts.py, isolated (-I).

The script is the author's, its input holds what a learner did: a slip in it must not take the
server along.
"""

from __future__ import annotations

import resource
import runpy
import sys

LIMITS = {
    resource.RLIMIT_CPU: 10,  # seconds
    resource.RLIMIT_AS: 512 << 20,  # bytes
    resource.RLIMIT_FSIZE: 0,  # It may write to its pipes, and to no file.
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_CORE: 0,
}


def main() -> None:
    """Lower the limits for good, then become the script."""
    for what, most in LIMITS.items():
        resource.setrlimit(what, (most, most))
    runpy.run_path(sys.argv[1], run_name="__main__")


if __name__ == "__main__":
    main()
