"""Addresses of the course page and of accounts."""

from __future__ import annotations

from django.urls import path

from course.progress import accounts, pages

urlpatterns = [
    path("", pages.course, name="course"),
    path("running/<str:lease_id>/end/", pages.end_lab, name="end_listed_lab"),
    path("accounts/guest/", accounts.guest, name="guest"),
    path("accounts/claim/", accounts.claim, name="claim"),
    # Before allauth's own of the same names.
    path("accounts/signup/", accounts.sign_up, name="account_signup"),
    path("accounts/login/", accounts.log_in, name="account_login"),
]
