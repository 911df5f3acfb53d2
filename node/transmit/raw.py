"""Raw: windows among the records of an outbox, compressed once, when they come, and sent one a message.

A window's row has columns of its own, whose names no record can have, so that the file's layout is the same with and
without them: a node that is older than this module frames none of them, sets them aside, and keeps the records.

What is larger than one message is refused, not split: thinning would leave parts of pictures, of no use to anybody and
as dear as whole ones. A picture is made to fit by the sensor, which then has less to read as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cbor2

from node.transmit.framing import ABOUT, WINDOW, Series
from node.wire import codec, packing
from node.wire.errors import WireError
from node.wire.messages import BOOT_ID_BYTES, MOST_DATA_BYTES, Raw, row_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.transmit.framing import Row
    from node.values import TimeQuality, Window

DTYPES: Final = {"float32": "f4", "uint8": "u1", "int16": "i2"}
MOST_SEQ: Final = (1 << 40) - 1


def kept(window: Window, boot_id: bytes) -> tuple[Series, bytes]:
    """Return what a window shares with its neighbours, and its body: the cells of its columns, the data compressed.

    Raises:
        ValueError: no message can hold it; with what to do.
    """
    cells = _cells(window)
    series = Series(
        boot_id, window.stream, "", window.time_quality, window.priority, WINDOW if window.about is None else ABOUT
    )
    _encoded(window, boot_id, cells)
    return series, cbor2.dumps(cells)


def size_bytes(window: Window) -> int:
    """Return how long a window's message is.

    Raises:
        ValueError: as `kept` does.
    """
    return len(_encoded(window, bytes(BOOT_ID_BYTES), _cells(window)))


def _cells(window: Window) -> tuple[object, ...]:
    data = window.block.data
    dtype = DTYPES.get(data.dtype.name)
    if dtype is None:
        raise ValueError(f"window {window.stream!r} not kept: {data.dtype.name} is none of {', '.join(DTYPES)}")
    plain = data.astype(f"<{dtype}", copy=False).tobytes()
    coding, shrunk = packing.pack(plain, row_bytes(data.shape, dtype)) if plain else (0, b"")
    if len(shrunk) > MOST_DATA_BYTES:
        raise ValueError(
            f"window {window.stream!r} not kept: {len(plain)} bytes, {len(shrunk)} compressed, and a message holds "
            f"{MOST_DATA_BYTES}; have the sensor give fewer pixels or samples"
        )
    cells = (data.shape, dtype, float(window.block.rate_hz), coding, shrunk)
    return cells if window.about is None else (*cells, window.about)


def _encoded(window: Window, boot_id: bytes, cells: tuple[object, ...]) -> bytes:
    """Encode a window as it will be, under a seq that is as long as any."""
    try:
        return codec.encode(_message(window.stream, boot_id, window.time_quality, (MOST_SEQ, window.time_ms, cells)))
    except WireError as error:
        raise ValueError(f"window {window.stream!r} not kept: {error}") from error


def encode(*, stream: str, model: str, boot_id: bytes, quality: TimeQuality, rows: Sequence[Row]) -> bytes | None:
    """Make one window's message: an `Encode`, for rows of the columns `WINDOW` or `ABOUT`.

    Returns:
        The payload; None for more than one row.

    Raises:
        WireError: the row is no window.
    """
    assert not model, "no model answers with a window"
    if len(rows) > 1:
        return None
    seq, time_ms, cells = rows[0]
    try:
        return codec.encode(_message(stream, boot_id, quality, (seq, time_ms, tuple(cells.values()))))
    except LookupError as error:  # what came back from the disk is not what went there
        raise WireError("bad-type", f"no window: {error!r}") from error


def _message(stream: str, boot_id: bytes, quality: TimeQuality, row: tuple[int, int, Sequence[Any]]) -> Raw:
    """Fill the message's fields; the codec judges them."""
    seq, time_ms, (shape, dtype, rate_hz, coding, data, *about) = row
    return Raw(
        boot_id=boot_id,
        seq=seq,
        time_ms=time_ms,
        time_quality=int(quality),
        stream=stream,
        shape=shape,
        dtype=dtype,
        rate_hz=rate_hz,
        coding=coding,
        data=data,
        about=about[0] if about else None,
    )
