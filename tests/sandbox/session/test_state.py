"""The table of a lease's life, tried as a product."""

import itertools

import pytest

from sandbox.session.state import MOVES, Event, State, WrongState, after, before

FINAL = (State.ENDED, State.FAILED)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_event_in_every_state_moves_by_the_table_or_is_refused(state, event):
    if (state, event) in MOVES:
        assert after(state, event) is MOVES[state, event]
    else:
        with pytest.raises(WrongState, match=state):
            after(state, event)


@pytest.mark.parametrize("state", FINAL)
def test_nothing_leads_out_of_a_final_state(state):
    assert not [event for event in Event if state in before(event)]


def test_an_end_is_possible_while_the_lab_is_still_starting():
    assert set(before(Event.END)) == {State.STARTING, State.RUNNING}
