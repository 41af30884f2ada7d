"""A small course on disk, and learners."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from course.progress.models import Learner

COURSE = """
units:
  - id: u01
    slug: u01-why
    title: {zh: 为什么, en: Why}
    summary: {zh: 缘由, en: The reason}
    exercises:
      - {id: u01-1, slug: u01-1-meet, title: {zh: 认识, en: Meet}, kind: worked, minutes: 5}
      - {id: u01-2, slug: u01-2-ports, title: {zh: 端口, en: Ports}, kind: incident, minutes: 8}
  - id: u02
    slug: u02-names
    title: {zh: 命名空间, en: Namespaces}
    summary: {zh: 看见, en: Sight}
    exercises:
      - {id: u02-1, slug: u02-1-host, title: {zh: 主机名, en: Hostname}, kind: faded, minutes: 5}
"""


@pytest.fixture
def content(tmp_path, settings):
    """Two units; u01-1 and u02-1 are written, u01-2 is coming; a lesson page in both languages."""
    settings.TERRARIUM_CONTENT = tmp_path
    (tmp_path / "course.yaml").write_text(COURSE)
    for unit, exercise in (("u01-why", "u01-1-meet"), ("u02-names", "u02-1-host")):
        directory = tmp_path / "units" / unit / "exercises" / exercise
        directory.mkdir(parents=True)
        (directory / "exercise.yaml").write_text("")
    unit = tmp_path / "units" / "u02-names"
    (unit / "10-what.zh.md").write_text("# 是什么\n\n一个进程能看见什么。")
    (unit / "10-what.en.md").write_text("# What it is\n\nWhat a process can see.")
    (unit / "20-more.en.md").write_text("# More\n\nOnly in English.")
    return tmp_path


@pytest.fixture(autouse=True)
def _fresh_limits():
    """Rate limits of one test do not reach the next."""
    cache.clear()


@pytest.fixture
def mei(db):
    return Learner.objects.create_user("mei", password="glass-box-42")
