"""A node for attacks on its policies: the real keeper over a real folder, and keepers that forget one check each."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cbor2

from node.config import load
from node.policy.keeper import FILE, Keeper
from node.policy.overlay import laid
from node.policy.standing import Watch
from node.values import TimeQuality
from node.wire import codec, cose, ed25519, policy
from node.wire.messages import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from node.config import Config
    from node.wire.messages import Value
    from node.wire.policy import Trust

NOW_MS: Final = 1_790_000_000_000
HOUR_MS: Final = 3_600_000
COUNTER: Final = 5
"""Of the policy that is in force, and good, when an attack begins."""

PUBLIC, SIGN = ed25519.signer(bytes(range(32)))
KEY_ID: Final = ed25519.key_id(PUBLIC)
STRANGER, STRANGER_SIGN = ed25519.signer(bytes(range(1, 33)))
MODEL, MODEL_SIGN = ed25519.signer(bytes(range(2, 34)))
"""That a key signs models makes it no key for policies."""

_NODE: Final = """
[node]
site = "orchard"
name = "pump-3"
board = "sim"
battery_wh = 20.0
[sense.air]
part = "signal"
channel = "temperature"
[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = 0.5
[energy]
[policy]
keys = "policy.pub"
group = "pumps"
contact_s = 3600.0
"""


@dataclass
class Time:
    """The node's clock."""

    wall: int = NOW_MS
    mono_s: float = 0.0
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


def sealed(counter: int = COUNTER + 1, settings: Mapping[str, Value] | None = None, **other: Any) -> bytes:
    """Return a policy for the victim, well signed; `other` are fields of Policy."""
    fields = {"audience": "orchard/pump-3", "not_after_ms": NOW_MS + 24 * HOUR_MS, **other}
    message = Policy(counter=counter, settings={"sleep.period_s": 300.0} if settings is None else settings, **fields)
    return cose.compose(codec.encode(message), KEY_ID, SIGN)


class Victim:
    """A node under attack.

    Attributes:
        time: its clock.
        keeper: who keeps its policies.
    """

    def __init__(self, folder: Path, mutant: str) -> None:
        """Set up a node under a good policy; what an attack needs to know about it is public."""
        self._folder = folder
        self._mutant = mutant
        (folder / "node.toml").write_text(_NODE)
        (folder / "policy.pub").write_text(PUBLIC.hex())
        self.config: Config
        self.config, problems = load(folder / "node.toml")
        assert not problems, problems
        self.time = Time()
        self.reboot()
        self.keeper.hear(sealed(COUNTER))
        self.keeper.heard()
        assert self.keeper.counter == COUNTER

    def reboot(self) -> None:
        """Start anew, from what is on disk."""
        if self._mutant == "memory":
            (self._folder / FILE).unlink(missing_ok=True)
        self.keeper = MUTANTS.get(self._mutant, Keeper)(self.config, self._folder, self.time)

    def hear(self, envelope: bytes) -> str:
        """Give the node an envelope; returns why it is not in force, empty where it is."""
        before = self.keeper.counter
        self.keeper.hear(envelope)
        if self.keeper.counter != before:
            return ""
        return self.keeper.told.get("policy", "") or "it is in force already"

    def live(self, hours: float) -> None:
        """Let time go by, and the node look."""
        self.time.wall += round(hours * HOUR_MS)
        self.time.mono_s += hours * 3600
        self.keeper.look()

    def follow(self) -> tuple[Config, Mapping[str, str]]:
        """Return what the node lives by, and what it told of it."""
        if self._mutant == "limits":
            return _laid_blindly(self.config, self.keeper.settings), {}
        under = laid(self.config, self.keeper.settings)
        return under.config, under.told


@contextmanager
def victim(mutant: str) -> Iterator[Victim]:
    """Lend a fresh node that forgets a check."""
    memory = "/dev/shm"  # noqa: S108 - a folder of one's own within it; hundreds of victims wear nobody's disk
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="torpor-attack-", dir=place) as folder:
        yield Victim(Path(folder), mutant)


def _laid_blindly(config: Config, settings: Mapping[str, Value]) -> Config:
    """Lay settings on a configuration as they were signed."""
    for name, value in settings.items():
        section, _, option = name.partition(".")
        held: Any = config.gate.params if section == "gate" else getattr(config, section)
        changed: Any = replace(held, **{option: value})
        sections: dict[str, Any] = {section: replace(config.gate, params=changed) if section == "gate" else changed}
        config = replace(config, **sections)
    return config


