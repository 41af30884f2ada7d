"""What a container finds mounted besides its root: volumes, directories of the host, tmpfs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Docker's mount types, as far as we have them."""

    BIND = "bind"
    VOLUME = "volume"
    TMPFS = "tmpfs"


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One of a container's mounts. The words are those of `docker inspect`."""

    kind: Kind
    destination: str
    source: str = ""  # A directory or file of the host.
    name: str = ""  # A volume's.
    mode: str = ""  # As the creator wrote it.
    writable: bool = True
    propagation: str = ""
    subpath: str = ""  # Within the volume.
    options: str = ""  # A tmpfs's, as mount(8) takes them.
    copies: bool = False  # An empty volume takes what the image has there.
    made: bool = False  # A source that is not there is made, as -v does.
    anonymous: bool = False  # Nobody named the volume: `rm -v` and --rm take it along.

    @property
    def depth(self) -> int:
        """Mounts are made from the root downwards."""
        return self.destination.rstrip("/").count("/")


def from_record(said: dict[str, object]) -> MountPoint:
    """The inverse of asdict, after JSON."""
    return MountPoint(**{**said, "kind": Kind(str(said["kind"]))})  # type: ignore[arg-type]  # our own record
