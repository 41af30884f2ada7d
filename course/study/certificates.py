"""A certificate: what somebody has done, under an address that is shared and can be withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from course.lessons import catalogue
from course.progress import record

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest, HttpResponse

    from course.lessons.catalogue import ListedExercise, Unit

LONGEST_NAME = 80  # Certificate.name


class NameForm(forms.Form):
    """How the learner wants to be called."""

    name = forms.CharField(label=gettext_lazy("Name on it"), max_length=LONGEST_NAME)

    def clean_name(self) -> str:
        """Refuses what is not to be seen, such as marks that turn the line around."""
        name = str(self.cleaned_data["name"])
        if not name.isprintable():
            raise forms.ValidationError(_("Use letters, digits, spaces and punctuation only."))
        return name


@dataclass(frozen=True, slots=True)
class Achieved:
    """What of one unit was done, and when."""

    unit: Unit
    exercises: tuple[tuple[ListedExercise, datetime], ...]


def achieved(user: AbstractBaseUser) -> list[Achieved]:
    """The units in which something is done, in the course's order."""
    done = record.done(user)
    units = (
        Achieved(unit, tuple((one, done[one.id]) for one in unit.exercises if one.id in done))
        for unit in catalogue.course().units
    )
    return [unit for unit in units if unit.exercises]


@never_cache
@require_safe
def certificate(request: HttpRequest, address: str) -> HttpResponse:
    """What anybody sees who has the address."""
    shown = record.certificate_at(address)
    if shown is None:
        raise Http404
    units = achieved(shown.user)
    context = {
        "certificate": shown,
        "units": units,
        "done": sum(len(unit.exercises) for unit in units),
        "own": request.user.pk == shown.user.pk,
    }
    return render(request, "study/certificate.html", context)


@login_required
@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Issue the learner's certificate, or put another name on it."""
    learner = request.user
    assert learner.is_authenticated  # login_required made sure.
    form = NameForm(request.POST)
    if not record.done(learner):
        raise Http404
    if not form.is_valid():
        return render(request, "study/naming.html", {"form": form}, status=400)
    return redirect("certificate", record.issue(learner, form.cleaned_data["name"]).address)


@login_required
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """From now on the address leads nowhere."""
    learner = request.user
    assert learner.is_authenticated  # login_required made sure.
    record.withdraw(learner)
    return redirect("mine")
