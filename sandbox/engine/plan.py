"""From a container's spec to the steps that make it, and those done ahead: pure and printable."""

from __future__ import annotations

from sandbox.boot.mounts import PlaceTree
from sandbox.boot.plan import Ahead, Fence, Plan, Shared
from sandbox.boot.program import Program
from sandbox.boot.steps import (
    Attach,
    Borrow,
    Device,
    Directory,
    IdmappedLayer,
    LoopDisk,
    Mask,
    Mount,
    Own,
    PivotRoot,
    ReadOnly,
    RemountReadOnly,
    Step,
    Symlinks,
)
from sandbox.engine import ids, mount_plan, network_plan
from sandbox.engine.spec import DEFAULT_SHM, ExecSpec, LaunchSpec
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.credentials import CAP, mask
from sandbox.kernel.mount import MS

LAB = "lab"
TTY_GROUP = 5  # Debian's and everybody's "tty".
DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty"))
SAFE = MS.NOSUID | MS.NODEV | MS.NOEXEC
LINKS = (
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/ptmx", "pts/ptmx"),
)
# moby's oci/defaults.go. A lab's /proc/sys stays writable: what is not namespaced refuses anyway.
MASKED = (
    *("/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys"),
    *("/proc/latency_stats", "/proc/sched_debug", "/proc/scsi"),
    *("/proc/timer_list", "/proc/timer_stats"),
    *("/sys/firmware", "/sys/devices/virtual/powercap"),
)
# What tells of the host although the ids keep it from being written. The files that only the host's
# root may read (kmsg, kpagecount, slabinfo, ...) need no mask: it is not mapped.
MASKED_IN_LABS = (
    *("/proc/cmdline", "/proc/config.gz", "/proc/diskstats", "/proc/pressure"),
    *("/sys/kernel", "/sys/module"),
)
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger")
# What one lab may make of each; it cannot raise them. Learners nest containers, not farms.
USER_LIMITS = (
    ("max_user_namespaces", 32),
    ("max_mnt_namespaces", 64),
    ("max_pid_namespaces", 64),
    ("max_net_namespaces", 24),
    ("max_uts_namespaces", 64),
    ("max_ipc_namespaces", 64),
    ("max_cgroup_namespaces", 64),
    ("max_time_namespaces", 16),
    ("max_inotify_instances", 64),
    ("max_inotify_watches", 4096),
)
INIT = "/sbin/docker-init"
LAB_OOM_SCORE = 500  # A lab dies before the platform does.


def ahead(hierarchies: Hierarchies, place: str) -> Ahead:
    """What is done before anybody asks for a container; place: the stage's, an empty directory."""
    return Ahead(
        place=place,
        ids=range(ids.FIRST_ID - 1, ids.base(ids.RANGES)),
        stage=(
            *(Directory(name) for name in ("root", "disk", "dev", "proc", "sys", "cgroup")),
            # mode=755: in a sticky, world-writable /dev even root may not reopen its devices
            # O_CREAT.
            Mount("tmpfs", "dev", "tmpfs", MS.NOSUID | MS.NOEXEC, "mode=755,size=64k"),
            *(Device(path, path.removeprefix("/")) for path in DEVICES),
            Symlinks(tuple((link.removeprefix("/"), target) for link, target in LINKS)),
            *(Directory(f"dev/{name}") for name in ("pts", "shm", "mqueue")),
            Mount("shm", "dev/shm", "tmpfs", SAFE, f"mode=1777,size={DEFAULT_SHM >> 20}m"),
        ),
        within=(
            Mount("mqueue", "dev/mqueue", "mqueue", SAFE),
            Mount("proc", "proc", "proc", SAFE),
            Mount("sysfs", "sys", "sysfs", SAFE | MS.RDONLY),
            Mask(tuple(path.removeprefix("/") for path in MASKED)),
            ReadOnly(tuple(path.removeprefix("/") for path in READ_ONLY)),
            *_cgroup_view(hierarchies),
        ),
    )


def launch_plan(spec: LaunchSpec) -> Plan:
    """What is still to be done to make this container, in order."""
    return Plan(
        users=USER_LIMITS if spec.runtime == LAB else (),
        id_base=spec.id_base,
        fence=_fence(spec),
        root=(*_root_steps(spec), *_furniture_steps(spec)),
        hostname="" if spec.uts else spec.hostname,
        oom_score=LAB_OOM_SCORE if spec.runtime == LAB else spec.oom_score,
        program=_program(spec),
        shared=Shared(spec.network.join, spec.pids, spec.uts),
        wires=network_plan.inner(spec),
    )


def exec_program(spec: ExecSpec, container: LaunchSpec) -> Program:
    """One more process: the container's own privileges, never more."""
    return Program(
        args=spec.args,
        env=spec.env,
        cwd=spec.cwd or container.cwd,
        user=spec.user or container.user,
        tty=spec.tty,
        stdin=spec.stdin,
        capabilities=_capabilities(container),
        no_new_privileges=container.no_new_privileges,
        filtered=container.seccomp != "unconfined",
        groups=container.groups,
        makes_cwd=container.runtime == LAB,  # A learner may have removed it.
        rlimits=container.rlimits,
    )


def _fence(spec: LaunchSpec) -> Fence:
    lab = spec.runtime == LAB
    return Fence(
        outer=spec.cgroup,
        memory=spec.limits.memory,
        pids=spec.limits.pids,
        cpu=spec.limits.cpu,
        period=spec.limits.period,
        shares=spec.limits.shares,
        owner=spec.id_base if lab and spec.profile != "plain" else 0,
    )


