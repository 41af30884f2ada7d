"""The two system call profiles, as data: LAB for a learner's machine, DEFAULT for a container.

An allow-list by subject. Where LAB is wider than DEFAULT the user namespace is the wall: a lab's
root mounts, unshares and traces inside it, for that is what the lessons teach. Closed in both is
what the user namespace leaves open though no lesson needs it: vsock, AF_ALG, AF_XDP, audit,
io_uring, userfaultfd, keys, fanotify, file handles, typing into another's terminal.
"""

from __future__ import annotations

from errno import EAFNOSUPPORT, EPERM, EPROTONOSUPPORT

from sandbox.kernel.seccomp import Deny, DenyBits, Only, Profile

FILES = """
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat
    faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync
    fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd
    getdents getdents64 getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl
    lchown lgetxattr link linkat listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir
    mkdirat mknod mknodat newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev
    pwritev2 read readahead readlink readlinkat readv removexattr rename renameat renameat2 rmdir
    sendfile setxattr splice stat statfs statx symlink symlinkat sync sync_file_range syncfs tee
    truncate umask unlink unlinkat utime utimensat utimes vmsplice write writev
"""
MEMORY = """
    brk madvise map_shadow_stack membarrier memfd_create mincore mlock mlock2 mlockall mmap mprotect
    mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_madvise
    process_mrelease process_vm_readv process_vm_writev remap_file_pages cachestat
"""
PROCESSES = """
    arch_prctl clone execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv
    futex_wake get_robust_list get_thread_area getcpu getpgid getpgrp getpid getppid getpriority
    getrlimit getrusage getsid gettid ioprio_get ioprio_set pause personality pidfd_getfd pidfd_open
    pidfd_send_signal prctl prlimit64 ptrace restart_syscall rseq sched_get_priority_max
    sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
    sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler
    sched_yield seccomp set_robust_list set_thread_area set_tid_address setpgid setpriority
    setrlimit setsid sysinfo uname vfork wait4 waitid landlock_add_rule landlock_create_ruleset
    landlock_restrict_self
"""
IDENTITY = """
    capget capset chroot getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid
    setfsuid setgid setgroups setregid setresgid setresuid setreuid setuid
"""
SIGNALS = """
    alarm kill rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4 tgkill tkill
"""
TIME = """
    adjtimex clock_adjtime clock_getres clock_gettime clock_nanosleep getitimer gettimeofday
    nanosleep setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_settime
    timerfd_create timerfd_gettime timerfd_settime times
"""
WAITING = """
    epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
    epoll_wait_old eventfd eventfd2 io_cancel io_destroy io_getevents io_pgetevents io_setup
    io_submit pipe pipe2 poll ppoll pselect6 select
"""
SOCKETS = """
    accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg
    sendmmsg sendmsg sendto setsockopt shutdown socket socketpair
"""
MESSAGES = """
    mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv
    msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget getrandom
"""
# What makes a container: with CAP_SYS_ADMIN of the own user namespace only.
CONTAINERS = """
    fsconfig fsmount fsopen fspick listmount mount mount_setattr move_mount open_tree pivot_root
    setns sethostname setdomainname statmount umount umount2 unshare reboot vhangup
"""
# The kernel refuses most of these to a root who is not the host's; a reader of strace sees why.
PRIVILEGED = """
    acct bpf clock_settime create_module delete_module fanotify_init fanotify_mark finit_module
    get_mempolicy init_module ioperm iopl kcmp kexec_file_load kexec_load lookup_dcookie mbind
    migrate_pages move_pages open_by_handle_at perf_event_open quotactl quotactl_fd
    set_mempolicy set_mempolicy_home_node settimeofday stime swapoff swapon syslog ustat
"""
# Left to ENOSYS on purpose, so that programs fall back: io_uring_*, userfaultfd, add_key,
# request_key, keyctl, memfd_secret, modify_ldt (16-bit segments), name_to_handle_at.

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET = 1, 2, 10, 16, 17
NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_NETFILTER, NETLINK_UEVENT, NETLINK_GENERIC = (
    0,
    4,
    12,
    15,
    16,
)
PERSONALITIES = (0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)  # Linux, Linux32, UNAME26 and "ask".
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
# NEWTIME's bit belongs to the exit signal in clone(2), so only unshare and clone3 know it.
NEW_NAMESPACES = 0x7E020000

ARGUMENTS: tuple[Deny | DenyBits | Only, ...] = (
    Only("socket", 0, (AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET), EAFNOSUPPORT),
    # EPROTONOSUPPORT is what a kernel without audit says; useradd and su give up on any other.
    Only(
        "socket",
        2,
        (NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_NETFILTER, NETLINK_UEVENT, NETLINK_GENERIC),
        EPROTONOSUPPORT,
        given=(0, AF_NETLINK),
    ),
    Only("socketpair", 0, (AF_UNIX,), EAFNOSUPPORT),
    Only("personality", 0, PERSONALITIES, EPERM),
    Deny("ioctl", 1, (TIOCSTI, TIOCLINUX), EPERM),
)


def _names(*subjects: str) -> frozenset[str]:
    return frozenset(" ".join(subjects).split())


_ORDINARY = _names(FILES, MEMORY, PROCESSES, IDENTITY, SIGNALS, TIME, WAITING, SOCKETS, MESSAGES)
LAB = Profile(
    allowed=_ORDINARY | _names(CONTAINERS, "clone3"),
    refused=_names(PRIVILEGED),
    checks=ARGUMENTS,
)
# clone3 stays ENOSYS: its flags lie in memory, where no filter can look; libc falls back to clone.
DEFAULT = Profile(
    allowed=_ORDINARY,
    refused=_names(PRIVILEGED, CONTAINERS),
    checks=(*ARGUMENTS, DenyBits("clone", 0, NEW_NAMESPACES, EPERM)),
)
