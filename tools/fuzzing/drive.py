"""One run of libFuzzer over a target, through atheris; the arguments behind the target's name are libFuzzer's own.

A program by itself, because libFuzzer ends the process that it runs in.
"""

from __future__ import annotations

import sys

import atheris

from tools import fuzzing


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=list(fuzzing.INSTRUMENTED)):
        check = fuzzing.load(name)
    atheris.Setup([sys.argv[0], *options], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