class NoSignature(Keeper):
    """Takes each signature for good."""

    def __init__(self, config: Config, folder: Path, clock: Time) -> None:
        """Verify nothing."""
        super().__init__(config, folder, clock, lambda _public, _signature, _message: True)


class NoPurpose(Keeper):
    """Takes what its key signed elsewhere: without the purpose that is signed along."""

    def __init__(self, config: Config, folder: Path, clock: Time) -> None:
        """Verify either way."""
        super().__init__(config, folder, clock, self._either)

    @staticmethod
    def _either(public: bytes, signature: bytes, message: bytes) -> bool:
        context, protected, _, payload = cbor2.loads(message)
        aimless = cbor2.dumps([context, protected, b"", payload], canonical=True)
        return ed25519.verify(public, signature, message) or ed25519.verify(public, signature, aimless)


class NoPinning(Keeper):
    """Trusts whoever signs, the models' publisher included."""

    def _trust(self, now_ms: int) -> Trust:
        trust = super()._trust(now_ms)
        return replace(trust, keys={**trust.keys, **{ed25519.key_id(key): key for key in (STRANGER, MODEL)}})


class NoAudience(Keeper):
    """Takes what is meant for others."""

    def _trust(self, now_ms: int) -> Trust:
        others = policy.audiences("orchard", "pump-4", "valves") | policy.audiences("meadow", "pump-3")
        return replace(super()._trust(now_ms), audiences=super()._trust(now_ms).audiences | others)


class NoCounter(Keeper):
    """Takes what it had, and what is older."""

    def _trust(self, now_ms: int) -> Trust:
        return replace(super()._trust(now_ms), counter=-1)


class NoLeap(Keeper):
    """Lets a counter leap as far as it likes."""

    def _trust(self, now_ms: int) -> Trust:
        trust = super()._trust(now_ms)
        return replace(trust, counter=FAR_COUNTER - 1) if trust.counter == COUNTER else trust


class NoTime(Keeper):
    """Takes what is over."""

    def _trust(self, now_ms: int) -> Trust:
        return replace(super()._trust(now_ms), now_ms=0)


class NoFloor(Keeper):
    """Believes a clock that was never set."""

    def _trust(self, now_ms: int) -> Trust:
        return replace(super()._trust(now_ms), now_ms=self._watch.clock.wall_ms())


class AnyClock(Keeper):
    """Takes a clock that was set at its word, for good."""

    def __init__(self, config: Config, folder: Path, clock: Time) -> None:
        """Let the time rise without a bound."""
        super().__init__(config, folder, clock)
        self._watch = _Boundless(clock, self._standing.floor_ms)


class _Boundless(Watch):
    def next_floor_ms(self, end_ms: int) -> int:
        del end_ms
        return super().next_floor_ms(self.now_ms())


class NoEnd(Keeper):
    """Lives by a policy for ever: it never looks whether its time is over, or whether anybody is still there."""

    def look(self) -> None:
        """Do nothing."""


class NoForm(Keeper):
    """Reads any COSE_Sign1 that could be meant so, and judges its one form."""

    def hear(self, envelope: bytes) -> None:
        """Put it into the form first."""
        try:
            protected, _, payload, signature, *_ = _untagged(cbor2.loads(envelope))
            header = cbor2.loads(protected)
            draft = cose.compose(payload, header.get(4, KEY_ID), lambda _: signature)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, cbor2.CBORError):
            draft = envelope
        super().hear(draft)


def _untagged(item: Any) -> Any:
    return item.value if isinstance(item, cbor2.CBORTag) else item


FAR_COUNTER: Final = 2**62

MUTANTS: Final[Mapping[str, type[Keeper]]] = {
    "form": NoForm,
    "key": NoPinning,
    "signature": NoSignature,
    "purpose": NoPurpose,
    "audience": NoAudience,
    "counter": NoCounter,
    "leap": NoLeap,
    "time": NoTime,
    "floor": NoFloor,
    "ahead": AnyClock,
    "end": NoEnd,
    "memory": Keeper,
    "limits": Keeper,
}
"""By the check that is forgotten. `memory` forgets its file at a reboot, `limits` follows whatever was signed."""
