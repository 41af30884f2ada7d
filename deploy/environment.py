"""What the environment says of this installation, parsed once into closed values.

Pure but for the secret key: a missing key is made and kept, so that sessions survive a restart.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

WILDCARDS = {"", "0.0.0.0", "::", "[::]"}  # noqa: S104 - compared with, never bound to
MIB = 1 << 20
LAB_MEMORY = 512 * MIB
RESERVED_MEMORY = 1024 * MIB
# Labs idle at a few MiB and each is held to its limit by its cgroup: two promises per byte hold.
PROMISES_PER_BYTE = 2

SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 5,
    # A deferred transaction that reads and then writes fails at once under contention.
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA journal_size_limit=67108864;"
    ),
}


class BadSetting(ValueError):
    """An environment variable that cannot be used; the message names it and says what would do."""


def number(env: Mapping[str, str], name: str, default: int) -> int:
    """A whole number above zero. Raises BadSetting."""
    text = env.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise BadSetting(f"{name}={text!r}: give a whole number above zero, for example {default}")
    return int(text)


def switch(env: Mapping[str, str], name: str) -> bool:
    """True for 1, yes, on, true. Raises BadSetting for anything but those, their opposites, ""."""
    text = env.get(name, "").strip().lower()
    if text in {"1", "yes", "on", "true"}:
        return True
    if text in {"", "0", "no", "off", "false"}:
        return False
    raise BadSetting(f"{name}={text!r}: give 1 or 0")


def words(env: Mapping[str, str], name: str) -> list[str]:
    """A list separated by commas or spaces."""
    return env.get(name, "").replace(",", " ").split()


def run_directory(env: Mapping[str, str], state: Path) -> Path:
    """Where the sockets are: /run/terrarium for the default state, STATE/run for another."""
    if env.get("TERRARIUM_RUN"):
        return Path(env["TERRARIUM_RUN"])
    return Path("/run/terrarium") if state == Path("/var/lib/terrarium") else state / "run"


def allowed_hosts(env: Mapping[str, str]) -> list[str]:
    """Names by which browsers may call us: loopback, this machine, the bound host, those asked."""
    host = env.get("TERRARIUM_HOST", "")
    named = own_addresses() if host in WILDCARDS else [host]
    own = ["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower()]
    return sorted({*own, *named, *words(env, "TERRARIUM_ALLOWED_HOSTS")})


def own_addresses() -> list[str]:
    """The addresses by which this machine reaches others, as a browser writes them."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((far, 9))  # Sends nothing: the kernel looks up a route.
            except OSError:
                continue
            name = probe.getsockname()[0]
            found.append(f"[{name}]" if ":" in name else name)
    return found


def database(env: Mapping[str, str], state: Path) -> dict[str, Any]:
    """Django's description of the database: SQLite below STATE, or TERRARIUM_DATABASE_URL's."""
    url = env.get("TERRARIUM_DATABASE_URL", "")
    if not url:
        return _sqlite(state / "web" / "db.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise BadSetting("TERRARIUM_DATABASE_URL: give postgres://user:password@host:port/name")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        # Under ASGI a connection belongs to a thread: the pool bounds them, CONN_MAX_AGE would not.
        "OPTIONS": {**options, "pool": {"min_size": 1, "max_size": 24, "timeout": 10}},
    }


def secret_key(env: Mapping[str, str], state: Path) -> str:
    """TERRARIUM_SECRET_KEY, or the file's content; the file is made (0600) when it is missing.

    Without its directory nothing can be served from this state, so a passing key does.
    """
    if env.get("TERRARIUM_SECRET_KEY"):
        return env["TERRARIUM_SECRET_KEY"]
    path = Path(env.get("TERRARIUM_SECRET_KEY_FILE") or state / "web" / "secret.key")
    fresh = secrets.token_urlsafe(48)
    if not path.parent.is_dir():
        return fresh
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(fresh)
    return fresh


def lab_places(env: Mapping[str, str]) -> int:
    """How many labs may run at once: TERRARIUM_MAX_LABS, or what this host's memory carries."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    carried = max(1, (total - RESERVED_MEMORY) * PROMISES_PER_BYTE // LAB_MEMORY)
    return number(env, "TERRARIUM_MAX_LABS", carried)


def _sqlite(path: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": SQLITE_OPTIONS}
