"""Volumes on disk: VOLUMES/<name>/_data, and volume.json, which is written last.

A directory without volume.json is half-made, one named .gone-… half-removed: the next engine
removes both.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.engine import trees
from sandbox.engine.errors import BadParameter, NoSuchDriver, NoSuchVolume, NotOffered
from sandbox.engine.store import write_json

log = logging.getLogger(__name__)
ANONYMOUS = "com.docker.volume.anonymous"
DRIVER = "local"
_ALLOWED = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)
_GONE = ".gone-"  # No volume's name begins so.
_OPTIONS = ("type", "o", "device", "size")


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume."""

    name: str
    created: str  # RFC 3339
    labels: Mapping[str, str] | None = None

    @property
    def anonymous(self) -> bool:
        """Whether its name was made up."""
        return ANONYMOUS in (self.labels or {})


class VolumeStore:
    """All volumes below one directory, and which of them are being given to new containers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._volumes: dict[str, Volume] = {}
        self._held: Counter[str] = Counter()

    def load(self) -> None:
        """Read what there is, and remove what was never finished."""
        for directory in sorted(self.directory.iterdir()):
            if directory.name.startswith(_GONE):
                _remove(directory)
                continue
            try:
                said = json.loads((directory / "volume.json").read_bytes())
                self._volumes[directory.name] = Volume(**said)
            except FileNotFoundError:
                log.warning("removed volume %s, which was never finished", directory.name)
                _remove(directory)
            except (ValueError, TypeError) as error:
                log.error("volume %s: unreadable: %s", directory.name, error)  # noqa: TRY400 - no fault of ours

    def every(self) -> list[Volume]:
        """All of them, by name."""
        return [self._volumes[name] for name in sorted(self._volumes)]

    def find(self, name: str) -> Volume:
        """Raises NoSuchVolume."""
        try:
            return self._volumes[name]
        except KeyError:
            raise NoSuchVolume(name) from None

    def data(self, name: str) -> Path:
        """Where its files are."""
        return self.directory / name / "_data"

    def make(self, name: str, created: str, labels: Mapping[str, str] | None = None) -> Volume:
        """A new volume. Precondition: the name is checked and free."""
        home = self.directory / name
        home.mkdir(mode=0o701)
        (home / "_data").mkdir(mode=0o755)
        volume = Volume(name, created, labels)
        write_json(home / "volume.json", asdict(volume))
        self._volumes[name] = volume
        return volume

    def put_away(self, name: str) -> Path:
        """One rename, and it is no volume any more; remove what is returned.

        Precondition: nobody uses it. Its name may be given to a new one at once.
        """
        gone = self.directory / f"{_GONE}{secrets.token_hex(16)}"
        (self.directory / name).rename(gone)
        del self._volumes[name]
        return gone

    def size(self, name: str) -> int:
        """Bytes of its files; blocks."""
        return trees.size(self.data(name))

    @contextmanager
    def held(self, names: Iterable[str]) -> Iterator[None]:
        """Nobody removes these meanwhile: a container's record will claim them in a moment."""
        names = tuple(names)
        self._held.update(names)
        try:
            yield
        finally:
            self._held.subtract(names)

    def being_given(self, name: str) -> bool:
        """Whether a container that is being made will claim it."""
        return self._held[name] > 0


def check_name(name: str) -> None:
    """Raises BadParameter with dockerd's texts."""
    if len(name) == 1:
        raise BadParameter(
            f"create {name}: volume name is too short, "
            "names should be at least two alphanumeric characters"
        )
    if not _ALLOWED.fullmatch(name):
        raise BadParameter(
            f'create {name}: "{name}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, '
            "use absolute path"
        )


def check_driver(name: str, driver: str, options: Mapping[str, str]) -> None:
    """Raises NoSuchDriver, BadParameter, NotOffered."""
    if driver not in ("", DRIVER):
        raise NoSuchDriver(name, driver)
    for option in options:
        if option not in _OPTIONS:
            raise BadParameter(f'create {name}: invalid option: "{option}"')
    if not options:
        return
    if "device" not in options:
        raise BadParameter(f'create {name}: missing required option: "device"')
    raise NotOffered("a volume that mounts a device is not available: use a bind mount or a tmpfs")


def _remove(directory: Path) -> None:
    for left in trees.remove(directory):
        log.warning("%s: %s", directory, left)
