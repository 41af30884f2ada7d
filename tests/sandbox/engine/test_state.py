"""The container's state machine, as the product of its enums."""

from __future__ import annotations

from itertools import product

import pytest

from sandbox.engine.errors import WrongState
from sandbox.engine.state import MOVES, Event, State, after

DOCKERS_WORDS = {"created", "running", "paused", "restarting", "removing", "exited", "dead"}


@pytest.mark.parametrize(("state", "event"), [*product(State, Event)])
def test_every_event_moves_as_the_table_says_or_is_refused(state, event):
    if (state, event) in MOVES:
        assert after(state, event) is MOVES[state, event]
    else:
        with pytest.raises(WrongState, match=str(state)):
            after(state, event)


def test_states_have_dockers_names():
    assert {str(state) for state in State} <= DOCKERS_WORDS


def test_a_running_container_cannot_be_removed():
    assert (State.RUNNING, Event.REMOVE) not in MOVES


def test_every_state_but_created_is_reached_by_some_move():
    assert set(MOVES.values()) == set(State) - {State.CREATED}


def test_a_removal_that_got_stuck_can_be_tried_again():
    assert after(after(State.REMOVING, Event.STUCK), Event.REMOVE) is State.REMOVING
