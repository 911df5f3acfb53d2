"""Preprocess: one file per transform.

A transform is pure: it takes the features so far and returns the next ones. The first of a chain takes what
`start.py` made of the sample: a named block, or some channels as one row. Windowing transforms keep what does not
fill a window yet and return zero windows until one is full. Axis 0 counts windows; axis 1 is time, or a picture's
rows; channels and colours come last. A NaN stays a NaN: no transform makes a number of it.

To add one: a file named for the transform with a `Params` and a class that is a `Transform`; a line in TABLE;
a docs row. `tests/conformance/transforms.py` then holds it to the room's laws, with the shapes listed there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from node.values import Features

TABLE: Final = {
    "crop": "node.preprocess.crop:Crop",
    "detrend": "node.preprocess.detrend:Detrend",
    "log_mel": "node.preprocess.log_mel:LogMel",
    "resize": "node.preprocess.resize:Resize",
    "spectrum": "node.preprocess.spectrum:Spectrum",
    "standardise": "node.preprocess.standardise:Standardise",
    "window": "node.preprocess.window:Window",
}


class Transform(Protocol):
    """One step. Constructed as `Class(params)`."""

    def apply(self, features: Features) -> Features:
        """Transform all windows at once.

        Args:
            features: (windows, ...) float32; its array is not written to.

        Returns:
            (windows', ...) float32; windows' may be 0.
        """
        ...
