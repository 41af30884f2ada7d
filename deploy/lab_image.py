"""Builds the lab's root filesystem from Debian packages and hands it to the engine's images.

`python -m deploy.lab_image --cache DIR --state DIR` builds into the cache when its inputs changed,
and adds the result to the state's images when it is not there yet. The inputs are
content/images/lab/ and this file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "content" / "images" / "lab"
NAME = "terrarium/lab:latest"
# A date for every file, so that the same packages give the same layer.
EPOCH = "1767225600"
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

BASHRC = r"""# The prompt names the machine: on which one am I is the first question.
PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
alias ls='ls --color=auto' ll='ls -l' grep='grep --color=auto' ip='ip -c=auto'
HISTCONTROL=ignoredups
"""
PROFILE = '[ -n "$BASH_VERSION" ] && [ -f ~/.bashrc ] && . ~/.bashrc\n'

# dpkg leaves these out while unpacking; copyright notices stay.
LEFT_OUT = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/lintian/*",
)
REMOVED = (
    "var/lib/apt/lists",
    "var/cache/apt",
    "var/cache/debconf",
    "var/log",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/resolv.conf",
)


# On the disk: since Debian 13 /tmp is memory, and of that a root filesystem wants too much.
SCRATCH = os.environ.get("TMPDIR", "/var/tmp")  # noqa: S108 - what is made in it has no fixed name


class BuildFailed(Exception):
    """A step of the build; the message is the program's own last words."""


def build(cache: Path) -> Path:
    """The root filesystem as a tar file in cache; built when missing. Raises BuildFailed."""
    target = cache / f"lab-{fingerprint()[:16]}.tar"
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="terrarium-lab-", dir=SCRATCH) as scratch:
        files = _overlay(Path(scratch))
        partial = target.with_suffix(".partial.tar")
        _say("lab image: Debian packages (a minute or two, once)")
        _run(
            [*_mmdebstrap(files), _codename(), str(partial), *_sources()],
            log=cache / "lab-image.log",
        )
        partial.rename(target)
    return target


def config(tar: Path) -> dict[str, object]:
    """Docker's image configuration for the one layer in tar."""
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {
            "Env": [f"PATH={SEARCHED}", "LANG=C.UTF-8"],
            # PID 1 only reaps: what a learner starts and leaves behind becomes its child.
            "Cmd": ["/usr/bin/tini-static", "--", "/usr/bin/sleep", "infinity"],
            "WorkingDir": "/root",
            "Labels": {"terrarium.inputs": fingerprint()},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(tar)}"]},
        "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "deploy/lab_image.py"}],
    }


