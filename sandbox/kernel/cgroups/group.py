"""A control group as one thing: the same name in every hierarchy of the host."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any

from sandbox.kernel.cgroups import files, tree
from sandbox.kernel.cgroups.hierarchy import Hierarchy
from sandbox.kernel.cgroups.state import State, merged
from sandbox.kernel.cgroups.usage import Usage
from sandbox.kernel.cgroups.v1 import PERIOD, V1
from sandbox.kernel.cgroups.v2 import V2
from sandbox.kernel.process import pidfd_open, pidfd_send_signal

# null zero full random urandom, tty console ptmx, and every pty: devices cgroup syntax.
STANDARD_DEVICES = (
    *(f"c {number} rwm" for number in ("1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2")),
    "c 136:* rwm",
)
DESCENDANTS = 64
_ROUNDS = 20
_AT_ONCE = 200  # Descriptors held while signalling; the usual limit is 1024.
_PAUSE = 0.005  # seconds; version 1 tells nobody when a group becomes empty or stands still.


@dataclass(frozen=True, slots=True)
class Group:
    """A name such as "terrarium-1a2b3c4d/box" in these hierarchies; exists once created."""

    name: str
    hierarchies: tuple[Hierarchy, ...]

    def create(self) -> None:
        """In every hierarchy, with its parents; there already is no error."""
        parts = self.name.split("/")
        for one in self.hierarchies:
            for depth in range(1, len(parts) + 1):
                _branch(one, "/".join(parts[:depth])).make()

    def child(self, name: str) -> Group:
        """The group below; not created yet."""
        return Group(f"{self.name}/{name}", self.hierarchies)

    def exists(self) -> bool:
        """Whether any hierarchy has it."""
        return any(Path(branch.directory).is_dir() for branch in self._branches())

    def limit(
        self, *, memory: int | None = None, pids: int | None = None, cpu: float | None = None
    ) -> None:
        """Bytes, processes, share of one CPU (0.5 is half of one); None leaves a limit as it is.

        EOPNOTSUPP: no hierarchy offers the controller here. EBUSY: more memory is in use already.
        """
        if memory is not None:
            self._with("memory").limit_memory(memory)
        if pids is not None:
            self._with("pids").limit_pids(pids)
        if cpu is not None:
            self.limit_cpu(cpu)

    def limit_cpu(self, share: float, *, period: int = 0) -> None:
        """A share of one CPU, reckoned over a period of microseconds; 0 is the usual one."""
        self._with("cpu").limit_cpu(share, period or PERIOD)

    def share_cpu(self, shares: int) -> None:
        """Its part of 1024 where others want the CPU, too: 2 to 262,144."""
        self._with("cpu").share_cpu(shares)

    def restrict_devices(self, allow: tuple[str, ...] = STANDARD_DEVICES) -> None:
        """Denies every device but these, for the group and what will be below it (version 1).

        Precondition: no child exists (the kernel answers EINVAL). Whoever opens another device,
        such as a loop device to be mounted, does so before joining. EOPNOTSUPP on version 2, where
        only a BPF program could do it: there the nodev mounts and the user namespace must suffice.
        """
        directory = self._with("devices").directory
        files.write(directory, "devices.deny", "a")
        for device in allow:
            files.write(directory, "devices.allow", device)

    def delegate(self, uid: int, gid: int, *, descendants: int = DESCENDANTS) -> None:
        """Lets a container's root make groups below this one where that is safe.

        Limits of this very group stay as they are. Elsewhere (devices, cpuset, freezer, blkio,
        named hierarchies) the group remains the host's.
        """
        for branch in self._branches():
            branch.delegate(uid, gid, descendants)

    def door(self) -> int | None:
        """A descriptor for fork_into's cgroup, the caller's to close; None without version 2."""
        for branch in self._branches():
            if isinstance(branch, V2):
                return os.open(branch.directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return None

    def join(self, *, born: bool = False) -> None:
        """Moves the caller into the group of every hierarchy. Precondition: it has one thread.

        born: it came through the door, so that version 2 has it already. To move a process, the
        kernel stops everybody's forks and waits for a grace period of RCU, ten milliseconds; for
        the calling thread alone it does not (cgroup_procs_write_start, since Linux 5.4).
        """
        for branch in self._branches():
            if isinstance(branch, V1):
                files.write(branch.directory, "tasks", 0)
            elif not born:
                files.write(branch.directory, "cgroup.procs", 0)

    def take_in(self, pid: int) -> None:
        """Moves another process into the group of every hierarchy."""
        for branch in self._branches():
            files.write(branch.directory, "cgroup.procs", pid)

    def members(self) -> tuple[int, ...]:
        """The direct members in any hierarchy, sorted."""
        pids = {pid for branch in self._branches() for pid in files.pids(branch.directory)}
        return tuple(sorted(pids))

    def processes(self) -> tuple[int, ...]:
        """The members of the group and of everything below it, sorted."""
        directories = (path for branch in self._branches() for path in tree.below(branch.directory))
        return tuple(sorted({pid for path in directories for pid in files.pids(path)}))

    def walk(self) -> Iterator[tuple[str, Group]]:
        """(path below this group, group), "/" first: the union over the hierarchies."""
        paths = {
            directory[len(branch.directory) :]
            for branch in self._branches()
            for directory in tree.below(branch.directory)
        }
        for path in sorted(paths):
            yield path or "/", Group(f"{self.name}{path}", self.hierarchies)

    def state(self) -> State:
        """One reading; a group that vanished meanwhile tells nothing."""
        return merged([branch.state() for branch in self._branches()])

    def usage(self) -> Usage:
        """One reading, of the group and everything below it."""
        known: dict[str, Any] = {}
        for branch in self._branches():
            known |= branch.usage()
        return Usage(**known)

    def freeze(self) -> None:
        """By version 2 where it can, because its frozen processes can still be killed."""
        newest_first = sorted(self._branches(), key=lambda branch: -branch.hierarchy.version)
        if not any(branch.freeze() for branch in newest_first):
            raise OSError(errno.EOPNOTSUPP, "no cgroup hierarchy has a freezer", self.name)

    def wait_frozen(self, timeout: float) -> bool:
        """Whether everything in it stood still within so many seconds; freeze() only orders it."""
        until = time.monotonic() + timeout
        while not self.state().frozen:
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
        return True

    def thaw(self) -> None:
        """The group and everything below it, whichever freezer holds it."""
        for branch in self._branches():
            branch.thaw()

    def kill(self) -> None:
        """SIGKILL to everything in the group and below; returns before all have died.

        Thaws first: a task in a frozen group of version 1 does not die of SIGKILL.
        """
        self.thaw()
        if not any(branch.kill() for branch in self._branches()):
            self._kill_one_by_one()

    def wait_empty(self, timeout: float) -> bool:
        """Whether no process was left within so many seconds."""
        until = time.monotonic() + timeout
        while self.processes():
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
        return True

    def remove_deserted(self, child: str) -> bool:
        """Removes the group with this one child if nobody is in them; else what is left stays.

        The usual end: one rmdir says what listing the members of every hierarchy would.
        """
        for branch in self._branches():
            for directory in (f"{branch.directory}/{child}", branch.directory):
                try:
                    os.rmdir(directory)  # noqa: PTH106 hot path
                except FileNotFoundError:
                    continue
                except OSError as error:
                    if error.errno != errno.EBUSY:
                        raise
                    return False
        return True

    def is_deserted(self, child: str) -> bool:
        """Whether nobody is in the group and its one child, which is gone from a hierarchy then.

        One hierarchy speaks for all: who has left a container's groups there has ended.
        """
        first = self._branches()[0].directory
        try:
            os.rmdir(f"{first}/{child}")  # noqa: PTH106 hot path
        except FileNotFoundError:
            return not Path(first).is_dir()
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False
        return True

    def remove(self) -> list[str]:
        """Removes the group and everything below it, deepest first; the directories that stayed."""
        return [left for branch in self._branches() for left in tree.remove(branch.directory)]

    def _kill_one_by_one(self) -> None:
        for _ in range(_ROUNDS):
            # Frozen, a fork bomb cannot outrun the list of its processes.
            with files.absent_is_fine():
                self.freeze()
            self._signal_members()
            self.thaw()
            time.sleep(_PAUSE)
            if not self.processes():
                return

    def _signal_members(self) -> None:
        listed = [pid for pid in self.processes() if pid]
        for first in range(0, len(listed), _AT_ONCE):
            with ExitStack() as close:
                opened = {}
                for pid in listed[first : first + _AT_ONCE]:
                    with suppress(ProcessLookupError):
                        opened[pid] = pidfd_open(pid)
                        close.callback(os.close, opened[pid])
                # Members still: so each descriptor is the process that was listed.
                for pid in set(self.processes()) & opened.keys():
                    with suppress(ProcessLookupError):
                        pidfd_send_signal(opened[pid], SIGKILL)

    def _branches(self) -> list[V1 | V2]:
        return [_branch(one, self.name) for one in self.hierarchies]

    def _with(self, controller: str) -> V1 | V2:
        for branch in self._branches():
            if controller in branch.hierarchy.controllers:
                return branch
        raise OSError(errno.EOPNOTSUPP, "no cgroup hierarchy has this controller", controller)


def _branch(one: Hierarchy, name: str) -> V1 | V2:
    directory = f"{one.mountpoint}/{name}"
    return V1(one, directory) if one.version == 1 else V2(one, directory)
