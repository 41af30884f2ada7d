"""One group's directory in the version 2 hierarchy; Documentation/admin-guide/cgroup-v2."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.kernel.cgroups import files, tree, usage_v2
from sandbox.kernel.cgroups.hierarchy import Hierarchy
from sandbox.kernel.cgroups.state import State

PERIOD = 100_000  # microseconds
_SMALLEST_QUOTA = 1_000  # microseconds; the scheduler refuses less.
_LEAST_SHARES, _MOST_SHARES = 2, 1 << 18  # Version 1's, whose words Docker speaks.
_WANTED = frozenset({"memory", "pids", "cpu"})


@dataclass(frozen=True, slots=True)
class V2:
    """The directory may or may not exist; every method says what it does when it does not."""

    hierarchy: Hierarchy
    directory: str

    def make(self) -> None:
        """Creates the directory and has its parent hand down the controllers that limits need."""
        self._enable(str(Path(self.directory).parent))
        Path(self.directory).mkdir(mode=0o755, exist_ok=True)

    def limit_memory(self, limit: int) -> None:
        """memory.max, and no swap beside it."""
        files.write(self.directory, "memory.max", limit)
        with files.absent_is_fine():
            files.write(self.directory, "memory.swap.max", 0)

    def limit_pids(self, limit: int) -> None:
        """pids.max; a negative one lifts it."""
        files.write(self.directory, "pids.max", "max" if limit < 0 else limit)

    def limit_cpu(self, share: float, period: int = PERIOD) -> None:
        """cpu.max of a period, in microseconds."""
        quota = max(int(share * period), _SMALLEST_QUOTA)
        files.write(self.directory, "cpu.max", f"{quota} {period}")

    def share_cpu(self, shares: int) -> None:
        """cpu.weight, by the formula that Docker's runtimes use."""
        weight = 1 + (shares - _LEAST_SHARES) * 9999 // (_MOST_SHARES - _LEAST_SHARES)
        files.write(self.directory, "cpu.weight", weight)

    def delegate(self, uid: int, gid: int, descendants: int) -> None:
        """Ownership as in "Delegation Containment"; the number of groups below stays bounded."""
        files.write(self.directory, "cgroup.max.descendants", descendants)
        for name in ("", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control"):
            os.chown(f"{self.directory}{name}", uid, gid)

    def freeze(self) -> bool:
        """Whether this kernel has the freezer, which then was told."""
        with files.absent_is_fine():
            files.write(self.directory, "cgroup.freeze", 1)
            return True
        return False

    def thaw(self) -> None:
        """The group and all below it."""
        for directory in tree.below(self.directory):
            with files.absent_is_fine():
                files.write(directory, "cgroup.freeze", 0)

    def kill(self) -> bool:
        """cgroup.kill of Linux 5.14, the whole subtree at once; False on an older kernel."""
        with files.absent_is_fine():
            files.write(self.directory, "cgroup.kill", 1)
            return True
        return False

    def usage(self) -> dict[str, Any]:
        """The part of the usage that this hierarchy's controllers know."""
        known: dict[str, Any] = {}
        for controller in self.hierarchy.controllers & usage_v2.READERS.keys():
            known |= usage_v2.READERS[controller](self.directory)
        return known

    def state(self) -> State:
        """What this group's files tell; a hybrid host's tree knows only whether it is frozen."""
        stat = files.table(self.directory, "cpu.stat")
        limited = "cpu" in self.hierarchy.controllers
        usage = stat.get("usage_usec") if limited else None
        return State(
            memory_limit=files.number(self.directory, "memory.max"),
            memory_usage=files.number(self.directory, "memory.current"),
            memory_oom_kills=files.table(self.directory, "memory.events").get("oom_kill"),
            cpu_quota=self._quota(),
            cpu_throttled=stat.get("nr_throttled") if limited else None,
            cpu_usage=None if usage is None else usage * 1000,
            pids_max=files.number(self.directory, "pids.max"),
            pids_current=files.number(self.directory, "pids.current"),
            pids_hits=files.table(self.directory, "pids.events").get("max"),
            frozen=self._frozen(),
        )

    def _quota(self) -> float | None:
        quota, _, period = (files.read(self.directory, "cpu.max") or "max").partition(" ")
        return None if quota == "max" else int(quota) / int(period)

    def _frozen(self) -> bool | None:
        frozen = files.table(self.directory, "cgroup.events").get("frozen")
        return None if frozen is None else frozen == 1

    def _enable(self, parent: str) -> None:
        available = set((files.read(parent, "cgroup.controllers") or "").split())
        enabled = set((files.read(parent, "cgroup.subtree_control") or "").split())
        for controller in sorted((_WANTED & available) - enabled):
            try:
                files.write(parent, "cgroup.subtree_control", f"+{controller}")
            except OSError as error:
                # EBUSY: processes live in the parent itself, which is no root ("no internal
                # processes"). The group works; setting a limit on it will say what is missing.
                if error.errno not in (errno.EBUSY, errno.EOPNOTSUPP):
                    raise
