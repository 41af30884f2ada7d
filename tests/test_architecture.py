"""What no linter knows: sizes, names, the map's completeness, and that locks name no registry."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES_OF_A_FILE, LINES_OF_A_FUNCTION, LINES_OF_THE_MAP = 300, 40, 250
VAGUE = {
    "utils",
    "util",
    "helpers",
    "common",
    "base",
    "core",
    "misc",
    "manager",
    "handler",
    "service",
}
DJANGOS_OWN = {"management", "commands", "migrations", "templatetags"}
REGISTRIES = ("registry.npmjs", "files.pythonhosted", "pypi.org", "index-url", "npmmirror")
NOQA = re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?(?P<reason>\s+\S.*)?")


@cache
def committed(pattern: str) -> list[Path]:
    """The committed files (and those about to be) that match a git pathspec."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    listed = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for line in listed.splitlines() if (path := ROOT / line).is_file()]


def sources() -> list[Path]:
    return [path for path in committed("*.py") if "migrations" not in path.parts]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_longer_than_a_reader_holds_in_mind():
    assert [f"{name(p)}: {n}" for p in sources() if (n := lines(p)) > LINES_OF_A_FILE] == []


def test_no_function_is_longer_than_a_screen():
    found = [
        f"{name(path)}:{node.lineno} {node.name}: {length}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    assert found == []


def test_every_module_says_what_it_is():
    silent = [
        name(path)
        for path in sources()
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_a_package_holds_a_docstring_and_nothing_else():
    crowded = [
        name(path)
        for path in sources()
        if path.name == "__init__.py" and len(ast.parse(path.read_text(encoding="utf-8")).body) > 1
    ]
    assert crowded == []


def test_no_file_or_directory_has_a_vague_name():
    parts = {(part, name(path)) for path in sources() for part in path.with_suffix("").parts}
    vague = [
        path
        for part, path in parts
        if part.lower() in VAGUE or any(part.lower().endswith(f"_{word}") for word in VAGUE)
    ]
    assert vague == []


def test_every_package_is_on_the_map():
    the_map = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = {
        name(path.parent)
        for path in sources()
        if path.name == "__init__.py" and path.parts[-2] not in DJANGOS_OWN
    }
    assert [package for package in sorted(packages) if f"{package}/" not in the_map] == []


def test_the_map_stays_readable():
    assert lines(ROOT / "ARCHITECTURE.md") <= LINES_OF_THE_MAP


def test_every_exception_to_the_linter_has_a_code_and_a_reason():
    """The reason stands behind the code, or in a comment above the run of lines that need it."""
    bare = []
    for path in sources():
        explained = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = NOQA.search(line)
            if found and not (found["codes"] and (found["reason"] or explained)):
                bare.append(f"{name(path)}:{number}: {line.strip()}")
            explained = line.lstrip().startswith("#") or bool(found and explained)
    assert [line for line in bare if "test_architecture" not in line] == []


@pytest.mark.parametrize(
    "pattern", ["deploy/*requirements*.txt", "deploy/assets/package-lock.json"]
)
def test_a_lock_names_no_host(pattern):
    paths = committed(pattern)
    assert paths
    assert [name(p) for p in paths if re.search(r"https?://", p.read_text(encoding="utf-8"))] == []


def test_no_committed_file_names_a_registry():
    binary = {".png", ".mo", ".woff2"}
    found = [
        f"{name(path)}: {host}"
        for path in committed("*")
        if path.suffix not in binary and path != Path(__file__)
        for host in REGISTRIES
        if host in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_every_shell_script_parses():
    for script in ("deploy/run", "deploy/test", "deploy/prepare", ".ci/run"):
        subprocess.run(["sh", "-n", ROOT / script], check=True)
