"""What people type, compared word for word with what Docker's daemon answered."""

from __future__ import annotations

import pytest

from tests.contract import engines, transcripts
from tests.contract.turns import SESSIONS

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("session", SESSIONS)
def test_the_engine_answers_as_docker_does(engine, session):
    if "$COMPOSE" in session.text and not engines.reference_is_there():
        pytest.skip("Compose comes with the reference: python -m tests.contract.reference")
    transcripts.tidy(engine)
    assert transcripts.performed(engine, session) == session.text
