"""Fuzz one target, or show again what one input does.

    tools/fuzz NAME [--seconds N]     new inputs go to var/fuzz/NAME
    tools/fuzz NAME --replay FILE     the traceback of a finding

Exit codes: 0 nothing found, 1 a finding, 2 usage, or no atheris here.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools import fuzzing

if TYPE_CHECKING:
    from collections.abc import Sequence

VAR: Final = Path(__file__).resolve().parents[2] / "var" / "fuzz"
LIMITS: Final = ("-max_len=4096", "-timeout=5", "-rss_limit_mb=1024", "-malloc_limit_mb=64", "-print_final_stats=1")
"""Bounds that are invariants too: no input of 4 KiB takes five seconds, or 64 MiB in one piece."""
_NO_ATHERIS: Final = """\
There is no atheris here. It has wheels for x86-64 Linux and Python 3.11 to 3.14: pip install 'torpor[fuzz]', or
pip install 'atheris>=3'. Elsewhere it builds from source with clang (see its README). The suite runs the same targets
over the same corpus with hypothesis, on any machine: tools/test tests/tools/fuzzing"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one target; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tools/fuzz", description="Fuzz what a stranger's bytes reach first.")
    parser.add_argument("name", choices=fuzzing.TARGETS, metavar="NAME", help=", ".join(fuzzing.TARGETS))
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="how long (default: %(default)s)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="only hand this input to the target")
    options = parser.parse_args(argv)
    if options.replay:
        return _replay(options.name, options.replay)
    if importlib.util.find_spec("atheris") is None:
        print(_NO_ATHERIS, file=sys.stderr)
        return 2
    return _fuzz(options.name, options.seconds)


def _replay(name: str, path: Path) -> int:
    try:
        data = path.read_bytes()
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)
        return 2
    fuzzing.load(name)(data)  # a finding shows its traceback, and Python's exit code is then 1
    print(f"{name}: {path} of {len(data)} bytes does no harm")
    return 0


def _fuzz(name: str, seconds: int) -> int:
    found = VAR / name
    found.mkdir(parents=True, exist_ok=True)
    before = {path.name for path in found.iterdir()}
    command = [sys.executable, "-m", "tools.fuzzing.drive", name, *LIMITS]
    command += [f"-max_total_time={seconds}", f"-artifact_prefix={found}/", str(found), str(fuzzing.CORPUS / name)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    findings = [path for path in sorted(found.iterdir()) if path.name not in before and _is_finding(path)]
    print(_summary(name, done.stderr))
    if done.returncode == 0 and not findings:
        return 0
    print(done.stderr[-4000:], file=sys.stderr)
    for each in findings:
        print(f"a finding: {each}\n  look:  tools/fuzz {name} --replay {each}", file=sys.stderr)
        print(f"  keep:  put it into {fuzzing.CORPUS / name} once it is mended", file=sys.stderr)
    return 1


def _is_finding(path: Path) -> bool:
    return path.name.startswith(("crash-", "timeout-", "oom-", "leak-", "slow-unit-"))


def _summary(name: str, told: str) -> str:
    """Return a line for people out of what libFuzzer told."""
    stats = dict(re.findall(r"^stat::(\w+):\s+(\d+)", told, re.MULTILINE))
    covered = re.findall(r"cov: (\d+)", told)
    runs, rate = int(stats.get("number_of_executed_units", 0)), int(stats.get("average_exec_per_sec", 0))
    return (
        f"{name}: {runs:,} inputs, {rate:,} a second, {covered[-1] if covered else 0} branches, "
        f"{stats.get('new_units_added', 0)} inputs that came further, peak {stats.get('peak_rss_mb', '?')} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
