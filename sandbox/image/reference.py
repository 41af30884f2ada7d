"""Names of images as people write them: `busybox`, `terrarium/lab:latest`, `host:5000/a/b`.

The grammar is distribution/reference's; docker.io and library/ are implied and not shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
_LONGEST_NAME = 255


class BadReference(ValueError):
    """Not the name of an image; the message is Docker's."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository with a tag, a digest, or both; name is the familiar one."""

    name: str
    tag: str
    digest: str

    @property
    def tagged(self) -> str:
        """As repositories.json and `docker images` spell it."""
        return f"{self.name}:{self.tag or 'latest'}"


def familiar(text: str) -> str:
    """The reference as Docker names it to people, with its tag. Raises BadReference."""
    found = parse(text)
    return f"{found.name}@{found.digest}" if found.digest else found.tagged


def parse(text: str) -> Reference:
    """The reference in text. Raises BadReference."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        if _REFERENCE.fullmatch(text.lower()):
            raise BadReference(
                f"invalid reference format: repository name ({_implied(text)}) must be lowercase"
            )
        raise BadReference("invalid reference format")
    name = _familiar(found["name"])
    if len(name) > _LONGEST_NAME:
        raise BadReference("invalid reference format: repository name must not be longer than 255")
    return Reference(name, found["tag"] or "", found["digest"] or "")


def _familiar(name: str) -> str:
    for implied in ("docker.io/library/", "index.docker.io/library/", "docker.io/"):
        if name.startswith(implied):
            return name.removeprefix(implied)
    return name


def _implied(text: str) -> str:
    name = text.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    repository = head if colon and "/" not in tag else name
    return repository if "/" in repository else f"library/{repository}"
