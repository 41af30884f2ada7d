"""Images on disk, below STATE/engine/image.

layers/<hex>/ is an unpacked layer (read-only in use), layers/<hex>.size its bytes;
images/<hex>.json a configuration; repositories.json maps "name:tag" to an image id.
Files appear by rename; a directory without .size is half-made.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.image import config, reference
from sandbox.image.config import ImageConfig

_HEX_DIGITS = 64


class ImageAbsent(LookupError):
    """No image of that name or id."""


class UnpackFailed(Exception):
    """The layer's archive could not be unpacked."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its id, names, configuration and size in bytes."""

    id: str  # sha256:...
    tags: tuple[str, ...]
    config: ImageConfig
    size: int


class ImageStore:
    """The images below one directory, looked for anew each time: another process may add some."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # What an id names never changes.
        self._configs: dict[str, ImageConfig] = {}
        self._sizes: dict[str, int] = {}
        self._tagged: tuple[tuple[int, int], dict[str, str]] = ((0, 0), {})
        for part in ("layers", "images"):
            (directory / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    def find(self, name: str) -> Image:
        """The image by name, id or unique prefix of an id. Raises ImageAbsent, BadReference."""
        if found := self._by_id(name):
            return self._load(found)
        wanted = reference.parse(name)
        identity = wanted.digest if wanted.digest and not wanted.tag else ""
        identity = identity or self._repositories().get(wanted.tagged, "")
        if not identity or not self._file(identity).exists():
            raise ImageAbsent(name)
        return self._load(identity)

    def every(self) -> list[Image]:
        """All images, newest first."""
        ids = [f"sha256:{file.stem}" for file in (self.directory / "images").glob("*.json")]
        found = [self._load(identity) for identity in ids]
        return sorted(found, key=lambda image: image.config.created, reverse=True)

    def layers(self, image: Image) -> tuple[Path, ...]:
        """The unpacked layers, lowest first."""
        return tuple(self._layer(diff_id) for diff_id in image.config.layers)

    def add_from_tar(self, name: str, tar: Path, settings: Mapping[str, object]) -> str:
        """Add a one-layer image under name; its id. settings is a configuration without rootfs.

        Raises UnpackFailed, config.BadImageConfig, reference.BadReference.
        """
        tagged = reference.parse(name).tagged
        diff_id = self._add_layer(tar)
        content = {"architecture": _architecture(), "os": "linux", **settings}
        content["rootfs"] = {"type": "layers", "diff_ids": [diff_id]}
        data = json.dumps(content, sort_keys=True).encode()
        config.parse(data)
        identity = f"sha256:{hashlib.sha256(data).hexdigest()}"
        _replace(self._file(identity), data)
        self._name(tagged, identity)
        return identity

    def _add_layer(self, tar: Path) -> str:
        with tar.open("rb") as archive:
            digest = hashlib.file_digest(archive, "sha256").hexdigest()
            layer = self._layer(f"sha256:{digest}")
            done = layer.with_name(f"{digest}.size")
            if not done.exists():
                archive.seek(0)
                shutil.rmtree(layer, ignore_errors=True)
                layer.mkdir(mode=0o755)
                unpack = [sys.executable, "-m", "sandbox.image.unpack", str(layer)]
                result = subprocess.run(  # noqa: S603 - our own program
                    unpack, stdin=archive, capture_output=True, check=False
                )
                if result.returncode:
                    shutil.rmtree(layer, ignore_errors=True)
                    raise UnpackFailed(result.stderr.decode(errors="replace").strip()[-500:])
                _replace(done, result.stdout)
        return f"sha256:{digest}"

    def _name(self, tagged: str, identity: str) -> None:
        names = {**self._repositories(), tagged: identity}
        _replace(self.directory / "repositories.json", json.dumps(names, indent=1).encode())

    def _load(self, identity: str) -> Image:
        parsed = self._configs.get(identity)
        if parsed is None:
            parsed = self._configs[identity] = config.parse(self._file(identity).read_bytes())
        tags = tuple(name for name, there in self._repositories().items() if there == identity)
        return Image(identity, tags, parsed, sum(self._size(layer) for layer in parsed.layers))

    def _by_id(self, name: str) -> str:
        prefix = name.removeprefix("sha256:")
        if not prefix or len(prefix) > _HEX_DIGITS or set(prefix) - set("0123456789abcdef"):
            return ""
        if len(prefix) == _HEX_DIGITS:
            return f"sha256:{prefix}" if self._file(prefix).exists() else ""
        found = list((self.directory / "images").glob(f"{prefix}*.json"))
        return f"sha256:{found[0].stem}" if len(found) == 1 else ""

    def _repositories(self) -> dict[str, str]:
        file = self.directory / "repositories.json"
        try:
            status = file.stat()
            version = (status.st_ino, status.st_mtime_ns)  # It is replaced, never written to.
            if version != self._tagged[0]:
                names = json.loads(file.read_bytes())
                known = {str(name): str(identity) for name, identity in names.items()}
                self._tagged = (version, known)
        except FileNotFoundError:
            return {}
        return self._tagged[1]

    def _file(self, identity: str) -> Path:
        return self.directory / "images" / f"{identity.removeprefix('sha256:')}.json"

    def _layer(self, diff_id: str) -> Path:
        return self.directory / "layers" / diff_id.removeprefix("sha256:")

    def _size(self, diff_id: str) -> int:
        if diff_id not in self._sizes:
            layer = self._layer(diff_id)
            try:
                self._sizes[diff_id] = int(layer.with_name(f"{layer.name}.size").read_text())
            except FileNotFoundError:
                return 0
        return self._sizes[diff_id]


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def _replace(file: Path, content: bytes) -> None:
    part = file.with_name(f".{file.name}.{os.getpid()}")
    with part.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    part.rename(file)
