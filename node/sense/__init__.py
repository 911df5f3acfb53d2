"""Sense: one file per chip, probe or source.

A sensor gives all the channels of one conversion at once, in physical units. It does not filter, does not
judge, and does not know the time: the cycle stamps what it reads. It carries no state that a power cut
would miss.

A board may bring sensors of its own, named in its `board.toml`. What `replay` and `folder` have in common is in
`recording/`.

To add one: a file named for the chip with a `Params` and a class that is a `Sensor`; a line in TABLE; a row in
the docs. The conformance suite tests it from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.values import Channel, Reading

TABLE: Final = {
    "folder": "node.sense.folder:Folder",
    "host": "node.sense.host:Host",
    "replay": "node.sense.replay:Replay",
    "signal": "node.sense.signal:Signal",
}


class Sensor(Protocol):
    """Something that can be read. Constructed as `Class(params, ports)`, cheaply: the first `read` opens it.

    `channels` is known before the first read and never changes. `read` raises `HardwareError` when the device
    does not answer (the cycle then records NaN for its channels and goes on), and `EndOfData` when a recording
    is over. `close` may be called twice.

    All three are called in a thread of the sensor's own, and given up after `timeout_s` (see `bounded`), unless its
    class says `instant: Final = True`: then `read` waits for no device, and is called on the spot.
    """

    @property
    def channels(self) -> Sequence[Channel]:
        """The scalars that each reading holds."""
        ...

    def read(self) -> Reading:
        """Do one conversion and return everything that it gave."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class EndOfData(Exception):  # noqa: N818 - not an error: a recording has an end
    """A recorded source has nothing more to give; the node finishes its cycle and stops well."""
