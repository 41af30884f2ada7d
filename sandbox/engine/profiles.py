"""Kinds of labs, as data. A lab names its profile in the label `terrarium.profile`."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.engine.errors import BadParameter, NotOffered

LABEL = "terrarium.profile"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a lab has beyond its own root; missing says why it cannot be had yet."""

    name: str
    delegated_cgroups: bool
    missing: str = ""


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("plain", delegated_cgroups=False),
        Profile("cgroup", delegated_cgroups=True),
        Profile("engine", delegated_cgroups=True, missing="labs have no nested engine yet"),
        Profile("registry", delegated_cgroups=True, missing="labs have no network yet"),
        Profile("duo", delegated_cgroups=True, missing="labs have no network yet"),
    )
}


def profile(name: str) -> Profile:
    """The profile of that name. Raises BadParameter, NotOffered with the reason."""
    try:
        found = PROFILES[name]
    except KeyError:
        raise BadParameter(f"unknown lab profile {name!r}: one of {', '.join(PROFILES)}") from None
    if found.missing:
        raise NotOffered(f"lab profile {name!r} is not available: {found.missing}")
    return found
