"""One group's directory in one hierarchy of version 1; Documentation/admin-guide/cgroup-v1."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.kernel.cgroups import files, tree, usage_v1
from sandbox.kernel.cgroups.hierarchy import Hierarchy
from sandbox.kernel.cgroups.state import State

PERIOD = 100_000  # microseconds
_SMALLEST_QUOTA = 1_000  # microseconds; the scheduler refuses less.
_UNLIMITED = 1 << 60  # memory.limit_in_bytes says "no limit" as the largest multiple of a page.


@dataclass(frozen=True, slots=True)
class V1:
    """The directory may or may not exist; every method says what it does when it does not."""

    hierarchy: Hierarchy
    directory: str

    def make(self) -> None:
        """Creates the directory; its parent exists. There already is no error."""
        Path(self.directory).mkdir(mode=0o755, exist_ok=True)
        if "cpuset" in self.hierarchy.controllers:
            self._inherit_cpuset()

    def limit_memory(self, limit: int) -> None:
        """memory.limit_in_bytes and, where swap is accounted, the same for memory and swap."""
        names = ["memory.limit_in_bytes"]
        if Path(self.directory, "memory.memsw.limit_in_bytes").exists():
            names.append("memory.memsw.limit_in_bytes")
        try:
            for name in names:
                files.write(self.directory, name, limit)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # The sum may never be the smaller one, so a limit is raised in the other order.
            for name in reversed(names):
                files.write(self.directory, name, limit)

    def limit_pids(self, limit: int) -> None:
        """pids.max; a negative one lifts it."""
        files.write(self.directory, "pids.max", "max" if limit < 0 else limit)

    def limit_cpu(self, share: float, period: int = PERIOD) -> None:
        """cpu.cfs_quota_us of a period, in microseconds."""
        files.write(self.directory, "cpu.cfs_period_us", period)
        quota = max(int(share * period), _SMALLEST_QUOTA)
        files.write(self.directory, "cpu.cfs_quota_us", quota)

    def share_cpu(self, shares: int) -> None:
        """cpu.shares."""
        files.write(self.directory, "cpu.shares", shares)

    def delegate(self, uid: int, gid: int, _descendants: int) -> None:
        """Ownership of the directory and its member lists, never of its limits.

        Version 1 cannot bound the number of descendants.
        """
        if self.hierarchy.delegable:
            for name in ("", "/cgroup.procs", "/tasks"):
                os.chown(f"{self.directory}{name}", uid, gid)

    def freeze(self) -> bool:
        """Whether this hierarchy has the freezer, which then was told."""
        if "freezer" not in self.hierarchy.controllers:
            return False
        files.write(self.directory, "freezer.state", "FROZEN")
        return True

    def thaw(self) -> None:
        """Top down, because a child thaws no earlier than its parent."""
        if "freezer" in self.hierarchy.controllers:
            for directory in tree.below(self.directory):
                with files.absent_is_fine():
                    files.write(directory, "freezer.state", "THAWED")

    def kill(self) -> bool:
        """Version 1 has no such file: the group signals its members one by one."""
        return False

    def usage(self) -> dict[str, Any]:
        """The part of the usage that this hierarchy's controllers know."""
        known: dict[str, Any] = {}
        for controller in self.hierarchy.controllers & usage_v1.READERS.keys():
            known |= usage_v1.READERS[controller](self.directory)
        return known

    def state(self) -> State:
        """The part of the state that this hierarchy's controllers know."""
        readers = {
            "memory": self._memory,
            "pids": self._pids,
            "cpu": self._cpu,
            "cpuacct": self._usage,
            "freezer": self._freezer,
        }
        known: dict[str, int | float | bool | None] = {}
        for controller in self.hierarchy.controllers & readers.keys():
            known |= readers[controller]()
        return State(**known)  # type: ignore[arg-type]  # Each reader names fields with their types.

    def _memory(self) -> dict[str, int | float | bool | None]:
        limit = files.number(self.directory, "memory.limit_in_bytes")
        return {
            "memory_limit": None if limit is None or limit > _UNLIMITED else limit,
            "memory_usage": files.number(self.directory, "memory.usage_in_bytes"),
            "memory_oom_kills": self._sum("memory.oom_control", "oom_kill"),
        }

    def _pids(self) -> dict[str, int | float | bool | None]:
        return {
            "pids_max": files.number(self.directory, "pids.max"),
            "pids_current": files.number(self.directory, "pids.current"),
            "pids_hits": self._sum("pids.events", "max"),
        }

    def _cpu(self) -> dict[str, int | float | bool | None]:
        quota = files.number(self.directory, "cpu.cfs_quota_us")
        period = files.number(self.directory, "cpu.cfs_period_us")
        limited = quota is not None and period is not None and quota >= 0
        return {
            "cpu_quota": quota / period if limited and quota and period else None,
            "cpu_throttled": files.table(self.directory, "cpu.stat").get("nr_throttled"),
        }

    def _usage(self) -> dict[str, int | float | bool | None]:
        return {"cpu_usage": files.number(self.directory, "cpuacct.usage")}

    def _freezer(self) -> dict[str, int | float | bool | None]:
        text = files.read(self.directory, "freezer.state")
        return {"frozen": None if text is None else text == "FROZEN"}

    def _sum(self, name: str, key: str) -> int | None:
        # These counters are local to the group whose task was refused or killed.
        tables = (files.table(directory, name) for directory in tree.below(self.directory))
        counts = [table[key] for table in tables if key in table]
        return sum(counts) if counts else None

    def _inherit_cpuset(self) -> None:
        # A new group has no CPU and no memory node, and nobody can join it until it has both.
        for name in ("cpuset.cpus", "cpuset.mems"):
            if not files.read(self.directory, name):
                parents = files.read(str(Path(self.directory).parent), name)
                files.write(self.directory, name, parents or "")
