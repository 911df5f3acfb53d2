"""A node that follows policies, put together: what comes down with the desired state is lived by and reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from boards import open_ports
from node.app import App
from node.wire.messages import Desired, Reported
from tests.node.courier import Carrier
from tests.node.policy.site import NODE, POLICY, configured, sealed

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

GATED: Final = '[gate]\npart = "send_on_delta"\nchannels = ["temperature"]\ndelta = 100.0\n'
FAR_MS: Final = 4_000_000_000_000


class World:
    """An app on a virtual clock whose gateway wishes for a policy."""

    def __init__(self, folder: Path, wish: Desired, text: str = NODE + POLICY) -> None:
        self.ports = open_ports("sim", clock="virtual")
        self.clock: VirtualClock = self.ports.clock  # type: ignore[assignment]  # asked for by name
        self.wish = wish
        self.carrier: Carrier | None = None
        self.app = App(configured(folder, text), ports=self.ports, carry=self._carry)

    def _carry(self, outbox: Outbox, inbox: Inbox) -> Carrier:
        self.carrier = Carrier(outbox, inbox, self.clock.advance)
        self.carrier.wish = self.wish
        return self.carrier

    def reported(self) -> list[Reported]:
        """Return what the node said it runs on, in order."""
        assert self.carrier is not None
        return [message for message in self.carrier.said if isinstance(message, Reported)]


def wished(counter: int, version: int = 7, **settings: float | str) -> Desired:
    """Return a desired state with a policy; `sleep__period_s` stands for `sleep.period_s`."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return Desired(version=version, policy=sealed(counter, named, not_after_ms=FAR_MS))


def test_node_lives_by_a_policy_from_the_next_wake_on_and_says_so(tmp_path: Path) -> None:
    """Period and interval follow, and the report holds counter, settings and what was not followed."""
    world = World(tmp_path, wished(4, sleep__period_s=600.0, transmit__interval_s=1200.0, cascade__daily=5))
    began_s = world.clock.monotonic_s()
    world.app.run(cycles=10)
    assert world.app.tempo.steady_s == 600.0
    assert world.app.uplink.every_s == 1200.0
    assert world.clock.monotonic_s() - began_s > 7 * 600.0
    last = world.reported()[-1]
    assert (last.version, last.policy_counter) == (7, 4)
    assert dict(last.settings) == {"policy.group": "loft", "sleep.period_s": 600.0, "transmit.interval_s": 1200.0}
    assert dict(last.refused) == {"cascade.daily": "this node has no [cascade]"}


def test_node_of_single_wakes_lives_by_it_at_its_next_start(tmp_path: Path) -> None:
    """A process that lives for one wake takes the policy down, and the next one is built under it."""
    first = World(tmp_path, wished(4, sleep__period_s=600.0))
    first.app.run(cycles=1)
    assert first.reported()[-1].policy_counter == 4
    second = World(tmp_path, wished(4, sleep__period_s=600.0))
    assert second.app.config.sleep.period_s == 600.0
    assert second.app.tempo.steady_s == 600.0
    second.app.run(cycles=1)


def test_node_without_the_section_follows_nothing(tmp_path: Path) -> None:
    """Negative control: no key, no policy."""
    world = World(tmp_path, wished(4, sleep__period_s=600.0), NODE)
    world.app.run(cycles=10)
    assert world.app.tempo.steady_s == 60.0
    assert world.reported()[-1].policy_counter == 0


def test_node_gate_is_rebuilt_under_a_policy_and_remembers(tmp_path: Path) -> None:
    """A threshold changes in the running node, and what the gate had learnt is not forgotten."""
    world = World(tmp_path, wished(4, gate__delta=10.0), NODE + GATED + POLICY)
    world.app.run(cycles=40)
    assert getattr(world.app.config.gate.params, "delta", None) == 10.0
    assert world.carrier is not None
    values = [row["temperature"] for _, row in sorted(world.carrier.values.items(), key=lambda each: each[0][1])]
    assert values[0] == pytest.approx(20.0, abs=0.1)
    assert values[1] == pytest.approx(30.0, abs=1.0), "10 degrees further, not 100, and not at once"


def test_node_gate_that_is_opened_by_a_policy_opens_always(tmp_path: Path) -> None:
    """`gate.part = always` records every sample."""
    world = World(tmp_path, wished(4, gate__part="always"), NODE + GATED + POLICY)
    world.app.run(cycles=40)
    assert world.carrier is not None
    assert len(world.carrier.values) > 30


def test_node_cut_off_by_a_policy_lives_as_before(tmp_path: Path) -> None:
    """A policy under which the gateway is not heard gives way after `contact_s`; the node says so when it can."""
    World(tmp_path, wished(4, sleep__period_s=300.0)).app.run(cycles=1)  # takes it down
    world = cut_off(tmp_path)
    assert world.app.tempo.steady_s == 60.0
    assert world.app.keeper is not None
    assert world.app.keeper.told["lapse"].startswith("no word of the gateway for 3600 s under policy 4")


def cut_off(folder: Path) -> World:
    """Live for two hours without a network, in the folder of a node that has just taken a policy down."""

    class Alone(World):
        def _carry(self, outbox: Outbox, inbox: Inbox) -> Carrier:
            carrier = super()._carry(outbox, inbox)
            carrier.reachable = False
            return carrier

    world = Alone(folder, Desired(version=7))
    world.app.run(cycles=30)
    return world


def test_node_quiet_hours_hold_transmissions_and_promise_their_end(tmp_path: Path) -> None:
    """In the quiet hours nothing is sent, the promised wake lies behind them, and nothing is lost by it."""
    quiet = "[transmit]\ninterval_s = 1800.0\nquiet_from_h = 0.0\nquiet_h = 12.0\n"
    slow = NODE.replace("period_s = 60.0", "period_s = 600.0")
    world = World(tmp_path, Desired(version=1), slow + POLICY + quiet)
    world.app.run(cycles=24 * 6)
    assert world.carrier is not None
    promised = [each.next_wake_ms for each in world.carrier.presences() if each.next_wake_ms]
    hours = {wake_ms / 3_600_000 % 24.0 for wake_ms in promised}
    assert min(hours) >= 12.0
    assert len(promised) > 20


def test_node_on_a_battery_bends_the_policys_rhythm_not_its_own(tmp_path: Path) -> None:
    """The policy says how to live in plenty; the controller slows it down from there, inside the operator's limits."""
    living = NODE.replace('board = "sim"', 'board = "sim"\nbattery_wh = 20.0')
    energy = "[energy]\ncounted_from = 0.5\nslowest_s = 900.0\n[dvfs]\n"
    wish = wished(4, sleep__period_s=300.0, energy__reserve=0.4, dvfs__mode="powersave")
    world = World(tmp_path, wish, living + energy + POLICY)
    world.app.run(cycles=100)
    config, tempo = world.app.config, world.app.tempo
    assert config.energy is not None
    assert (config.energy.reserve, config.dvfs.mode) == (0.4, "powersave")
    assert 300.0 <= tempo.steady_s <= 900.0
    assert world.reported()[-1].policy_counter == 4
    assert world.app.health.counters["faults_transmit"] == 0
