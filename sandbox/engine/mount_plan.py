"""From a container's mounts to the steps that make them: pure."""

from __future__ import annotations

from sandbox.boot.mounts import BorrowTree, PlaceTree, Tmpfs
from sandbox.boot.steps import Step
from sandbox.engine.errors import BadParameter
from sandbox.engine.mountpoints import Kind, MountPoint
from sandbox.kernel.mount import MOUNT_ATTR

_SAFE = MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC
_SET = {
    "ro": MOUNT_ATTR.RDONLY,
    "nosuid": MOUNT_ATTR.NOSUID,
    "nodev": MOUNT_ATTR.NODEV,
    "noexec": MOUNT_ATTR.NOEXEC,
    "noatime": MOUNT_ATTR.NOATIME,
    "nodiratime": MOUNT_ATTR.NODIRATIME,
}
_CLEARED = {
    "rw": MOUNT_ATTR.RDONLY,
    "suid": MOUNT_ATTR.NOSUID,
    "exec": MOUNT_ATTR.NOEXEC,
    "atime": MOUNT_ATTR.NOATIME,
    "diratime": MOUNT_ATTR.NODIRATIME,
}
_VALUES = ("size", "mode", "nr_inodes", "nr_blocks")
_IDS = ("uid", "gid")


def borrowed(mounts: tuple[MountPoint, ...]) -> tuple[Step, ...]:
    """What has to be opened before the pivot."""
    return tuple(
        BorrowTree(mount.destination, mount.source, mount.subpath, mount.writable)
        for mount in mounts
        if mount.kind is not Kind.TMPFS
    )


def placed(mounts: tuple[MountPoint, ...], base: int) -> tuple[Step, ...]:
    """What is mounted after it, in this order. Raises BadParameter for options of a tmpfs."""
    return tuple(
        _tmpfs(mount, base)
        if mount.kind is Kind.TMPFS
        else PlaceTree(mount.destination, mount.destination, base)
        for mount in mounts
    )


def _tmpfs(mount: MountPoint, base: int) -> Tmpfs:
    attributes = _SAFE if mount.writable else _SAFE | MOUNT_ATTR.RDONLY
    options = {"uid": str(base), "gid": str(base)}
    for option in filter(None, mount.options.split(",")):
        name, sign, value = option.partition("=")
        if option in _SET:
            attributes |= _SET[option]
        elif option in _CLEARED:
            attributes &= ~_CLEARED[option]
        elif sign and name in _IDS and value.isdecimal():
            options[name] = str(base + int(value))
        elif sign and name in _VALUES:
            options[name] = value
        else:
            raise BadParameter(f'invalid tmpfs option "{name}"')
    return Tmpfs(mount.destination, tuple(options.items()), int(attributes), base)
