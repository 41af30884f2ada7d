"""-v, --mount, --tmpfs and --volumes-from of POST /containers/create, with dockerd's texts."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from typing import Any

from sandbox.dockerapi.server.fields import mapping, number, strings, text
from sandbox.engine.errors import BadParameter, NotOffered
from sandbox.engine.mounting import MountWishes
from sandbox.engine.mountpoints import Kind, MountPoint

_ACCESS = {"rw", "ro"}
_LABELS = {"z", "Z"}
_COPY = {"nocopy"}
_CONSISTENCY = {"default", "consistent", "cached", "delegated"}
_PROPAGATION = {"private", "rprivate", "slave", "rslave", "shared", "rshared"}
_OFFERED = {"", "private", "rprivate"}
_MOST_PARTS = 3


def wishes(host: Mapping[str, Any]) -> MountWishes:
    """Of a HostConfig. Raises BadParameter, NotOffered."""
    driver = text(host, "VolumeDriver")
    tmpfs = {str(path): str(options) for path, options in mapping(host, "Tmpfs").items()}
    for path in tmpfs:
        _check_destination(path)
    specs = mount_list(host)
    return MountWishes(
        volumes_from=tuple(_source_container(one) for one in strings(host, "VolumesFrom")),
        binds=tuple(_bind(raw) for raw in strings(host, "Binds")),
        mounts=tuple(_mount(spec) for spec in specs),
        tmpfs={posixpath.normpath(path): options for path, options in tmpfs.items()},
        labels=_labels(specs),
        driver=driver,
    )


def mount_list(host: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """HostConfig.Mounts as they were sent. Raises BadParameter."""
    found = host.get("Mounts") or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadParameter("invalid JSON: Mounts is not a list of objects")
    return tuple(found)


def anonymous(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The destinations of Config.Volumes."""
    return tuple(str(path) for path in mapping(body, "Volumes"))


def _bind(raw: str) -> MountPoint:
    parts = raw.split(":")
    if not parts[0] or len(parts) > _MOST_PARTS:
        raise BadParameter(f"invalid volume specification: '{raw}'")
    if len(parts) == 1:
        source, destination, mode = "", parts[0], ""
    else:
        source, destination, mode = parts[0], parts[1], (parts[2:] or [""])[0]
    if len(parts) == 2 and _valid_mode(destination):  # noqa: PLR2004 - source:destination
        raise BadParameter(f"invalid volume specification: '{raw}'")
    if not _valid_mode(mode):
        raise BadParameter(f"invalid mode: {mode}")
    options = set(mode.split(","))
    propagation = next(iter(options & _PROPAGATION), "")
    spec: dict[str, Any] = {"Type": "bind" if source.startswith("/") else "volume"}
    spec |= {"Source": source, "Target": destination, "ReadOnly": "ro" in options}
    if propagation:
        spec["BindOptions"] = {"Propagation": propagation}
    if "nocopy" in options:
        spec["VolumeOptions"] = {"NoCopy": True}
    try:
        return _mount(spec, mode=mode, made=True)
    except BadParameter as error:
        raise BadParameter(f"invalid volume specification: '{raw}': {error}") from None


def _valid_mode(mode: str) -> bool:
    if not mode:
        return True
    kinds = (_ACCESS, _LABELS, _COPY, _CONSISTENCY, _PROPAGATION)
    words = mode.split(",")
    if any(not any(word in kind for kind in kinds) for word in words):
        return False
    return all(sum(word in kind for word in words) <= 1 for kind in kinds)


def _mount(spec: Mapping[str, Any], mode: str = "", *, made: bool = False) -> MountPoint:
    kind = text(spec, "Type")
    if kind in ("npipe", "cluster", "image"):
        raise NotOffered(f"mounts of type {kind!r} are not available")
    if kind not in _KINDS:
        raise BadParameter(f'invalid mount config for type "{kind}": mount type unknown')
    try:
        _check_destination(text(spec, "Target"))
        return _KINDS[kind](spec, mode, made)
    except BadParameter as error:
        raise BadParameter(f'invalid mount config for type "{kind}": {error}') from None


