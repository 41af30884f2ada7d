"""Addresses of everything around the exercises."""

from __future__ import annotations

from django.urls import path

from course.study import commitment, finding, pages, reading

urlpatterns = [
    path("lessons/<slug:unit_id>/<slug:name>/", reading.lesson, name="lesson"),
    path("glossary/", reading.glossary, name="glossary"),
    path("search/", finding.search, name="search"),
    path("units/<slug:unit_id>/", pages.unit, name="unit"),
    path("placement/", pages.placement, name="placement"),
    path("cards/<slug:occasion>/<int:round_>/<slug:card>/", commitment.commit, name="commit_card"),
]
