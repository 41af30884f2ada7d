"""--log-driver and --log-opt: checked when the container is made, settled when it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandbox.engine.errors import BadParameter, NotOffered, StartFailed
from sandbox.engine.quantities import in_bytes
from sandbox.engine.record import LAB_RUNTIME
from sandbox.engine.spec import LogSpec

if TYPE_CHECKING:
    from sandbox.engine.record import Record

JSON_FILE = "json-file"
NONE = "none"
# fmt: off
_FOREIGN = (  # Docker has these: each writes for another program, or in a form of its own.
    "awslogs", "etwlogs", "fluentd", "gcplogs", "gelf", "journald", "local", "splunk", "syslog",
)
_KNOWN = frozenset((
    "max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag",
))
# fmt: on
_MODES = frozenset(("mode", "max-buffer-size"))  # Ours writes to a file, and never waits.
_LAB_SIZE = 1 << 20
_FIELD = re.compile(r"\{\{\s*\.(\w+)\s*\}\}", re.ASCII)
_NOT_STARTED = "failed to create task for container: failed to initialize logging driver: "


def checked(driver: str, options: Mapping[str, str]) -> None:
    """Raises BadParameter with dockerd's text, NotOffered where Docker knows it."""
    if driver in _FOREIGN:
        raise NotOffered(f"HostConfig.LogConfig {driver!r}: only json-file and none are available")
    if driver not in ("", JSON_FILE, NONE):
        raise BadParameter(f'error looking up logging plugin {driver}: plugin "{driver}" not found')
    mode = options.get("mode", "")
    if mode not in ("", "blocking", "non-blocking"):
        raise BadParameter(f"logger: logging mode not supported: {mode}")
    if driver != NONE:
        for name in sorted(set(options) - _KNOWN - _MODES):
            raise BadParameter(f"unknown log opt '{name}' for json-file log driver")
    for name in ("labels-regex", "env-regex", "compress"):
        if options.get(name, "false") != "false":
            raise NotOffered(f"HostConfig.LogConfig: {name} is not available")


def settled(record: Record) -> LogSpec | None:
    """How its output is kept, None for not at all. Raises StartFailed, with dockerd's text."""
    if record.host.log_driver == NONE:
        return None
    options = dict(record.host.log_options)
    try:
        size = in_bytes(options["max-size"]) if "max-size" in options else 0
    except ValueError as error:
        raise StartFailed(f"{_NOT_STARTED}{error}") from None
    if record.host.runtime == LAB_RUNTIME:
        return LogSpec(size or _LAB_SIZE, files=2)
    return LogSpec(size, _files(options), _attributes(record, options))


def _files(options: Mapping[str, str]) -> int:
    said = options.get("max-file", "1")
    if not re.fullmatch(r"[+-]?\d+", said, re.ASCII):
        raise StartFailed(f'{_NOT_STARTED}strconv.Atoi: parsing "{said}": invalid syntax')
    if int(said) < 1:
        raise StartFailed(f"{_NOT_STARTED}max-file cannot be less than 1")
    return int(said)


def _attributes(record: Record, options: Mapping[str, str]) -> dict[str, str]:
    labels = record.config.labels or {}
    environment = dict(line.split("=", 1) for line in record.config.env)
    found = {n: labels[n] for n in _names(options, "labels") if n in labels}
    found |= {n: environment[n] for n in _names(options, "env") if n in environment}
    if "tag" in options:
        found["tag"] = _tag(options["tag"], record)
    return dict(sorted(found.items()))


def _names(options: Mapping[str, str], option: str) -> list[str]:
    return options[option].split(",") if options.get(option) else []


def _tag(template: str, record: Record) -> str:
    values = {
        "ID": record.id[:12],
        "FullID": record.id,
        "Name": record.name,
        "ImageName": record.config.image,
        "ImageID": record.image_id.removeprefix("sha256:")[:12],
        "ImageFullID": record.image_id,
        "DaemonName": "docker",
    }
    unknown = set(_FIELD.findall(template)) - set(values)
    if unknown or "{{" in _FIELD.sub("", template):
        raise StartFailed(
            f"{_NOT_STARTED}log tag {template!r}: of templates only {', '.join(values)}"
        )
    return _FIELD.sub(lambda found: values[found[1]], template)
