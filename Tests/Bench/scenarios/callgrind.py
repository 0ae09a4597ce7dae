"""Instructions of running processes, counted by valgrind's callgrind from one moment to another."""

import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 120
#: What a processor may have or not.
PLAIN = [
    "AVX", "AVX2", "AVX512F", "AVX512VL", "AVX512BW", "AVX_Fast_Unaligned_Load", "BMI1", "BMI2", "ERMS", "FSRM", "MOVBE",
    "RTM", "SSSE3", "SSE4_1", "SSE4_2",
]
#: What would count differently from run to run (hashes with a random seed) or from machine to machine (the variants of
#: memcpy, SHA-256 and the like that the C library and OpenSSL choose by the processor): an x86-64 of the plainest kind.
STEADY = {
    "SWIFT_DETERMINISTIC_HASHING": "1",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join(f"-{feature}" for feature in PLAIN),
    "OPENSSL_ia32cap": "0x0:0x0",
}


class Binaries:
    """A folder of the services' programs, some of which run under callgrind, counting nothing until they are told to."""

    def __init__(self, programs: Path, counted: list[str], others: list[str], folder: Path):
        self.folder = folder
        self._parts: Counter = Counter()
        for name in others:
            (folder / name).symlink_to(programs / name)
        for name in counted:
            # Asked for something, as its settings, it runs as it is.
            self._wrap(name, programs / name, f'[ $# -eq 0 ] || exec {programs / name} "$@"')

    def wrap_redis(self) -> None:
        """Adds Redis, for whoever has this folder first in the path."""
        self._wrap("redis", Path(shutil.which("redis-server")))

    def _wrap(self, name: str, program: Path, first: str = "") -> None:
        # Of debugging information callgrind reads older kinds only; the functions' names stay.
        subprocess.run(["strip", "--strip-debug", "-o", self.folder / f"{name}.counted", program], check=True)
        settings = " ".join(f"{name}={value}" for name, value in STEADY.items())
        script = self.folder / program.name
        script.write_text(f"""#!/bin/sh
{first}
export {settings}
exec valgrind -q --tool=callgrind --instr-atstart=no --vgdb-prefix={self.folder}/vgdb \\
    --callgrind-out-file={self.folder}/{name}.dump {self.folder}/{name}.counted "$@"
""")
        script.chmod(0o755)

    def begin(self, processes: dict[str, int]) -> None:
        """Counts from now on; `processes` are pids by the names of their programs."""
        for pid in processes.values():
            self._tell(pid, "instrumentation on")

    def end(self, processes: dict[str, int]) -> dict[str, Path]:
        """Counts no more: what has been counted since `begin`, a file for each."""
        files = {}
        for name, pid in processes.items():
            # In one go: who comes again at once may find the process still closing its pipes.
            self._tell(pid, "dump", "instrumentation off")
            self._parts[name] += 1
            files[name] = self.folder / f"{name}.dump.{self._parts[name]}"
        return files

    def _tell(self, pid: int, *commands: str) -> None:
        # Without ptrace, which is not allowed everywhere: our processes wake up and look often enough by themselves.
        options = ["--max-invoke-ms=0", f"--vgdb-prefix={self.folder}/vgdb", f"--pid={pid}"]
        words = [word for command in commands for word in ("-c", *command.split())]
        # The pipes are named after what stands in the process' environment.
        done = subprocess.run(
            ["vgdb", *options, *words], env=environment(pid), capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            said = f"{done.stdout.strip()} {done.stderr.strip()}"
            raise RuntimeError(f"vgdb {', '.join(commands)} of {pid} ended with {done.returncode}: {said}")


def environment(pid: int) -> dict[str, str]:
    """Of a process."""
    words = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return os.environ | dict(word.split("=", 1) for word in words if "=" in word)


@dataclass
class Profile:
    """What callgrind has counted."""

    total: int = 0
    #: By function: instructions of its own, and those of all that it calls with them.
    own: Counter = field(default_factory=Counter)
    inclusive: Counter = field(default_factory=Counter)
    #: By function: the most that one of those it calls takes.
    heaviest: Counter = field(default_factory=Counter)

    def dearest(self, count: int) -> list[tuple[str, int]]:
        """The functions that take most with all that they call, but for those that only pass it on.

        What one function takes almost all of is told there; what is more than all was entered before counting began.
        """
        found = [
            (name, cost) for name, cost in self.inclusive.most_common()
            if cost <= self.total and self.heaviest[name] < 0.9 * cost
        ]
        return found[:count]


def read(file: Path) -> Profile:
    """Reads a dump of callgrind (its manual's appendix tells the format)."""
    profile = Profile()
    names: dict[str, str] = {}
    function = callee = None
    between: Counter = Counter()
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("fn="):
                function = _name(line[3:].strip(), names)
            elif line.startswith("cfn="):
                callee = _name(line[4:].strip(), names)
            elif line.startswith("totals:"):
                profile.total = int(line.split()[1])
            elif line[0] in "0123456789+-*" and function:
                cost = int(line.split()[1])
                if callee:
                    between[function, callee] += cost
                    callee = None
                else:
                    profile.own[function] += cost
    profile.inclusive.update(profile.own)
    for (caller, callee), cost in between.items():
        # A function that calls itself by way of others has been counted within itself.
        if caller != callee and cost <= profile.total:
            profile.inclusive[caller] += cost
            profile.heaviest[caller] = max(profile.heaviest[caller], cost)
    return profile


def keep(dump: Path, file: Path) -> None:
    """Copies a dump, with the sum in it that is right: it counts from the start of the process, and we did not."""
    total = read(dump).total
    text = dump.read_text(encoding="utf-8", errors="replace")
    file.write_text(re.sub(r"^summary: .*$", f"summary: {total}", text, count=1, flags=re.MULTILINE), encoding="utf-8")


def _name(text: str, names: dict[str, str]) -> str:
    """`(12) name` says what 12 is from then on; a recursion's level ('2) is no function of its own."""
    number, _, name = text.partition(" ")
    if name:
        names[number] = re.sub(r"'\d+$", "", name)
    return names.get(number, number)


def demangled(names: list[str]) -> list[str]:
    """For people; as they are where there is no Swift here."""
    if not names or not shutil.which("swift"):
        return names
    done = subprocess.run(
        ["swift", "demangle", "--simplified", "--compact"], input="\n".join(names), capture_output=True, text=True,
        check=False)
    lines = done.stdout.splitlines()
    return lines if done.returncode == 0 and len(lines) == len(names) else names
