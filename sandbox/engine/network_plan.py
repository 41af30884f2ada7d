"""From a container's network to the steps that make it: pure."""

from __future__ import annotations

from sandbox.boot.links import CallResolver, HandToResolver, Interface, Sysctl, Veth
from sandbox.boot.mounts import BorrowTree, PlaceTree
from sandbox.boot.steps import Step, WriteFile
from sandbox.engine.netfiles import NAMES
from sandbox.engine.spec import LaunchSpec, NetworkSpec

# Docker's, for every network namespace that it makes: who is alone in one may use all its ports.
_SWITCHES = (
    ("net/ipv4/ip_unprivileged_port_start", "0"),
    ("net/ipv4/ping_group_range", "0 2147483647"),
)
_OF_IPC = ("fs/mqueue/", "kernel/msg", "kernel/sem", "kernel/shm")


def outer(spec: LaunchSpec) -> tuple[Step, ...]:
    """In the engine's namespace, before the pivot."""
    network = spec.network
    return (
        *(Veth(n.name, n.bridge, n.device, n.hardware, n.mtu) for n in network.links),
        *((CallResolver(network.resolver),) if network.resolver else ()),
        *(
            BorrowTree(name, f"{network.files}/{name}", writable=not spec.read_only)
            for name in _mounted(network)
        ),
    )


def inner(spec: LaunchSpec) -> tuple[Step, ...]:
    """In the container's namespaces, while its /proc/sys can still be written."""
    steps: list[Step] = []
    for link in spec.network.links:
        steps.append(Sysctl(f"net/ipv6/conf/{link.device}/disable_ipv6", "1"))
        steps.append(Interface(link.device, link.address, link.prefix, link.gateway))
    if spec.network.links:
        steps += [Sysctl(name, value) for name, value in _SWITCHES]
    for name, value in spec.sysctls:
        # The kernel takes those of an ipc namespace from the namespace's own root alone.
        owner = spec.id_base if name.startswith(_OF_IPC) else 0
        steps.append(Sysctl(name, value, owner, needed=True))
    if spec.network.resolver:
        steps.append(HandToResolver(spec.id))
    return tuple(steps)


def files(spec: LaunchSpec) -> tuple[Step, ...]:
    """The three files in /etc."""
    base = spec.id_base
    if not spec.network.files:
        return (
            WriteFile("/etc/hostname", f"{spec.hostname}\n", base),
            WriteFile("/etc/hosts", f"127.0.0.1\tlocalhost {spec.hostname}\n", base),
        )
    # A file also below what hides it, as the mount that hides it must find it in Docker, too.
    hidden = set(NAMES) - set(_mounted(spec.network))
    return (
        *(WriteFile(f"/etc/{name}", "", base) for name in sorted(hidden)),
        *(PlaceTree(name, f"/etc/{name}", base) for name in _mounted(spec.network)),
    )


def _mounted(network: NetworkSpec) -> tuple[str, ...]:
    if not network.files:
        return ()
    return tuple(name for name in NAMES if f"/etc/{name}" not in network.hidden)
