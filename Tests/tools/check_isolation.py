"""Finds async closures with a capture list: Swift 6.3.1 takes those off their loop, and says nothing."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SPAWN = re.compile(r"\bspawn\s*\{\s*\[")


def main():
    found = []
    for parent in ("Shared", "Services", "Tests"):
        for file in sorted((TOP / parent).rglob("*.swift")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if SPAWN.search(line):
                    found.append(f"{file.relative_to(TOP)}:{number}: no capture list on an async closure")
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
