"""Each metric that a page tells operators of is one that a service has."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# CHANGELOG.md tells of what once was.
PAGES = [TOP / "README.md", *TOP.glob("Shared/**/*.md"), *TOP.glob("Tests/*.md"), *TOP.glob("Tests/Bench/*.md")]


def names(text, pattern):
    return set(re.findall(pattern, text))


def main():
    made = set()
    for folder in ("Shared", "Services"):
        for file in (TOP / folder).rglob("*.swift"):
            made |= names(file.read_text(), r'"(parley_[a-z_]+)"')
    faults = [
        f"{page.relative_to(TOP)}: no service has the metric {name}"
        for page in sorted(PAGES) for name in sorted(names(page.read_text(), r"\bparley_[a-z]+_[a-z_]+\b") - made)
    ]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
