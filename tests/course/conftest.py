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

GLOSSARY = """
kernel:
  zh: {term: 内核, text: 管理硬件和进程的程序。}
  en: {term: kernel, text: The program that rules hardware and processes.}
namespace:
  zh: {term: 命名空间, text: 进程看见的名册。}
  en: {term: namespace, text: A list of names that a process sees.}
"""
BANK = """
sight:
  unit: u02
  answered_by: u02-1
  vars: {n: {int: [10, 99]}}
  ask: {zh: "box-{{n}} 看得见 `init` 吗？", en: "Does box-{{n}} see `init`?"}
  options: {seen: {zh: 看得见, en: it does}, hidden: {zh: 看不见, en: it does not}}
  truth: hidden
  because: {zh: 各看各的, en: each sees its own}
may:
  unit: u01
  ask: {zh: "root 能{{deed}}吗？", en: "May root {{deed}}?"}
  options: {can: {zh: 能, en: yes}, cannot: {zh: 不能, en: no}}
  cases:
    - {words: {deed: {zh: 挂载, en: mount}}, truth: can, because: {zh: 是它的, en: it is its own}}
    - {words: {deed: {zh: 对时, en: set clocks}}, truth: cannot, because: {zh: 共用, en: shared}}
growth:
  unit: u01
  kind: order
  ask: {zh: 排一排, en: In which order?}
  items: {one: {zh: 甲, en: first}, two: {zh: 乙, en: second}, three: {zh: 丙, en: third}}
  because: {zh: 如此, en: so it went}
"""
PLACEMENT = "questions: [may, growth]\nenough: 2\ntasks: [u01-1]\n"


@pytest.fixture
def content(tmp_path, settings):
    """Two units; u01-1 and u02-1 are written, u01-2 is coming; a lesson page in both languages."""
    settings.TERRARIUM_CONTENT = tmp_path
    (tmp_path / "course.yaml").write_text(COURSE)
    for unit, exercise in (("u01-why", "u01-1-meet"), ("u02-names", "u02-1-host")):
        directory = tmp_path / "units" / unit / "exercises" / exercise
        directory.mkdir(parents=True)
        (directory / "exercise.yaml").write_text("")
    (tmp_path / "glossary.yaml").write_text(GLOSSARY)
    (tmp_path / "bank.yaml").write_text(BANK)
    (tmp_path / "placement.yaml").write_text(PLACEMENT)
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
