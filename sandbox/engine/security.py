"""What --security-opt asks for."""

from __future__ import annotations

from sandbox.engine.errors import BadParameter, NotOffered

_YES = {"no-new-privileges", "no-new-privileges=true"}
_KNOWN = _YES | {"no-new-privileges=false", "seccomp=unconfined"}
# What is so in any case: there is no AppArmor or SELinux profile on a container.
_ALWAYS = {"apparmor=unconfined", "label=disable"}


def check(options: tuple[str, ...]) -> None:
    """Raises BadParameter with dockerd's text, NotOffered where Docker knows it."""
    for option in options:
        name, sign, _ = _plain(option).partition("=")
        if _plain(option) in _KNOWN | _ALWAYS:
            continue
        if name in ("seccomp", "apparmor", "label", "systempaths"):
            known = ", ".join(sorted(_KNOWN | _ALWAYS))
            raise NotOffered(f"HostConfig.SecurityOpt {option!r}: available are {known}")
        raise BadParameter(f'invalid --security-opt {2 if sign else 1}: "{option}"')


def no_new_privileges(options: tuple[str, ...]) -> bool:
    """Whether the container's programs may gain nothing by execve."""
    return any(_plain(option) in _YES for option in options)


def seccomp(options: tuple[str, ...]) -> str:
    """Which filter of system calls."""
    plain = [_plain(option) for option in options]
    return "unconfined" if "seccomp=unconfined" in plain else "default"


def _plain(option: str) -> str:
    """An old client writes a colon."""
    return option if "=" in option else option.replace(":", "=", 1)
