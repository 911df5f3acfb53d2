"""Runs a program under the kernel's restrictions that a systemd unit asks for, where there is no systemd to do it.

    python -m tests.restricted UNIT MODULE [words]

The unit's `SystemCallFilter=` becomes a seccomp filter, by systemd's own lists and libseccomp;
`MemoryDenyWriteExecute=` is prctl(2) PR_SET_MDWE, where the kernel has it (6.3); and `NoNewPrivileges=`. Namespaces and
users are not played. Two attempts that must fail are made first: else nothing is restricted, and it says so.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Final

PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_MDWE: Final = 65
MDWE_REFUSE_EXEC_GAIN: Final = 1
ALLOW: Final = 0x7FFF0000
REFUSE: Final = 0x00050000 | errno.EPERM
LIBRARY: Final = "libseccomp.so.2"


def calls_of(name: str) -> set[str]:
    """Return the system calls behind a name, which may be one of systemd's sets."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    lines = (line.strip() for line in listed.stdout.splitlines()[1:])
    return {call for line in lines if line and line[0] != "#" for call in calls_of(line)}


def allowed(unit: str) -> set[str]:
    """Return the calls that a unit allows: its filters in their order, as systemd.exec(5) has it."""
    found: set[str] = set()
    for line in unit.splitlines():
        name, _, value = line.partition("=")
        if name == "SystemCallFilter":
            calls = {call for word in value.removeprefix("~").split() for call in calls_of(word)}
            found = found - calls if value.startswith("~") else found | calls
    return found


def restrict(calls: set[str]) -> None:
    """Allow this process these calls and no others, and no memory that is writable and executable."""
    libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL(LIBRARY)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
        sys.exit(f"this kernel does not restrict: {os.strerror(ctypes.get_errno())}")
    context = ctypes.c_void_p(seccomp.seccomp_init(REFUSE))
    for call in sorted(calls):
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            seccomp.seccomp_rule_add(context, ALLOW, number, 0)
    assert seccomp.seccomp_load(context) == 0


def is_restricted() -> bool:
    """Try what must fail."""
    try:
        mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError:
        pass
    else:
        return False
    try:
        os.sched_setaffinity(0, os.sched_getaffinity(0))
    except PermissionError:
        return True
    return False


def main() -> None:
    """Restrict, prove it, and run the module."""
    unit, module, *words = sys.argv[1:]
    restrict(allowed(Path(unit).read_text()))
    if not is_restricted():
        sys.exit("nothing is restricted")
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
