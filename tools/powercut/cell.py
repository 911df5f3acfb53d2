"""A trial on blocks, in a process whose mounts are its own.

    python -m tools.powercut.cell SUBJECT CUTS SEED

`blocks` starts it in mount and process namespaces of its own, so that whatever ends it, the kernel takes the mounts,
the loop devices and the children with it. The last line of its output is the row, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.powercut import cuts, mounts
from tools.powercut.controls import CONTROLS
from tools.powercut.disk import FILE, Attached, attached
from tools.powercut.log import left
from tools.powercut.subjects import SUBJECTS
from tools.powercut.trial import Recording, judged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.powercut.log import Cut

SIZE_BYTES: Final = 16 << 20


def main(name: str, count: str, seed: str) -> None:
    """Record, cut, judge, and print the row."""
    subject = {**SUBJECTS, **CONTROLS}[name]
    with tempfile.TemporaryDirectory(prefix="torpor-cell-") as name_of_folder:
        folder = Path(name_of_folder)
        mounts.memory(folder)  # the images of the cuts wear nobody's disk
        recording = recorded(["tools.powercut.worker", name], folder)
        drawn = cuts.drawn(recording.events, int(count), int(seed))

        @contextmanager
        def recovered(cut: Cut) -> Iterator[Path]:
            (folder / "image").write_bytes(left(recording.base, recording.events, cut)[FILE])
            with mounts.mounted(folder / "image", folder / "after"):
                yield folder / "after"

        row = judged(subject, recording, drawn, recovered)
        mounts.unmount(folder)
    print(json.dumps(row))


def recorded(work: Sequence[str], folder: Path) -> Recording:
    """Let a process work on a fresh file system, and return what its disk saw.

    Args:
        work: a module and its arguments; the folder to work in becomes the last one. It says what it promises line by
            line, and waits for a line after each.
        folder: with room for a disk.
    """
    served = folder / "fuse"
    served.mkdir()
    with attached(served, SIZE_BYTES) as disk:
        mounts.ext4(served / FILE)
        with mounts.mounted(served / FILE, folder / "before"):
            mounts.flush(folder / "before")
            base = disk.begin()
            _work(work, folder / "before", disk)
            events = disk.events()
    return Recording({FILE: base}, events)


def _work(work: Sequence[str], folder: Path, disk: Attached) -> None:
    """Run it, and note its promises among the disk's events."""
    command = [sys.executable, "-m", *work, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin
        assert worker.stdout
        for line in worker.stdout:
            disk.mark(line.rstrip("\n"))
            worker.stdin.write("\n")
            worker.stdin.flush()
    if worker.returncode:
        raise SystemExit(f"{' '.join(work)} ended with {worker.returncode}; see what stands above")


if __name__ == "__main__":
    main(*sys.argv[1:])
