"""When the link is used, and what is said besides records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from boards.sim.clock import VirtualClock, VirtualSleeper
from node.compress import TABLE as COMPRESSIONS
from node.compress.framer import Framer
from node.errors import WireError
from node.options import Spec
from node.sleep.tempo import Tempo
from node.transmit.company import Equipment, Machine
from node.transmit.inbox import Inbox
from node.transmit.outbox import Outbox
from node.transmit.outbox import Params as OutboxParams
from node.transmit.schedule import Params
from node.transmit.uplink import Uplink
from node.values import Nap, Traffic
from node.wire.messages import Health, Reported, State
from tests.node.courier import Carrier
from tests.node.transmit.worlds import BOOT, record

if TYPE_CHECKING:
    from pathlib import Path

    from node.errors import LinkError
    from node.transmit.session import Delivery

PERIOD_S = 60.0
FRAMER = Framer(Spec("auto", COMPRESSIONS["auto"], None))


@dataclass
class House:
    """Who tells; and who notes."""

    streams: dict[str, dict[str, str]] = field(default_factory=lambda: {"results": {"temperature": "Cel"}})
    deliveries: list[Delivery] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    traffic: Traffic = field(default_factory=Traffic)

    def health_message(self) -> Health:
        """Be well."""
        return Health(boot_id=BOOT, time_ms=0, uptime_s=1.0)

    def reported(self, desired_version: int) -> Reported:
        """Tell the streams."""
        return Reported(version=desired_version, streams=self.streams)

    def delivered(self, delivery: Delivery) -> None:
        """Note it."""
        self.deliveries.append(delivery)

    def unreachable(self, error: LinkError) -> None:
        """Note it."""
        self.failures.append(str(error))

    def carried(self, traffic: Traffic) -> None:
        """Note the sum."""
        self.traffic = traffic


class Field:
    """An uplink with the world around it."""

    def __init__(
        self, folder: Path, *, left_s: float | None = None, phase: float = 0.0, resident: bool = False, **params: Any
    ) -> None:
        self.clock = VirtualClock()
        self.house = House()
        self.outbox = outbox = Outbox(folder / "outbox.db", OutboxParams(), BOOT, FRAMER.frame)
        inbox = Inbox(folder / "desired.cbor")
        self.carrier = Carrier(outbox, inbox, self.clock.advance)
        self.tempo = Tempo(period_s=PERIOD_S, interval_s=Params(**params).interval_s)
        machine = Machine(
            clock=self.clock,
            sleeper=VirtualSleeper(self.clock),
            boot_id=BOOT,
            tempo=self.tempo,
            phase=phase,
            resident=resident,
            next_ms=None if left_s is None else self.clock.wall_ms() + round(left_s * 1000.0),
        )
        self.equipped = 0

        def equip() -> Equipment:
            self.equipped += 1
            return Equipment(outbox=outbox, inbox=inbox, session=self.carrier)

        self.uplink = Uplink(Params(**params), machine, self.house, equip)

    def states(self) -> list[State]:
        """Return the presence that was said, in order."""
        return [each.state for each in self.carrier.presences()]


def test_due_before_the_first_transmission_builds_nothing(tmp_path: Path) -> None:
    """A node that was just started has something to say; asking whether it does builds nothing."""
    world = Field(tmp_path)
    assert world.uplink.due()
    assert world.equipped == 0


def test_due_cycle_a_little_early_keeps_the_interval(tmp_path: Path) -> None:
    """Cycles jitter: the one that starts some milliseconds too soon is still the fifth minute's."""
    world = Field(tmp_path, interval_s=300.0)
    world.clock.advance(0.013)
    world.uplink.transmit()
    world.clock.advance(240.0 - world.clock.monotonic_s())
    assert not world.uplink.due()
    world.clock.advance(60.005)
    assert world.uplink.due()