def _check_destination(path: str) -> None:
    if not path:
        raise BadParameter("field Target must not be empty")
    if posixpath.normpath(path).strip("/") in ("", "."):
        raise BadParameter("invalid specification: destination can't be '/'")
    _check_absolute(path)


def _check_absolute(path: str) -> None:
    if not path.startswith("/"):
        raise BadParameter(f"invalid mount path: '{path}' mount path must be absolute")


def _bind_mount(spec: Mapping[str, Any], mode: str, made: bool) -> MountPoint:  # noqa: FBT001 - as its siblings
    source, options = text(spec, "Source"), mapping(spec, "BindOptions")
    if not source:
        raise BadParameter("field Source must not be empty")
    propagation = text(options, "Propagation")
    if propagation and propagation not in _PROPAGATION:
        raise BadParameter(f"invalid propagation mode: {propagation}")
    if mapping(spec, "VolumeOptions"):
        raise BadParameter("field VolumeOptions must not be specified")
    _check_absolute(source)
    made = made or bool(options.get("CreateMountpoint"))
    if not made and not os.path.lexists(source):
        raise BadParameter(f"bind source path does not exist: {source}")
    if propagation not in _OFFERED:
        raise NotOffered(
            f"bind propagation {propagation!r}: a container's mounts are always private, "
            "because its mount namespace belongs to its own user namespace"
        )
    return MountPoint(
        Kind.BIND,
        posixpath.normpath(text(spec, "Target")),
        source=posixpath.normpath(source),
        mode=mode,
        writable=not spec.get("ReadOnly"),
        propagation=propagation or "rprivate",
        made=made,
    )


def _volume_mount(spec: Mapping[str, Any], mode: str, _made: bool) -> MountPoint:  # noqa: FBT001 - as its siblings
    name, options = text(spec, "Source"), mapping(spec, "VolumeOptions")
    if mapping(spec, "BindOptions"):
        raise BadParameter("field BindOptions must not be specified")
    subpath = text(options, "Subpath")
    if subpath and not name:
        raise BadParameter("must not set Subpath when using anonymous volumes")
    if subpath and (subpath.startswith("/") or posixpath.normpath(subpath).startswith("..")):
        raise BadParameter("subpath must be a relative path within the volume")
    if spec.get("ReadOnly") and not name:
        raise BadParameter("must not set ReadOnly mode when using anonymous volumes")
    return MountPoint(
        Kind.VOLUME,
        posixpath.normpath(text(spec, "Target")),
        name=name,
        mode=mode or "z",
        writable=not spec.get("ReadOnly"),
        subpath=subpath,
        copies=not options.get("NoCopy") and not subpath,
        anonymous=not name,
    )


def _tmpfs_mount(spec: Mapping[str, Any], mode: str, _made: bool) -> MountPoint:  # noqa: FBT001 - as its siblings
    if mapping(spec, "BindOptions"):
        raise BadParameter("field BindOptions must not be specified")
    if text(spec, "Source"):
        raise BadParameter("field Source must not be specified")
    options = mapping(spec, "TmpfsOptions")
    parts = []
    if size := number(options, "SizeBytes"):
        parts.append(f"size={size}")
    if bits := number(options, "Mode"):
        parts.append(f"mode={bits:o}")
    return MountPoint(
        Kind.TMPFS,
        posixpath.normpath(text(spec, "Target")),
        mode=mode,
        writable=not spec.get("ReadOnly"),
        options=",".join(parts),
    )


_KINDS = {"bind": _bind_mount, "volume": _volume_mount, "tmpfs": _tmpfs_mount}


def _source_container(given: str) -> tuple[str, bool]:
    name, _, mode = given.partition(":")
    if not name:
        raise BadParameter(f"malformed volumes-from specification: {given}")
    if mode and not (_valid_mode(mode) and set(mode.split(",")) <= _ACCESS | _LABELS):
        raise BadParameter(f"invalid mode: {mode}")
    return name, mode != "ro"


def _labels(specs: tuple[dict[str, Any], ...]) -> dict[str, dict[str, str]]:
    found = {}
    for spec in specs:
        labels = mapping(mapping(spec, "VolumeOptions"), "Labels")
        if labels and text(spec, "Source"):
            found[text(spec, "Source")] = {str(k): str(v) for k, v in labels.items()}
    return found
