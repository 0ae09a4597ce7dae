"""Counts the tests of JUnit reports: one line each for passed, failed and skipped, and one for each that failed."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


def main(reports):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    broken = []
    for report in filter(Path.is_file, map(Path, reports)):
        for case in ET.parse(report).iter("testcase"):
            counts[outcome(case)] += 1
            if outcome(case) == "failed":
                broken.append(f"{case.get('classname')}.{case.get('name')}")
    for kind, number in counts.items():
        print(kind, number)
    for name in broken:
        print("broken", name)


main(sys.argv[1:])
