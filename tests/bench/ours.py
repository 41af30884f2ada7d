"""Terrarium as deployed, with one guest and one lab: every check, every process, every hop."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.terminal.frames import SUBPROTOCOL
from tests.bench.peers import Server
from tests.bench.sockets import TerrariumTerminal, WebSocket
from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator

EXERCISE = "u02-1"
_TOKEN = re.compile(r'name="csrf-token" content="(\w+)"')


@dataclass(slots=True)
class Guest:
    """A learner without a browser: pages by urllib, terminals by our client."""

    running: Running
    jar: CookieJar
    lease: dict[str, Any]

    @property
    def port(self) -> int:
        return self.running.here.port

    def another(self) -> Guest:
        """One more learner with a lab of the same installation."""
        return Visitor(self.running).start()

    def terminal(
        self, name: str = "main", *, offset: int = 0, fresh: bool = False
    ) -> TerrariumTerminal:
        """Another socket to a terminal of the lab; `fresh` asks for a new shell behind it."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
        path = f"/ws/labs/{self.lease['id']}/terminal/{name}{'?fresh=1' if fresh else ''}"
        socket = WebSocket(self.port, path, protocol=SUBPROTOCOL, headers={"Cookie": cookies})
        return TerrariumTerminal(socket, offset)


@contextmanager
def terrarium() -> Iterator[tuple[Server, Guest]]:
    """A whole installation, its only learner, and a lab that runs."""
    with Running() as running:
        running.serve()
        guest = Visitor(running).start()
        web = running.web.child
        assert web is not None

        def second() -> TerrariumTerminal:
            return guest.terminal("second", fresh=True)

        pids = (_python_of(web.pid), _shim(running))
        yield Server("terrarium", lambda: guest.terminal(fresh=True), second, pids), guest


class Visitor:
    """A guest who has the exercise's page open and has not pressed Start."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        token = _token(self._visit("/"))
        self._visit("/accounts/guest/", token=token, next=f"/exercises/{EXERCISE}/")
        self._token = _token(self._visit(f"/exercises/{EXERCISE}/"))

    def start(self) -> Guest:
        """Press Start, and wait until the lab runs."""
        lease = json.loads(self._visit(f"/exercises/{EXERCISE}/lab", token=self._token))
        while lease["state"] == "starting":
            time.sleep(0.1)
            lease = json.loads(self._visit(f"/labs/{lease['id']}/"))
        return Guest(self._running, self._jar, lease)

    def end(self, guest: Guest) -> None:
        """Give the lab back."""
        self._visit(f"/labs/{guest.lease['id']}/end/", token=self._token)

    def _visit(self, path: str, **fields: str) -> str:
        headers = {"X-CSRFToken": fields.pop("token", ""), "Referer": self._running.url}
        data = urllib.parse.urlencode(fields).encode() if headers["X-CSRFToken"] else None
        request = urllib.request.Request(self._running.url + path, data, headers)
        with self._opener.open(request, timeout=60) as answer:
            return str(answer.read().decode())


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    assert found, page[:2000]
    return found[1]


def _python_of(pid: int) -> int:
    """The web process itself: what confines it stays as its parent, or becomes it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(children[0]) if children else pid


def _shim(running: Running) -> int:
    """The parent of the lab's first process."""
    (lab,) = running.labs()
    _, found = running.api("GET", f"/containers/{lab['Id']}/json")
    first = json.loads(found)["State"]["Pid"]
    status = Path(f"/proc/{first}/status").read_text(encoding="ascii")
    return int(re.findall(r"^PPid:\s*(\d+)$", status, re.M)[0])
