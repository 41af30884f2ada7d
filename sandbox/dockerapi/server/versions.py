"""Versions of Docker's API: which we speak, and what a path asks for."""

from __future__ import annotations

import re

from sandbox.engine.errors import BadParameter

Version = tuple[int, int]
LOWEST: Version = (1, 24)
HIGHEST: Version = (1, 45)
PRODUCT = "0.1.0"
_PREFIX = re.compile(r"/v(\d{1,3})\.(\d{1,3})(?=/)", re.ASCII)


def text(version: Version) -> str:
    """1.45"""
    return f"{version[0]}.{version[1]}"


def split(path: str) -> tuple[Version | None, str]:
    """The version that the path begins with, None without one, and the rest of the path."""
    found = _PREFIX.match(path)
    if found is None:
        return None, path
    return (int(found[1]), int(found[2])), path[found.end() :]


def agreed(asked: Version | None) -> Version:
    """The version to speak. Raises BadParameter with dockerd's texts outside the range."""
    if asked is None:
        return HIGHEST
    if asked > HIGHEST:
        raise BadParameter(
            f"client version {text(asked)} is too new. "
            f"Maximum supported API version is {text(HIGHEST)}"
        )
    if asked < LOWEST:
        raise BadParameter(
            f"client version {text(asked)} is too old. Minimum supported API version is "
            f"{text(LOWEST)}, please upgrade your client to a newer version"
        )
    return asked


COMMON_HEADERS = {
    "Api-Version": text(HIGHEST),
    "Docker-Experimental": "false",
    "Ostype": "linux",
    "Server": f"Terrarium/{PRODUCT} (linux)",
}
