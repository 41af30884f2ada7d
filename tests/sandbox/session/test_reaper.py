"""What the reaper ends, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.session import leases, reaper
from sandbox.session.lab import LabSpec
from sandbox.session.models import Lease, Reason
from sandbox.session.state import State
from tests import fakes_engine

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


def lab(user, exercise="u02-1"):
    return leases.acquire(user, LabSpec(exercise), now=NOON)


def test_a_lab_in_use_goes_on(engine, mei):
    lease = lab(mei)
    leases.touch(lease.pk, now=minutes(40))
    reaper.sweep(now=minutes(59))
    lease.refresh_from_db()
    assert lease.state == State.RUNNING
    assert lease.container in engine.containers


def test_an_idle_lab_is_ended_and_gone(engine, mei):
    lease = lab(mei)
    reaper.sweep(now=minutes(31))
    lease.refresh_from_db()
    assert lease.reason == Reason.IDLE
    assert engine.containers == {}


def test_a_lab_in_use_still_ends_when_its_time_is_over(engine, mei):
    lease = lab(mei)
    leases.touch(lease.pk, now=minutes(60))
    reaper.sweep(now=minutes(60))
    lease.refresh_from_db()
    assert lease.reason == Reason.TIME


def test_a_lab_that_the_engine_lost_ends_with_the_reason(engine, mei):
    lease = lab(mei)
    engine.vanish(lease.container)
    reaper.sweep(now=minutes(1))
    lease.refresh_from_db()
    assert (lease.state, lease.reason) == (State.ENDED, Reason.LOST)


def test_a_lab_whose_first_process_ended_is_removed(engine, mei):
    lease = lab(mei)
    engine.stop(lease.container)
    reaper.sweep(now=minutes(1))
    lease.refresh_from_db()
    assert lease.reason == Reason.DIED
    assert engine.containers == {}


def test_an_engine_that_is_away_ends_nobodys_lease(engine, mei, settings, tmp_path):
    lease = lab(mei)
    settings.TERRARIUM_ENGINE = tmp_path / "absent.sock"
    reaper.sweep(now=minutes(1))
    lease.refresh_from_db()
    assert lease.state == State.RUNNING


def test_a_lab_of_no_open_lease_is_removed_and_others_stay(engine, mei, kai):
    ended, kept = lab(mei), lab(kai)
    Lease.objects.filter(pk=ended.pk).update(state=State.ENDED)
    engine.create(None, {}, {"Labels": {"terrarium.lease": "nobody"}})
    engine.create(None, {}, {"Labels": {"somebody.else": "1"}})
    reaper.sweep(now=minutes(1))
    labels = [each["Labels"] for each in engine.containers.values()]
    assert len(labels) == 2
    assert kept.container in engine.containers
    assert {"somebody.else": "1"} in labels


def test_a_start_that_was_cut_off_frees_the_exercise(engine_of, mei):
    engine_of(fakes_engine.RememberingEngine())
    Lease.objects.create(
        owner=mei, exercise="u02-1", created=NOON, last_used=NOON, ends_at=minutes(60)
    )
    reaper.sweep(now=minutes(2))
    assert leases.open_lease(mei, "u02-1") is None
    assert lab(mei).state == State.RUNNING
