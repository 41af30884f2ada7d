"""The learner's own page: what is next, what was done, what surprised them, and the certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from course.lessons import catalogue
from course.progress import accounts, record
from course.progress import pages as course_pages
from course.progress.lane import placing
from course.study import certificates

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LONGEST = 1000  # Surprise.text


@never_cache
@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """For the learner's eyes only."""
    learner = request.user
    assert learner.is_authenticated  # login_required made sure.
    standings = record.standings(learner)
    rows = [row for part in course_pages.overview(standings) for row in part.rows]
    said = record.surprises(learner)
    listed = catalogue.course().exercises()
    issued = record.certificate_of(learner)
    context = {
        "next": course_pages.next_row(rows, placing(learner, standings).lane),
        "done": sum(row.state == record.Standing.DONE for row in rows),
        "available": sum(row.state != course_pages.COMING for row in rows),
        "achieved": certificates.achieved(learner),
        "surprises": [(one, said[one.id]) for one in listed if one.id in said],
        "certificate": issued,
        "form": certificates.NameForm(initial={"name": _name(learner)}),
    }
    return render(request, "study/mine.html", context)


@login_required
@require_POST
def surprise(request: HttpRequest, exercise_id: str) -> HttpResponse:
    """Keep what surprised the learner in an exercise that they have done."""
    learner = request.user
    assert learner.is_authenticated  # login_required made sure.
    known = catalogue.written(Path(settings.TERRARIUM_CONTENT))
    if exercise_id not in known & record.done(learner).keys():
        raise Http404
    # Browsers send two characters for the end of a line, but count one.
    text = request.POST.get("text", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST or "\0" in text:
        said = _("At most %(n)s characters of text, please. Go back and shorten it.")
        return HttpResponseBadRequest(said % {"n": LONGEST}, content_type="text/plain")
    record.surprised(learner, exercise_id, text)
    return HttpResponseRedirect(accounts.local_address(request))


def _name(learner: object) -> str:
    return "" if getattr(learner, "guest", True) else str(learner)