def _program(spec: LaunchSpec) -> Program:
    return Program(
        args=(INIT, "--", *spec.args) if spec.init else spec.args,
        env=spec.env,
        cwd=spec.cwd,
        user=spec.user,
        tty=spec.tty,
        stdin=spec.open_stdin,
        capabilities=_capabilities(spec),
        no_new_privileges=spec.no_new_privileges,
        filtered=spec.seccomp != "unconfined",
        groups=spec.groups,
        rlimits=spec.rlimits,
    )


def _capabilities(spec: LaunchSpec) -> int:
    if spec.runtime == LAB:
        return mask(CAP)
    return mask(CAP[name] for name in spec.capabilities)


def _root_steps(spec: LaunchSpec) -> tuple[Step, ...]:
    base = spec.id_base
    lowers = [f"l{number}" for number in range(len(spec.layers))]
    writable = "disk" if spec.runtime == LAB else spec.directory
    # lowerdir names the topmost layer first.
    options = f"lowerdir={':'.join(reversed(lowers))}"
    if spec.throwaway and spec.runtime != LAB:
        # The last unmount of an overlay syncs the whole file system of its upper directory, and the
        # container's end waits for it: in vain, when the directory is removed next.
        options = f"volatile,{options}"
    return (
        *(Directory(name) for name in lowers),
        *((LoopDisk(f"{spec.directory}/disk.img", "disk"),) if spec.runtime == LAB else ()),
        *(IdmappedLayer(layer, name) for layer, name in zip(spec.layers, lowers, strict=True)),
        Directory(f"{writable}/diff", owner=base),
        Directory(f"{writable}/work", owner=base),
        Mount(
            "overlay",
            "root",
            "overlay",
            MS.NODEV,
            f"{options},upperdir={writable}/diff,workdir={writable}/work",
        ),
        Borrow(("dev", "proc", "sys")),
        *_borrow_more(spec),
        *((Borrow((spec.init,)),) if spec.init else ()),
        *mount_plan.borrowed(spec.mounts),
        *network_plan.outer(spec),
        PivotRoot("root"),
    )


def _borrow_more(spec: LaunchSpec) -> tuple[Step, ...]:
    if spec.runtime != LAB:
        return ()
    groups = (Borrow(("cgroup",)),) if spec.profile != "plain" else ()
    return (Borrow(("proc", "sys"), bare=True), *groups)


def _furniture_steps(spec: LaunchSpec) -> tuple[Step, ...]:
    base = spec.id_base
    terminals = f"newinstance,ptmxmode=0666,mode=0620,gid={base + TTY_GROUP},max=64"
    own = ("/dev", "/dev/shm", *(link for link, _ in LINKS))  # noqa: S108 the container's
    return (
        *(Directory(path, owner=base) for path in ("/dev", "/proc", "/sys", "/etc", "/run")),
        *(Attach(name, f"/{name}") for name in ("dev", "proc", "sys")),
        *_shm_steps(spec),
        Own(own, base),
        Mount("devpts", "/dev/pts", "devpts", MS.NOSUID | MS.NOEXEC, terminals),
        *network_plan.files(spec),
        *(_lab_steps(spec) if spec.runtime == LAB else (ReadOnly(("/proc/sys",)),)),
        *_cgroup_steps(spec),
        *_init_steps(spec),
        *mount_plan.placed(spec.mounts, base),
        *((RemountReadOnly("/"),) if spec.read_only else ()),
    )


def _shm_steps(spec: LaunchSpec) -> tuple[Step, ...]:
    if spec.shm_size == DEFAULT_SHM:
        return ()
    flags = SAFE | MS.REMOUNT
    return (Mount("shm", "/dev/shm", "tmpfs", flags, f"mode=1777,size={spec.shm_size}"),)  # noqa: S108 the container's


def _init_steps(spec: LaunchSpec) -> tuple[Step, ...]:
    # Not mapped to the container's ids: it is the host's file, for everybody to execute.
    return (PlaceTree(spec.init, INIT, spec.id_base), RemountReadOnly(INIT)) if spec.init else ()


def _lab_steps(spec: LaunchSpec) -> tuple[Step, ...]:
    base = spec.id_base
    return (
        # A nested proc or sysfs may be mounted only while an unmasked one is visible: here it is,
        # for root alone (mount_too_revealing in fs/namespace.c).
        Directory("/run/.nest", 0o700, base),
        Directory("/run/.nest/proc", owner=base),
        Directory("/run/.nest/sys", owner=base),
        Attach("bare proc", "/run/.nest/proc"),
        Attach("bare sys", "/run/.nest/sys"),
        Mask(MASKED_IN_LABS),
    )


def _cgroup_steps(spec: LaunchSpec) -> tuple[Step, ...]:
    place = "/sys/fs/cgroup"
    if spec.runtime != LAB or spec.profile == "plain":
        return (Mask((place,)),)
    return (Attach("cgroup", place), Own((place,), spec.id_base), RemountReadOnly(place))


def _cgroup_view(hierarchies: Hierarchies) -> tuple[Step, ...]:
    trees = [one for one in hierarchies if one.delegable]
    if all(one.version != 1 for one in trees):
        return (Mount("cgroup2", "cgroup", "cgroup2", SAFE),)
    mounts: list[Step] = [Mount("tmpfs", "cgroup", "tmpfs", SAFE, "mode=755,size=64k")]
    for tree in trees:
        place = f"cgroup/{','.join(sorted(tree.controllers)) or 'unified'}"
        if tree.version != 1:
            place = "cgroup/unified"
        mounts.append(Directory(place))
        mounts.append(Mount(tree.fstype, place, tree.fstype, SAFE, tree.options))
    return tuple(mounts)
