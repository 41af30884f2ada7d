"""The mounts of a mount namespace: mountinfo as values, proc_pid_mountinfo(5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.observe.procfs import namespace, read, text
from sandbox.observe.snapshot import Mount

# A learner may mount 20 000 times; what is cut off is named in Snapshot.features.
MAX_MOUNTS = 1000  # of one namespace
MAX_BYTES = 1 << 18
# A lookup in one of these waits for somebody else's program; a lab has no device for any of them.
WAITING = ("fuse", "nfs", "9p", "virtiofs", "autofs", "cifs", "smb", "ceph", "afs", "coda")
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2})")


@dataclass(frozen=True, slots=True)
class MountTable:
    """The mounts of one namespace, and whether all of them are there."""

    mounts: tuple[Mount, ...]
    truncated: bool
    size: int = 0  # bytes of mountinfo


def mounts_of(directory: int, inode: int, *, limit: int = MAX_BYTES) -> MountTable | None:
    """The mounts of a pinned process, None when it is no longer in that mount namespace.

    limit: bytes of mountinfo to read.
    """
    if namespace(directory, "mnt") != inode:
        return None
    data = read(directory, "mountinfo", limit)
    if namespace(directory, "mnt") != inode:
        return None
    return parse_mountinfo(data, cut=len(data) >= limit)


def parse_mountinfo(data: bytes, *, cut: bool = False) -> MountTable:
    """All lines, or the first MAX_MOUNTS; cut: data ends in the middle of a line."""
    lines = data.split(b"\n")
    truncated = cut or len(lines) - 1 > MAX_MOUNTS
    found = tuple(parse_mount(line) for line in lines[:-1][:MAX_MOUNTS])
    return MountTable(found, truncated, len(data))


def parse_mount(line: bytes) -> Mount:
    """One line; blanks, newlines and backslashes in paths come as octal escapes."""
    fields = line.split(b" ")
    # The optional fields end at the first lone hyphen after the sixth field.
    dash = fields.index(b"-", 6)
    tags = dict(tag.partition(b":")[::2] for tag in fields[6:dash])
    fstype, source, super_options = fields[dash + 1 : dash + 4]
    return Mount(
        id=int(fields[0]),
        parent=int(fields[1]),
        device=text(fields[2]),
        root=_unescaped(fields[3]),
        target=_unescaped(fields[4]),
        options=tuple(text(fields[5]).split(",")),
        shared=int(tags.get(b"shared", 0)),
        master=int(tags.get(b"master", 0)),
        fstype=_unescaped(fstype),
        source=_unescaped(source),
        super_options=tuple(_unescaped(option) for option in super_options.split(b",")),
    )


def _unescaped(field: bytes) -> str:
    if b"\\" in field:
        field = _ESCAPE.sub(lambda match: bytes((int(match[1], 8),)), field)
    return text(field)
