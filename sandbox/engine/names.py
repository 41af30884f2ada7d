"""Names of containers: which are allowed, and those that the engine makes up."""

from __future__ import annotations

import re
import secrets
from collections.abc import Container

from sandbox.engine.errors import BadParameter

_ALLOWED = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)
_TRIES = 6
# What may live behind glass, and how it gets along there.
# fmt: off
_MANNERS = (
    "amber", "brisk", "calm", "dewy", "early", "fair", "gentle", "hardy", "idle", "jade",
    "keen", "lively", "mellow", "nimble", "opal", "patient", "quiet", "rooted", "sturdy",
    "tender", "upright", "verdant", "warm", "young", "zesty", "airy", "bright", "curious",
    "drowsy", "elegant", "feathery", "glossy", "humble", "inky", "jolly", "kind", "leafy",
    "misty", "noble", "olive", "placid", "rosy", "silent", "thrifty", "velvet", "wise",
)
_TENANTS = (
    "agave", "bromeliad", "cricket", "dracaena", "fern", "gecko", "hoya", "isopod", "juniper",
    "lichen", "moss", "newt", "orchid", "peperomia", "quillwort", "ramshorn", "snail",
    "tillandsia", "ulva", "violet", "woodlouse", "xerophyte", "yucca", "aloe", "begonia",
    "cactus", "duckweed", "echeveria", "ficus", "guppy", "haworthia", "ivy", "jasmine", "kelp",
    "lizard", "mantis", "nettle", "oxalis", "pilea", "quail", "reed", "sedum", "toad", "wren",
)
# fmt: on


def checked(name: str) -> str:
    """The name without its leading slash. Raises BadParameter with Docker's text."""
    if not _ALLOWED.fullmatch(name):
        raise BadParameter(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )
    return name.removeprefix("/")


def made_up(taken: Container[str], identity: str) -> str:
    """As Docker makes them: two words, with a digit when they are taken; at last the short id."""
    for attempt in range(_TRIES):
        digit = str(secrets.randbelow(10)) if attempt else ""
        name = f"{secrets.choice(_MANNERS)}_{secrets.choice(_TENANTS)}{digit}"
        if name not in taken:
            return name
    return identity[:12]
