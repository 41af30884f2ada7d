"""`{{p.hostname}}` and the like: fields of bound names filled into hints and expected answers."""

from __future__ import annotations

from collections.abc import Callable

from course.exercises.comparison import Value, shown
from course.exercises.sight import Bindings, Evidence
from course.exercises.text import Text
from course.exercises.variables import fill, places
from sandbox.observe.snapshot import Cgroup, Process

PROCESS: dict[str, Callable[[Process, Evidence], Value]] = {
    "pid": lambda process, evidence: evidence.inner_pid(process),
    "own_pid": lambda process, _: process.nspid[-1] if process.nspid else None,
    "outside_uid": lambda process, _: process.uids[0],  # as the machine under the lab numbers it
    "comm": lambda process, _: process.comm,
    "root": lambda process, _: process.root,
    "rss_mib": lambda process, _: process.rss // 2**20,
    "hostname": lambda process, evidence: evidence.snapshot.hostnames.get(
        process.namespaces.get("uts", 0)
    ),
}
GROUP: dict[str, Callable[[Cgroup], Value]] = {
    "path": lambda group: group.path,
    "limit_mib": lambda group: None if group.memory_limit is None else group.memory_limit // 2**20,
    "usage_mib": lambda group: None if group.memory_usage is None else group.memory_usage // 2**20,
    "oom_kills": lambda group: group.memory_oom_kills,
    "quota_percent": lambda group: (
        None if group.cpu_quota is None else round(100 * group.cpu_quota)
    ),
    "throttled": lambda group: group.cpu_throttled,
    "pids_max": lambda group: group.pids_max,
    "pids_current": lambda group: group.pids_current,
}


def fill_bound(text: str, bindings: Bindings, evidence: Evidence) -> str:
    """The text with every field of a bound name replaced by its present value."""
    return fill(text, {place: _value(place, bindings, evidence) for place in places(text)})


def tell_bound(text: Text, bindings: Bindings, evidence: Evidence) -> Text:
    """Both languages of a text, filled."""
    return Text(
        zh=fill_bound(text.zh, bindings, evidence), en=fill_bound(text.en, bindings, evidence)
    )


def _value(place: str, bindings: Bindings, evidence: Evidence) -> str:
    name, _, field = place.partition(".")
    bound = evidence.init if name == "init" else bindings.get(name)
    match bound:
        case Process() if field in PROCESS:
            return shown(PROCESS[field](bound, evidence))
        case Cgroup() if field in GROUP:
            return shown(GROUP[field](bound))
        case _:
            return "—"
