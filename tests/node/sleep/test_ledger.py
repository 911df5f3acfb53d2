"""Where the joules went."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.hal import EnergyReading, PowerState, Quality, Scope, Transition
from node.sleep.ledger import ANSWERING, STAGES, Ledger

STATES = {
    "active": PowerState(name="active", power_mw=2000.0, quality="estimate", source="test"),
    "light": PowerState(name="light", power_mw=100.0, quality="estimate", source="test"),
}


class Bench:
    """A board that draws what it is told, under a meter that sees it or does not."""

    def __init__(self, scope: Scope = "input", quality: Quality = "measured", *, counted: bool = False) -> None:
        self.scope, self.quality, self.counted = scope, quality, counted
        self.energy_mj = self.covered_s = 0.0
        self.silent = False
        self.watched = False

    def read(self) -> EnergyReading | None:
        """Say what was drawn."""
        if self.silent:
            return None
        return EnergyReading(
            energy_mj=self.energy_mj,
            scope=self.scope,
            quality=self.quality,
            covered_s=self.covered_s,
            uncertainty_mj=self.energy_mj / 100,
            counted=self.counted,
        )

    def watch(self, *, closely: bool) -> None:
        """Note it."""
        self.watched = closely

    def draw(self, power_mw: float, seconds: float, *, seen: bool = True) -> float:
        """Draw for some time, and return it for the ledger."""
        if seen:
            self.energy_mj += power_mw * seconds
            self.covered_s += seconds
        return seconds


def test_ledger_time_awake_is_booked_to_its_stage() -> None:
    """Milliwatts times seconds are millijoules, under the stage that spent them, marked modelled."""
    ledger = Ledger(STATES)
    ledger.spend("infer", 0.5)
    assert ledger.energy_mj() == {"infer": (0.0, 1000.0)}


def test_ledger_nap_costs_its_state() -> None:
    """A nap is paid at the state's draw, an unknown state at the active one, and each is kept by its name."""
    ledger = Ledger(STATES)
    ledger.sleep("light", 10.0)
    ledger.sleep("hibernation", 1.0)
    assert ledger.total_mj() == pytest.approx(3000.0)
    assert ledger.naps_s == {"light": 10.0, "hibernation": 1.0}


def test_ledger_nap_pays_for_going_and_coming_back() -> None:
    """By hand: 150 mJ down, 9.65 s at 100 mW, 1000 mJ up; cut short after a fifth of both, it is a fifth of them."""
    light = replace(
        STATES["light"], enter=Transition(time_s=0.05, energy_mj=150.0), exit=Transition(time_s=0.3, energy_mj=1000.0)
    )
    booked = []
    for seconds in (10.0, 0.07, 0.0):
        ledger = Ledger(STATES | {"light": light})
        ledger.sleep("light", seconds)
        booked.append(ledger.total_mj())
        assert ledger.accounts["sleep"].seconds == seconds
    assert booked == pytest.approx([150.0 + 965.0 + 1000.0, 230.0, 0.0])


def test_ledger_stranger_is_refused() -> None:
    """A stage that nobody knows is a programming error, not a new account."""
    with pytest.raises(KeyError):
        Ledger(STATES).spend("thinking", 1.0)
    assert "thinking" not in STAGES


