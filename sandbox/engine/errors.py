"""What can go wrong in a way that a caller can act on; texts are Docker's where it has one."""

from __future__ import annotations

from collections.abc import Iterable


class EngineError(Exception):
    """The engine refuses, or failed at, what was asked."""


class NoSuchContainer(EngineError):
    """No container by that name, id or prefix."""

    def __init__(self, name: str, deed: str = "") -> None:
        """deed: what cannot be done to it, where Docker says so."""
        before = f"{deed}: {name}: " if deed else ""
        super().__init__(f"{before}No such container: {name}")


class NoSuchImage(EngineError):
    """No image by that name or id."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No such image: {name}")


class NoSuchExec(EngineError):
    """No exec instance by that id, or its process is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No such exec instance: {name}")


class ProcessGone(EngineError):
    """The exec's process does not exist (yet, or any more)."""


class NoSuchFile(EngineError):
    """Nothing by that path in a container."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(f"Could not find the file {path} in container {name}")


class Ambiguous(EngineError):
    """A prefix that several containers share."""


class NameTaken(EngineError):
    """Another container has that name."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(
            f'Conflict. The container name "/{name}" is already in use by container "{holder}". '
            "You have to remove (or rename) that container to be able to reuse that name."
        )


class WrongState(EngineError):
    """The container is not in a state that allows it."""


class NotRunning(WrongState):
    """Only a running container can do that."""

    def __init__(self, identity: str) -> None:
        super().__init__(f"container {identity} is not running")


class AlreadyDone(EngineError):
    """The container is already started, or already stopped."""


class BadParameter(EngineError):
    """A value that Docker refuses too."""


class BadNumber(EngineError):
    """Text where a number belongs; Docker calls this its own fault (500)."""


class Unanswerable(EngineError):
    """It cannot be told or done; Docker calls this its own fault (500)."""


class NotOffered(EngineError):
    """Docker can do this and we cannot yet; says what and why."""


class Forbidden(EngineError):
    """Not through this socket."""


class NotStartable(EngineError):
    """The container's command cannot be run: 127 not found, 126 found but not executable."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class StartFailed(EngineError):
    """The container could not be built; names the step that failed."""


class NoRoom(EngineError):
    """Something is exhausted: ids, memory, disk. Says what to do."""


class RemovalIncomplete(EngineError):
    """Something of the container would not go; names it."""


class NoSuchVolume(EngineError):
    """No volume of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"get {name}: no such volume")


class VolumeInUse(EngineError):
    """A container has it mounted, or would when it is started."""

    def __init__(self, name: str, users: Iterable[str]) -> None:
        super().__init__(f"remove {name}: volume is in use - [{', '.join(users)}]")


class NoSuchDriver(EngineError):
    """Volume drivers are plugins, and there are none."""

    def __init__(self, name: str, driver: str) -> None:
        super().__init__(
            f'create {name}: error looking up volume plugin {driver}: plugin "{driver}" not found'
        )


class DuplicateMount(BadParameter):
    """Two mounts at one place."""

    def __init__(self, destination: str) -> None:
        super().__init__(f"Duplicate mount point: {destination}")


class NoSuchNetwork(EngineError):
    """No network by that name or id."""

    def __init__(self, name: str) -> None:
        super().__init__(f"network {name} not found")


class NetworkExists(EngineError):
    """Another network has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"network with name {name} already exists")


class NoSuchPlugin(EngineError):
    """A driver that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f'plugin "{name}" not found')


class NotConnected(EngineError):
    """The container is not on that network. Docker calls this its own fault (500)."""


class AddressTaken(EngineError):
    """An address, a subnet or a port that somebody has. Docker calls this its own fault (500)."""
