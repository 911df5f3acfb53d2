"""A small world for the gateway's tests: deliveries, a store on disk, a node's messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.config import Config
from gateway.site import Site
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Column, Message, Results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOW_MS: Final = 1_795_000_200_000
BOOT: Final = b"boot-1"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as a broker delivers it."""

    topic: str
    payload: bytes
    retain: bool = False


def results(seqs: Sequence[int], *, boot_id: bytes = BOOT, stream: str = "climate", value: float = 21.5) -> Results:
    """Return a batch of rows, a second apart, the newest at NOW_MS."""
    return Results(
        boot_id=boot_id,
        seqs=list(seqs),
        times_ms=[NOW_MS - 1000 * (len(seqs) - 1 - at) for at in range(len(seqs))],
        stream=stream,
        columns=[
            Column(name="temperature", values=[value] * len(seqs)),
            Column(name="label", values=["a"] * len(seqs)),
        ],
    )


def sent(message: Message, node: str = "n1", *, retain: bool = False) -> Delivery:
    """Return a message as the broker delivers it."""
    return Delivery(f"torpor/1/site/{node}/{message.kind}", codec.encode(message), retain)


def open_site(folder: Path, **options: dict[str, object]) -> Site:
    """Open a site over a database in a folder; a second one is what a restart sees."""
    return Site(Config.model_validate(options), Store(folder / "gateway.db"))


def count(site: Site, table: str) -> int:
    """Return how many rows a table has."""
    return int(site._store.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - tests' literals


def counter(site: Site, name: str) -> int:
    """Return a counter that is on disk."""
    row = site._store.database.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def refuse(site: Site, what: str) -> None:
    """Have the database refuse something, such as `INSERT ON answer`, as a full disk does."""
    trigger = f"CREATE TEMP TRIGGER refused BEFORE {what} BEGIN SELECT RAISE(ABORT, 'no room'); END"
    site._store.database.execute(trigger)


def admit(site: Site) -> None:
    """Have it take everything again."""
    site._store.database.execute("DROP TRIGGER refused")