def test_ledger_of_a_metered_cycle_shares_its_joules_by_time() -> None:
    """4 s at 1 W, of which inference took three quarters; nothing is left to the model."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    ledger.spend("sense", bench.draw(1000.0, 1.0))
    ledger.spend("infer", bench.draw(1000.0, 3.0))
    ledger.settle()
    assert ledger.energy_mj() == {"sense": (1000.0, 0.0), "infer": (3000.0, 0.0)}
    assert (ledger.scope, ledger.uncertainty_mj) == ("input", 40.0)


def test_ledger_shares_out_what_was_counted_and_not_a_joule_more() -> None:
    """A wait that was told before its stage, at clocks that changed meanwhile, leaves that stage below nothing."""
    bench = Bench()
    ledger = Ledger(STATES | {"idle": replace(STATES["active"], name="idle", power_mw=500.0)}, bench)
    ledger.wait("transmit", 0.2)
    ledger.spend("infer", bench.draw(1000.0, 1.0))
    ledger.settle()
    assert ledger.accounts["infer"].measured_mj == pytest.approx(1000.0)


def test_ledger_of_a_sampled_meter_leaves_the_nap_to_the_model() -> None:
    """Awake at both of its ends, the machine looked awake all along: 2 W for a second of nap is not believed."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    ledger.sleep("light", bench.draw(2000.0, 1.0))
    assert ledger.energy_mj() == {"sleep": (0.0, 100.0)}
    ledger.spend("sense", bench.draw(1500.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj()["sense"] == (1500.0, 0.0)


def test_ledger_has_its_meter_watched_while_the_node_works() -> None:
    """From the start, not through the nap, and again from its end."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    seen = [bench.watched]
    ledger.rest()
    seen.append(bench.watched)
    ledger.sleep("light", bench.draw(400.0, 1.0))
    assert [*seen, bench.watched] == [True, False, True]


def test_ledger_of_a_nap_that_was_refused_books_nothing_and_goes_on_watching() -> None:
    """A bed that takes no nap costs none, whatever its board's transitions are; the meter is to look on."""
    abrupt = replace(STATES["light"], enter=Transition(energy_mj=150.0))
    bench = Bench()
    ledger = Ledger(STATES | {"light": abrupt}, bench)
    ledger.rest()
    ledger.sleep("light", 0.0)
    assert (ledger.total_mj(), bench.watched) == (0.0, True)


def test_ledger_of_a_counting_meter_measures_the_nap() -> None:
    """What counts on while nobody reads knows what the nap took."""
    bench = Bench(counted=True)
    ledger = Ledger(STATES, bench)
    ledger.sleep("light", bench.draw(130.0, 60.0))
    assert ledger.energy_mj() == {"sleep": (7800.0, 0.0)}


def test_ledger_of_a_gap_is_modelled_for_as_long_as_it_was() -> None:
    """Half of the time was seen, at 1 W; the other half is paid after the board's state."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    ledger.spend("infer", bench.draw(1000.0, 1.0))
    ledger.spend("infer", bench.draw(1000.0, 1.0, seen=False))
    ledger.settle()
    assert ledger.energy_mj() == {"infer": (1000.0, 2000.0)}


def test_ledger_of_a_silent_meter_keeps_the_interval_open() -> None:
    """A failed reading books nothing; the next one tells of both cycles."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    bench.silent = True
    ledger.spend("sense", bench.draw(500.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"sense": (0.0, 2000.0)}
    bench.silent = False
    ledger.spend("infer", bench.draw(500.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"sense": (500.0, 0.0), "infer": (500.0, 0.0)}


def test_ledger_of_a_sampled_meter_that_is_silent_after_a_nap_shares_nothing_with_it() -> None:
    """The nap lies in no interval of a meter that cannot have seen it, whether it answers at its end or not."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    bench.silent = True
    ledger.sleep("light", bench.draw(400.0, 10.0, seen=False))
    bench.silent = False
    ledger.spend("sense", bench.draw(500.0, 1.0))
    ledger.settle()
    ledger.spend("gate", bench.draw(500.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"sleep": (0.0, 1000.0), "sense": (0.0, 2000.0), "gate": (500.0, 0.0)}


def test_ledger_of_a_meter_that_was_silent_at_first_starts_with_its_first_word() -> None:
    """What came before it is modelled."""
    bench = Bench()
    bench.silent = True
    ledger = Ledger(STATES, bench)
    ledger.spend("boot", bench.draw(500.0, 1.0))
    bench.silent = False
    ledger.settle()
    ledger.spend("sense", bench.draw(500.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"boot": (0.0, 2000.0), "sense": (500.0, 0.0)}


def test_ledger_of_a_coarse_count_waits_until_it_moves() -> None:
    """A gauge that counts in steps of 3600 mJ has said nothing yet after a second, and that is not zero."""
    bench = Bench(counted=True)
    ledger = Ledger(STATES, bench)
    ledger.spend("sense", bench.draw(0.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"sense": (0.0, 2000.0)}
    bench.energy_mj += 3600.0
    ledger.spend("sense", bench.draw(0.0, 2.0))
    ledger.settle()
    assert ledger.energy_mj() == {"sense": (3600.0, 0.0)}


@pytest.mark.parametrize("scope", ["rails", "cpu"])
def test_ledger_of_a_part_of_the_board_leaves_the_rest_to_the_model(scope: Scope) -> None:
    """The processor's 300 mJ of a board's 2000 are measured; somebody drew the others."""
    bench = Bench(scope)
    ledger = Ledger(STATES, bench)
    ledger.spend("infer", bench.draw(300.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"infer": (300.0, 1700.0)}


def test_ledger_of_an_estimate_measures_nothing() -> None:
    """A better model is still a model."""
    bench = Bench(quality="estimate", counted=True)
    ledger = Ledger(STATES, bench)
    ledger.spend("infer", bench.draw(700.0, 1.0))
    ledger.settle()
    ledger.sleep("light", bench.draw(700.0, 10.0))
    assert ledger.energy_mj() == {"infer": (0.0, 700.0), "sleep": (0.0, 1000.0)}


def charged(scope: Scope, quality: Quality, power_mw: float = 1000.0) -> tuple[float, float]:
    """Transmit for a second under a meter, with half a joule of radio; return measured and modelled."""
    bench = Bench(scope, quality)
    ledger = Ledger(STATES, bench)
    ledger.charge("transmit", 500.0)
    ledger.spend("transmit", bench.draw(power_mw, 1.0))
    ledger.settle()
    return ledger.energy_mj()["transmit"]


@pytest.mark.parametrize("scope", ["input", "module"])
def test_ledger_of_a_meter_of_the_whole_board_pays_the_radio_once(scope: Scope) -> None:
    """What the radio took is in what was counted: a charge on top would be paid twice."""
    assert charged(scope, "measured") == (1000.0, 0.0)


def test_ledger_of_a_meter_of_the_processor_pays_the_radio_beside_it() -> None:
    """It saw no radio: what it counted takes the place of the board's 2 W, however much it is, and the charge stays."""
    assert charged("cpu", "measured") == (1000.0, 1500.0)
    assert charged("cpu", "measured", 2200.0) == (2200.0, 500.0)


def test_ledger_of_a_meter_of_rails_pays_the_radio_once() -> None:
    """A radio hangs on one of them: what they counted takes the place of its charge too, as far as it reaches."""
    assert charged("rails", "measured") == (1000.0, 1500.0)
    assert charged("rails", "measured", 2200.0) == (2200.0, 300.0)


def test_ledger_of_a_better_model_pays_the_radio_beside_it() -> None:
    """A model that looks at how busy the processor is knows nothing of what was sent."""
    assert charged("input", "estimate") == (0.0, 1500.0)


def test_ledger_of_a_charge_before_a_sampled_nap_keeps_it() -> None:
    """What the radio took through a nap is modelled as the nap is, and no later interval takes it away."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    ledger.charge("transmit", 70.0)
    ledger.sleep("light", bench.draw(2000.0, 1.0))
    ledger.spend("sense", bench.draw(1000.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"transmit": (0.0, 70.0), "sleep": (0.0, 100.0), "sense": (1000.0, 0.0)}


def test_ledger_of_waiting_is_booked_at_idle() -> None:
    """Of 3 s of transmitting, 2 s were waiting for the network, at 0.5 W and not at 2; without an idle, as ever."""
    idle = PowerState(name="idle", power_mw=500.0, quality="estimate", source="test")
    for states, energy_mj in ((STATES | {"idle": idle}, 3000.0), (STATES, 6000.0)):
        ledger = Ledger(states)
        ledger.wait("transmit", 2.0)
        ledger.spend("transmit", 3.0)
        assert ledger.energy_mj() == {"transmit": (0.0, energy_mj)}


def test_ledger_of_a_joined_network_charges_it_awake_and_asleep() -> None:
    """30 mW for 2 s of sensing and 10 s of nap are the network's."""
    ledger = Ledger(STATES)
    ledger.joined_mw = 30.0
    ledger.spend("sense", 2.0)
    ledger.sleep("light", 10.0)
    ledger.joined_mw = 0.0
    ledger.sleep("light", 10.0)
    assert ledger.energy_mj() == {"sense": (0.0, 4000.0), "transmit": (0.0, 360.0), "sleep": (0.0, 2000.0)}


STEPS = st.lists(
    st.tuples(st.sampled_from([*ANSWERING, "light"]), st.floats(0.001, 100.0), st.floats(1.0, 5000.0), st.booleans()),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=100)
@given(STEPS)
def test_ledger_of_any_life_loses_no_measured_joule(steps: list[tuple[str, float, float, bool]]) -> None:
    """Whatever fails in between, at the end the accounts hold what the meter counted, and no negative sum."""
    bench = Bench(counted=True)
    ledger = Ledger(STATES, bench)
    for name, seconds, power_mw, silent in steps:
        bench.silent = silent
        bench.draw(power_mw, seconds)
        if name == "light":
            ledger.sleep(name, seconds)
        else:
            ledger.spend(name, seconds)
            ledger.settle(1)
    bench.silent = False
    ledger.settle()
    assert sum(measured for measured, _ in ledger.energy_mj().values()) == pytest.approx(bench.energy_mj)
    assert sum(modelled for _, modelled in ledger.energy_mj().values()) == pytest.approx(0.0, abs=1e-3)
    assert min(min(pair) for pair in ledger.energy_mj().values()) >= 0.0


def test_ledger_tells_inferences_per_joule_latency_and_network() -> None:
    """Nine answers in 10 ms and one in 100 ms, a transmission of 2 s at 2 W and 200 mJ of radio."""
    ledger = Ledger(STATES)
    for took_s in [0.010] * 9 + [0.100]:
        ledger.spend("gate", 0.001)
        ledger.spend("infer", took_s - 0.001)
        ledger.settle(1)
    ledger.spend("gate", 5.0)
    ledger.settle()
    ledger.spend("transmit", 2.0)
    ledger.charge("transmit", 200.0)
    told = ledger.snapshot()
    assert told["latency_p50_ms"] == pytest.approx(10.0, rel=0.02)
    assert told["latency_p95_ms"] == pytest.approx(100.0, rel=0.02)
    assert told["network_mj_per_inference"] == pytest.approx(420.0)
    assert told["inferences_per_joule"] == pytest.approx(10 / (ledger.total_mj() / 1000))
    assert told["energy_measured_share"] == 0.0


def test_ledger_of_nothing_tells_no_ratio() -> None:
    """A division by nothing is left out."""
    assert Ledger(STATES).snapshot() == {"energy_life_mj": 0.0, "awake_s": 0.0}
