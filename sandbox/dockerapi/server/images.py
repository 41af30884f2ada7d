"""/images: list and inspect."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server import labels
from sandbox.dockerapi.server.answers import Reply, as_json
from sandbox.engine.clock import nanoseconds
from sandbox.engine.create import find_image

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host
    from sandbox.image.store import Image

_SECOND = 1_000_000_000
_KNOWN = frozenset(("before", "dangling", "label", "reference", "since", "until"))


async def list_all(host: Host, request: Request) -> Reply:
    """GET /images/json."""
    filters = request.query.filters(_KNOWN)
    images = [image for image in host.images.every() if _passes(image, filters)]
    return as_json([listed(image) for image in images])


async def inspect(host: Host, request: Request) -> Reply:
    """GET /images/NAME/json."""
    image = find_image(host, request.name)
    parsed = image.config
    return as_json(
        {
            "Id": image.id,
            "RepoTags": list(image.tags),
            "RepoDigests": [],
            "Parent": "",
            "Comment": "",
            "Created": parsed.created,
            "DockerVersion": "",
            "Author": parsed.author,
            "Config": parsed.raw.get("config") or {},
            "Architecture": parsed.architecture,
            "Os": parsed.os,
            "Size": image.size,
            "GraphDriver": {"Data": None, "Name": "overlay2"},
            "RootFS": {"Type": "layers", "Layers": list(parsed.layers)},
            "Metadata": {"LastTagTime": parsed.created},
        }
    )


def listed(image: Image, *, containers: int = -1) -> dict[str, Any]:
    """One element of GET /images/json; containers: how many are of it, -1 where nobody counts."""
    return {
        "Containers": containers,
        "Created": nanoseconds(image.config.created) // _SECOND,
        "Id": image.id,
        "Labels": image.config.defaults.labels or None,
        "ParentId": "",
        "RepoDigests": [],
        "RepoTags": list(image.tags),
        "SharedSize": -1,
        "Size": image.size,
    }


def _passes(image: Image, filters: dict[str, tuple[str, ...]]) -> bool:
    for pattern in filters.get("reference", ()):
        repositories = [tag.rpartition(":")[0] for tag in image.tags]
        if not fnmatch.filter([*image.tags, *repositories], pattern):
            return False
    dangling = filters.get("dangling", ())
    if dangling and (dangling[0].lower() in ("true", "1")) == bool(image.tags):
        return False
    return labels.fits(image.config.defaults.labels, filters)
