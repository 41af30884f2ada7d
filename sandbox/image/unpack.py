"""Unpacks one layer's tar into a directory, in a process of its own that can see nothing else.

`python -m sandbox.image.unpack DIRECTORY < layer.tar`. Everything the archive may say (absolute
names, .., links out) ends at the chroot; device nodes are left out, and of the extended attributes
only security.capability is kept.
"""

from __future__ import annotations

import os
import sys
import tarfile

_CAPABILITY = "security.capability"
_PAX_CAPABILITY = f"SCHILY.xattr.{_CAPABILITY}"
MOST_MEMBERS = 1_000_000
MOST_BYTES = 32 << 30


class TooLarge(Exception):
    """The archive unpacks to more than any image of ours."""


def unpack(directory: str) -> int:
    """Unpack the tar on stdin below directory; bytes of its files. Leaves the caller chrooted."""
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|*", errorlevel=1) as archive:
        # Archives of whole systems are the purpose here; the chroot is the filter.
        archive.extraction_filter = lambda member, _: member
        os.chroot(directory)
        os.chdir("/")
        os.umask(0)
        return _extract(archive)


def _extract(archive: tarfile.TarFile) -> int:
    size = 0
    directories = []
    for count, member in enumerate(archive):
        if member.ischr() or member.isblk():
            continue
        size += member.size
        if count > MOST_MEMBERS or size > MOST_BYTES:
            raise TooLarge(f"more than {MOST_MEMBERS} entries or {MOST_BYTES} bytes")
        archive.extract(member, "/", numeric_owner=True)
        if _PAX_CAPABILITY in member.pax_headers:
            value = member.pax_headers[_PAX_CAPABILITY].encode("utf-8", "surrogateescape")
            os.setxattr("/" + member.name, _CAPABILITY, value, follow_symlinks=False)
        if member.isdir():
            directories.append(member)
    for member in reversed(directories):  # Their times, after what was put into them.
        archive.utime(member, "/" + member.name)
    return size


if __name__ == "__main__":
    sys.stdout.write(f"{unpack(sys.argv[1])}\n")
