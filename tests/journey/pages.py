"""Every page that the site has: for what must hold on all of them."""

from __future__ import annotations

from pathlib import Path

UNITS = Path(__file__).resolve().parents[2] / "content/units"

LESSONS = [
    f"/lessons/{page.parent.name[:3]}/{page.name.removesuffix('.en.md').split('-', 1)[1]}/"
    for page in sorted(UNITS.glob("*/*.en.md"))
]
EXERCISES = [
    f"/exercises/{'-'.join(exercise.parent.name.split('-')[:2])}/"
    for exercise in sorted(UNITS.glob("*/exercises/*/exercise.yaml"))
]

# As anybody sees them.
OPEN = [
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/exercises/u02-1/",
    "/glossary/",
    "/placement/",
    "/search/",
    "/search/?q=namespace",
    "/nowhere/",
    *(f"/units/{unit.name[:3]}/" for unit in sorted(UNITS.iterdir())),
    *LESSONS,
]

# As a guest sees them: "/" shows progress then, and an exercise its predictions.
GUEST = ["/", "/mine/", "/accounts/claim/", *EXERCISES]

# As somebody with a name sees them.
MEMBER = ["/accounts/password/", "/accounts/logout/"]
