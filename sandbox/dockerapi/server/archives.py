"""/containers: archive (docker cp), export."""

from __future__ import annotations

import base64
import json
import stat
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.dockerapi.server.answers import Answer, Reply, Stream
from sandbox.engine import archive
from sandbox.engine.clock import rfc3339
from sandbox.engine.errors import BadParameter
from sandbox.engine.policy import granted

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host
    from sandbox.porter.words import Found

TAR = "application/x-tar"
OCTETS = "application/octet-stream"
_HEADER = "X-Docker-Container-Path-Stat"
# Go's io/fs.FileMode: what does not fit into nine bits of rights.
_KINDS = {
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
    stat.S_IFCHR: 1 << 26 | 1 << 21,
}
_EXTRAS = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}


async def examine(host: Host, request: Request) -> Reply:
    """HEAD /containers/NAME/archive."""
    container = granted(host, request.policy, request.name)
    found = await archive.examine(host, container, _asked(request))
    return Answer(HTTPStatus.OK, headers={_HEADER: _described(found)})


async def send(host: Host, request: Request) -> Reply:
    """GET /containers/NAME/archive."""
    container = granted(host, request.policy, request.name)
    found, pieces = await archive.pack(host, container, _asked(request))
    return Stream(pieces, TAR, headers={_HEADER: _described(found)})


async def receive(host: Host, request: Request) -> Reply:
    """PUT /containers/NAME/archive."""
    container = granted(host, request.policy, request.name)
    query = request.query
    terms = archive.Terms(
        kinds_stay=query.flag("noOverwriteDirNonDir"), by_user=query.flag("copyUIDGID")
    )
    pieces = request.exchange.pieces()
    await archive.unpack(host, container, _asked(request), terms, pieces)
    return Answer(HTTPStatus.OK, b"", "text/plain; charset=utf-8")


async def export(host: Host, request: Request) -> Reply:
    """GET /containers/NAME/export."""
    container = granted(host, request.policy, request.name)
    return Stream(await archive.export(host, container), OCTETS)


def _asked(request: Request) -> archive.Asked:
    path = request.query.text("path")
    if not path:
        raise BadParameter("bad parameter: pathcannot be empty")  # dockerd's own words
    return archive.Asked(path, request.name)


def _described(found: Found) -> str:
    kind = _KINDS.get(stat.S_IFMT(found.mode), 0)
    extras = sum(bit for there, bit in _EXTRAS.items() if found.mode & there)
    said = {
        "name": found.name,
        "size": found.size,
        "mode": kind | extras | (found.mode & 0o777),
        "mtime": rfc3339(found.modified),
        "linkTarget": found.target,
    }
    return base64.b64encode(json.dumps(said).encode()).decode()
