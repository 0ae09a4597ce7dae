"""Who may import whom (README, "How it is laid out"), where the compiler does not look:
C modules, Foundation, and one service's code in another."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]

# These come with every toolchain, and hide nothing.
FREE = {"Swift", "Glibc", "Synchronization", "Dispatch"}

SHARED = {
    "Text": set(),
    "Schema": {"Text", "FoundationEssentials"},
    "Engine": {"CLinux", "COpenSSL"},
    "Web": {"Engine", "Text", "COpenSSL", "CZlib", "FoundationEssentials"},
    "Redis": {"Engine", "CHiredis"},
    "Postgres": {"Engine", "CPostgres"},
    "Tokens": {"Text", "COpenSSL", "FoundationEssentials"},
    "Hosting": {"Engine", "Web", "Foundation", "FoundationEssentials"},
}

# The functions of Redis are text, which every caller of them carries.
FUNCTIONS = {"RoomFunctions", "MembershipFunctions", "ArchiveFunctions", "PresenceFunctions"}

# The bus joins Redis and the schema for all services.
SHARED["Bus"] = {"Engine", "Redis", "Schema", "Tokens", "FoundationEssentials"} | FUNCTIONS

# Who asks over HTTP: the bus, the web and the process, joined for all services. PostgreSQL is for two of them.
SHARED["Access"] = {"Bus", "Engine", "Hosting", "Redis", "Schema", "Tokens", "Web"}

SERVICE = set(SHARED) | FUNCTIONS | {"Foundation", "FoundationEssentials"}
SERVICES = {
    "gateway": SERVICE - {"Postgres"} | {"CPage"},
    "auth": SERVICE,
    "history": SERVICE,
    "presence": SERVICE - {"Postgres"},
}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |fileprivate |private )?"
    r"import (?:(?:struct|class|enum|protocol|func|var|let|typealias) )?(\w+)",
    re.MULTILINE,
)


def strangers(folder, allowed):
    for file in sorted(folder.rglob("*.swift")):
        for module in IMPORT.findall(file.read_text()):
            if module not in allowed | FREE:
                yield f"{file.relative_to(TOP)}: must not import {module}"


def unknown_folders(parent, table):
    for folder in sorted(p for p in parent.iterdir() if p.is_dir()):
        if folder.name not in table and folder.name != "C":
            yield f"{folder.relative_to(TOP)}: check_imports.py has no rule for it"


def main():
    found = []
    for parent, table in ((TOP / "Shared", SHARED), (TOP / "Services", SERVICES)):
        found += unknown_folders(parent, table)
        for name, allowed in table.items():
            found += strangers(parent / name, allowed)
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
