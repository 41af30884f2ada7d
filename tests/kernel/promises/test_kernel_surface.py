"""Which parts of the kernel a lab's root can reach: security.md 2.2."""

from __future__ import annotations

import re
import struct

import pytest

from tests.kernel.labs import ATTACKS

pytestmark = pytest.mark.kernel

# Namespaced sysctls: a change is the lab's own. kernel/pid_max is namespaced since Linux 6.14.
OWN_SYSCTLS = re.compile(
    r"/proc/sys/(net/|user/|fs/mqueue/|kernel/"
    r"(msg|sem|shm|hostname$|domainname$|pid_max$|auto_msgmni$|ns_last_pid$))"
)
PRESSURE = ("cpu", "io", "memory", "irq")
REFUSED = re.compile(r"(errno (1|13|22|38|93|94|95|97)|signal 31)$")
PROCS = ("/proc", "/run/.nest/proc")


def test_k_calls_that_a_user_namespace_leaves_open_are_closed(lab):
    ran = lab.attack("syscalls.pl")
    assert len(ran.lines) > 30
    assert [line for line in ran.lines if not REFUSED.search(line)] == []


def test_k_a_foreign_architecture_is_killed(lab):
    # mov eax, 102 (i386 socketcall); int 0x80; mov edi, eax; mov eax, 60 (exit); syscall
    code = bytes.fromhex("b866000000cd8089c7b83c0000000f05")
    base, headers = 0x400000, 64 + 56
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01", 2, 62, 1, base + headers, 64, 0, 0, 64, 56, 1, 0, 0, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, headers + 16, headers + 16, 4096)
    octal = "".join(f"\\{byte:03o}" for byte in header + segment + code)
    ran = lab.sh(f"printf '{octal}' > /root/old; chmod +x /root/old; /root/old")
    assert ran.code == 128 + 31  # SIGSYS


def test_p01_no_sysctl_opens_for_writing_but_the_labs_own(lab):
    ran = lab.attack("writable.pl", feed="find /proc/sys -type f 2>/dev/null")
    assert [path for path in ran.lines if not OWN_SYSCTLS.match(path)] == []


def test_p01_the_clean_proc_for_nested_containers_opens_no_more_than_that(lab):
    ran = lab.attack("writable.pl", feed="find /run/.nest/proc/sys -type f")
    paths = [path.removeprefix("/run/.nest") for path in ran.lines]
    assert [path for path in paths if not OWN_SYSCTLS.match(path)] == []


@pytest.mark.parametrize("proc", PROCS)
def test_p02_no_other_file_of_proc_opens_for_writing(lab, proc):
    feed = f"find {proc} -maxdepth 3 -not -path '{proc}/sys/*' -not -path '{proc}/[0-9]*' -type f"
    ran = lab.attack("writable.pl", feed=f"{feed} 2>/dev/null")
    # The triggers of the clean proc cannot be masked: then no nested proc could be mounted.
    allowed = [] if proc == "/proc" else [f"{proc}/pressure/{name}" for name in PRESSURE]
    assert sorted(set(ran.lines) - set(allowed)) == []


@pytest.mark.parametrize("proc", PROCS)
@pytest.mark.parametrize(
    "name",
    [
        *("kcore", "kmsg", "kpagecount", "kpageflags", "kpagecgroup", "slabinfo", "vmallocinfo"),
        *("timer_list", "sched_debug", "sysrq-trigger"),
    ],
)
def test_p03_memory_and_logs_of_the_kernel_are_unreadable(lab, proc, name):
    assert lab.sh(f"timeout 2 head -c 64 {proc}/{name} 2>/dev/null").output == ""


@pytest.mark.parametrize("proc", PROCS)
def test_p04_addresses_of_the_kernel_are_zero(lab, proc):
    ran = lab.sh(f"head -c 200000 {proc}/kallsyms | cut -d' ' -f1 | sort -u")
    assert set(ran.lines) <= {"0000000000000000"}
    ran = lab.sh(f"grep -vE '^ *0+-0+ ' {proc}/iomem")
    assert ran.output == ""


