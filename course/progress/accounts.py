"""How a learner comes in and stays: guest, account, and the guest who becomes an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.account import views as allauth_views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm
from allauth.core.ratelimit import consume_or_429
from django import forms
from django.contrib.auth import get_user, login, update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from course.progress import record
from course.progress.models import Learner
from sandbox.session import leases

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class LearnerAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Names are kept apart from those that guests are given."""

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002 - allauth's
        """Refuses a guest's kind of name."""
        cleaned = str(super().clean_username(username, shallow))
        if cleaned.lower().startswith(record.GUEST_PREFIX):
            raise forms.ValidationError(
                _("Names that begin with “guest-” are given to guests. Choose another.")
            )
        return cleaned

    def add_message(self, *_args: object, **_kwargs: object) -> None:
        """Says nothing: the header shows who is signed in, and forms show what went wrong."""


@require_POST
def guest(request: HttpRequest) -> HttpResponse:
    """Try without an account: a learner who can be claimed later."""
    return let_in(request) or HttpResponseRedirect(local_address(request))


def let_in(request: HttpRequest) -> HttpResponse | None:
    """Make a visitor a guest; the answer when too many have come from their address."""
    if request.user.is_authenticated:
        return None
    limited = consume_or_429(request, action="guest")
    if limited is not None:
        return cast("HttpResponse", limited)
    login(request, record.new_guest(), backend=BACKEND)
    return None


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """A guest chooses a name and a password and keeps everything done so far."""
    user = request.user
    if not isinstance(user, Learner) or not user.guest:
        return redirect("course")
    limited = consume_or_429(request, action="signup")
    if limited is not None:
        return cast("HttpResponse", limited)
    form = SignupForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _claimed(user, form):
        update_session_auth_hash(request, user)
        return HttpResponseRedirect(local_address(request))
    return render(request, "account/claim.html", {"form": form, "next": local_address(request)})


def sign_up(request: HttpRequest) -> HttpResponse:
    """allauth's sign-up; a guest is led to the claim, where nothing is lost."""
    if isinstance(request.user, Learner) and request.user.guest:
        return redirect("claim")
    return cast("HttpResponse", allauth_views.signup(request))


def log_in(request: HttpRequest) -> HttpResponse:
    """allauth's log-in; a guest who has an account brings along what was done."""
    user = request.user
    if not isinstance(user, Learner) or not user.guest:
        return cast("HttpResponse", allauth_views.login(request))
    # allauth turns away whoever is signed in; a guest is not, as far as this page goes.
    request.user = AnonymousUser()
    response = cast("HttpResponse", allauth_views.login(request))
    signed_in = get_user(request)  # The session's, which allauth has written by now.
    if isinstance(signed_in, Learner) and signed_in.pk != user.pk:
        # Their labs belong to attempts that have just been renumbered: a fresh start is cleaner.
        for lease in leases.open_leases(user):
            leases.end(lease)
        record.merge(user, into=signed_in)
    return response


def _claimed(user: Learner, form: SignupForm) -> bool:
    try:
        record.claim(
            user,
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password1"],
        )
    except IntegrityError:
        form.add_error("username", _("That name was taken a moment ago. Choose another."))
        return False
    return True


def local_address(request: HttpRequest) -> str:
    """The page to return to: only an address of this site, else the course page."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if own else resolve_url("course")
