"""YAML files of content/ → frozen values; a broken one is refused with file, line and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE = 256 * 1024  # bytes


class BadContent(Exception):
    """The content cannot be used: the message is "file:line: reason"."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")


class Frozen(BaseModel):
    """A value of a content file; a key that nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Frozen):
    """One short text in both languages."""

    zh: str
    en: str

    def told(self, language: str) -> str:
        """The text for a Django language code; anything that is not Chinese reads English."""
        return self.zh if language.startswith("zh") else self.en


Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model]) -> Model:
    """The file's value. Raises BadContent."""
    return checked(path, read_text(path), model)


def read_text(path: Path) -> str:
    """The file's text, bounded. Raises BadContent."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadContent(path, 1, f"larger than {LARGEST_FILE} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadContent(path, 1, str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise BadContent(path, 1, str(error)) from error


def checked(path: Path, text: str, model: type[Model], *, first_line: int = 1) -> Model:
    """A YAML text that starts at a line of a file, as a value. Raises BadContent."""
    try:
        return model.model_validate(YAML(typ="safe").load(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise BadContent(path, first_line + line, str(error.problem)) from error
    except YAMLError as error:
        raise BadContent(path, first_line, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        line = _line(YAML(typ="safe").compose(text), first["loc"])
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise BadContent(path, first_line + line, reason) from error


def line_of(text: str, *location: int | str) -> int:
    """The line, from 1, on which a value of a YAML text starts."""
    return 1 + _line(YAML(typ="safe").compose(text), location)


def _line(node: Node | None, location: tuple[int | str, ...]) -> int:
    """The line, from 0, of the deepest node that the location names."""
    line = 0
    for part in location:
        below = _below(node, part)
        if below is None:
            continue  # The name of a union's member: not in the document.
        key, node = below
        line = key.start_mark.line
    return line


def _below(node: Node | None, part: int | str) -> tuple[Any, Node] | None:
    """The node that a part of a location names, and the one that shows where it starts."""
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    return None
