"""Is the web process alive, and can learners work: one JSON entry per part, in Gitea's shape."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from course.lessons import catalogue
from course.lessons.documents import BadContent
from sandbox.dockerapi.client import Engine
from sandbox.dockerapi.wire import EngineError
from sandbox.session.models import Lease
from sandbox.session.state import OPEN

if TYPE_CHECKING:
    from django.http import HttpRequest

LEAST_FREE = 256 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One part's answer."""

    passed: bool
    detail: str = ""


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers and its database opens."""
    return _answer({"web:process": Part(passed=True), "database:ping": _database()})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Everything that a lab needs is there; 503 while it is not."""
    parts = {name: look() for name, look in PARTS.items()}
    return _answer({**parts, **_engine()})


def _answer(parts: dict[str, Part]) -> JsonResponse:
    passed = all(part.passed for part in parts.values())
    now = datetime.now(UTC).isoformat(timespec="seconds")
    checks = {
        name: [{"status": _word(part.passed), "time": now, "output": part.detail}]
        for name, part in parts.items()
    }
    body = {"status": _word(passed), "description": "Terrarium", "checks": checks}
    return JsonResponse(body, status=HTTPStatus.OK if passed else HTTPStatus.SERVICE_UNAVAILABLE)


def _word(passed: bool) -> str:  # noqa: FBT001 - a word for a truth value
    return "pass" if passed else "fail"


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Part(passed=False, detail=str(error))
    return Part(passed=True, detail=connection.vendor)


def _disk() -> Part:
    try:
        free = shutil.disk_usage(settings.TERRARIUM_STATE).free
    except OSError as error:
        return Part(passed=False, detail=str(error))
    return Part(passed=free >= LEAST_FREE, detail=f"{free >> 20} MiB free")


def _content() -> Part:
    try:
        course = catalogue.course()
    except BadContent as error:
        return Part(passed=False, detail=str(error))
    return Part(passed=True, detail=f"{len(course.units)} units")


def _static() -> Part:
    try:
        return Part(passed=True, detail=staticfiles_storage.url("course/css/tokens.css"))
    except ValueError as error:
        return Part(passed=False, detail=f"{error}; run manage.py collectstatic")


def _places() -> Part:
    try:
        taken = Lease.objects.filter(state__in=OPEN).count()
    except DatabaseError as error:
        return Part(passed=False, detail=str(error))
    # A full house is healthy: learners are told to wait.
    return Part(passed=True, detail=f"{taken} of {settings.TERRARIUM_MAX_LABS} taken")


def _engine() -> dict[str, Part]:
    try:
        health = asyncio.run(Engine(settings.TERRARIUM_ENGINE).health())
    except EngineError as error:
        return {"engine:ping": Part(passed=False, detail=str(error))}
    parts = {"engine:ping": Part(passed=True)}
    for name, check in health.get("checks", {}).items():
        parts[f"engine:{name}"] = Part(
            passed=check.get("status") == "pass", detail=str(check.get("detail", ""))
        )
    return parts


PARTS: dict[str, Callable[[], Part]] = {
    "database:ping": _database,
    "disk:free": _disk,
    "content:course": _content,
    "static:manifest": _static,
    "labs:places": _places,
}
