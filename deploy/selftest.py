"""Repeats on this host the kernel facts that the sandbox leans on, and names what enables each.

Every probe runs in a forked child with its own mount namespace and leaves nothing behind. Needs
root. Call run() before threads and event loops exist: it forks.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.kernel_probe import BASE, Differs, in_child, in_user_namespace, open_user_namespace
from sandbox.kernel import loop
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.filters import LAB
from sandbox.kernel.mount import (
    AT,
    AT_FDCWD,
    MOUNT_ATTR,
    MS,
    OPEN_TREE,
    mount,
    mount_setattr,
    open_tree,
    umount2,
)
from sandbox.kernel.namespaces import CLONE, unshare
from sandbox.kernel.seccomp import compile_filter, install

NOBODY = 65534
LIMIT = 3
# A directory of every Linux host, covered by a probe's own tmpfs in its own mount namespace.
PLACE = "/tmp"  # noqa: S108
FOREIGN_CALL = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"  # mov eax, 20 (getpid); int 0x80; ret


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that must hold before a stranger gets a lab here."""

    name: str
    ok: bool
    detail: str  # What was seen.
    remedy: str  # What enables it; "" when it holds.


@dataclass(frozen=True, slots=True)
class Probe:
    """A question whose answer is a text, or Differs or OSError raised in the child."""

    name: str
    question: Callable[[], str]
    remedy: str


def run(state: Path = Path("/")) -> list[Fact]:
    """Every fact, in order. state: an existing directory on the file system that holds STATE."""
    return [_fact(probe) for probe in (*PROBES, *_at(state))]


def report(facts: list[Fact]) -> str:
    """The facts as lines for a terminal."""
    return "".join(
        f"{'ok  ' if fact.ok else 'FAIL'}  {fact.name}: {fact.detail}\n"
        + (f"      enable it: {fact.remedy}\n" if fact.remedy else "")
        for fact in facts
    )


def main() -> int:
    """Prints the report; the exit status is 1 when a fact fails."""
    facts = run()
    sys.stdout.write(report(facts))
    return 0 if all(fact.ok for fact in facts) else 1


def _fact(probe: Probe) -> Fact:
    try:
        return Fact(probe.name, ok=True, detail=in_child(probe.question), remedy="")
    except Differs as seen:
        return Fact(probe.name, ok=False, detail=str(seen), remedy=probe.remedy)


def _user_namespaces() -> str:
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    unshare(CLONE.NEWUSER)
    return "an unprivileged process made one"


def _namespaces() -> str:
    kinds = [one for one in CLONE if one != CLONE.NEWTIME]
    unshare(sum(kinds))
    return ", ".join(str(kind.name).removeprefix("NEW").lower() for kind in kinds)


def _mount_overlay(options: str) -> str:
    mount("tmpfs", PLACE, "tmpfs", MS.NODEV)
    for name in ("lower", "upper", "work", "merged"):
        Path(PLACE, name).mkdir()
    directories = f"lowerdir={PLACE}/lower,upperdir={PLACE}/upper,workdir={PLACE}/work"
    mount("overlay", f"{PLACE}/merged", "overlay", 0, directories + options)
    Path(PLACE, "merged", "written").touch()
    if not Path(PLACE, "upper", "written").exists():
        raise Differs("what was written did not reach the upper layer")
    return "mounted and written"


def _overlay_inside() -> str:
    return in_user_namespace(CLONE.NEWNS, lambda: _mount_overlay(",userxattr"))


def _limiter() -> str:
    return in_user_namespace(0, _limited)


def _limited() -> str:
    Path("/proc/sys/user/max_uts_namespaces").write_text(f"{LIMIT}\n", encoding="ascii")
    unshare(CLONE.NEWUSER)
    held: list[int] = []
    with suppress(PermissionError):  # Or it succeeds, and has no effect.
        Path("/proc/sys/user/max_uts_namespaces").write_text("1000\n", encoding="ascii")
    try:
        for _ in range(2 * LIMIT):
            unshare(CLONE.NEWUTS)
            held.append(os.open("/proc/self/ns/uts", os.O_RDONLY))
    except OSError as refused:
        if refused.errno == errno.ENOSPC and len(held) <= LIMIT:
            return f"stopped after {len(held)} of at most {LIMIT}"
        raise
    raise Differs(f"{len(held)} namespaces were made below a limit of {LIMIT}")


def _locked_mounts() -> str:
    mount("tmpfs", PLACE, "tmpfs", MS.NODEV)
    return in_user_namespace(CLONE.NEWNS, _unmount_inherited)


