"""Becomes an ordinary user with no way back, and executes a program of the checkout as that user.

`python -m deploy.confine --user NAME --at DIR --home DIR -- -m deploy.web ...` runs this
interpreter with these arguments. The user sees the checkout at DIR, read-only, in a mount
namespace of its own: the checkout itself may lie where only root can look, in /root for one.
"""

from __future__ import annotations

import argparse
import os
import pwd
import signal
import sys
from pathlib import Path

from sandbox.kernel import credentials, mount, namespaces, process

CHECKOUT = Path(__file__).resolve().parent.parent
# What of root's environment goes along; tokens and the like stay behind.
PASSED = ("TERRARIUM_", "DJANGO_", "LC_", "SSL_CERT_")
PASSED_EXACTLY = {"LANG", "PATH", "TZ", "COLUMNS", "TERM", "NO_COLOR", "CI"}


def show_checkout(at: Path) -> None:
    """The checkout below at, read-only, in a mount namespace that dies with this process."""
    namespaces.unshare(namespaces.CLONE.NEWNS)
    mount.mount("", "/", "", mount.MS.REC | mount.MS.PRIVATE)
    mount.mount(str(CHECKOUT), str(at), "", mount.MS.BIND)
    # A bind takes its flags from its source; they change by a remount only, mount(2).
    flags = mount.MS.BIND | mount.MS.REMOUNT | mount.MS.RDONLY | mount.MS.NOSUID | mount.MS.NODEV
    mount.mount("", str(at), "", flags)


def become(user: pwd.struct_passwd) -> None:
    """This user, its own group, no capability, and none to be gained by any program."""
    for capability in range(credentials.last_capability() + 1):
        credentials.bounding_drop(capability)
    os.setgroups([user.pw_gid])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    credentials.capset(0, 0, 0)
    process.prctl(process.PR.SET_NO_NEW_PRIVS, 1)


def end_with(parent: int) -> None:
    """SIGTERM comes when the parent is gone, however it went; a change of user would undo it."""
    process.prctl(process.PR.SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)


def environment(home: Path) -> dict[str, str]:
    """What the program gets to see of this process's environment."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_EXACTLY or name.startswith(PASSED)
    }
    return {**kept, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> None:
    """The command line; returns only by an exception."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user", required=True)
    parser.add_argument("--at", type=Path, required=True, help="an empty directory")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("program", nargs="+", help="arguments of the Python interpreter")
    arguments = parser.parse_args()
    parent = os.getppid()
    show_checkout(arguments.at)
    become(pwd.getpwnam(arguments.user))
    end_with(parent)
    os.umask(0o077)
    os.chdir(arguments.at)
    # Python ignores SIGPIPE and SIGXFSZ; the program shall find them as a login would leave them.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    interpreter = arguments.at / Path(sys.executable).relative_to(CHECKOUT)
    argv = [str(interpreter), *arguments.program]
    os.execve(interpreter, argv, environment(arguments.home))  # noqa: S606 - this is its purpose


if __name__ == "__main__":
    main()
