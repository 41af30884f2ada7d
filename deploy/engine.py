"""The engine process: `python -m deploy.engine`, and its two small commands selftest and image."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import grp
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import selftest
from sandbox.dockerapi.server import listen
from sandbox.dockerapi.server.routes import handler
from sandbox.engine import cgroups, crowding, inits, networking
from sandbox.engine.adopt import reconcile
from sandbox.engine.host import Host, Paths
from sandbox.engine.ids import IdRanges
from sandbox.engine.launch import Launcher
from sandbox.engine.naming import Resolver
from sandbox.engine.network import NetworkStore
from sandbox.engine.policy import Policy
from sandbox.engine.store import RecordStore
from sandbox.engine.volumes import VolumeStore
from sandbox.image.config import BadImageConfig
from sandbox.image.reference import BadReference
from sandbox.image.store import ImageStore, UnpackFailed

if TYPE_CHECKING:
    import socket

log = logging.getLogger("terrarium.engine")
STATE = Path("/var/lib/terrarium")
RUN = Path("/run/terrarium")
_ROOT_ONLY = 0o600
_GROUP_TOO = 0o660


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    logging.basicConfig(level=logging.INFO, format="engine: %(levelname)s %(message)s")
    match arguments:
        case ["selftest", *rest]:
            return _selftest(_selftest_options().parse_args(rest))
        case ["image", "add", *rest]:
            return _add_image(_image_options().parse_args(rest))
        case _:
            return _serve(_options().parse_args(arguments))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deploy/engine",
        description="Serves Docker's Engine API. Containers go on without it.",
        epilog="Also: deploy/engine selftest [--brief]; deploy/engine image add NAME TAR CONFIG",
    )
    parser.add_argument("--state", type=Path, default=STATE, help="containers and images")
    parser.add_argument("--run", type=Path, help="sockets; default: STATE/run, or /run/terrarium")
    parser.add_argument("--socket", type=Path, help="the API; default: RUN/engine.sock")
    parser.add_argument("--labs-socket", type=Path, help="the API for labs only")
    parser.add_argument("--labs-gid", type=int, help="the group that may open the labs socket")
    parser.add_argument("--init-path", type=Path, help="a static init for docker run --init")
    parser.add_argument("--group", help="the same by name, and RUN/labs.sock as the labs socket")
    parser.add_argument(
        "--strangers",
        action="store_true",
        help="refuse to start labs when a fact of the selftest does not hold",
    )
    return parser


def _serve(options: argparse.Namespace) -> int:
    run = options.run or (RUN if options.state == STATE else options.state / "run")
    # Absolute: the zygote and the shims change directory.
    paths = Paths(options.state.absolute(), run.absolute())
    try:
        _make_directories(paths)
        with contextlib.ExitStack() as undo:
            undo.enter_context(_only_engine(paths))
            # Before the event loop exists: the selftest and the zygote fork.
            broken = _broken_facts(paths)
            launcher = Launcher(cgroups.top(paths.key), paths.stage)
            listeners = _listeners(options, paths)
            for listener, _ in listeners:
                undo.callback(listener.close)
            asyncio.run(_run(_host(paths, launcher, broken, options), listeners))
    except (OSError, listen.AlreadyServed) as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence says it all
        return 1
    return 0


def _make_directories(paths: Paths) -> None:
    for directory, mode in ((paths.state, 0o755), (paths.state / "engine", 0o700)):
        directory.mkdir(mode=mode, parents=True, exist_ok=True)
    paths.run.mkdir(mode=0o755, parents=True, exist_ok=True)
    paths.shims.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def _only_engine(paths: Paths) -> Iterator[None]:
    """One engine for one state: a lock that the kernel frees with the process."""
    with (paths.state / "engine" / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"another engine serves {paths.state}") from None
        yield


def _broken_facts(paths: Paths) -> str:
    broken = [fact for fact in selftest.run(paths.state) if not fact.ok]
    return "; ".join(f"{fact.name} ({fact.remedy or fact.detail})" for fact in broken)


def _listeners(options: argparse.Namespace, paths: Paths) -> list[tuple[socket.socket, Policy]]:
    main_socket = options.socket or paths.run / "engine.sock"
    listeners = [(listen.bind(main_socket, mode=_ROOT_ONLY), Policy.FULL)]
    labs, gid = options.labs_socket, options.labs_gid
    if options.group:
        labs = labs or paths.run / "labs.sock"
        gid = grp.getgrnam(options.group).gr_gid
    if labs:
        opened = listen.bind(labs, mode=_GROUP_TOO, gid=os.getgid() if gid is None else gid)
        listeners.append((opened, Policy.LABS))
    return listeners


def _host(paths: Paths, launcher: Launcher, broken: str, options: argparse.Namespace) -> Host:
    return Host(
        paths=paths,
        store=RecordStore(paths.containers),
        images=ImageStore(paths.images),
        ranges=IdRanges(),
        launcher=launcher,
        volumes=VolumeStore(paths.volumes),
        networks=NetworkStore(paths.networks, paths.key),
        resolver=Resolver(paths.resolver),
        broken_facts=broken,
        labs_closed=options.strangers and bool(broken),
        init=str(options.init_path.absolute()) if options.init_path else inits.find(),
    )


async def _run(host: Host, listeners: list[tuple[socket.socket, Policy]]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await host.launcher.start()
    await reconcile(host)
    host.in_background(crowding.watch(host), "crowding")
    serving = [
        asyncio.create_task(listen.serve(listener, handler(host, policy)))
        for listener, policy in listeners
    ]
    log.info("serving %s", ", ".join(listener.getsockname() for listener, _ in listeners))
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait((waiting, *serving), return_when=asyncio.FIRST_COMPLETED)
    for task in (waiting, *serving):
        task.cancel()
    results = await asyncio.gather(*serving, return_exceptions=True)
    await host.close()
    await networking.close(host)
    await host.launcher.close()
    if not host.containers:
        cgroups.remove_top(host.paths.key)
    for result in results:
        if isinstance(result, Exception):
            raise result


def _selftest_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy/engine selftest")
    parser.add_argument("--brief", action="store_true", help="say only what fails")
    parser.add_argument("--state", type=Path, help="the directory whose file system is tried")
    return parser


def _selftest(options: argparse.Namespace) -> int:
    state = options.state if options.state and options.state.is_dir() else Path("/")
    facts = selftest.run(state)
    shown = [fact for fact in facts if not (options.brief and fact.ok)]
    sys.stdout.write(selftest.report(shown))
    return 0 if all(fact.ok for fact in facts) else 1


def _image_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy/engine image add")
    parser.add_argument("--state", type=Path, default=STATE)
    parser.add_argument("name", help="for example terrarium/lab:latest")
    parser.add_argument("tar", type=Path, help="the root filesystem")
    parser.add_argument("config", type=Path, help="Docker's image configuration, JSON")
    return parser


def _add_image(options: argparse.Namespace) -> int:
    (options.state / "engine").mkdir(mode=0o700, parents=True, exist_ok=True)
    store = ImageStore(Paths(options.state, RUN).images)
    try:
        settings = json.loads(options.config.read_bytes())
        identity = store.add_from_tar(options.name, options.tar, settings)
    except (OSError, ValueError, UnpackFailed, BadImageConfig, BadReference) as error:
        log.error("image %s: %s", options.name, error)  # noqa: TRY400 - the sentence says it all
        return 1
    sys.stdout.write(f"{identity}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
