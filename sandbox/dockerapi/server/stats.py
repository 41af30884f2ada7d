"""GET /containers/NAME/stats, in Docker's form."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server.answers import Reply, Stream, as_json, json_line
from sandbox.engine import usage
from sandbox.engine.clock import NEVER, rfc3339
from sandbox.engine.errors import BadParameter
from sandbox.engine.policy import granted

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.usage import Reading, Traffic
    from sandbox.kernel.cgroups.usage import Io, Usage

PAUSE = 1.0  # seconds between two readings
_HOST_MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
_NOTHING = {"periods": 0, "throttled_periods": 0, "throttled_time": 0}
_NO_CPU: dict[str, Any] = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": _NOTHING,
}
_IO = (
    *("io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive"),
    *("io_service_time_recursive", "io_wait_time_recursive", "io_merged_recursive"),
    *("io_time_recursive", "sectors_recursive"),
)
# The kernel tells more; Docker shows these. Version 1, then version 2.
# fmt: off
_DETAILS = frozenset((
    "cache", "rss", "rss_huge", "mapped_file", "dirty", "writeback", "pgpgin", "pgpgout",
    "pgfault", "pgmajfault", "inactive_anon", "active_anon", "inactive_file", "active_file",
    "unevictable", "hierarchical_memory_limit", "hierarchical_memsw_limit",
    "anon", "file", "kernel_stack", "slab", "sock", "shmem", "file_mapped", "file_dirty",
    "file_writeback", "anon_thp", "slab_reclaimable", "slab_unreclaimable", "workingset_refault",
    "workingset_activate", "workingset_nodereclaim", "pgrefill", "pgscan", "pgsteal",
    "pgactivate", "pgdeactivate", "pglazyfree", "pglazyfreed", "thp_fault_alloc",
    "thp_collapse_alloc",
))
# fmt: on
_V1_MARK = "cache"
_V2_ONLY = frozenset(("shmem",))


async def stats(host: Host, request: Request) -> Reply:
    """One reading, two a second apart, or one each second until the client goes."""
    container = granted(host, request.policy, request.name)
    stream = request.query.flag("stream", default=True)
    one_shot = request.query.flag("one-shot")
    if stream and one_shot:
        raise BadParameter("cannot have stream=true and one-shot=true")
    if stream:
        return Stream(_each_second(host, container))
    before = None if one_shot else await usage.measured(host, container)
    if before is not None:
        await asyncio.sleep(PAUSE)
    now = await usage.measured(host, container)
    if one_shot and now is not None:
        return as_json(shown(now, None))
    return as_json({**shown(now, before), **_named(container)})


async def _each_second(host: Host, container: Container) -> AsyncIterator[bytes]:
    before = None
    while container.id in host.containers:
        await asyncio.sleep(PAUSE)
        now = await usage.measured(host, container)
        yield json_line({**shown(now, before), **_named(container)})
        before = now


def shown(now: Reading | None, before: Reading | None) -> dict[str, Any]:
    """What it says, with the processors' times of the reading before; None: it does not run."""
    body: dict[str, Any] = {
        "read": rfc3339(now.at) if now else NEVER,
        "preread": rfc3339(before.at) if now and before else NEVER,
        "pids_stats": {},
        "blkio_stats": dict.fromkeys(_IO),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(now) if now else _NO_CPU,
        "precpu_stats": _cpu(before) if now and before else _NO_CPU,
        "memory_stats": {},
    }
    if now is None:
        return body
    limit = {"limit": now.state.pids_max} if now.state.pids_max else {}
    body["pids_stats"] = {"current": now.state.pids_current or 0, **limit}
    body["blkio_stats"] |= _io(now.usage)
    body["memory_stats"] = _memory(now)
    if now.devices:
        body["networks"] = {name: _traffic(seen) for name, seen in now.devices.items()}
    return body


def _named(container: Container) -> dict[str, str]:
    return {"name": f"/{container.record.name}", "id": container.id}


def _cpu(seen: Reading) -> dict[str, Any]:
    used = seen.usage
    each = {"percpu_usage": list(used.cpu_each)} if used.cpu_each else {}
    return {
        "cpu_usage": {
            "total_usage": used.cpu_total,
            **each,
            "usage_in_kernelmode": used.cpu_kernel,
            "usage_in_usermode": used.cpu_user,
        },
        "system_cpu_usage": seen.host_cpu,
        "online_cpus": os.cpu_count() or 1,
        "throttling_data": {
            "periods": used.periods,
            "throttled_periods": used.throttled,
            "throttled_time": used.throttled_time,
        },
    }


def _memory(seen: Reading) -> dict[str, Any]:
    used, details = seen.usage, seen.usage.memory_details
    peak = {"max_usage": used.memory_peak} if _V1_MARK in details else {}
    wanted = _DETAILS - _V2_ONLY if peak else _DETAILS
    kept = {k: v for k, v in sorted(details.items()) if k.removeprefix("total_") in wanted}
    limit = min(seen.state.memory_limit or _HOST_MEMORY, _HOST_MEMORY)
    return {"usage": used.memory, **peak, "stats": kept, "limit": limit}


def _io(used: Usage) -> dict[str, Any]:
    found = dict(zip(_IO, (used.io_bytes, used.io_count), strict=False))
    told = {
        name: [_transfer(one) for one in seen] for name, seen in found.items() if seen is not None
    }
    # Version 1 has the other lists, too; nothing of this kernel fills them.
    every: dict[str, Any] = {name: [] for name in _IO}
    return {**every, **told} if _V1_MARK in used.memory_details else told


def _transfer(one: Io) -> dict[str, Any]:
    return {"major": one.major, "minor": one.minor, "op": one.deed, "value": one.value}


def _traffic(seen: Traffic) -> dict[str, int]:
    names = ("bytes", "packets", "errors", "dropped")
    received = {f"rx_{name}": n for name, n in zip(names, seen.received, strict=True)}
    return received | {f"tx_{name}": n for name, n in zip(names, seen.sent, strict=True)}
