"""The pages shown when something is wrong: what happened, and what to do next.

Django gives each of them its arguments by name, used or not.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    """400. The frame is left out: with a wrong Host header no address can be built."""
    if isinstance(exception, DisallowedHost):
        what = _("This server is not known under that address.")
        step = _("Whoever runs it can add the address to TERRARIUM_ALLOWED_HOSTS.")
    else:
        what = _("The browser sent something that cannot be read.")
        step = _("Go back, reload the page and try again.")
    page = render_to_string("bare.html", {"status": 400, "what": what, "step": step}, request=None)
    return HttpResponse(page, status=HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    """403."""
    what = _("You may not open this page.")
    return _page(request, HTTPStatus.FORBIDDEN, what, _("Log in with another account, or go back."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    """404, for what does not exist and for what is somebody else's alike."""
    what = _("There is nothing at this address.")
    step = _("Look for it on the course page; a lab that has ended can be started again there.")
    return _page(request, HTTPStatus.NOT_FOUND, what, step)


def too_many(request: HttpRequest) -> HttpResponse:
    """429."""
    what = _("Too many tries from here in a short time.")
    return _page(request, HTTPStatus.TOO_MANY_REQUESTS, what, _("Wait a minute, then try again."))


def failed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's
    """500. No context processor runs: what they need may be what is broken."""
    page = render_to_string(
        "bare.html",
        {
            "status": 500,
            "what": _("Something went wrong on the server."),
            "step": _("Reload the page. If it happens again, tell your teacher what you did."),
        },
        request=None,
    )
    return HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's
    """403 for a form without a valid token."""
    what = _("This form has expired, or cookies are switched off.")
    step = _("Go back, reload the page and send the form again.")
    return _page(request, HTTPStatus.FORBIDDEN, what, step)


def _page(request: HttpRequest, status: HTTPStatus, what: str, step: str) -> HttpResponse:
    return render(
        request, "error.html", {"status": status.value, "what": what, "step": step}, status=status
    )
