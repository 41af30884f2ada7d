"""The root of a container that does not run, for whoever looks into it meanwhile: pure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.boot.steps import Directory, IdmappedLayer, Mount, PivotRoot, Step, WriteFile
from sandbox.engine import mount_plan
from sandbox.kernel.mount import MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.engine.mountpoints import MountPoint
    from sandbox.engine.spec import LaunchSpec

_PLACES = "places"


def steps(spec: LaunchSpec, mounts: tuple[MountPoint, ...], *, writable: bool) -> tuple[Step, ...]:
    """Paths are below an empty directory. mounts: from the root downwards, no tmpfs."""
    lowers = [f"l{number}" for number in range(len(spec.layers))]
    # Of a root that cannot be written to, the places of mounts are a lowest layer of their own.
    places = () if writable else tuple(_places(mounts, spec.id_base))
    return (
        *(Directory(name) for name in ("root", _PLACES, *lowers)),
        *places,
        *(IdmappedLayer(layer, name) for layer, name in zip(spec.layers, lowers, strict=True)),
        *_overlay(spec, lowers[::-1], writable=writable),
        *mount_plan.borrowed(mounts),
        PivotRoot("root"),
        *mount_plan.placed(mounts, spec.id_base),
    )


def _overlay(spec: LaunchSpec, lowers: list[str], *, writable: bool) -> tuple[Step, ...]:
    upper, work = f"{spec.directory}/diff", f"{spec.directory}/work"
    if writable:
        base = spec.id_base
        options = f"lowerdir={':'.join(lowers)},upperdir={upper},workdir={work}"
        made = (Directory(upper, owner=base), Directory(work, owner=base))
        return (*made, Mount("overlay", "root", "overlay", MS.NODEV, options))
    # Read only: without an upper directory nothing is synced when it goes, and nobody who starts
    # the container meanwhile shares one. A container that was never started has none.
    own = [upper] if Path(upper).is_dir() else []
    options = f"lowerdir={':'.join([*own, *lowers, _PLACES])}"
    return (Mount("overlay", "root", "overlay", MS.NODEV | MS.RDONLY, options),)


def _places(mounts: tuple[MountPoint, ...], owner: int) -> Iterator[Step]:
    made = set()
    for point in mounts:
        *above, last = [part for part in os.path.normpath(point.destination).split("/") if part]
        path = _PLACES
        for part in above:
            path = f"{path}/{part}"
            if path not in made:
                made.add(path)
                yield Directory(path, owner=owner)
        path = f"{path}/{last}"
        if path in made:
            continue
        made.add(path)
        source = os.path.join(point.source, point.subpath)  # noqa: PTH118 it may be empty
        if os.path.isdir(source):  # noqa: PTH112 it follows links, as the mount does
            yield Directory(path, owner=owner)
        else:
            yield WriteFile(path, "", owner)
