"""Policies: one that a node says it lives by is still known after a power cut, and can never be sent again."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boards import open_ports
from node.config import load
from node.policy.keeper import Keeper
from node.wire import codec, cose, ed25519
from node.wire.messages import Policy
from tools.powercut.subjects.replaced import DAMAGED, Replaced

if TYPE_CHECKING:
    from node.config import Config

PUBLIC, SIGN = ed25519.signer(bytes(range(32)))
NOT_AFTER_MS: Final = 4_000_000_000_000
_NODE: Final = """
[node]
site = "orchard"
name = "pump-3"
board = "sim"
[sense.air]
part = "signal"
channel = "temperature"
[policy]
keys = "policy.pub"
"""


@cache
def config() -> Config:
    """Return a node's configuration, which lies on another disk."""
    with tempfile.TemporaryDirectory(prefix="torpor-policy-") as name:
        (Path(name) / "node.toml").write_text(_NODE)
        found, problems = load(Path(name) / "node.toml")
    assert not problems, problems
    return found


def envelope(version: int) -> bytes:
    """Return a policy with a version for its counter, and for its period."""
    settings = {"sleep.period_s": float(version)}
    message = Policy(audience="orchard", counter=version, not_after_ms=NOT_AFTER_MS, settings=settings)
    return cose.compose(codec.encode(message), ed25519.key_id(PUBLIC), SIGN)


class Pinned(Keeper):
    """The keeper, with its key at hand instead of in a file."""

    def _pinned(self) -> dict[bytes, bytes]:
        return {ed25519.key_id(PUBLIC): PUBLIC}


def keeper(folder: Path, kind: type[Pinned] = Pinned) -> Pinned:
    """Start a node's keeper."""
    return kind(config(), folder, open_ports("sim", clock="virtual").clock)


def _write(folder: Path, version: int) -> None:
    kept = keeper(folder)
    kept.hear(envelope(version))
    assert kept.counter == version, kept.refused


def read(folder: Path) -> int:
    """Return the counter that a node knows after its start; damaged where it lives by something else."""
    kept = keeper(folder)
    if kept.refused or kept.settings.get("sleep.period_s", 0.0) != float(kept.counter):
        return DAMAGED
    return kept.newest


POLICY: Final = Replaced(name="policy", write=_write, read=read)
