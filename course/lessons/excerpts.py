"""What a lesson shows by reference: functions of our own source, and plans that the engine prints.

The text is read, never imported: the web process cannot import privileged code.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = ("sandbox/kernel/", "sandbox/boot/")  # what a lesson may show
_SOURCE = re.compile(r"(?P<file>[a-z0-9_/]+\.py)#(?P<name>\w+(\.\w+)?)")
_PLAN = re.compile(r"[a-z0-9-]{1,40}")


class NoExcerpt(Exception):
    """The reference leads to nothing that may be shown; the message says why."""


def of_source(reference: str, source: Path) -> tuple[str, str]:
    """A function or class by "file.py#name": the file's name and the text. Raises NoExcerpt."""
    found = _SOURCE.fullmatch(reference)
    if found is None or not reference.startswith(SHOWN):
        raise NoExcerpt(f"include={reference}: write one of {' '.join(SHOWN)}…/file.py#name")
    path = source / found["file"]
    if not path.is_file():
        raise NoExcerpt(f"include={reference}: there is no {found['file']}")
    text = path.read_text(encoding="utf-8")
    scope: ast.AST = ast.parse(text)
    for name in found["name"].split("."):
        scope = _defined(scope, name, reference)
    return found["file"], _cut(text, scope)


def of_plan(reference: str, plans: Path) -> tuple[str, str]:
    """A printed plan by its name. Raises NoExcerpt."""
    path = plans / f"{reference}.txt"
    if _PLAN.fullmatch(reference) is None or not path.is_file():
        raise NoExcerpt(f"include={reference}: there is no content/plans/{reference}.txt")
    return reference, path.read_text(encoding="utf-8")


def _defined(scope: ast.AST, name: str, reference: str) -> ast.AST:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    raise NoExcerpt(f"include={reference}: it defines no {name}")


def _cut(text: str, node: ast.AST) -> str:
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    indent = len(lines[0]) - len(lines[0].lstrip())
    # What the linter is told is no part of the lesson.
    cleaned = (re.sub(r"\s*# (noqa|type: ignore).*", "", line[indent:]) for line in lines)
    return "\n".join(cleaned) + "\n"
