"""Leases: one lab per exercise, limits, ends, and failures that leave nothing behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import translation

from sandbox.session import leases
from sandbox.session.lab import LabFailed, LabSpec, LeaseDenied, LeaseOver, NoRoom
from sandbox.session.models import Lease, Reason
from sandbox.session.state import State
from tests import fakes_engine

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOSTNAME = LabSpec("u02-1", profile="cgroup", env={"BOX": "box-42"})

pytestmark = pytest.mark.django_db


def test_a_lab_carries_its_lease_its_profile_and_its_limits(engine, mei):
    lease = leases.acquire(mei, HOSTNAME, now=NOON)

    made = engine.containers[lease.container]
    assert made["Labels"] == {
        "terrarium.lease": lease.pk,
        "terrarium.profile": "cgroup",
        "terrarium.exercise": "u02-1",
    }
    assert made["HostConfig"]["Runtime"] == "lab"
    assert made["HostConfig"]["Memory"] == 512 << 20
    assert made["Env"] == ["BOX=box-42"]
    assert (lease.state, made["State"]) == (State.RUNNING, "running")


def test_starting_again_returns_the_running_lab(engine, mei):
    first = leases.acquire(mei, HOSTNAME, now=NOON)
    again = leases.acquire(mei, HOSTNAME, now=NOON + timedelta(minutes=5))
    assert (again.pk, engine.created) == (first.pk, 1)


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_make_one_lab(engine, mei):
    def click(_):
        try:
            return leases.acquire(mei, HOSTNAME).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as clicks:
        ids = set(clicks.map(click, range(20)))
    assert len(ids) == 1
    assert engine.created == 1


def test_a_third_lab_is_refused_and_the_oldest_is_offered_to_end(engine, mei):
    oldest = leases.acquire(mei, LabSpec("u02-1"), now=NOON)
    leases.acquire(mei, LabSpec("u02-2"), now=NOON + timedelta(minutes=1))
    with pytest.raises(NoRoom) as refused:
        leases.acquire(mei, LabSpec("u02-3"), now=NOON + timedelta(minutes=2))
    assert refused.value.oldest == oldest.pk
    assert refused.value.next_step

    leases.end(oldest)
    assert leases.acquire(mei, LabSpec("u02-3")).state == State.RUNNING


def test_a_full_host_says_so_and_takes_the_next_when_one_has_ended(engine, mei, kai, settings):
    settings.TERRARIUM_MAX_LABS = 1
    lease = leases.acquire(mei, HOSTNAME)
    with pytest.raises(NoRoom) as refused:
        leases.acquire(kai, HOSTNAME)
    assert refused.value.oldest == ""
    leases.end(lease)
    assert leases.acquire(kai, HOSTNAME).state == State.RUNNING


def test_a_start_that_fails_leaves_nothing_and_the_next_one_works(engine_of, mei):
    engine = engine_of(fakes_engine.StartRefusingEngine())
    with pytest.raises(LabFailed) as failed:
        leases.acquire(mei, HOSTNAME)
    assert "overlay: EINVAL" in failed.value.reason
    assert "Start" in failed.value.next_step
    assert engine.containers == {}
    assert Lease.objects.get().state == State.FAILED

    assert leases.acquire(mei, HOSTNAME).state == State.RUNNING


def test_a_setup_that_fails_takes_the_lab_down_with_it(engine_of, mei):
    engine = engine_of(fakes_engine.SetupFailingEngine())
    with pytest.raises(LabFailed):
        leases.acquire(mei, LabSpec("u02-1", setup="cp /nowhere /tmp"))
    assert engine.containers == {}
    assert "no such file" in Lease.objects.get().detail


def test_setup_gets_its_files_first_and_then_its_script(engine, mei):
    leases.acquire(mei, LabSpec("u02-1", files={"/root/note": b"hi"}, setup="touch /tmp/ready\n"))
    archive, script = engine.inputs
    assert b"root/note" in archive
    assert script == b"touch /tmp/ready\n"


def test_a_host_without_room_tells_why(engine_of, mei):
    engine_of(fakes_engine.FullEngine())
    with pytest.raises(LabFailed, match="the disk for labs is full"):
        leases.acquire(mei, HOSTNAME)


def test_without_an_engine_the_learner_is_told_to_wait(mei, settings, tmp_path):
    settings.TERRARIUM_ENGINE = tmp_path / "absent.sock"
    with pytest.raises(LabFailed, match="does not answer"):
        leases.acquire(mei, HOSTNAME)
    assert leases.open_lease(mei, "u02-1") is None


def test_a_foreign_lease_and_an_unknown_one_are_denied_alike(engine, mei, kai):
    lease = leases.acquire(mei, HOSTNAME)
    assert leases.lease_for(mei, lease.pk) == lease
    denials = []
    for lease_id in (lease.pk, "nothing-of-this-kind-0", "", "x" * 5000, "\0" * 22):
        with pytest.raises(LeaseDenied) as denied:
            leases.lease_for(kai, lease_id)
        denials.append(str(denied.value))
    assert len(set(denials)) == 1


def test_nobody_signed_in_has_a_lease(engine, mei):
    lease = leases.acquire(mei, HOSTNAME)
    with pytest.raises(LeaseDenied):
        leases.lease_for(AnonymousUser(), lease.pk)


def test_an_extension_gives_a_full_period_from_now(engine, mei, settings):
    lease = leases.acquire(mei, HOSTNAME, now=NOON)
    later = NOON + timedelta(minutes=50)
    assert leases.extend(lease, now=later).ends_at == later + timedelta(
        minutes=settings.TERRARIUM_LEASE_MINUTES
    )


def test_an_extension_stops_at_the_longest_time(engine, mei, settings):
    settings.TERRARIUM_LEASE_MAX_MINUTES = 70
    lease = leases.acquire(mei, HOSTNAME, now=NOON)
    extended = leases.extend(lease, now=NOON + timedelta(minutes=50))
    assert extended.ends_at == NOON + timedelta(minutes=70)
    with pytest.raises(LeaseOver):
        leases.extend(lease, now=NOON + timedelta(minutes=60))


def test_an_ended_lease_cannot_be_extended(engine, mei):
    lease = leases.end(leases.acquire(mei, HOSTNAME))
    with pytest.raises(LeaseOver, match="over"):
        leases.extend(lease)


def test_an_end_removes_the_lab_and_a_second_end_changes_nothing(engine, mei):
    lease = leases.acquire(mei, HOSTNAME, now=NOON)
    leases.end(lease, reason=Reason.IDLE, now=NOON)
    leases.end(lease, reason=Reason.ASKED)
    assert engine.containers == {}
    assert (lease.state, lease.reason, lease.ended_at) == (State.ENDED, Reason.IDLE, NOON)


def test_a_reset_takes_a_fresh_lab_in_the_old_ones_place(engine, mei):
    old = leases.acquire(mei, HOSTNAME)
    new = leases.reset(old, HOSTNAME)
    old.refresh_from_db()
    assert old.reason == Reason.RESET
    assert list(engine.containers) == [new.container]
    assert new.pk != old.pk


def test_ids_cannot_be_guessed(engine, mei):
    assert len(leases.acquire(mei, HOSTNAME).pk) == 22


def test_the_browser_is_told_the_end_in_utc_and_the_reason_in_its_language(engine, mei):
    lease = leases.acquire(mei, HOSTNAME, now=NOON)
    told = leases.described(lease, now=NOON)
    assert told["ends_at"] == "2026-11-23T13:00:00+00:00"
    assert told["server_time"] == NOON.isoformat()
    leases.end(lease, reason=Reason.IDLE)
    with translation.override("en"):
        assert "ended" in leases.described(lease)["reason"]


@pytest.mark.django_db(transaction=True)
def test_a_lab_that_is_ended_while_it_starts_is_taken_down(engine_of, mei):
    def end_it():
        try:
            leases.end(Lease.objects.get())
        finally:
            connection.close()

    def in_a_thread_of_its_own():
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(end_it).result()

    engine = engine_of(fakes_engine.InterruptedEngine(in_a_thread_of_its_own))
    lease = leases.acquire(mei, HOSTNAME)
    assert (lease.state, lease.reason) == (State.ENDED, Reason.ASKED)
    assert engine.containers == {}


def test_nobody_signed_in_has_an_open_lease_to_find(engine, mei):
    leases.acquire(mei, HOSTNAME)
    assert leases.open_lease(AnonymousUser(), "u02-1") is None
    assert leases.open_leases(AnonymousUser()) == []


def test_how_granted_leases_stand_is_told_in_one_go(engine, mei):
    lease = leases.acquire(mei, HOSTNAME)
    assert leases.standing([lease.pk, "gone"]) == {lease.pk: lease}
