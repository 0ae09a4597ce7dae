"""The page of hostile cases says what the list of them says."""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "Tests/EndToEnd"))

import hostile_page  # noqa: E402 (its place is known only now)


def main():
    if (TOP / "Tests/Hostile.md").read_text() == hostile_page.page():
        return 0
    print("Tests/Hostile.md is not what Tests/EndToEnd/hostile.py says: "
          "python3 Tests/EndToEnd/hostile_page.py > Tests/Hostile.md")
    return 1


sys.exit(main())
