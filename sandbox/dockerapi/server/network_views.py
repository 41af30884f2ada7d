"""Networks as Docker shows them: one network, and what a container has of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.engine import networking, ports
from sandbox.engine.network import BRIDGE, PREDEFINED
from sandbox.engine.record import LAB_RUNTIME

if TYPE_CHECKING:
    from sandbox.engine.endpoint import Endpoint
    from sandbox.engine.host import Host
    from sandbox.engine.network import Network
    from sandbox.engine.record import Record

# fmt: off
_EMPTY = (
    "Bridge", "SandboxID", "SandboxKey", "EndpointID", "Gateway", "IPAddress", "IPv6Gateway",
    "GlobalIPv6Address", "LinkLocalIPv6Address", "MacAddress",
)
_ZERO = ("GlobalIPv6PrefixLen", "IPPrefixLen", "LinkLocalIPv6PrefixLen")
# fmt: on


def shown(host: Host, network: Network, *, containers: bool) -> dict[str, Any]:
    """GET /networks/NAME; in the list without its containers, as dockerd has it."""
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": network.created,
        "Scope": "local",
        "Driver": network.driver,
        "EnableIPv6": False,
        "IPAM": {
            "Driver": "default",
            "Options": network.ipam_options,
            "Config": list(network.ipam) or None,
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": _containers(host, network) if containers else {},
        "Options": network.options,
        "Labels": network.labels,
    }


def settings(record: Record, *, short_ids: bool) -> dict[str, Any]:
    """NetworkSettings of `docker inspect`."""
    first = next((e for e in record.endpoints if e.network == BRIDGE and e.id), None)
    whole: dict[str, Any] = {
        **dict.fromkeys(_EMPTY, ""),
        **dict.fromkeys(_ZERO, 0),
        "HairpinMode": False,
        "Ports": _ports(record),
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "Networks": networks(record),
    }
    if short_ids:
        for name, endpoint in whole["Networks"].items():
            if name not in PREDEFINED:
                aliases = (*(endpoint["Aliases"] or ()), record.id[:12], record.config.hostname)
                endpoint["Aliases"] = list(dict.fromkeys(aliases))
    if first is not None:
        whole |= {"EndpointID": first.id, "Gateway": first.gateway, "IPAddress": first.address}
        whole |= {"IPPrefixLen": first.prefix, "MacAddress": first.hardware}
    return whole


def networks(record: Record) -> dict[str, Any]:
    """A container's networks by name."""
    if record.host.runtime == LAB_RUNTIME:
        return {"none": _endpoint(record, None)}
    return {endpoint.network: _endpoint(record, endpoint) for endpoint in record.endpoints}


def row_ports(record: Record) -> list[dict[str, Any]]:
    """The PORTS column of `docker ps`: what is published, and what is merely exposed."""
    rows: list[dict[str, Any]] = [
        {
            "IP": port.host_ip,
            "PrivatePort": port.number,
            "PublicPort": port.host_port,
            "Type": port.protocol,
        }
        for port in record.published
    ]
    published = {port.port for port in record.published}
    for port in _exposed(record):
        if port not in published:
            number, _, protocol = port.partition("/")
            rows.append({"PrivatePort": int(number), "Type": protocol})
    return rows


def _exposed(record: Record) -> list[str]:
    if not any(endpoint.id for endpoint in record.endpoints):
        return []
    return ports.ordered(record.config.exposed, record.host.bindings or {})


def _ports(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(sorted(_exposed(record)))
    for port in record.published:
        places = found[port.port] = found.get(port.port) or []
        places.append({"HostIp": port.host_ip, "HostPort": str(port.host_port)})
    return found


def _endpoint(record: Record, endpoint: Endpoint | None) -> dict[str, Any]:
    empty = ("MacAddress", "NetworkID", "EndpointID", "Gateway", "IPAddress", "IPv6Gateway")
    none = ("IPAMConfig", "Links", "Aliases", "DriverOpts", "DNSNames")
    numbers = {"IPPrefixLen": 0, "GlobalIPv6PrefixLen": 0}
    whole = {**dict.fromkeys(none), **dict.fromkeys(empty, ""), "GlobalIPv6Address": "", **numbers}
    if endpoint is None:
        return whole
    whole |= {
        "IPAMConfig": endpoint.ipam,
        "Aliases": list(endpoint.aliases) or None,
        "DriverOpts": endpoint.options,
        "MacAddress": endpoint.hardware or endpoint.hardware_asked,
        "NetworkID": endpoint.network_id,
        "EndpointID": endpoint.id,
        "Gateway": endpoint.gateway,
        "IPAddress": endpoint.address,
        "IPPrefixLen": endpoint.prefix,
    }
    if endpoint.network not in PREDEFINED:
        whole["DNSNames"] = list(networking.names(record, endpoint))
    return whole


def _containers(host: Host, network: Network) -> dict[str, Any]:
    return {
        container.id: {
            "Name": container.record.name,
            "EndpointID": endpoint.id,
            "MacAddress": endpoint.hardware,
            "IPv4Address": f"{endpoint.address}/{endpoint.prefix}" if endpoint.address else "",
            "IPv6Address": "",
        }
        for container, endpoint in networking.active(host, network)
    }
