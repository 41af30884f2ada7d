"""Somebody who visits a published port all the time, from a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VISIT = """
import http.client, json, select, sys, time
answered, failed = 0, []
while not select.select([sys.stdin], [], [], 0.01)[0]:
    try:
        wire = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
        wire.request("GET", "/")
        assert wire.getresponse().read() == b"here\\n"
        wire.close()
        answered += 1
    except (OSError, http.client.HTTPException, AssertionError) as error:
        failed.append(f"{time.time():.3f} {error!r}")
print(json.dumps([answered, failed]))
"""


@dataclass(slots=True)
class Visits:
    """How many were answered, and what befell the others; complete after the visitor."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)


@contextmanager
def visitor(world: int, port: int) -> Iterator[Visits]:
    """Asks 127.0.0.1:port in the network namespace of process world, some 80 times a second."""
    argv = ["nsenter", "-t", str(world), "-n", sys.executable, "-c", _VISIT, str(port)]
    visits = Visits()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield visits
        finally:
            told, _ = process.communicate(b"\n", timeout=20)
            visits.answered, visits.failed = json.loads(told)
