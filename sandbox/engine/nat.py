"""nftables: address translation and isolation, in one table of this engine's own.

The nft program does it, with a script on its standard input: a script is one transaction of the
kernel's, and what fails in it ends a child. Rejected: libnftables in this process, which calls
exit(3) where netfilter is absent, and pyroute2's expressions, which cost 24 MiB and hide the rules.

The rules are fixed; what changes are elements of sets and maps, so a change costs the same for one
published port as for a thousand. Everything stays in force when the engine is killed. 127.0.0.1 is
served by the same rules (route_localnet on the bridge): no proxy process for each port, none whose
end would cut connections; packets from a bridge to 127.0.0.0/8 are dropped before they count.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from sandbox.engine.endpoint import Published
from sandbox.engine.errors import NotOffered, StartFailed
from sandbox.engine.network import Network

_RULES = """
table ip {name} {{
  map everywhere {{ type inet_proto . inet_service : ipv4_addr . inet_service; }}
  map somewhere {{ type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }}
  set bridges {{ type ifname; }}
  set internal {{ type ifname; }}
  set masqueraded {{ type ipv4_addr; flags interval; }}
  set same {{ type ifname . ifname; }}
  chain loopback {{
    type filter hook prerouting priority raw; policy accept;
    iifname @bridges ip daddr 127.0.0.0/8 drop
  }}
  chain published {{
    dnat ip to ip daddr . meta l4proto . th dport map @somewhere
    dnat ip to meta l4proto . th dport map @everywhere
  }}
  chain incoming {{
    type nat hook prerouting priority dstnat; policy accept;
    meta l4proto {{ tcp, udp }} fib daddr type local jump published
  }}
  chain own {{
    type nat hook output priority -100; policy accept;
    meta l4proto {{ tcp, udp }} fib daddr type local jump published
  }}
  chain outgoing {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname @bridges ip saddr 127.0.0.0/8 masquerade
    oifname @bridges ct status dnat ip saddr @masqueraded masquerade
    oifname != @bridges ip saddr @masqueraded masquerade
  }}
  chain passing {{
    type filter hook forward priority filter; policy accept;
    iifname != @bridges oifname != @bridges accept
    iifname . oifname @same accept
    iifname @internal drop
    oifname @internal drop
    ct state established,related accept
    oifname @bridges ct status dnat accept
    oifname @bridges drop
  }}
}}
"""


def table_of(key: str) -> str:
    """The table's name."""
    return f"terrarium_{key}"


def whole(key: str, networks: Iterable[Network], published: Iterable[tuple[Published, str]]) -> str:
    """The script that replaces the table, in one transaction."""
    name = table_of(key)
    lines = [f"table ip {name}\ndelete table ip {name}", _RULES.format(name=name)]
    lines += [network_there(key, network) for network in networks]
    lines += [port_there(key, port, address) for port, address in published]
    return "\n".join(lines)


def network_there(key: str, network: Network) -> str:
    """The script for a new bridge."""
    return _network("add", key, network)


def network_gone(key: str, network: Network) -> str:
    """The inverse of network_there."""
    return _network("delete", key, network)


def port_there(key: str, port: Published, address: str) -> str:
    """The script that publishes a port of the container at address."""
    return f"add element ip {table_of(key)} {_place(port)} : {address} . {port.number} }}"


def port_gone(key: str, port: Published) -> str:
    """The inverse of port_there."""
    return f"delete element ip {table_of(key)} {_place(port)} }}"


def none(key: str) -> str:
    """The script that removes the table, be it there or not."""
    return f"table ip {table_of(key)}\ndelete table ip {table_of(key)}"


def apply(script: str) -> None:
    """Have the kernel take it whole or not at all; blocks. Raises StartFailed, NotOffered."""
    try:
        done = subprocess.run(
            ["nft", "-f", "-"],  # noqa: S607 - from PATH, as every administrator's
            input=script.encode(),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise NotOffered("networks need the program nft: install the package nftables") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise StartFailed(f"nftables refused the rules of a network: {reason}")


def _network(verb: str, key: str, network: Network) -> str:
    table = table_of(key)
    lines = [f'{verb} element ip {table} bridges {{ "{network.link}" }}']
    lines.append(f'{verb} element ip {table} same {{ "{network.link}" . "{network.link}" }}')
    if network.internal:
        lines.append(f'{verb} element ip {table} internal {{ "{network.link}" }}')
    if network.masquerades:
        lines.append(f"{verb} element ip {table} masqueraded {{ {network.subnet} }}")
    return "\n".join(lines)


def _place(port: Published) -> str:
    rest = f"{port.protocol} . {port.host_port}"
    if port.host_ip == "0.0.0.0":  # noqa: S104 - the user's own wish
        return f"everywhere {{ {rest}"
    return f"somewhere {{ {port.host_ip} . {rest}"
