"""Exclusive ranges of user ids: range n is 0x30000000 + n * 65536 and the 65,535 ids after it.

A range is a file of its number in a directory that all engines of this host share; it holds the
directory of the container that owns the range. Made with O_EXCL, removed with the container's
record: never reused while anything of the container lives, also when its engine died. A lease
whose container directory is gone is free again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sandbox.engine.errors import NoRoom

FIRST_ID = 0x3000_0000
LENGTH = 65_536
RANGES = 4096
SHARED = Path("/run/terrarium-ids")


def base(number: int) -> int:
    """The host id that is root in range number."""
    return FIRST_ID + number * LENGTH


class IdRanges:
    """The leases in one directory."""

    def __init__(self, directory: Path = SHARED) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def lease(self, owner: Path) -> int:
        """The number of a range that is the owner's from now on. Raises NoRoom."""
        for number in range(RANGES):
            with suppress(FileExistsError):
                self._take(number, owner)
                return number
        raise NoRoom(f"all {RANGES} id ranges are in use: remove containers that you do not need")

    def keep(self, number: int, owner: Path) -> None:
        """Have the lease of a known container again: /run is empty after a boot."""
        with suppress(FileExistsError):
            self._take(number, owner)

    def release(self, number: int, owner: Path) -> None:
        """Give the range back. Precondition: nothing that runs or is stored carries its ids."""
        file = self._directory / str(number)
        if self._owner(file) == str(owner):
            file.unlink(missing_ok=True)

    def sweep(self) -> list[int]:
        """Release what belongs to directories that are gone; the numbers."""
        gone = []
        for file in self._directory.iterdir():
            owner = self._owner(file)
            if file.name.isdecimal() and owner and not Path(owner).is_dir():
                file.unlink(missing_ok=True)
                gone.append(int(file.name))
        return gone

    def _take(self, number: int, owner: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(self._directory / str(number), flags, 0o600)
        try:
            os.write(descriptor, str(owner).encode())
        finally:
            os.close(descriptor)

    def _owner(self, file: Path) -> str:
        try:
            return file.read_text()
        except FileNotFoundError:
            return ""
