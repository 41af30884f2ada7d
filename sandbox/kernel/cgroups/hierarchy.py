"""Which cgroup hierarchies this host has, read from mountinfo: version 1, version 2 or hybrid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# Of version 1 only these are safe in the hands of a container's root, with the empty version 2
# tree; never devices, cpuset, freezer or blkio: a frozen task of version 1 ignores SIGKILL.
DELEGABLE = frozenset({"memory", "pids", "cpu", "cpuacct"})
_FLAGS = frozenset(
    {"rw", "ro", "noprefix", "xattr", "clone_children", "cpuset_v2_mode", "favordynmods"}
)
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted tree of control groups."""

    version: int  # 1 or 2
    controllers: frozenset[str]  # On version 2 those of the mounted root's cgroup.controllers.
    name: str  # Of a named version 1 hierarchy ("systemd"), "" otherwise.
    mountpoint: str

    @property
    def delegable(self) -> bool:
        """Whether a container's root may own a group here."""
        return self.version != 1 or (bool(self.controllers) and self.controllers <= DELEGABLE)

    @property
    def fstype(self) -> str:
        """For mount(2)."""
        return "cgroup" if self.version == 1 else "cgroup2"

    @property
    def options(self) -> str:
        """For mount(2): what selects this hierarchy again, from within a cgroup namespace."""
        if self.version != 1:
            return ""
        return ",".join(sorted(self.controllers)) or f"none,name={self.name}"


def parse(mountinfo: str) -> tuple[Hierarchy, ...]:
    """Every hierarchy of proc_pid_mountinfo(5) once, at its first mount; version 2's are empty."""
    found: dict[tuple[int, frozenset[str], str], Hierarchy] = {}
    for line in mountinfo.splitlines():
        place, _, kind = line.partition(" - ")
        fstype, _, super_options = kind.split(" ", 2)
        if fstype not in ("cgroup", "cgroup2"):
            continue
        mountpoint = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), place.split(" ")[4])
        hierarchy = _hierarchy(fstype, super_options.split(","), mountpoint)
        found.setdefault((hierarchy.version, hierarchy.controllers, hierarchy.name), hierarchy)
    return tuple(found.values())


def unmounted(own: str, hierarchies: tuple[Hierarchy, ...]) -> tuple[str, ...]:
    """Those of proc_pid_cgroup(5) that parse() did not find: no group can be made there."""
    known = {controller for hierarchy in hierarchies for controller in hierarchy.controllers}
    known |= {f"name={hierarchy.name}" for hierarchy in hierarchies if hierarchy.name}
    rows = (line.split(":", 2)[1] for line in own.splitlines())
    return tuple(row for row in rows if row and not set(row.split(",")) <= known)


def probe() -> tuple[Hierarchy, ...]:
    """The hierarchies of this process's mount namespace, whose root group can be seen."""
    seen = parse(Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape"))
    visible = (one for one in seen if Path(one.mountpoint, "cgroup.procs").exists())
    return tuple(_with_controllers(hierarchy) for hierarchy in visible)


def _hierarchy(fstype: str, options: list[str], mountpoint: str) -> Hierarchy:
    if fstype == "cgroup2":
        return Hierarchy(2, frozenset(), "", mountpoint)
    plain = frozenset(option for option in options if "=" not in option) - _FLAGS
    name = next((option[5:] for option in options if option.startswith("name=")), "")
    return Hierarchy(1, plain, name, mountpoint)


def _with_controllers(hierarchy: Hierarchy) -> Hierarchy:
    if hierarchy.version == 1:
        return hierarchy
    text = Path(hierarchy.mountpoint, "cgroup.controllers").read_text(encoding="ascii")
    return Hierarchy(2, frozenset(text.split()), "", hierarchy.mountpoint)
