"""Policies laid on configurations: inside the node's own limits, and never at the price of its guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.config import Config, load
from node.discord import discords
from node.energy.means import fitting
from node.policy.bounds import bounds
from node.policy.overlay import laid
from node.wire.limits import HARD, Span, Words
from tests.node.policy.site import NODE, POLICY, configured
from tests.node.wire.strategies import LABELS, SCALARS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.wire.messages import Value

RICH = (
    NODE.replace('board = "sim"', 'board = "sim"\nbattery_wh = 20.0')
    + POLICY
    + """
[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = 0.5
[energy]
reserve = 0.3
slowest_s = 600.0
[infer]
part = "readings"
[infer.lighter]
part = "readings"
[alertness]
"""
)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A node with every section that a policy may speak of."""
    return configured(tmp_path_factory.mktemp("rich"), RICH)


def test_laid_settings_stand_where_the_operator_would_have_written_them(rich: Config) -> None:
    """Each setting is the option of its name; the operator's own configuration is left as it was."""
    under = laid(
        rich,
        {
            "sleep.period_s": 120.0,
            "transmit.interval_s": 900.0,
            "transmit.quiet_from_h": 22.0,
            "transmit.quiet_h": 8.0,
            "outbox.batch_records": 50,
            "gate.delta": 2.0,
            "dvfs.mode": "powersave",
            "energy.reserve": 0.4,
            "alertness.speedup": 2.0,
            "infer.variant": "lighter",
        },
    )
    assert under.told == {}
    config = under.config
    assert (config.sleep.period_s, config.transmit.interval_s) == (120.0, 900.0)
    assert (config.transmit.quiet_from_h, config.transmit.quiet_h) == (22.0, 8.0)
    assert (config.outbox.batch_records, config.dvfs.mode) == (50, "powersave")
    assert config.energy is not None
    assert config.energy.reserve == 0.4
    assert config.alertness is not None
    assert config.alertness.speedup == 2.0
    assert getattr(config.gate.params, "delta", None) == 2.0
    assert config.infer is rich.lighter
    assert config.lighter is None
    assert rich.sleep.period_s == 60.0


@pytest.mark.parametrize(
    ("setting", "asked", "held", "why"),
    [
        ("sleep.period_s", 31_536_000, 600.0, "became 600"),
        ("sleep.period_s", 0.1, 1.0, "became 1"),
        ("transmit.interval_s", 1.0, 10.0, "became 10"),
        ("gate.delta", 1e9, 5.0, "became 5"),
        ("gate.delta", 0.0, 0.05, "became 0.05"),
        ("energy.reserve", 0.0, 0.1, "became 0.1"),
        ("energy.reserve", 0.9, 0.65, "became 0.65"),
        ("transmit.quiet_h", 16.0, 12.0, "became 12"),
        ("gate.part", "novelty", None, "none of always, send_on_delta"),
        ("gate.channels", 1, None, "no such setting"),
        ("dvfs.mode", "overclock", None, "none of auto, balanced"),
        ("cascade.threshold", 0.9, None, "this node has no [cascade]"),
        ("node.name", "other", None, "no such setting"),
    ],
)
def test_laid_extreme_setting_is_clamped_or_left_out_and_told(
    rich: Config, setting: str, asked: Value, held: Value, why: str
) -> None:
    """A signature says who, not what is wise: each node has the last word, and says it."""
    under = laid(rich, {setting: asked})
    assert under.settings.get(setting) == held
    assert why in under.told[setting]


def test_laid_on_a_node_without_the_section_says_so(tmp_path: Path) -> None:
    """What one node has, another has not: the rest of a policy for a whole site still counts."""
    plain = configured(tmp_path)
    under = laid(plain, {"energy.reserve": 0.4, "infer.variant": "lighter", "gate.delta": 1.0, "sleep.period_s": 120.0})
    assert dict(under.settings) == {"sleep.period_s": 120.0}
    assert under.told == {
        "energy.reserve": "this node has no [energy]",
        "infer.variant": "this node has no [infer.lighter]",
        "gate.delta": "no such setting",
    }


def test_laid_period_of_a_window_is_the_operators(tmp_path: Path) -> None:
    """A model that was trained on windows of one rate is not shown another."""
    window = '[start]\nchannels = ["temperature"]\n[[preprocess]]\npart = "window"\nsize = 8\n'
    under = laid(configured(tmp_path, NODE + POLICY + window), {"sleep.period_s": 120.0})
    assert under.config.sleep.period_s == 60.0
    assert "trained at this period" in under.told["sleep.period_s"]


def test_laid_interval_leaves_a_kept_link_kept(tmp_path: Path) -> None:
    """Whether the link is kept is the operator's: how deep the node sleeps hangs on it."""
    kept = configured(tmp_path, NODE + POLICY + "[transmit]\ninterval_s = 20.0\n")
    for interval_s in (10.0, 3600.0):
        assert laid(kept, {"transmit.interval_s": interval_s}).config.transmit.stays_connected
    slept = configured(tmp_path)
    assert not laid(slept, {"transmit.interval_s": 10.0}).config.transmit.stays_connected
    assert "never quiet" in laid(kept, {"transmit.quiet_h": 8.0}).told["transmit.quiet_h"]


def test_laid_open_gate_puts_alertness_out_of_force(rich: Config) -> None:
    """A gate that never shuts would keep the node at its fastest: the section is left out for as long, and told."""
    under = laid(rich, {"gate.part": "always"})
    assert under.config.gate.name == "always"
    assert under.config.alertness is None
    assert "never shuts" in under.told["alertness"]


@given(
    st.dictionaries(
        st.sampled_from(sorted(HARD.keys() | {"gate.delta", "gate.relative", "gate.part"})) | LABELS,
        SCALARS | st.sampled_from(["always", "lighter", "usual", "powersave"]) | st.floats(0.0, 1e6),
        max_size=10,
    )
)
@settings(deadline=None, max_examples=300)
def test_laid_any_policy_leaves_a_node_that_can_live(rich: Config, asked: Mapping[str, Value]) -> None:
    """Whatever was signed: inside the limits, the battery's guard in place, and nothing that does not go together."""
    under = laid(rich, asked)
    limits = bounds(rich)
    for name, value in under.settings.items():
        limit = limits[name]
        if isinstance(limit, Words):
            assert value in limit.words
        else:
            assert isinstance(value, int | float)
            assert limit.least <= value <= limit.most
    assert under.config.energy is not None
    assert fitting(under.config).limits.slowest_s <= 600.0
    assert not list(discords(under.config))
    assert set(asked) <= {*under.settings, *under.told} or "policy" in under.told


def test_bounds_are_never_wider_than_the_wires(rich: Config) -> None:
    """What no node may be asked, this one may not be asked either."""
    for name, limit in bounds(rich).items():
        wide = HARD.get(name)
        if isinstance(wide, Span):
            assert isinstance(limit, Span)
            assert wide.least <= limit.least <= limit.most <= wide.most


def test_load_policy_limits_the_wrong_way_round_are_refused(tmp_path: Path) -> None:
    """A range without an inside is a mistake of the operator's, found by `check`."""
    path = tmp_path / "node.toml"
    path.write_text(NODE + POLICY + "fastest_s = 100.0\nslowest_s = 10.0\n")
    config, problems = load(path)
    assert config.policy is None
    assert "ranges" in str(problems[0])


def test_laid_on_a_node_with_a_cascade_moves_threshold_and_daily_budget_alone(tmp_path: Path) -> None:
    """A policy asks more or less of the larger model; share, bytes and joules stay the operator's hard limits."""
    model = "[infer]\npart = 'tflite'\nmodel = 'm.tflite'\n[cascade]\nshare = 0.05\ndaily_bytes = 4096\n"
    config = configured(tmp_path, NODE + POLICY + model)
    under = laid(config, {"cascade.threshold": 0.95, "cascade.daily": 1e9, "cascade.daily_bytes": 1e9})
    assert under.config.cascade is not None
    assert (under.config.cascade.threshold, under.config.cascade.daily) == (0.95, 10_000)
    assert (under.config.cascade.share, under.config.cascade.daily_bytes) == (0.05, 4096)
    assert under.told["cascade.daily_bytes"] == "no such setting"


def test_laid_on_a_node_without_a_model_says_that_it_has_no_cascade(tmp_path: Path) -> None:
    """A rule is never unsure: the section is left out, and so is what a policy says of it."""
    (tmp_path / "node.toml").write_text(NODE + "[cascade]\n")
    config, problems = load(tmp_path / "node.toml")
    assert [problem.path for problem in problems] == ["cascade"]
    assert config.cascade is None
