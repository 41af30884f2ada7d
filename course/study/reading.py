"""Lesson pages and the glossary: what is to be read before and between the exercises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from course.lessons import catalogue, texts
from course.lessons.glossary import glossary as glossary_entries
from course.study import cards, occasions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

    from course.lessons.texts import LessonText, Piece
    from course.study.cards import Standing


@require_safe
def lesson(request: HttpRequest, unit_id: str, name: str) -> HttpResponse:
    """One lesson page in the reader's language, or in the other with a word about it."""
    try:
        unit = catalogue.course().unit(unit_id)
        page = catalogue.lesson_page(unit, name)
    except catalogue.NoSuchLesson as error:
        raise Http404 from error
    language = get_language() or "en"
    file, told_in = page.file(language)
    around = catalogue.lesson_pages(unit)
    place = around.index(page)
    text = texts.lesson_text(file, told_in)
    context = {
        "unit": unit,
        "page": page,
        "pages": around,
        "pieces": list(_shown(request, text)),
        "told_in": "zh-Hans" if told_in == "zh" else "en",
        "translated": language.startswith(told_in),
        "before": around[place - 1] if place else None,
        "after": around[place + 1] if place + 1 < len(around) else None,
    }
    return render(request, "study/lesson.html", context)


def _shown(request: HttpRequest, text: LessonText) -> Iterator[Piece | dict[str, Standing]]:
    """The page's pieces, with each card as this learner has it before them."""
    names = [name for name, _ in text.cards()]
    standing = cards.standings(request.user, occasions.LESSON, 1, names)
    dealt = dict(zip(names, standing, strict=True))
    for piece in texts.pieces(text):
        yield {"card": dealt[piece.card]} if isinstance(piece, texts.CardPlace) else piece


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """Every term with its meaning in the reader's language, and its name in the other."""
    chinese = (get_language() or "en").startswith("zh")
    entries = glossary_entries()
    # Chinese terms stand by their English names, as the file has them: characters have no alphabet.
    order = list(entries)
    if not chinese:
        order.sort(key=lambda name: entries[name].en.term.casefold())
    rows = [
        (name, entries[name].zh, entries[name].en, "en")
        if chinese
        else (name, entries[name].en, entries[name].zh, "zh-Hans")
        for name in order
    ]
    return render(request, "study/glossary.html", {"rows": rows})