@pytest.mark.parametrize("sys", ["/sys", "/run/.nest/sys"])
def test_s01_nothing_of_sysfs_opens_for_writing(lab, sys):
    feed = f"find {sys} -type f -not -path '/sys/fs/cgroup/*'"
    assert lab.attack("writable.pl", feed=feed).lines == []


def test_s02_sysfs_tells_nothing_that_identifies_the_host(lab):
    ran = lab.sh("cat /sys/class/dmi/id/*serial* /sys/class/dmi/id/*uuid* 2>/dev/null; echo done")
    assert ran.output == "done\n"
    assert lab.sh("ls /sys/class/net /run/.nest/sys/class/net").output.count("lo") == 2


def test_p_a_plain_user_cannot_enter_the_clean_trees(lab):
    ran = lab.sh("ls /run/.nest/proc", user="nobody")
    assert ran.code != 0


def test_d01_there_are_no_devices_but_the_harmless(lab):
    ran = lab.sh("find /dev -type c -o -type b | grep -v '^/dev/pts/' | sort")
    names = {path.removeprefix("/dev/") for path in ran.lines}
    assert names <= {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"}


def test_d02_no_device_can_be_made(lab):
    assert lab.attack("devices.pl").output == "done\n"


def test_d02_not_in_a_user_namespace_of_its_own_either(lab):
    ran = lab.sh("unshare --user --map-root-user --mount mknod /tmp/disk b 254 0")
    assert "not permitted" in ran.output


def test_m_nothing_that_was_mounted_for_the_lab_can_be_undone(make_lab):
    for profile in ("plain", "cgroup"):
        assert make_lab(profile=profile).attack("mounts.sh").lines == ["done"]


def test_m_not_from_a_namespace_below_either(lab):
    ran = lab.sh(
        "unshare --user --map-root-user --mount bash -c '"
        'cut -d" " -f5 /proc/self/mountinfo | '
        'while read t; do umount -l "$t" 2>/dev/null && echo "$t"; done;'
        "echo done'"
    )
    assert ran.output == "done\n"


def test_m_a_chroot_in_a_chroot_ends_at_the_labs_root(lab):
    assert lab.attack("walkout.pl").output == "inside\n"


def test_m_trusted_attributes_cannot_be_set(lab):
    script = (
        'my ($path, $name, $value) = ("/root\\0", "trusted.overlay.opaque\\0", "y");'
        'print syscall(188, $path, $name, $value, 1, 0) == 0 ? "set" : $! + 0'
    )
    assert lab.run("perl", "-e", script).output == "1"  # EPERM


def test_m_the_hosts_paths_are_not_in_the_mount_table(engine, lab):
    ran = lab.sh("cat /proc/self/mountinfo /proc/1/mountinfo /proc/self/mounts")
    assert str(engine.running.here.state) not in ran.output


@pytest.mark.parametrize("profile", ["plain", "cgroup"])
@pytest.mark.parametrize("below", ["", "unshare --user --map-root-user --mount --cgroup"])
def test_c_no_power_over_control_groups_but_what_was_given(make_lab, profile, below):
    lab = make_lab(profile=profile)
    ran = lab.run(*below.split(), "bash", "-c", (ATTACKS / "cgroups.sh").read_text())
    assert ran.lines == ["done"]


def test_c_processes_cannot_leave_the_labs_group(make_lab):
    lab = make_lab(profile="cgroup")
    before = lab.sh("cat /proc/self/cgroup").output
    lab.sh("for t in /sys/fs/cgroup/*/; do echo $$ > $t/../cgroup.procs; done")
    assert lab.sh("cat /proc/self/cgroup").output == before
    assert {line.split(":")[2] for line in before.splitlines()} == {"/"}
