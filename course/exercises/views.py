"""The exercise page, and its lab's start, reset, extension and end as JSON."""

from __future__ import annotations

from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from course.exercises import attempts, pages
from course.exercises.attempts import Sheet, sheet_of
from course.exercises.catalogue import NoSuchExercise
from course.exercises.environment import cgroup_version
from sandbox.session import leases
from sandbox.session.lab import LabSpec, LeaseDenied, LeaseError, NoRoom

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from course.progress.models import Learner
    from sandbox.session.models import Lease

    View = Callable[..., HttpResponse]


@require_safe
@never_cache
@login_required
def exercise(request: HttpRequest, exercise_id: str) -> HttpResponse:
    """The exercise, its lab and its checks."""
    try:
        desk = pages.desk(_learner(request), exercise_id)
    except NoSuchExercise as unknown:
        raise Http404 from unknown
    context = pages.context(desk, get_language() or "en")
    return render(request, "exercises/exercise.html", context)


def _told(view: View) -> View:
    """Answers a request for JSON: who is not logged in and what went wrong are JSON too."""

    @wraps(view)
    def answered(request: HttpRequest, name: str) -> HttpResponse:
        if not request.user.is_authenticated:
            reason = _("You are not logged in any more.")
            next_step = _("Load this page again and log in, or try without an account.")
            return _error(reason, next_step, HTTPStatus.FORBIDDEN)
        try:
            return view(request, name)
        except (LeaseDenied, NoSuchExercise):
            reason = _("There is no such lab.")
            next_step = _("Load this page again and press Start.")
            return _error(reason, next_step, HTTPStatus.NOT_FOUND)
        except LeaseError as refused:
            status = (
                HTTPStatus.SERVICE_UNAVAILABLE
                if isinstance(refused, NoRoom) and not refused.oldest
                else HTTPStatus.CONFLICT
            )
            return _error(refused.reason, refused.next_step, status)

    return answered


@require_POST
@_told
def start_lab(request: HttpRequest, exercise_id: str) -> HttpResponse:
    """The learner's lab for the exercise: the running one, or a fresh one."""
    learner = _learner(request)
    written = attempts.catalogue()[exercise_id]
    lease = leases.open_lease(learner, exercise_id)
    if lease is None:
        attempt = attempts.next_attempt(learner, exercise_id)
        seed = attempts.seed_of(learner, exercise_id, attempt.number)
        sheet = Sheet(written, seed, attempt.number, cgroup_version())
        lease = leases.acquire(learner, sheet.lab_spec())
    return _lease(lease)


@require_safe
@never_cache
@_told
def lab(request: HttpRequest, lease_id: str) -> HttpResponse:
    """How the lab stands."""
    return _lease(leases.lease_for(request.user, lease_id))


@require_POST
@_told
def reset_lab(request: HttpRequest, lease_id: str) -> HttpResponse:
    """A fresh lab in place of this one, with the same values."""
    lease = leases.lease_for(request.user, lease_id)
    return _lease(leases.reset(lease, _spec(lease)))


@require_POST
@_told
def extend_lab(request: HttpRequest, lease_id: str) -> HttpResponse:
    """More time."""
    return _lease(leases.extend(leases.lease_for(request.user, lease_id)))


@require_POST
@_told
def end_lab(request: HttpRequest, lease_id: str) -> HttpResponse:
    """The lab goes."""
    return _lease(leases.end(leases.lease_for(request.user, lease_id)))


def _spec(lease: Lease) -> LabSpec:
    return sheet_of(lease, cgroup_version=cgroup_version()).lab_spec()


def _lease(lease: Lease) -> JsonResponse:
    return JsonResponse(leases.described(lease))


def _error(reason: str, next_step: str, status: HTTPStatus) -> JsonResponse:
    return JsonResponse({"error": reason, "next": next_step}, status=status)


def _learner(request: HttpRequest) -> Learner:
    user: Any = request.user  # Logged in, as the decorators made sure.
    learner: Learner = user
    return learner
