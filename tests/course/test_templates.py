"""What the pages load is there: a missing file would break a page only when it is asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = [
    *(ROOT / "course/static").rglob("*.js"),
    *(ROOT / "sandbox/terminal/static").rglob("*.js"),
]
_STATIC = re.compile(r"{%\s*static\s+'([^']+)'")
_MAP = re.compile(r'<script type="importmap"[^>]*>(.*?)</script>', re.DOTALL)
_IMPORT = re.compile(r"""(?:\bfrom|\bimport\()\s*"([^"]+)\"""")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_file_that_a_template_names_exists(path):
    named = _STATIC.findall(path.read_text(encoding="utf-8"))
    assert [name for name in named if finders.find(name) is None] == []


def test_every_module_that_a_script_imports_stands_in_the_map_of_its_page():
    known = known_modules(ROOT / "templates/exercises/modules.html")
    for script in SCRIPTS:
        wanted = _IMPORT.findall(script.read_text(encoding="utf-8"))
        assert [name for name in wanted if name not in known] == [], script.name


def test_a_page_of_text_maps_all_that_its_script_needs():
    known = known_modules(ROOT / "templates/frame/reading.html")
    waiting = ["course/reading.js"]
    while waiting:
        found = finders.find(waiting.pop())
        assert found
        wanted = _IMPORT.findall(Path(str(found)).read_text(encoding="utf-8"))
        waiting.extend(known[name] for name in wanted)


def known_modules(template: Path) -> dict[str, str]:
    """Name of a module to the static file that it is."""
    found = _MAP.search(template.read_text(encoding="utf-8"))
    assert found
    names = json.loads(_STATIC.sub(r"\1", found[1]).replace(" %}", ""))
    return dict(names["imports"])
