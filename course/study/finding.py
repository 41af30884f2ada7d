"""The search page: what the course says about a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from course.study import passages
from course.study.search import LONGEST_QUERY

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the reader's language holds; when that is nothing, what the other holds."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    own, other = ("zh", "en") if (get_language() or "en").startswith("zh") else ("en", "zh")
    hits = passages.index(own).find(query)
    elsewhere = [] if hits else passages.index(other).find(query)
    context = {
        "query": query,
        "longest": LONGEST_QUERY,
        "hits": hits or elsewhere,
        "told_in": {"zh": "zh-Hans", "en": "en"}[own if hits else other],
        "elsewhere": bool(elsewhere),
    }
    return render(request, "study/search.html", context)