def test_due_keeps_the_slot_that_the_last_start_promised(tmp_path: Path) -> None:
    """A wake three minutes before its slot keeps quiet, one that is a moment late for it does not."""
    early, late = Field(tmp_path / "a", left_s=180.0), Field(tmp_path / "b", left_s=-2.0)
    assert (early.uplink.due(), late.uplink.due()) == (False, True)
    early.clock.advance(180.0)
    assert early.uplink.due()


def test_due_clock_was_set_back_forgets_the_promise(tmp_path: Path) -> None:
    """A slot next month is none: else a node whose clock was wrong once is silent for weeks."""
    assert Field(tmp_path, left_s=30 * 86_400.0).uplink.due()


def test_due_after_a_power_cut_waits_for_the_phase(tmp_path: Path) -> None:
    """Who was without power for an hour, as its neighbours were, connects in its own slot, and from there on time."""
    world = Field(tmp_path, left_s=-3600.0, phase=0.6, resident=True, interval_s=300.0)
    start_ms = world.clock.wall_ms()
    assert not world.uplink.due()
    assert (world.uplink.next_ms, world.uplink.promised_s) == (start_ms + 180_000, 180.0)
    world.clock.advance(179.0)
    assert not world.uplink.due()
    world.clock.advance(1.0)
    assert world.uplink.due()
    world.uplink.transmit()
    assert world.carrier.presences()[-1].next_wake_ms == start_ms + 480_000


def test_due_after_a_power_cut_single_wake_does_not_wait(tmp_path: Path) -> None:
    """It will not be there when its phase has come; its next slot is by the phase again."""
    world = Field(tmp_path, left_s=-3600.0, phase=0.6, interval_s=300.0)
    start_ms = world.clock.wall_ms()
    assert world.uplink.due()
    world.uplink.transmit()
    assert world.uplink.next_ms == start_ms + 180_000


def test_transmit_new_node_greets_and_promises_its_phase(tmp_path: Path) -> None:
    """A node that never spoke speaks at once; until it has, it leaves no slot behind."""
    world = Field(tmp_path, phase=0.4, resident=True, interval_s=300.0)
    start_ms = world.clock.wall_ms()
    assert world.uplink.next_ms is None
    world.uplink.transmit()
    assert world.carrier.presences()[-1].next_wake_ms == start_ms + 120_000
    world.clock.advance(120.0 - world.clock.monotonic_s())
    assert world.uplink.due()


def test_transmit_what_cannot_wait_leaves_the_slot_where_it_is(tmp_path: Path) -> None:
    """A storm alarms a fleet at once; the transmissions after it are where they would have been."""
    world = Field(tmp_path, left_s=180.0, interval_s=300.0)
    start_ms = world.clock.wall_ms()
    world.uplink.hurry()
    world.uplink.transmit()
    assert world.carrier.presences()[-1].next_wake_ms == start_ms + 180_000
    world.clock.advance(180.0 - world.clock.monotonic_s())
    assert world.uplink.due()


def test_uplink_without_a_broker_is_never_due(tmp_path: Path) -> None:
    """A node without `[mqtt]` keeps its records, and says no goodbye to anyone."""
    world = Field(tmp_path)
    machine = Machine(
        clock=world.clock, sleeper=VirtualSleeper(world.clock), boot_id=BOOT, tempo=world.tempo, next_ms=None
    )
    uplink = Uplink(Params(), machine, world.house, None)
    assert not uplink.due()
    uplink.close(for_good=True)
    assert world.house.deliveries == []


@pytest.mark.parametrize("keep", [False, True])
def test_uplink_tells_what_went_over_the_air_whenever_it_was_used(tmp_path: Path, keep: bool) -> None:
    """After an exchange, after a nap on the open link, and after the goodbye: nothing that was carried goes untold."""
    world = Field(tmp_path, interval_s=10.0 if keep else 300.0)
    for use in (
        world.uplink.transmit,
        lambda: world.uplink.nap(Nap(duration_s=1.0, state="light", reason="")),
        lambda: world.uplink.close(for_good=True),
    ):
        use()
        assert world.house.traffic == world.carrier.traffic
    assert world.house.traffic.connections == (1 if keep else 2)


