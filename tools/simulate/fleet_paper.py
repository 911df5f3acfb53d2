"""What a fleet asks of its gateway, by arithmetic alone: nothing here was run. The sample is held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.simulate.assumed import Assumption

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_S: Final = 86_400.0
PERIOD_S: Final = 600.0
INTERVAL_S: Final = 3600.0
SESSION_S: Final = 5.1
OPEN_SHARE: Final = 0.5
ROW_BYTES: Final = 4.0
HEADER_BYTES: Final = {"results": 45.0, "presence": 40.0, "health": 400.0, "receipt": 20.0, "desired": 60.0}
STORED_ROW_BYTES: Final = 150.0
COLUMNS: Final = 2
WINDOW_S: Final = 300.0
WINDOW_BYTES: Final = 1000.0
TELLS: Final = 2
"""Desired states a session: one when it sleeps, one when receipts are repeated."""
MODEL_BYTES: Final = 17_000
METADATA_BYTES: Final = 1_500
CHUNK_BYTES: Final = 65_000
UPDATE_DAYS: Final = 1.0
COMMIT_S: Final = 0.05


def planned(nodes: int) -> Mapping[str, float]:
    """Add up a fleet that samples every ten minutes and transmits every hour.

    Args:
        nodes: how many.

    Returns:
        Rates a second, bytes, rows and connections; the keys are the table's.
    """
    sessions = nodes / INTERVAL_S
    rows = nodes / PERIOD_S * OPEN_SHARE
    up = sessions * (HEADER_BYTES["results"] + 2 * HEADER_BYTES["presence"] + HEADER_BYTES["health"])
    down = sessions * (HEADER_BYTES["receipt"] + TELLS * HEADER_BYTES["desired"])
    windows = nodes * COLUMNS * min(DAY_S / WINDOW_S, DAY_S / PERIOD_S * OPEN_SHARE)
    return {
        "msgs_per_s": 4.0 * sessions,
        "bytes_per_s": up + rows * ROW_BYTES,
        "rows_per_s": rows,
        "sessions_per_s": sessions,
        "commits_per_s": min(4.0 * sessions, 1.0 / COMMIT_S),
        "receipts_per_s": sessions,
        "downlink_bytes_per_s": down,
        "connections": sessions * SESSION_S,
        "retained_desired_mb": nodes * HEADER_BYTES["desired"] / 1e6,
        "aggregate_rows_per_day": windows,
        "store_mb_per_day": (rows * DAY_S * STORED_ROW_BYTES + windows * WINDOW_BYTES) / 1e6,
    }


def update(nodes: int) -> Mapping[str, float]:
    """Add up one model update to every node, spread over a day: chunks, and bytes down with the signed metadata."""
    chunks = -(-MODEL_BYTES // CHUNK_BYTES)
    total_bytes = nodes * (MODEL_BYTES + METADATA_BYTES)
    return {
        "model_bytes": MODEL_BYTES,
        "chunks_per_node": chunks,
        "total_gb": total_bytes / 1e9,
        "mean_mbit_per_s": total_bytes * 8.0 / (UPDATE_DAYS * DAY_S) / 1e6,
    }


def assumptions() -> list[Assumption]:
    """Return what the paper takes for granted; of the sample, all of it was counted instead."""
    rows = (
        f"half of the samples recorded, in rows of {ROW_BYTES:g} B and {COLUMNS} columns, {STORED_ROW_BYTES:g} B stored"
    )
    sizes = ", ".join(f"{name} {size:g}" for name, size in HEADER_BYTES.items())
    by_hand = "rounded by hand; what the sample sent was encoded by the node and counted"
    return [
        Assumption(
            "on paper, every node's rhythm",
            f"a sample every {PERIOD_S:g} s, a transmission every {INTERVAL_S:g} s",
            "estimate",
            "the sample's nodes wish for the same, and bend it by battery and sun: in a bright week they transmit more",
        ),
        Assumption("on paper, what is recorded", rows, "estimate", by_hand),
        Assumption("on paper, bytes of a message", sizes, "estimate", by_hand),
        Assumption("on paper, a connection", f"{SESSION_S:g} s", "estimate", "3 to 8 s of Wi-Fi, DHCP and TLS"),
    ]
