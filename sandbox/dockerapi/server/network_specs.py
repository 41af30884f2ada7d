"""Networks in Docker's JSON, into closed types: of a new container, a connection, a new network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any

from sandbox.dockerapi.server.fields import mapping, strings, text
from sandbox.engine import networking, ports
from sandbox.engine.endpoint import Endpoint
from sandbox.engine.errors import BadParameter, Forbidden, NoSuchPlugin, NotOffered
from sandbox.engine.network import BRIDGE, CONTAINER, HOST, Network

_HARDWARE = re.compile(r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
_IPV6 = "IPv6 is not available: this engine's networks are IPv4 only"
_ALONE = ("host", "null")
_ABSENT = ("overlay", "macvlan", "ipvlan")


def endpoints(body: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    """A new container's networks, that of --network first. Raises BadParameter, NotOffered."""
    mode = text(mapping(body, "HostConfig"), "NetworkMode") or "default"
    if mode.startswith(CONTAINER):
        return ()
    said = mapping(mapping(body, "NetworkingConfig"), "EndpointsConfig")
    wanted: dict[str, Endpoint] = {_real(mode): Endpoint(_real(mode))}
    for name in said:
        wanted[_real(name)] = endpoint(_real(name), mapping(said, name))
    return tuple(wanted.values())


def endpoint(name: str, said: Mapping[str, Any]) -> Endpoint:
    """What is asked for on one network. Raises BadParameter, NotOffered."""
    ipam = mapping(said, "IPAMConfig")
    if text(ipam, "IPv6Address") or text(said, "GlobalIPv6Address"):
        raise NotOffered(_IPV6)
    if said.get("Links"):
        raise NotOffered("links are not available: containers of one network find each other")
    hardware = text(said, "MacAddress")
    if hardware and not _HARDWARE.fullmatch(hardware):
        raise BadParameter(f"{hardware} is not a valid mac address")
    return Endpoint(
        network=name,
        aliases=strings(said, "Aliases"),
        ipam=dict(ipam) if said.get("IPAMConfig") is not None else None,
        options={str(k): str(v) for k, v in mapping(said, "DriverOpts").items()} or None,
        hardware_asked=hardware.lower(),
    )


def bindings(host: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]] | None:
    """PortBindings. Raises BadParameter."""
    if host.get("PortBindings") is None:
        return None
    found: dict[str, list[dict[str, Any]]] = {}
    for port, places in mapping(host, "PortBindings").items():
        if not isinstance(places, list | None) or not all(
            isinstance(p, dict) for p in places or ()
        ):
            raise BadParameter(f"invalid JSON: PortBindings of {port} is not a list of objects")
        found[ports.check(port)] = [
            {"HostIp": text(place, "HostIp"), "HostPort": text(place, "HostPort")}
            for place in places or ()
        ]
        for place in found[ports.check(port)]:
            ports.check_place(place)
    return found


def exposed(body: Mapping[str, Any]) -> tuple[str, ...]:
    """ExposedPorts. Raises BadParameter."""
    return tuple(ports.check(port) for port in mapping(body, "ExposedPorts"))


def extra_hosts(host: Mapping[str, Any]) -> tuple[str, ...]:
    """NAME:ADDRESS. Raises BadParameter with dockerd's text."""
    lines = strings(host, "ExtraHosts")
    for line in lines:
        name, sign, address = line.partition(":")
        if not (name and sign and address) or re.search(r"\s", line):
            raise BadParameter(f'bad format for add-host: "{line}"')
    return lines


def check_shared(body: Mapping[str, Any]) -> None:
    """What makes no sense in another container's network. Raises BadParameter, dockerd's texts."""
    host = mapping(body, "HostConfig")
    mode = text(host, "NetworkMode")
    if text(host, "UTSMode") and text(body, "Hostname"):
        raise BadParameter("conflicting options: hostname and the UTS mode")
    if not mode.startswith(CONTAINER):
        return
    conflicts = (
        (text(body, "Hostname"), "hostname and the network mode"),
        (host.get("Dns"), "dns and the network mode"),
        (host.get("ExtraHosts"), "custom host-to-IP mapping and the network mode"),
        (text(body, "MacAddress"), "mac-address and the network mode"),
        (
            host.get("PortBindings") or host.get("PublishAllPorts"),
            "port publishing and the container type network mode",
        ),
        (body.get("ExposedPorts"), "port exposing and the container type network mode"),
    )
    for asked, what in conflicts:
        if asked:
            raise BadParameter(f"conflicting options: {what}")


def warnings(body: Mapping[str, Any]) -> list[str]:
    """What is taken from a creation without effect, in dockerd's words."""
    host = mapping(body, "HostConfig")
    if text(host, "NetworkMode") == HOST and host.get("PortBindings"):
        return ["Published ports are discarded when using host network mode"]
    return []