def test_transmit_sleeper_promises_when_the_next_exchange_begins(tmp_path: Path) -> None:
    """The promise counts from the start of this exchange, as the next one will: connecting does not push it out."""
    world = Field(tmp_path, interval_s=300.0)
    start_ms = world.clock.wall_ms()
    world.uplink.transmit()
    ready, sleeping = world.carrier.presences()
    assert (ready.state, sleeping.state) == (State.READY, State.SLEEPING)
    assert sleeping.next_wake_ms == start_ms + 300_000
    assert not world.carrier.connected


def test_transmit_what_cannot_be_told_keeps_no_link_open(tmp_path: Path) -> None:
    """A name that the wire does not know is a fault; the node sleeps all the same, and says that it does."""
    world = Field(tmp_path, interval_s=300.0)
    world.house.streams = {"Not A Name": {}}
    with pytest.raises(WireError, match="Not A Name"):
        world.uplink.transmit()
    assert world.states() == [State.READY, State.SLEEPING]
    assert not world.carrier.connected


def test_transmit_cycles_rarer_than_the_interval_promise_the_cycle(tmp_path: Path) -> None:
    """Who wakes once a minute and is asked for every ten seconds says: in a minute."""
    world = Field(tmp_path, interval_s=10.0, stay_connected_below_s=5.0)
    start_ms = world.clock.wall_ms()
    world.uplink.transmit()
    last = world.carrier.presences()[-1]
    assert (last.next_wake_ms, last.interval_s) == (start_ms + 60_000, 60.0)


def test_transmit_short_interval_stays_and_naps_on_the_link(tmp_path: Path) -> None:
    """A connection that is kept is not announced again; naps are spent serving it."""
    world = Field(tmp_path, interval_s=5.0)
    world.uplink.transmit()
    world.uplink.transmit()
    assert world.states() == [State.READY]
    assert world.uplink.nap(Nap(duration_s=3.0, state="light", reason="a test")) == 3.0
    assert world.carrier.connected


def test_transmit_on_a_kept_link_promises_anew_when_it_will_be_rarer(tmp_path: Path) -> None:
    """A policy that has a connected node sample every ten minutes has the gateway call nobody lost meanwhile."""
    world = Field(tmp_path, interval_s=5.0)
    world.uplink.transmit()
    world.tempo.follow(period_s=600.0, interval_s=5.0, alertness=None)
    world.uplink.transmit()
    world.uplink.transmit()
    assert [(each.state, each.interval_s) for each in world.carrier.presences()] == [
        (State.READY, 60.0),
        (State.READY, 600.0),
    ]


def test_transmit_says_health_at_its_rate_and_reported_on_change(tmp_path: Path) -> None:
    """Health goes out once in `health_s`, what the node runs on only when it is news."""
    world = Field(tmp_path, interval_s=5.0, health_s=100.0)
    world.uplink.transmit()
    world.uplink.transmit()
    assert sum(isinstance(message, Health) for message in world.carrier.said) == 1
    assert sum(isinstance(message, Reported) for message in world.carrier.said) == 1
    world.house.streams = {"results": {"pressure": "Pa"}}
    world.clock.advance(100.0)
    world.uplink.transmit()
    assert sum(isinstance(message, Health) for message in world.carrier.said) == 2
    assert sum(isinstance(message, Reported) for message in world.carrier.said) == 2


def test_transmit_wish_is_obeyed_and_reported_at_once(tmp_path: Path) -> None:
    """The version that the gateway wished for comes back in `reported`, while the link is there to say so."""
    world = Field(tmp_path, interval_s=5.0, resident=True)
    world.uplink.transmit()
    world.uplink.transmit()
    versions = [message.version for message in world.carrier.said if isinstance(message, Reported)]
    assert versions == [7]


def test_obey_single_wake_takes_its_wish_up_with_the_transmission(tmp_path: Path) -> None:
    """A process that ends after it has transmitted has no later wake: it answers at once."""
    world = Field(tmp_path)
    world.uplink.transmit()
    assert [message.version for message in world.carrier.said if isinstance(message, Reported)] == [7]


