"""Each row of the page "What happens when a part dies" is a test of that name, and each of those tests is in a row."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "Shared/Schema/Schema.docc/WhenAPartDies.md"
TESTS = [TOP / "Tests/EndToEnd" / name for name in ("test_deaths.py", "test_redis_deaths.py", "test_epochs.py")]


def main():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")][2:]
    tests = {name for file in TESTS for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}
    named, faults = set(), []
    for row in rows:
        names = re.findall(r"`(test_\w+)`", row)
        if not names:
            faults.append(f"{PAGE.name}: a row names no test: {row[:40]}…")
        named.update(names)
    faults += [f"{PAGE.name}: there is no test {name}" for name in sorted(named - tests)]
    faults += [f"{name} stands in no row of {PAGE.name}" for name in sorted(tests - named)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
