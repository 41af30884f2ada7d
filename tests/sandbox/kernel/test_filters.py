"""The profiles as data, and what their compiled programs do to an unprivileged process."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from sandbox.kernel.filters import DEFAULT, LAB
from sandbox.kernel.seccomp import Deny, DenyBits, Only, Profile, compile_filter, unknown_names

PROFILES = {"LAB": LAB, "DEFAULT": DEFAULT}
NEWUSER = 0x10000000
UPPER = 1 << 32  # The kernel takes int arguments without it, a 64-bit comparison with it.
INSTALL = """
import sys
from sandbox.kernel.process import PR, prctl
from sandbox.kernel.seccomp import install
prctl(PR.SET_NO_NEW_PRIVS, 1)
install(bytes.fromhex(sys.argv[1]))
"""
CALLS = (
    INSTALL
    + """
import ctypes, json
libc = ctypes.CDLL(None, use_errno=True)
answers = []
for call in json.loads(sys.argv[2]):
    result = libc.syscall(*map(ctypes.c_long, call))
    answers.append(ctypes.get_errno() if result < 0 else 0)
print(json.dumps(answers))
"""
)
FOREIGN = (
    INSTALL
    + """
from deploy.selftest import _call_foreign
_call_foreign()
"""
)

ANSWERS = {
    "vsock": ((41, 40, 1, 0), errno.EAFNOSUPPORT),
    "vsock behind an upper half": ((41, 40 | UPPER, 1, 0), errno.EAFNOSUPPORT),
    "AF_ALG": ((41, 38, 5, 0), errno.EAFNOSUPPORT),
    "AF_XDP": ((41, 44, 3, 0), errno.EAFNOSUPPORT),
    "audit": ((41, 16, 3, 9), errno.EPROTONOSUPPORT),
    "rtnetlink": ((41, 16, 3, 0), 0),
    "only netlink has netlink protocols": ((41, 2, 1, 9), errno.EPROTONOSUPPORT),
    "unix": ((41, 1, 1, 0), 0),
    "io_uring_setup": ((425, 1, 0), errno.ENOSYS),
    "userfaultfd": ((323, 1), errno.ENOSYS),
    "add_key": ((248, 0), errno.ENOSYS),
    "request_key": ((249, 0), errno.ENOSYS),
    "keyctl": ((250, 0), errno.ENOSYS),
    "modify_ldt": ((154, 0), errno.ENOSYS),
    "ADDR_NO_RANDOMIZE": ((135, 0x0040000), errno.EPERM),
    "asking for the personality": ((135, 0xFFFFFFFF), 0),
    "TIOCSTI": ((16, 0, 0x5412, 0), errno.EPERM),
    "TIOCSTI behind an upper half": ((16, 0, 0x5412 | UPPER, 0), errno.EPERM),
    "TIOCLINUX": ((16, 0, 0x541C, 0), errno.EPERM),
    "open_by_handle_at": ((304, 0, 0, 0), errno.EPERM),
    "perf_event_open": ((298, 0, 0, 0, 0, 0), errno.EPERM),
    "bpf": ((321, 0, 0, 0), errno.EPERM),
    "kexec_load": ((246, 0), errno.EPERM),
    "fanotify_init": ((300, 0, 0), errno.EPERM),
    "quotactl": ((179, 0), errno.EPERM),
    "swapon": ((167, 0), errno.EPERM),
    "acct": ((163, 0), errno.EPERM),
    "iopl": ((172, 3), errno.EPERM),
    "a call of a newer kernel": ((1000, 0), errno.ENOSYS),
    "getpid": ((39,), 0),
}

x86_64 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86-64")


def filtered(program, script, *words):
    argv = [sys.executable, "-c", script, program.hex(), *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)


def errnos(program, *calls):
    done = filtered(program, CALLS, json.dumps(calls))
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=sorted(PROFILES))
def program(request):
    return compile_filter(PROFILES[request.param])


@pytest.fixture(scope="module")
def lab():
    return compile_filter(LAB)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_call_is_both_allowed_and_refused(profile):
    assert not profile.allowed & profile.refused


def test_a_container_may_do_nothing_that_a_lab_may_not():
    assert LAB.allowed > DEFAULT.allowed
    assert set(LAB.checks) <= set(DEFAULT.checks)


def test_a_name_that_libseccomp_does_not_know_is_skipped_and_reported():
    profile = Profile(LAB.allowed | {"no_such_call"}, LAB.refused, LAB.checks)
    assert "no_such_call" in unknown_names(profile)
    assert compile_filter(profile) == compile_filter(LAB)


@x86_64
def test_what_both_profiles_answer(program):
    answered = errnos(program, *(call for call, _ in ANSWERS.values()))
    expected = {name: errno for name, (_, errno) in ANSWERS.items()}
    assert dict(zip(ANSWERS, answered, strict=True)) == expected


@x86_64
def test_a_container_gets_no_namespaces_and_its_libc_falls_back_to_clone():
    program = compile_filter(DEFAULT)
    clone3, clone, unshare = (435, 0, 0), (56, NEWUSER, 0, 0, 0, 0), (272, NEWUSER)
    assert errnos(program, clone3, clone, unshare) == [errno.ENOSYS, errno.EPERM, errno.EPERM]
    spawning = "import os; os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)"
    assert filtered(program, INSTALL + spawning).returncode == 0


@x86_64
def test_a_32_bit_call_kills_the_process(program):
    assert filtered(program, FOREIGN).returncode in (-signal.SIGSYS, -signal.SIGSEGV)


@x86_64
def test_an_x32_call_kills_the_process(program):
    assert filtered(program, CALLS, json.dumps([[0x40000000 | 39]])).returncode == -signal.SIGSYS


@x86_64
def test_each_kind_of_check_refuses_what_it_says_and_passes_the_rest():
    checks = (
        Deny("getpriority", 0, (3, 4, 5), errno.EDOM),
        DenyBits("getpgid", 0, 0b110, errno.ERANGE),
        Only("getsid", 0, (0, 1), errno.ENOTTY),
        Only("alarm", 0, (7,), errno.EXDEV, given=(1, 9)),
    )
    program = compile_filter(Profile(LAB.allowed, frozenset(), checks))
    getpriority = [(140, which, 0) for which in (0, 3, 4, 5)]
    assert errnos(program, *getpriority) == [0, errno.EDOM, errno.EDOM, errno.EDOM]
    getpgid = [(121, pid) for pid in (0, 1, 2, 4)]
    assert errnos(program, *getpgid) == [0, 0, errno.ERANGE, errno.ERANGE]
    assert errnos(program, (124, 0), (124, 2)) == [0, errno.ENOTTY]
    alarm = [(37, 0, 8), (37, 0, 9), (37, 7, 9), (37, 0, 8)]
    assert errnos(program, *alarm) == [0, errno.EXDEV, 0, 0]


@pytest.mark.parametrize(
    "command",
    [
        "bash -c 'echo $BASHPID >/dev/null; sleep 0 & wait'",
        "busybox sh -c 'busybox ls / >/dev/null'",
        "unshare --user --map-root-user --mount --uts --ipc --net --pid --fork true",
        "unshare -Urmn sh -c 'ip link set lo up && ip -j addr && mount -t tmpfs none /mnt'",
        "unshare -Urn nft add table inet t",
        "unshare -Urm sh -c 'nsenter --mount=/proc/self/ns/mnt true'",
        "strace -f -o /dev/null sh -c 'true & wait'",
        "apt-get --version",
        "dpkg -l bash",
        "setpriv --no-new-privs true",
    ],
)
def test_the_programs_of_the_lessons_work_in_a_lab(lab, command):
    if shutil.which(command.split()[0]) is None:
        pytest.skip(f"{command.split()[0]} is not installed")
    done = filtered(lab, INSTALL + "import os; os.execvp('sh', ['sh', '-c', sys.argv[2]])", command)
    assert (done.returncode, done.stderr) == (0, "")


def test_installing_a_broken_program_is_an_error():
    done = filtered(b"\x07" * 8, INSTALL)
    assert "OSError" in done.stderr
