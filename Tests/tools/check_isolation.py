"""Finds what is not on the thread that it seems to be on, and of which the compiler says nothing.

Async closures with a capture list, which Swift 6.3.1 takes off their loop; and `@concurrent`, which does not leave it: tasks
of a loop prefer the loop (decision 0006), and only an `Offload` is elsewhere.
"""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MISTAKES = {
    re.compile(r"\bspawn\s*\{\s*\["): "no capture list on an async closure",
    re.compile(r"^[^/]*@concurrent\b"): "@concurrent stays on the loop: take an Offload",
}


def main():
    found = []
    for parent in ("Shared", "Services", "Tests"):
        for file in sorted((TOP / parent).rglob("*.swift")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                found += [
                    f"{file.relative_to(TOP)}:{number}: {text}" for mistake, text in MISTAKES.items() if mistake.search(line)
                ]
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
