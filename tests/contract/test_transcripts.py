"""What people type, compared word for word with what Docker's daemon answered."""

from __future__ import annotations

import pytest

from tests.contract import engines, transcripts

pytestmark = pytest.mark.contract
SESSIONS = [
    pytest.param(session, id=f"{file.stem}: {session.title}")
    for file in sorted(transcripts.DIRECTORY.glob("*.txt"))
    for session in transcripts.sessions(file)
]


@pytest.mark.parametrize("session", SESSIONS)
def test_the_engine_answers_as_docker_does(engine, session):
    if "$COMPOSE" in session.text and not engines.reference_is_there():
        pytest.skip("Compose comes with the reference: python -m tests.contract.reference")
    transcripts.tidy(engine)
    assert transcripts.performed(engine, session) == session.text
