"""Copies what the browser loads from others out of node_modules, by an allow-list.

`python -m deploy.vendor` after `npm ci` in deploy/assets fills deploy/assets/dist, which Django
serves below /static/vendor/. Every package brings its licence; THIRD_PARTY.txt lists them.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ASSETS = Path(__file__).resolve().parent / "assets"
MODULES = ASSETS / "node_modules"
DIST = ASSETS / "dist"

# Package → the files taken from it; they lie flat in dist/<last part of the package's name>/.
TAKEN = {
    "@xterm/xterm": ("lib/xterm.mjs", "css/xterm.css"),
    "@xterm/addon-fit": ("lib/addon-fit.mjs",),
    "@xterm/addon-search": ("lib/addon-search.mjs",),
    "@xterm/addon-serialize": ("lib/addon-serialize.mjs",),
    "@xterm/addon-unicode11": ("lib/addon-unicode11.mjs",),
    "@xterm/addon-web-links": ("lib/addon-web-links.mjs",),
    "@xterm/addon-webgl": ("lib/addon-webgl.mjs",),
}
# addon-serialize carries no licence file: it comes from the same project under the same licence.
LICENCE_OF = {"@xterm": "@xterm/xterm"}


def copy(modules: Path, dist: Path) -> list[str]:
    """Fill dist anew; one line per package. Raises FileNotFoundError naming what is missing."""
    fresh = dist.with_name(dist.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    lines = []
    for package, files in TAKEN.items():
        source, target = modules / package, fresh / Path(package).name
        target.mkdir(parents=True)
        for file in files:
            _copy_without_map(source / file, target / Path(file).name)
        shutil.copyfile(_licence(modules, package), target / "LICENSE")
        about = json.loads((source / "package.json").read_text(encoding="utf-8"))
        lines.append(f"{package} {about['version']}: {about['license']}")
    (fresh / "THIRD_PARTY.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.rmtree(dist, ignore_errors=True)
    fresh.rename(dist)
    return lines


def _copy_without_map(source: Path, target: Path) -> None:
    # The source maps are not served: a browser's tools would ask for them and find nothing.
    # Bytes: str.splitlines() would also cut at the control characters inside xterm.js's strings.
    kept = [
        line
        for line in source.read_bytes().split(b"\n")
        if not line.startswith(b"//# sourceMappingURL=")
    ]
    target.write_bytes(b"\n".join(kept))


def _licence(modules: Path, package: str) -> Path:
    own = modules / package / "LICENSE"
    return (
        own if own.exists() else modules / LICENCE_OF[package.split("/", maxsplit=1)[0]] / "LICENSE"
    )


if __name__ == "__main__":
    sys.stdout.write("\n".join(copy(MODULES, DIST)) + "\n")