def network(body: Mapping[str, Any]) -> Network:
    """POST /networks/create. Raises BadParameter, Forbidden, NotOffered, NoSuchPlugin."""
    name, driver = text(body, "Name"), text(body, "Driver") or BRIDGE
    networking.check_name(name)
    _refuse(body, driver)
    ipam = mapping(body, "IPAM")
    subnet, ip_range, gateway, auxiliary, shown = _pool(ipam)
    return Network(
        id="",
        name=name,
        created="",
        driver=driver,
        subnet=subnet,
        gateway=gateway,
        ip_range=ip_range,
        auxiliary=auxiliary,
        ipam=shown,
        ipam_options={str(k): str(v) for k, v in mapping(ipam, "Options").items()},
        subnet_asked=bool(subnet),
        internal=bool(body.get("Internal")),
        attachable=bool(body.get("Attachable")),
        labels={str(k): str(v) for k, v in mapping(body, "Labels").items()},
        options={str(k): str(v) for k, v in mapping(body, "Options").items()},
    )


def _refuse(body: Mapping[str, Any], driver: str) -> None:
    if driver in _ALONE:
        raise Forbidden(f'only one instance of "{driver}" network is allowed')
    if text(body, "Scope") == "swarm":
        raise Forbidden("cannot create a swarm scoped network when swarm is not active")
    if driver not in (BRIDGE, *_ABSENT):
        raise NoSuchPlugin(driver)
    absent = (
        (driver != BRIDGE, f"{driver} networks are not available: only bridge"),
        (body.get("Ingress"), "ingress networks are not available: this node is not in a swarm"),
        (body.get("EnableIPv6"), _IPV6),
        (body.get("ConfigOnly"), "networks that are configurations are not available"),
        (body.get("ConfigFrom"), "networks that are configurations are not available"),
        (text(mapping(body, "IPAM"), "Driver") not in ("", "default"), "only IPAM driver default"),
    )
    for asked, reason in absent:
        if asked and asked != {"Network": ""}:
            raise NotOffered(reason)


Pool = tuple[str, str, str, Mapping[str, str], tuple[dict[str, Any], ...]]
_NO_POOL: Pool = ("", "", "", {}, ())


def _pool(ipam: Mapping[str, Any]) -> Pool:
    said = _one(ipam.get("Config") or [{}])
    subnet, ip_range, gateway = (text(said, name) for name in ("Subnet", "IPRange", "Gateway"))
    auxiliary = {str(k): str(v) for k, v in mapping(said, "AuxiliaryAddresses").items()}
    if not subnet:
        if ip_range or gateway or auxiliary:
            raise BadParameter("every ip-range or gateway must have a corresponding subnet")
        return _NO_POOL
    whole = _subnet(subnet, "subnet")
    _check_pool(whole, ip_range, (gateway, *auxiliary.values()))
    return subnet, ip_range, gateway, auxiliary, ({k: v for k, v in said.items() if v},)


def _one(config: object) -> Mapping[str, Any]:
    match config:
        case [dict(said)]:
            return said
        case [_, _, *_]:
            raise NotOffered("a network has one subnet: several are not available")
        case _:
            raise BadParameter("invalid JSON: IPAM.Config is not a list of objects")


def _check_pool(whole: IPv4Network, ip_range: str, wanted: tuple[str, ...]) -> None:
    if ip_range and not whole.supernet_of(_subnet(ip_range, "ip-range")):
        raise BadParameter(_config(f"invalid ip-range {ip_range}: parent subnet is {whole}"))
    for address in wanted:
        if address and not _within(whole, address):
            raise BadParameter(_config(f"invalid address {address}: parent subnet is {whole}"))


def _subnet(value: str, kind: str) -> IPv4Network:
    if ":" in value:
        raise NotOffered(_IPV6)
    try:
        found = IPv4Network(value, strict=False)
    except ValueError:
        raise BadParameter(
            _config(f"invalid {kind} {value}: invalid CIDR block notation")
        ) from None
    if "/" not in value:
        raise BadParameter(_config(f"invalid {kind} {value}: invalid CIDR block notation"))
    if str(found) != value:
        raise BadParameter(_config(f"invalid {kind} {value}: it should be {found}"))
    return found


def _within(subnet: IPv4Network, address: str) -> bool:
    try:
        return IPv4Address(address) in subnet
    except AddressValueError:
        raise BadParameter(_config(f"invalid address {address}")) from None


def _config(reason: str) -> str:
    return f"invalid network config:\n{reason}"


def _real(name: str) -> str:
    return BRIDGE if name == "default" else name
