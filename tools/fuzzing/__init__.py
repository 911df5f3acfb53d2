"""Fuzzing: what a stranger's bytes reach first, under a coverage-guided fuzzer, and the same in the suite.

    prescan     any bytes, before anything is allocated for them
    envelope    a message of any kind, through the codec
    assembler   pieces of a file, in any order and of any sort
    policy      a signed policy, with a verifier that believes everything and one that believes nothing

A target is a module here with one function, `check(data)`, which hands the bytes to the product and raises
`AssertionError` when an invariant is broken; anything but a `WireError` that escapes the product is a finding too.
`subject` is what is tried: the suite hands in broken ones, which have to be caught.

    tools/fuzz prescan --seconds 60

`corpus/NAME/` holds inputs that reach far; what a run finds new goes to `var/fuzz/NAME/`. A finding belongs into the
corpus once it is mended: the suite runs all of it, always. To add a target: the module, its line in TARGETS, a corpus.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from node.wire.errors import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.wire.errors import WireError

TARGETS: Final = ("assembler", "envelope", "policy", "prescan")
INSTRUMENTED: Final = ("node.wire", "node.transmit.assembly", "tools.fuzzing")
"""Where a fuzzer is to see branches; inside of cbor2 and cryptography, which are Rust, it cannot."""
CORPUS: Final = Path(__file__).with_name("corpus")


def load(name: str) -> Callable[[bytes], None]:
    """Return a target's `check`."""
    return cast("Callable[[bytes], None]", importlib.import_module(f"{__name__}.{name}").check)


def corpus(name: str) -> dict[str, bytes]:
    """Return the inputs that are kept for a target, by their file's name."""
    return {path.name: path.read_bytes() for path in sorted((CORPUS / name).iterdir())}


def expect_known(error: WireError) -> None:
    """Check that a refusal has a reason that counters are kept by.

    Raises:
        AssertionError: it has one of its own.
    """
    if error.reason not in REASONS:
        raise AssertionError(f"refused for {error.reason!r}, which nobody knows") from error
