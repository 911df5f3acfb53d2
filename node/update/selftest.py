"""The self-test: golden windows through a new model, in a process of its own.

A model is a program for a native runtime, and a bad one ends its process, or never returns, or takes all memory. The
child has limits, and only its answer counts: none is a failure, whatever became of it. It sets its own alarm, for the
node may be gone before it.

    python -m node.update.selftest MODEL MOST_MB MOST_S GOLDEN...

prints one JSON object.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from node.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from node.update.terms import Terms

_WORST: Final = 300
"""Characters of a child's last words that are told."""


def check(model: Path, golden: Sequence[Path], terms: Terms, *, most_s: float, most_mb: int) -> Mapping[str, object]:
    """Run the self-test.

    Args:
        model: the file, installed.
        golden: files with the windows, and with what the publisher's machine made of them.
        terms: the ceilings.
        most_s: longest time.
        most_mb: most memory of the child.

    Returns:
        What the child found: `mean_ms` of a window and `grown_mb`, among others.

    Raises:
        ModelError: it did not pass; says why.
    """
    command = [sys.executable, "-m", "node.update.selftest", *map(str, (model, most_mb, most_s, *golden))]
    try:
        child = subprocess.run(command, capture_output=True, timeout=most_s, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{terms.name} did not answer its golden windows within {most_s:g} s") from error
    if child.returncode < 0:
        raise ModelError(f"{terms.name} ended its process by {signal.Signals(-child.returncode).name}")
    try:
        found: Mapping[str, object] = json.loads(child.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        last = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["nothing"]
        raise ModelError(f"{terms.name} ended its process with {child.returncode}: {last[0][:_WORST]}") from error
    problem = judge(found, terms)
    if problem:
        raise ModelError(f"{terms.name}: {problem}")
    return found


def judge(found: Mapping[str, object], terms: Terms) -> str:
    """Return what speaks against a model, from what its child found; empty for nothing. Pure."""
    if "error" in found:
        return str(found["error"])
    number = {name: cast("float", value) for name, value in found.items()}
    if number["agreed"] < number["agree"]:
        return f"{number['agreed']:g} of {number['agree']:g} golden windows have the right class"
    if not number["off"] <= number["tolerance"]:  # NaN is off as well
        return f"an output is {number['off']:.4g} off; {number['tolerance']:.4g} is borne"
    if terms.most_ms and number["mean_ms"] > terms.most_ms:
        return f"a window takes {number['mean_ms']:.1f} ms; at most {terms.most_ms}"
    if terms.most_mb and number["grown_mb"] > terms.most_mb:
        return f"it takes {number['grown_mb']:.0f} MB; at most {terms.most_mb}"
    return ""


def examine(model: Path, golden: Sequence[Path]) -> dict[str, object]:
    """Show a model its golden windows: the child's work.

    Args:
        model: the file.
        golden: files of arrays: `windows`, and of those that are `picked` (else of all) the `answers`; what is borne.

    Returns:
        The numbers that `judge` wants, or an error.
    """
    import time

    import numpy as np

    from node.infer.model import Model

    before_kb = _peak_kb()
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    for path in golden:
        with np.load(path, allow_pickle=False) as file:
            arrays.update(file)
    windows, wanted = arrays["windows"].astype(np.float32), arrays["answers"]
    windows = windows[arrays["picked"]] if "picked" in arrays else windows
    agree, tolerance = int(arrays["agree"]), float(arrays["tolerance"])
    try:
        opened = Model(model, 1, 1, 0, stateful=False)
        opened.run(windows[:1])
        start_s = time.monotonic()
        answers = opened.run(windows)
        mean_ms = (time.monotonic() - start_s) * 1000.0 / len(windows)
    except ModelError as error:
        return {"error": str(error)}
    if answers.shape != wanted.shape:
        return {"error": f"answers of {answers.shape}, and {wanted.shape} are wanted"}
    return {
        "agree": agree,
        "agreed": int((answers.argmax(axis=1) == wanted.argmax(axis=1)).sum()),
        "off": float(np.abs(answers - wanted).max()),
        "tolerance": tolerance,
        "mean_ms": mean_ms,
        "grown_mb": (_peak_kb() - before_kb) / 1024.0,
    }


def _peak_kb() -> int:
    """Return the most memory that this process had; getrusage(2) would count in what its parent had at the fork.

    Source: proc_pid_status(5), VmHWM.
    """
    return int(Path("/proc/self/status").read_text("ascii").partition("VmHWM:")[2].split()[0])


def main() -> int:
    """Be the child."""
    import resource

    model, most_mb, most_s, *golden = sys.argv[1:]
    signal.alarm(math.ceil(float(most_s)) + 1)  # the parent's patience is over before
    limit = int(most_mb) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(examine(Path(model), [Path(each) for each in golden])) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
