"""Which recorded sessions dockerd is asked for again.

A session file is its own recording, so that a third is asked each day, another one the next, and
all with TERRARIUM_ALL_SESSIONS=1: dockerd's half takes three quarters of the time. Ours is asked
for every session each time.
"""

from __future__ import annotations

import os
import time

import pytest

from tests.contract import transcripts

TURNS = 3
TODAY = int(time.time() // 86_400) % TURNS
SESSIONS = [
    pytest.param(session, id=f"{file.stem}: {session.title}")
    for file in sorted(transcripts.DIRECTORY.glob("*.txt"))
    for session in transcripts.sessions(file)
]
_TURN = {id(entry.values[0]): number % TURNS for number, entry in enumerate(SESSIONS)}


def is_due(engine: object, session: object) -> bool:
    """Whether this engine is asked for this session today; what is no session always is."""
    everything = bool(os.environ.get("TERRARIUM_ALL_SESSIONS")) or engine != "dockerd"
    return everything or _TURN.get(id(session), TODAY) == TODAY
