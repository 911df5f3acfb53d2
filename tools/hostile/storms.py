"""What keeps the contract and must be borne: no byte of it is wrong, and there is too much of it, or it is absurd.

Each storm is a list of (topic, payload) from one node. A gateway may store it, drop it for its rate or refuse it for
its number; it may not grow, nor keep the others waiting.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from node.wire import codec
from node.wire.messages import Column, Presence, Results, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from node.wire.messages import Value

WINDOW_MS: Final = 300_000
ABSURD: Final[tuple[Value, ...]] = (math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -0.0, 2**61, -(2**61))
CLOCKS_MS: Final = (0, 1, 2**31 * 1000 - 1, 2**31 * 1000, 2**32 * 1000, 2**53 - 1, 3, 946_684_800_000, 0)
"""1970, 2038, 2106, the year 287,396, and back."""


def storms(site: str, now_ms: int, scale: float) -> dict[str, list[tuple[str, bytes]]]:
    """Return every storm by its name.

    Args:
        site: of the gateway.
        now_ms: the time.
        scale: 1 for the full measure.
    """
    many = round(10_000 * scale)
    return {
        "a flood of one node": [_said(site, "flood", now_ms, at) for at in range(3 * many)],
        "10,000 fake boot ids": [_said(site, "reborn", now_ms, 0, boot_id=at.to_bytes(6, "big")) for at in range(many)],
        "1,000 streams": [_said(site, "inventor", now_ms, at, stream=f"s{at}") for at in range(many // 10)],
        "1,000 sets of columns": [_said(site, "columns", now_ms, at, column=f"c{at}") for at in range(many // 10)],
        "seqs far apart": [_said(site, "jumper", now_ms, at * 2**40) for at in range(many)],
        "clocks of 1970, 2038, 2106 and backwards": [
            _said(site, "clock", time_ms, at, quality=quality)
            for at, (time_ms, quality) in enumerate((each, quality) for quality in (0, 1, 2) for each in CLOCKS_MS)
        ],
        "NaN, infinities and absurd numbers": [
            _said(site, "absurd", now_ms, at, value=value) for at, value in enumerate(ABSURD)
        ],
        "rows a window apart, over years": list(_spread(site, now_ms, max(1, round(20 * scale)))),
        "nodes that come and go": [
            (f"torpor/1/{site}/ghost-{at}/presence", codec.encode(Presence(state=State.READY, time_ms=now_ms)))
            for at in range(many // 10)
        ],
        "64 KiB of garbage, again and again": [
            (f"torpor/1/{site}/heavy/results", bytes((0x5A, 0, 0, 0xFF, 0xF0)) + bytes(65_520))
            for _ in range(round(1500 * scale))
        ],
        "bad names, again and again": [
            (f"torpor/1/{site}/BAD/health", at.to_bytes(4, "big")) for at in range(many // 2)
        ],
    }


def _said(
    site: str,
    node: str,
    time_ms: int,
    seq: int,
    **more: object,
) -> tuple[str, bytes]:
    value, column = more.pop("value", 1.5), more.pop("column", "temperature")
    message = Results(
        boot_id=more.pop("boot_id", b"storms"),  # type: ignore[arg-type] # as the storm says
        seqs=[seq],
        times_ms=[time_ms],
        time_quality=more.pop("quality", 0),  # type: ignore[arg-type] # as above
        stream=more.pop("stream", "climate"),  # type: ignore[arg-type] # as above
        columns=[Column(name=column, values=[value])],  # type: ignore[arg-type, list-item] # as above
    )
    return f"torpor/1/{site}/{node}/results", codec.encode(message)


def _spread(site: str, now_ms: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Give batches of 4,096 rows, each row in a window of its own, each batch in a stream of its own."""
    rows = 4096
    times: Sequence[int] = [now_ms - WINDOW_MS * (rows - at) for at in range(rows)]
    for at in range(count):
        message = Results(
            boot_id=b"spread",
            seqs=range(at * rows, (at + 1) * rows),
            times_ms=times,
            stream=f"s{at}",
            columns=[Column(name="temperature", values=[1.5] * rows)],
        )
        yield f"torpor/1/{site}/spread/results", codec.encode(message)
