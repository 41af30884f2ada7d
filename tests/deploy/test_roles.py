"""Every address, asked by everybody: what is not yours answers as if it did not exist."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from course.progress.models import Learner
from sandbox.session import leases
from sandbox.session.lab import LabSpec
from tests import fakes_engine

pytestmark = pytest.mark.django_db
UNKNOWN = "nothing-of-this-kind-0"


def addresses(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        found += addresses(entry, route) if isinstance(entry, URLResolver) else [route]
        assert isinstance(entry, URLPattern | URLResolver)
    return found


OF_LABS = [route for route in addresses(get_resolver()) if route.startswith("labs/")]


def filled(route: str, lease: str) -> str:
    return "/" + route.partition("<")[0] + lease + route.partition(">")[2]


@pytest.fixture
def lease(short_tmp, settings):
    settings.TERRARIUM_ENGINE = short_tmp / "roles.sock"
    mei = Learner.objects.create_user("mei", password="glass-box-42")
    with fakes_engine.listening(fakes_engine.RememberingEngine(), settings.TERRARIUM_ENGINE):
        yield leases.acquire(mei, LabSpec("u02-1"))


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("route", OF_LABS)
def test_another_learners_lab_answers_as_an_unknown_one(lease, route, method):
    other = Client()
    other.force_login(Learner.objects.create_user("kai", password="glass-box-43"))
    foreign = getattr(other, method)(filled(route, lease.pk))
    unknown = getattr(other, method)(filled(route, UNKNOWN))
    assert foreign.status_code == unknown.status_code
    assert foreign.status_code in {404, 405}
    assert foreign.content.replace(lease.pk.encode(), b"") == unknown.content.replace(
        UNKNOWN.encode(), b""
    )
    lease.refresh_from_db()
    assert lease.is_open


@pytest.mark.parametrize("route", OF_LABS)
def test_a_stranger_learns_nothing_of_a_lab(lease, route):
    foreign = Client().post(filled(route, lease.pk))
    unknown = Client().post(filled(route, UNKNOWN))
    assert foreign.status_code == unknown.status_code
    assert foreign.status_code in {401, 403, 404, 405}


def test_there_are_addresses_of_labs_to_try():
    assert len(OF_LABS) >= 4


@pytest.mark.parametrize("route", OF_LABS)
def test_no_press_on_a_lab_is_taken_from_another_sites_form(lease, route):
    owner = Client(enforce_csrf_checks=True)
    owner.force_login(lease.owner)
    assert owner.post(filled(route, lease.pk)).status_code in {403, 405}
    lease.refresh_from_db()
    assert lease.is_open
