"""Windows: raw windows and pictures, read back from the store by the identity of their record, or the newest first.

A window that was stored was decoded, but not unpacked: whoever reads it may find that its bytes are not what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.errors import StoreError
from gateway.publish.output import iso
from gateway.store.npy import npy
from node.wire import codec
from node.wire.errors import WireError
from node.wire.messages import Raw

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_QUERY: Final = "SELECT node, boot_id, raw.received_ms, payload FROM raw JOIN boot ON boot.id = raw.boot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One window as it was received.

    Attributes:
        node: who sent it.
        received_ms: by the gateway's clock.
        raw: the message; its `boot_id` and `seq` are the rest of its identity, `unpacked()` its items.
    """

    node: str
    received_ms: int
    raw: Raw

    @property
    def name(self) -> str:
        """All that tells it from others, and what it shows, as a file's name without a suffix."""
        return f"{self.node}-{self.raw.boot_id.hex()}-{self.raw.seq}-{self.raw.stream}"

    def line(self) -> str:
        """Return it as a line for people."""
        raw = self.raw
        shape = " x ".join(map(str, raw.shape))
        rate = f", {raw.rate_hz:g} Hz" if raw.rate_hz else ""
        packed = f"{raw.size_bytes} bytes, packed to {len(raw.data)}"
        whose = f"{self.node:20} {raw.boot_id.hex()} {raw.seq:8}"
        return f"{iso(raw.time_ms)}  {whose}  {raw.stream:12} {shape} {raw.dtype}{rate}; {packed}"

    def told(self) -> dict[str, object]:
        """Return it for programs, without its items."""
        raw = self.raw
        return {
            "node": self.node,
            "boot": raw.boot_id.hex(),
            "seq": raw.seq,
            "stream": raw.stream,
            "time": iso(raw.time_ms),
            "received": iso(self.received_ms),
            "shape": list(raw.shape),
            "dtype": raw.dtype,
            "rate_hz": raw.rate_hz,
            "size_bytes": raw.size_bytes,
            "packed_bytes": len(raw.data),
        }


def window(database: sqlite3.Connection, node: str, boot_id: bytes, seq: int) -> Stored | None:
    """Return the window that is this record; None where there is none, or none any more."""
    found = database.execute(f"{_QUERY} WHERE node = ? AND boot_id = ? AND seq = ?", (node, boot_id, seq)).fetchone()
    return _stored(*found) if found else None


def newest(database: sqlite3.Connection, node: str = "", most: int = 20) -> Iterator[Stored]:
    """Give the newest windows, of one node or of all."""
    rows = database.execute(f"{_QUERY} WHERE ?1 IN ('', node) ORDER BY raw.id DESC LIMIT ?2", (node, most))
    return (_stored(*row) for row in rows.fetchall())


def write(found: Iterable[Stored], folder: Path) -> list[str]:
    """Write windows as .npy files; return what could not be written, and why."""
    failed = []
    for each in found:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{each.name}.npy").write_bytes(npy(each.raw))
        except (WireError, OSError) as error:
            failed.append(f"{each.name}: not written: {error}")
    return failed


def _stored(node: str, boot_id: bytes, received_ms: int, payload: bytes) -> Stored:
    try:
        raw = codec.decode(Raw.kind, payload)
    except WireError as error:  # stored by a gateway that was less strict
        raise StoreError(f"a window of {node}, boot {boot_id.hex()}, cannot be read: {error}") from error
    assert isinstance(raw, Raw)
    return Stored(node=node, received_ms=received_ms, raw=raw)
