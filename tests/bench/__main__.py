"""`python -m tests.bench [PART...] [--short]`: every part, or those that are named."""

from __future__ import annotations

import argparse
import signal
import sys

from tests.bench import daemon, memory, pages, prompt, start, terminal

PARTS = {
    "start": start.run,
    "daemon": daemon.run,
    "prompt": prompt.run,
    "memory": memory.run,
    "pages": pages.run,
    "terminal": terminal.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true", help="the shape of the numbers, in seconds")
    options = parser.parse_args()
    # Started in the background, a shell has us ignore Ctrl-C, and every program that we start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    well = True
    for name in options.parts or PARTS:
        sys.stdout.write(f"== {name}\n")
        well = PARTS[name](short=options.short) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
