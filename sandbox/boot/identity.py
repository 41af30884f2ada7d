"""Who a program runs as: Docker's USER syntax against the container's own passwd and group.

The files belong to somebody hostile: regular files only, never blocking, at most 1 MiB of each.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

MOST = 1 << 20
HIGHEST_ID = 65535
_HIGHEST_OF_ALL = (1 << 31) - 1
PASSWD_FIELDS = 7
GROUP_FIELDS = 4


@dataclass(frozen=True, slots=True)
class Identity:
    """Ids as seen inside the container."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def resolve(user: str, added: tuple[str, ...] = (), *, etc: str = "/etc") -> Identity:
    """`name`, `uid`, `name:group`, `uid:gid`, or "" for root. ValueError in Docker's words.

    added: further groups, names or numbers.
    """
    name, _, group_name = user.partition(":")
    name = name or "0"  # Root needs no file: an image may have none, a learner may remove it.
    rows = _rows(f"{etc}/passwd", PASSWD_FIELDS)
    groups_file = f"{etc}/group"
    row = _find(rows, name)
    if row is None and not name.removeprefix("-").isdigit():
        raise ValueError(f"unable to find user {name}: no matching entries in passwd file")
    uid = int(row[2]) if row else int(name)
    gid = int(row[3]) if row else 0
    groups: tuple[int, ...] = ()
    if group_name:
        gid = _group(group_name, groups_file)
    elif row:
        groups = tuple(
            int(g[2]) for g in _rows(groups_file, GROUP_FIELDS) if row[0] in g[3].split(",")
        )
    groups += _added(added, groups_file)
    for number in (uid, gid, *groups):
        if not 0 <= number <= _HIGHEST_OF_ALL:
            raise ValueError(f"uids and gids must be in range 0-{_HIGHEST_OF_ALL}")
        if number > HIGHEST_ID:  # Docker has more, but a container of ours has ids of its own.
            raise ValueError(f"uids and gids must be in range 0-{HIGHEST_ID}")
    return Identity(uid, gid, groups, row[5] if row else "/")


def _added(names: tuple[str, ...], path: str) -> tuple[int, ...]:
    try:
        return tuple(_group(name, path) for name in names)
    except ValueError as error:
        text = str(error)
        raise ValueError(text[0].upper() + text[1:]) from None


def _group(name: str, path: str) -> int:
    row = _find(_rows(path, GROUP_FIELDS), name)
    if row is None and not name.isdigit():
        raise ValueError(f"unable to find group {name}: no matching entries in group file")
    return int(row[2]) if row else int(name)


def _find(rows: list[list[str]], name: str) -> list[str] | None:
    for row in rows:
        if row[0] == name:
            return row
    return next((row for row in rows if row[2] == name), None)


def _rows(path: str, width: int) -> list[list[str]]:
    rows = (line.split(":") for line in _text(path).splitlines())
    return [row for row in rows if len(row) >= width and row[2].isdigit() and _numbers(row, width)]


def _numbers(row: list[str], width: int) -> bool:
    return width == GROUP_FIELDS or row[3].isdigit()


def _text(path: str) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return ""  # An image without the file has no names, only numbers: as Docker does.
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return ""
        return os.read(file, MOST).decode(errors="replace")
    finally:
        os.close(file)