def fingerprint() -> str:
    """What the image depends on, as one digest: recipe, this program, suite."""
    digest = hashlib.sha256(_codename().encode())
    files = (file for file in RECIPE.rglob("*") if file.is_file())
    for file in (*sorted(files), Path(__file__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def add(tar: Path, state: Path) -> None:
    """Hand the layer to the engine's image store under NAME. Raises BuildFailed."""
    stamp = state / "engine" / "image" / "lab.inputs"
    wanted = f"{fingerprint()}\n"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    _say("lab image: unpacking")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as described:
        json.dump(config(tar), described)
        described.flush()
        engine = str(ROOT / "deploy" / "engine")
        _run([engine, "image", "add", "--state", str(state), NAME, str(tar), described.name])
    stamp.write_text(wanted, encoding="ascii")


def _overlay(scratch: Path) -> Path:
    """The files that are ours, laid out below scratch as they shall lie in the root."""
    scratch.chmod(0o755)  # It lends its mode to the root directory itself.
    for name, text in ((".bashrc", BASHRC), (".profile", PROFILE)):
        _write(scratch / "root" / name, text)
    _write(scratch / "etc/hostname", "lab\n")
    _write(scratch / "etc/hosts", "127.0.0.1 localhost lab\n::1 localhost\n")
    compile_labtool(scratch / "usr/local/bin/labtool")
    # The same program with a loader and a library to look for: what U03 repairs.
    compile_labtool(scratch / "usr/local/lib/labtool/server", static=False)
    return scratch


def compile_labtool(target: Path, *, static: bool = True) -> None:
    """Our one C program: one file against musl, in need of others against glibc.

    Raises BuildFailed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sources = [str(source) for source in sorted((RECIPE / "labtool").glob("*.c"))]
    strict = ["tcc", "-Wall", "-Werror", "-o", str(target)]
    if not static:
        _run([*strict, *sources])
        return
    libraries = next(Path("/usr/lib").glob("*-linux-musl"))
    include = Path("/usr/include") / libraries.name
    # tcc knows glibc's start files by heart; musl's are named one by one.
    start = [str(libraries / name) for name in ("crt1.o", "crti.o")]
    flags = ["-static", "-nostdlib", "-nostdinc", f"-I{include}", "-I/usr/lib/tcc/include"]
    end = [str(libraries / "libc.a"), str(libraries / "crtn.o")]
    _run([*strict, *flags, *start, *sources, *end])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _mmdebstrap(files: Path) -> list[str]:
    packages = [
        line
        for raw in (RECIPE / "packages.txt").read_text(encoding="utf-8").splitlines()
        if (line := raw.split("#")[0].strip())
    ]
    remove = " ".join(f'"$1/{path}"' for path in REMOVED)
    return [
        "mmdebstrap",
        "--mode=root",
        "--variant=essential",
        "--format=tar",
        "--skip=output/mknod",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        # usr-is-merged says what the hook did; the alternative drags perl in.
        f"--include={','.join(['usr-is-merged', *packages])}",
        *(f"--dpkgopt={option}" for option in LEFT_OUT),
        *(f"--aptopt={option}" for option in _apt_options()),
        f"--customize-hook=sync-in {files} /",
        f'--customize-hook=rm -rf {remove} && mkdir -p "$1/var/log"',
    ]


def _codename() -> str:
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines)
    return {key: value.strip('"') for key, _, value in pairs}.get("VERSION_CODENAME", "bookworm")


def _sources() -> list[str]:
    """The host's own apt sources of Debian proper; none means mmdebstrap's default mirror."""
    codename = _codename()
    apt = Path("/etc/apt")
    places = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    return [
        str(place)
        for place in places
        if place.suffix in {".list", ".sources"}
        if place.is_file() and _is_debian(place, codename)
    ]


def _is_debian(place: Path, codename: str) -> bool:
    words = [
        word
        for line in place.read_text(encoding="utf-8").splitlines()
        if not line.lstrip().startswith("#")
        for word in line.split()
    ]
    # Others also name a suite after Debian's; `main` is Debian's own word for its component.
    return "main" in words and bool({codename, f"{codename}-security"} & set(words))


def _apt_options() -> list[str]:
    """The host's proxy and certificate settings, which mmdebstrap would not see."""
    argv = ["/usr/bin/apt-config", "dump"]
    dump = subprocess.run(argv, capture_output=True, text=True, check=True)  # noqa: S603 - fixed
    names = ("Acquire::http::", "Acquire::https::", "Acquire::Check-Valid-Until")
    return [line.rstrip(";") for line in dump.stdout.splitlines() if line.startswith(names)]


def _digest(tar: Path) -> str:
    with tar.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(argv: list[str], log: Path | None = None) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "TMPDIR": SCRATCH}
    done = subprocess.run(  # noqa: S603 - fixed programs with arguments of our own making
        argv,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if log:
        log.write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise BuildFailed(f"{Path(argv[0]).name} ended with {done.returncode}:\n{tail}")


def _say(text: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache")
    parser.add_argument("--state", type=Path, help="add it to this state's images")
    arguments = parser.parse_args()
    try:
        tar = build(arguments.cache)
        if arguments.state:
            add(tar, arguments.state)
    except BuildFailed as failed:
        sys.stderr.write(f"The lab's root filesystem could not be built. {failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
