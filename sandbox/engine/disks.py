"""A lab's disk: one preallocated ext4 image, so one number limits all that a learner writes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

MKFS = "/sbin/mkfs.ext4"
BYTES_PER_INODE = 8192
JOURNAL = 8  # MiB; the default would cost 64 of 2,048
_MEBI = 1 << 20


class DiskFailed(OSError):
    """mkfs.ext4 refused; strerror is what it said."""


async def make(image: Path, size: int, owner: int) -> None:
    """Make image with size bytes, its root directory owned by host id owner; there already is fine.

    Reserved at once (fallocate): a sparse image would over-commit, and then a write that succeeded
    is lost at fsync. ENOSPC when the host is full; DiskFailed.
    """
    part = image.with_suffix(".part")
    if not await asyncio.to_thread(_reserve, image, part, size):
        return
    try:
        await _format(part, size, owner)
        part.rename(image)
    finally:
        part.unlink(missing_ok=True)


def _reserve(image: Path, part: Path, size: int) -> bool:
    if image.exists():
        return False
    file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(file, 0, size)
    except OSError:
        part.unlink()
        raise
    finally:
        os.close(file)
    return True


async def _format(part: Path, size: int, owner: int) -> None:
    extended = f"nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner={owner}:{owner}"
    journal = ("-J", f"size={JOURNAL}") if size >= 64 * _MEBI else ("-O", "^has_journal")
    inodes = ("-N", str(max(size // BYTES_PER_INODE, 1024)))
    arguments = ("-q", "-F", "-m", "0", "-E", extended, *journal, *inodes, str(part))
    process = await asyncio.create_subprocess_exec(
        MKFS, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    if process.returncode:
        raise DiskFailed(0, f"mkfs.ext4: {said.decode(errors='replace').strip()}")