def test_transmit_broker_away_is_a_reason_and_waits_its_turn(tmp_path: Path) -> None:
    """No network costs one awake budget an interval, and raises nothing."""
    world = Field(tmp_path, interval_s=300.0, awake_s=20.0)
    world.carrier.reachable = False
    world.uplink.transmit()
    assert world.house.failures == ["broker.example:1883: no route to host"]
    assert world.clock.monotonic_s() == 20.0
    assert not world.uplink.due()


def test_transmit_connection_breaks_is_told_once(tmp_path: Path) -> None:
    """A link that broke while delivering is the delivery's reason; nobody then speaks into the void."""
    world = Field(tmp_path)
    world.carrier.breaks = True
    world.uplink.transmit()
    assert [delivery.reason for delivery in world.house.deliveries] == ["connection reset by peer"]
    assert world.house.failures == []


def test_transmit_gateway_away_costs_one_wait_on_a_kept_link(tmp_path: Path) -> None:
    """Receipts can come while the node naps: only the first delivery in vain waits, and health keeps its reason."""
    world = Field(tmp_path, interval_s=5.0)
    world.carrier.listening = False
    world.outbox.append(record(1), 0.0)
    spent_s = []
    for _ in range(4):
        before_s = world.clock.monotonic_s()
        world.uplink.transmit()
        spent_s.append(round(world.clock.monotonic_s() - before_s, 3))
    assert spent_s == [6.6, 0.2, 0.2, 0.2]
    assert {delivery.reason for delivery in world.house.deliveries} == {"no receipt within 5 s"}
    world.carrier.listening = True
    world.uplink.transmit()
    assert (world.house.deliveries[-1].reason, world.outbox.waiting) == ("", 0)
    world.carrier.listening = False
    world.outbox.append(record(2), 0.0)
    before_s = world.clock.monotonic_s()
    world.uplink.transmit()
    assert world.clock.monotonic_s() - before_s == pytest.approx(5.1)


def test_transmit_gateway_away_sleeper_waits_each_time(tmp_path: Path) -> None:
    """Who hangs up has no nap to hear in: it gives the gateway its time at every wake."""
    world = Field(tmp_path, interval_s=300.0)
    world.carrier.listening = False
    world.outbox.append(record(1), 0.0)
    for _ in range(2):
        before_s = world.clock.monotonic_s()
        world.uplink.transmit()
        assert world.clock.monotonic_s() - before_s == pytest.approx(6.6)


def test_close_for_good_delivers_and_says_goodbye(tmp_path: Path) -> None:
    """A node that is stopped says `disconnected`, with a last health; also one that has not transmitted yet."""
    world = Field(tmp_path, left_s=299.0)
    assert not world.uplink.due()
    world.uplink.close(for_good=True)
    assert world.states() == [State.READY, State.DISCONNECTED]
    assert sum(isinstance(message, Health) for message in world.carrier.said) == 1
    assert len(world.house.deliveries) == 1


def test_close_until_the_next_start_promises_to_come_back(tmp_path: Path) -> None:
    """A single wake that kept its connection says `sleeping`: without a word the broker would call it lost."""
    world = Field(tmp_path, interval_s=5.0)
    world.uplink.transmit()
    world.uplink.close(for_good=False)
    assert world.states() == [State.READY, State.SLEEPING]
    assert not world.carrier.connected


def test_close_until_the_next_start_without_a_link_builds_nothing(tmp_path: Path) -> None:
    """A wake that the gate turned down has nobody to say goodbye to."""
    world = Field(tmp_path, left_s=299.0)
    world.uplink.close(for_good=False)
    assert world.equipped == 0


def test_hurry_is_due_at_once_and_only_once(tmp_path: Path) -> None:
    """What cannot wait does not, and does not make the link stay busy."""
    world = Field(tmp_path, left_s=299.0, interval_s=300.0)
    assert not world.uplink.due()
    world.uplink.hurry()
    assert world.uplink.due()
    world.uplink.transmit()
    assert not world.uplink.due()
