"""Exclusive id ranges."""

from __future__ import annotations

from sandbox.engine import ids
from sandbox.engine.ids import IdRanges


def test_two_containers_never_share_a_range(tmp_path):
    owners = [tmp_path / name for name in "abc"]
    ranges = [IdRanges(tmp_path / "leases").lease(owner) for owner in owners]
    assert len(set(ranges)) == len(owners)


def test_a_released_range_is_given_again(tmp_path):
    leases = IdRanges(tmp_path / "leases")
    number = leases.lease(tmp_path / "a")
    leases.release(number, tmp_path / "a")
    assert leases.lease(tmp_path / "b") == number


def test_a_stranger_cannot_release_a_range(tmp_path):
    leases = IdRanges(tmp_path / "leases")
    number = leases.lease(tmp_path / "a")
    leases.release(number, tmp_path / "b")
    assert leases.lease(tmp_path / "b") != number


def test_a_lease_outlives_its_engine_and_ends_with_its_container(tmp_path):
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    kept.mkdir()
    first = IdRanges(tmp_path / "leases")
    of_kept, of_gone = first.lease(kept), first.lease(gone)
    assert IdRanges(tmp_path / "leases").sweep() == [of_gone]
    assert IdRanges(tmp_path / "leases").lease(tmp_path / "new") != of_kept


def test_after_a_boot_a_known_container_has_its_range_again(tmp_path):
    leases = IdRanges(tmp_path / "leases")
    leases.keep(0, tmp_path / "old")
    assert leases.lease(tmp_path / "new") == 1


def test_ranges_do_not_touch():
    assert ids.base(1) - ids.base(0) == ids.LENGTH
    assert ids.base(ids.RANGES) <= 1 << 32
