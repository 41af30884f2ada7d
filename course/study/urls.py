"""Addresses of everything around the exercises."""

from __future__ import annotations

from django.urls import path

from course.study import certificates, commitment, finding, mine, pages, reading

urlpatterns = [
    path("lessons/<slug:unit_id>/<slug:name>/", reading.lesson, name="lesson"),
    path("glossary/", reading.glossary, name="glossary"),
    path("search/", finding.search, name="search"),
    path("units/<slug:unit_id>/", pages.unit, name="unit"),
    path("mine/", mine.mine, name="mine"),
    path("mine/surprises/<slug:exercise_id>/", mine.surprise, name="surprise"),
    path("mine/certificate/", certificates.issue, name="issue_certificate"),
    path("mine/certificate/withdraw/", certificates.withdraw, name="withdraw_certificate"),
    path("certificates/<str:address>/", certificates.certificate, name="certificate"),
    path("placement/", pages.placement, name="placement"),
    path("cards/<slug:occasion>/<int:round_>/<slug:card>/", commitment.commit, name="commit_card"),
]
