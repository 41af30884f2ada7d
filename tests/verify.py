"""`python -m tests.verify [IDS]`: the exercises' own solutions and mistakes, in an installation."""

from __future__ import annotations

import os
import subprocess
import sys

from deploy import webfiles
from tests.running import Running


def main(exercises: list[str]) -> int:
    """The status of `manage.py course verify`; without ids, every exercise."""
    with Running() as running:
        webfiles.bring_up_to_date(running.here)
        asked = exercises or ["--all"]
        argv = running.here.web_argv("manage.py", "course", "verify", *asked)
        environment = {**os.environ, **running.here.environment()}
        return subprocess.run(argv, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
