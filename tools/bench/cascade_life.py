"""A node's life before some pictures, and what its gateway makes of it: the real ones, on the virtual clock."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from boards import open_ports
from gateway.config import Config
from gateway.site import Site
from gateway.store.database import Store
from node.app import App
from node.config import load_strictly
from node.wire import codec
from node.wire.messages import Raw
from tools.bench.cascade_data import ZOO, Pictures
from tools.simulate.courier import Air, Courier
from tools.simulate.postbag import Envelope, Postbag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boards.sim.clock import VirtualClock

LARGE: Final = "digits_standard_float"
PATIENCE_S: Final = 120.0
HOUR_S: Final = 3600.0
NOW_MS: Final = 1_795_000_200_000
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder in memory, in which each life makes one of its own
"""Nothing is measured that a disk does."""

NODE: Final = """
[node]
site = "site"
name = "meter"
board = "sim"
[sense.camera]
part = "replay"
path = "pictures.npz"
[sense.camera.npz]
data = "images"
labels = "labels"
[start]
block = "image"
[record]
stream = "digits"
{record}
[infer]
{infer}
{cascade}
[transmit]
interval_s = 3600.0
[sleep]
period_s = 60.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What became of all pictures: what the node sent, what it was told, and what the gateway has."""

    mail: Sequence[Envelope]
    down_bytes: int
    store: Store


@contextmanager
def lived(pictures: Pictures, *, infer: str, record: str = "", cascade: str = "") -> Iterator[Life]:
    """Have a node see all pictures, and a gateway take and answer what it sent, transmission by transmission."""
    memory = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="torpor-cascade-", dir=memory) as folder:
        mail = _seen(Path(folder), pictures, NODE.format(infer=infer, record=record, cascade=cascade))
        config = Config.model_validate(
            {"escalate": {"models": {"digits": ZOO / f"{LARGE}.tflite"}, "deadline_ms": 5.0}}
        )
        store = Store(Path(folder) / "gateway.db")
        site = Site(config, store)
        try:
            down_bytes = sum(
                _taken(site, store, list(one)) for _, one in groupby(mail, lambda each: each.at_s // HOUR_S)
            )
            yield Life(mail=mail, down_bytes=down_bytes, store=store)
        finally:
            site.close()
            store.close()


def _taken(site: Site, store: Store, mail: Sequence[Envelope]) -> int:
    """Hand a gateway what came in one transmission, and wait for its answers; returns their bytes.

    Raises:
        SystemExit: they do not come.
    """
    now_ms = NOW_MS + round(1000 * mail[0].at_s)
    told = site.commit(mail, now_ms)
    asked = sum(each.kind == "raw" and _asks(each.payload) for each in mail)
    wanted, deadline_s = _answers(store) + asked, time.monotonic() + PATIENCE_S
    while _answers(store) < wanted:
        if time.monotonic() > deadline_s:
            raise SystemExit(f"the gateway did not answer {asked} windows within {PATIENCE_S:g} s")
        threading.Event().wait(0.002)
        told += site.tick(now_ms)
    return sum(len(each.payload) for each in told if each.topic.endswith("/meter/answer"))


def _asks(payload: bytes) -> bool:
    message = codec.decode("raw", payload)
    return isinstance(message, Raw) and message.about is not None


def _answers(store: Store) -> int:
    return int(store.database.execute("SELECT count(*) FROM answer").fetchone()[0])


def _seen(folder: Path, pictures: Pictures, text: str) -> list[Envelope]:
    """Let a node live until it has seen all pictures; return what it sent."""
    images = pictures.windows[..., 0].astype(np.uint8)
    np.savez(folder / "pictures.npz", images=images, labels=np.array(pictures.labels))
    (folder / "node.toml").write_text(text, encoding="utf-8")
    ports = open_ports("sim", clock="virtual")
    clock = cast("VirtualClock", ports.clock)
    bag = Postbag("torpor/1/site/meter/", clock)
    air = Air(gateway=bag, spend=clock.advance, join_s=1.0)
    app = App(load_strictly(folder / "node.toml"), ports=ports, carry=lambda outbox, inbox: Courier(outbox, inbox, air))
    app.run()
    return bag.envelopes
