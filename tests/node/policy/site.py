"""A site for tests of policies: a key, policies signed by it, and a clock that can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.config import Config, load
from node.values import TimeQuality
from node.wire import codec, cose, ed25519
from node.wire.messages import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.wire.messages import Value

PUBLIC, SIGN = ed25519.signer(bytes(range(32)))
NOW_MS: Final = 1_790_000_000_000
DAY_MS: Final = 86_400_000

NODE: Final = """
[node]
site = "plant"
name = "attic"
board = "sim"
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
offset = 20.0
drift_per_s = 0.01
[sleep]
period_s = 60.0
"""
POLICY: Final = """
[policy]
keys = "policy.pub"
group = "loft"
contact_s = 3600.0
"""


def configured(folder: Path, text: str = NODE + POLICY) -> Config:
    """Return a node's configuration, with the site's public key beside it."""
    (folder / "policy.pub").write_text(f"# the site's\n{PUBLIC.hex()}\n")
    (folder / "node.toml").write_text(text)
    config, problems = load(folder / "node.toml")
    assert problems == []
    return config


def sealed(
    counter: int,
    settings: Mapping[str, Value] | None = None,
    *,
    audience: str = "plant/attic",
    not_after_ms: int = NOW_MS + 365 * DAY_MS,
) -> bytes:
    """Return a policy as the gateway sends it."""
    message = Policy(audience=audience, counter=counter, not_after_ms=not_after_ms, settings=settings or {})
    return cose.compose(codec.encode(message), ed25519.key_id(PUBLIC), SIGN)


@dataclass
class Time:
    """A clock that goes when it is told to."""

    wall: int = NOW_MS
    mono_s: float = 5.0
    believed: TimeQuality = TimeQuality.SYNCED

    def wall_ms(self) -> int:
        """Read the wall clock."""
        return self.wall

    def monotonic_s(self) -> float:
        """Read the other one."""
        return self.mono_s

    def quality(self) -> TimeQuality:
        """Say how far to believe it."""
        return self.believed

    def pass_s(self, seconds: float) -> None:
        """Let time go by."""
        self.wall += round(seconds * 1000)
        self.mono_s += seconds
