"""Addresses of everything around the exercises."""

from __future__ import annotations

from django.urls import path

from course.study import cards, reading

urlpatterns = [
    path("lessons/<slug:unit_id>/<slug:name>/", reading.lesson, name="lesson"),
    path("glossary/", reading.glossary, name="glossary"),
    path("cards/<slug:occasion>/<int:round_>/<slug:card>/", cards.commit, name="commit_card"),
]
