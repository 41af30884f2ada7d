"""With TERRARIUM_PREVIEW=1, for authors: content is read anew when it changes, pages reload.

The page asks once a second whether anything has changed; a slip in the content is shown in the page
instead of stopping the server, and goes when the file is saved again.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static

from course.exercises.catalogue import BrokenExercise
from course.lessons.documents import BadContent

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

STAMP = "/preview/stamp"


def stamp() -> str:
    """Changes whenever a file of the content is written, added or removed."""
    changed = [path.stat().st_mtime_ns for path in Path(settings.TERRARIUM_CONTENT).rglob("*.*")]
    return f"{len(changed)}-{max(changed, default=0)}"


def forget() -> None:
    """Empty every cache of the course: what it holds was read from the content."""
    for name, module in list(sys.modules.items()):
        if name.startswith("course."):
            for thing in list(vars(module).values()):
                if callable(clear := getattr(thing, "cache_clear", None)):
                    clear()


class Preview:
    """The middleware; the last one, so that the page's nonce is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._read = stamp()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page with the script that reloads it, from content as it is now."""
        now = stamp()
        if request.path == STAMP:
            fresh = {"Cache-Control": "no-store"}
            return HttpResponse(now, content_type="text/plain", headers=fresh)
        if now != self._read:
            self._read = now
            forget()
        response = self._get_response(request)
        if isinstance(response, HttpResponse) and "html" in response.get("Content-Type", ""):
            whole = response.content.replace(b"</body>", _script(request, now) + b"</body>")
            response.content = whole
        return response

    def process_exception(self, _request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """A slip of the author: where it is and what it is."""
        if isinstance(failure, BadContent | BrokenExercise):
            return HttpResponse(f"<body><pre>{escape(str(failure))}</pre></body>", status=500)
        return None


def _script(request: HttpRequest, now: str) -> bytes:
    nonce = getattr(request, "csp_nonce", "")
    source = static("course/preview.js")
    told = f'nonce="{nonce}" src="{source}" data-stamp="{now}"'
    return f'<script type="module" {told}></script>'.encode()