def _unmount_inherited() -> str:
    try:
        umount2(PLACE)
    except OSError as refused:
        if refused.errno == errno.EINVAL:
            return "an inherited mount cannot be undone"
        raise
    raise Differs("a root of a user namespace could undo an inherited mount")


def _foreign_calls() -> str:
    program = compile_filter(LAB)
    if platform.machine() != "x86_64":
        return "this architecture has no second system call table to test"
    child = os.fork()
    if child == 0:
        install(program)
        _call_foreign()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGSYS:
        return "killed by the filter"
    if status == -signal.SIGSEGV:
        return "this kernel has no 32-bit system calls"
    raise Differs(f"a 32-bit system call passed the filter (status {status})")


def _call_foreign() -> None:
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(FOREIGN_CALL)
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def _loop_devices() -> str:
    image = os.memfd_create("selftest", os.MFD_CLOEXEC)
    os.truncate(image, 1 << 20)
    device, path = loop.attach(f"/proc/self/fd/{image}")
    os.close(device)
    return path


def _controllers() -> str:
    hierarchies = Hierarchies.probe()
    missing = [name for name in ("memory", "pids", "cpu") if not hierarchies.has(name)]
    if missing:
        raise Differs(f"no hierarchy offers {', '.join(missing)}")
    if hierarchies.unmounted:
        raise Differs(f"active but not mounted: {', '.join(hierarchies.unmounted)}")
    group = hierarchies.group(f"terrarium-selftest-{os.getpid()}")
    group.create()
    try:
        # Only setting one shows that the parent hands it down: a version 2 group that has
        # processes of its own does not.
        group.limit(memory=1 << 26, pids=64, cpu=0.5)
    finally:
        group.remove()
    return f"memory, pids and cpu can be limited ({len(hierarchies.found)} hierarchies)"


def _kill() -> str:
    group = Hierarchies.probe().group(f"terrarium-selftest-{os.getpid()}")
    if all(one.version == 1 for one in group.hierarchies):
        raise Differs("no version 2 hierarchy is mounted")
    group.create()
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    try:
        group.take_in(child)
        group.kill()
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        group.wait_empty(1)
        left = group.remove()
    if left or died != -signal.SIGKILL:
        raise Differs(f"status {died}, left behind: {left}")
    return "a group was killed and removed in every hierarchy"


def _at(state: Path) -> tuple[Probe, ...]:
    def idmapped() -> str:
        namespace = open_user_namespace()
        tree = open_tree(AT_FDCWD, str(state), OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC)
        owner = os.fstat(tree).st_uid
        attributes = MOUNT_ATTR.IDMAP | MOUNT_ATTR.RDONLY
        mount_setattr(tree, "", AT.EMPTY_PATH, attributes, userns_fd=namespace)
        shown = os.fstat(tree).st_uid
        if shown != BASE + owner:
            raise Differs(f"owner {owner} is shown as {shown}, not as {BASE + owner}")
        return f"{state} shows owner {owner} as {shown}"

    remedy = "Linux 5.12 or newer, and STATE on ext4, xfs or btrfs"
    return (Probe("id-mapped mounts", idmapped, remedy),)


PROBES = (
    Probe(
        "unprivileged user namespaces",
        _user_namespaces,
        "sysctl user.max_user_namespaces=15000, on Debian kernel.unprivileged_userns_clone=1, "
        "on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    Probe("namespaces", _namespaces, "a kernel with CONFIG_NAMESPACES and all kinds below it"),
    Probe("overlay", lambda: _mount_overlay(""), "modprobe overlay (CONFIG_OVERLAY_FS)"),
    Probe("overlay in a user namespace", _overlay_inside, "Linux 5.11 or newer"),
    Probe("limits of a user namespace", _limiter, "Linux 4.9 or newer with CONFIG_SYSCTL"),
    Probe("locked mounts", _locked_mounts, "a kernel without patches to mount namespaces"),
    Probe("system call filter", _foreign_calls, "apt install libseccomp2; CONFIG_SECCOMP_FILTER"),
    Probe("loop devices", _loop_devices, "modprobe loop (CONFIG_BLK_DEV_LOOP)"),
    Probe(
        "cgroup controllers",
        _controllers,
        "mount cgroup2 on /sys/fs/cgroup; for memory add cgroup_enable=memory to the kernel's "
        "command line; in a container give it the host's cgroup namespace (--cgroupns=host)",
    ),
    Probe(
        "cgroup.kill",
        _kill,
        "Linux 5.14 or newer, and: mount -t cgroup2 none /sys/fs/cgroup/unified",
    ),
)


if __name__ == "__main__":
    raise SystemExit(main())
