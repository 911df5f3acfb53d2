"""A node's file: every problem at once, and a node that boots in spite of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.config import load, load_strictly
from node.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[node]
site = "demo"
name = "attic"
board = "generic"

[mqtt]
host = "127.0.0.1"

[sense.air]
part = "replay"
path = "air.csv"

[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = 0.5
"""


def written(folder: Path, text: str) -> Path:
    """Write a node.toml."""
    path = folder / "node.toml"
    path.write_text(text)
    return path


def test_load_good_file_has_no_problem(tmp_path: Path) -> None:
    """A valid file gives a whole node, with its paths beside the file."""
    (tmp_path / "air.csv").write_text("temperature\n21.5\n")
    config = load_strictly(written(tmp_path, GOOD))
    assert config.node.name == "attic"
    assert config.gate.name == "send_on_delta"
    assert config.infer.name == "readings"
    assert config.disabled == {}


def test_load_many_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """One run of check shows the whole list, in the order of the sections."""
    bad = GOOD.replace("send_on_delta", "send_on_dleta").replace('"replay"', '"reply"') + "[sleep]\nperiod_s = -1\n"
    with pytest.raises(ConfigError) as caught:
        load_strictly(written(tmp_path, bad + "[nod]\n"))
    told = [str(problem) for problem in caught.value.problems]
    assert told == [
        "nod: no 'nod'; did you mean 'node'?",
        "sense.air.part: no 'reply'; did you mean 'replay'?",
        "gate.part: no 'send_on_dleta'; did you mean 'send_on_delta'?",
        "sleep.period_s: -1.0 is below 0; seconds from one sample to the next; 0 for as fast as it goes",
    ]


def test_load_nameless_node_hears_of_the_rest_too(tmp_path: Path) -> None:
    """A mistake in [node] does not hide those after it, nor the sensors of the board that it names."""
    bad = GOOD.replace("attic", "the attic").replace("generic", "sim").replace('"replay"', '"bearing"')
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, bad + "[sense.b]\nevery = 3\n"))
    assert [problem.path for problem in caught.value.problems] == ["node.name", "sense.air.path", "sense.b.part"]
    assert "missing; valid: bearing, " in str(caught.value)


def test_load_strictly_missing_files_are_told_but_load_waits_for_them(tmp_path: Path) -> None:
    """A path that leads nowhere is a mistake to whoever checks; a node that runs may get the file later."""
    path = written(tmp_path, GOOD + '[infer]\npart = "tflite"\nmodel = "digits.tflite"\n')
    path.write_text(path.read_text().replace("[mqtt]", '[mqtt]\nca = "ca.pem"'))
    config, problems = load(path)
    assert (problems, config.disabled) == ([], {})
    with pytest.raises(ConfigError) as caught:
        load_strictly(path)
    assert [problem.path for problem in caught.value.problems] == ["mqtt.ca", "sense.air.path", "infer.model"]
    assert f"no '{tmp_path / 'digits.tflite'}'; the model file" in str(caught.value)


def test_load_bad_section_is_left_out_with_its_reason(tmp_path: Path) -> None:
    """A node boots and reports although a section is wrong: the fallback stands in."""
    config, problems = load(written(tmp_path, GOOD.replace("delta = 0.5", "delta = -1")))
    assert config.gate.name == "always"
    assert "delta" in config.disabled["gate"]
    assert len(problems) == 1


def test_load_unknown_board_is_taken_for_the_one_detected(tmp_path: Path) -> None:
    """A typo in the board's name costs its figures and not the node; who checks is told."""
    path = written(tmp_path, GOOD.replace("generic", "rpi-zero-2"))
    config, problems = load(path)
    assert (config.node.board, config.sense["air"].spec.name) == ("auto", "replay")
    assert [problem.path for problem in problems] == ["node.board"]
    assert "rpi-zero-2w" in config.disabled["node.board"]
    with pytest.raises(ConfigError, match=r"node\.board"):
        load_strictly(path)


def test_load_half_a_chain_is_no_chain(tmp_path: Path) -> None:
    """One bad transform disables the chain: a model must not see what it was never trained on."""
    text = (
        GOOD + '[start]\nchannels = ["temperature"]\n[[preprocess]]\npart = "detrend"\n[[preprocess]]\npart = "nope"\n'
    )
    config, _ = load(written(tmp_path, text))
    assert config.preprocess == ()
    assert "preprocess[1].part" in config.disabled["preprocess"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[node\n", "is not TOML"),
        ('[node]\nsite = "demo"\n', "node.name: missing"),
        ('[node]\nsite = "Demo"\nname = "x"\n', "node.site: 'Demo' does not match [a-z0-9-]{1,32}"),
        ('[node]\nsite = "a/b"\nname = "#"\n', "node.name: '#' does not match"),
    ],
)
def test_load_nobody_there_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Without a name there is nobody who could report: the file is refused."""
    with pytest.raises(ConfigError, match="node") as caught:
        load(written(tmp_path, text))
    assert told in str(caught.value)


def test_load_missing_file_says_so(tmp_path: Path) -> None:
    """A path that leads nowhere is named."""
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "nowhere.toml")


WINDOWED = '[start]\nchannels = ["temperature"]\n[[preprocess]]\npart = "window"\nsize = 4\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.partition("[gate]")[0], "never shuts"),
        (GOOD.replace("send_on_delta", "send_on_dleta"), "never shuts"),
        (GOOD + WINDOWED, "needs a steady period"),
    ],
)
def test_load_alertness_that_does_not_go_with_the_rest_is_left_out(tmp_path: Path, text: str, told: str) -> None:
    """A gate that never shuts would keep a node fast for ever, a misspelt one too; windows need even samples."""
    config, _ = load(written(tmp_path, text + "[alertness]\n"))
    assert config.alertness is None
    assert told in config.disabled["alertness"]


def test_load_alertness_is_off_unless_asked(tmp_path: Path) -> None:
    """A period of 60 s is one of 60 s; the section alone brings what is usual."""
    assert load(written(tmp_path, GOOD))[0].alertness is None
    config, problems = load(written(tmp_path, GOOD + "[alertness]\n"))
    assert problems == []
    assert config.alertness is not None
    assert config.alertness.speedup == 4.0


def test_load_meter_is_read_with_its_own_options(tmp_path: Path) -> None:
    """The operator says how the meter is fitted; without the section nothing is chosen."""
    config, problems = load(written(tmp_path, GOOD + '[meter]\npart = "hwmon_ina"\nshunt_uohm = 100_000\n'))
    assert problems == []
    assert config.meter
    assert (config.meter.name, getattr(config.meter.params, "shunt_uohm", None)) == ("hwmon_ina", 100_000)
    assert load(written(tmp_path, GOOD))[0].meter is None


def test_load_meter_with_mistakes_tells_all_of_them(tmp_path: Path) -> None:
    """Each option that is wrong, and the part that was meant; the node runs on with the board's own meters."""
    chip = '[meter]\npart = "max17048"\naddress = 5\ncapacity_mwh = "full"\nshunt = 1\n'
    config, problems = load(written(tmp_path, GOOD + chip))
    assert [each.path for each in problems] == ["meter.shunt", "meter.capacity_mwh", "meter.address"]
    assert config.meter is None
    assert set(config.disabled) == {"meter"}
    _, problems = load(written(tmp_path, GOOD + '[meter]\npart = "hwmon_ima"\n'))
    assert [str(each) for each in problems] == ["meter.part: no 'hwmon_ima'; did you mean 'hwmon_ina'?"]


HARVEST = '[energy]\n[harvest]\npart = "hwmon_ina"\ndevice = "1-0041"\n'


def test_load_harvest_is_a_meter_of_its_own(tmp_path: Path) -> None:
    """Beside one for the board, which may be of the same kind."""
    text = LIVING + HARVEST + '[meter]\npart = "hwmon_ina"\ndevice = "1-0040"\n'
    config, problems = load(written(tmp_path, text))
    assert problems == []
    assert config.harvest
    assert getattr(config.harvest.params, "device", None) == "1-0041"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HARVEST.replace("[energy]\n", ""), "harvest: it serves [energy]"),
        (HARVEST.replace('device = "1-0041"\n', ""), "harvest: say which chip is at the panel by `device`"),
        (HARVEST + '[meter]\npart = "hwmon_ina"\ndevice = "1-0041"\n', "harvest: [meter] names the same chip and rail"),
        (HARVEST.replace("hwmon_ina", "rapl"), "harvest.part: no 'rapl'"),
    ],
)
def test_load_harvest_that_cannot_be_one_is_left_out(tmp_path: Path, text: str, told: str) -> None:
    """A meter that counts the board's own draw as sun would do harm; the node goes on without."""
    config, problems = load(written(tmp_path, LIVING + text))
    assert config.harvest is None
    assert str(problems[0]).startswith(told)


def test_preprocess_without_a_start_is_left_out_and_told(tmp_path: Path) -> None:
    """Nothing would ever come to it; where [start] itself has a problem, that one is told alone."""
    chain = '[[preprocess]]\npart = "window"\nsize = 8\n'
    config, problems = load(written(tmp_path, GOOD + chain))
    assert config.preprocess == ()
    assert [problem.path for problem in problems] == ["preprocess"]
    _, problems = load(written(tmp_path, GOOD + chain + "[start]\n"))
    assert [problem.path for problem in problems] == ["start"]


LIVING = GOOD.replace('board = "generic"', 'board = "generic"\nbattery_wh = 10.0') + "[sleep]\nperiod_s = 60.0\n"


def test_load_energy_needs_to_know_the_battery(tmp_path: Path) -> None:
    """Without a capacity there is nothing to plan with: the section is left out, and says what to give."""
    config, _ = load(written(tmp_path, GOOD + "[energy]\n"))
    assert config.energy is None
    assert "node.battery_wh" in config.disabled["energy"]


@pytest.mark.parametrize(
    ("energy", "told"),
    [
        ("fastest_s = 600.0\nslowest_s = 60.0\n", "no range"),
        ("eager_s = 600.0\npatient_s = 60.0\n", "no range"),
        ("reserve = 0.9\n", "above target"),
        ("[energy.guard]\nleast = 0.5\n", "no range"),
        ("[energy.guard]\nlest = 0.5\n", "did you mean 'least'"),
    ],
)
def test_load_energy_whose_limits_cross_is_told(tmp_path: Path, energy: str, told: str) -> None:
    """Each with its reason, and the node lives as without the section."""
    config, problems = load(written(tmp_path, LIVING + "[energy]\n" + energy))
    assert config.energy is None
    assert told in " ".join(map(str, problems))


def test_load_energy_of_a_node_that_samples_by_the_day_is_told(tmp_path: Path) -> None:
    """The sun is learnt by the hour."""
    config, _ = load(written(tmp_path, LIVING.replace("60.0", "7200.0") + "[energy]\n"))
    assert "longer than an hour" in config.disabled["energy"]


def test_load_lighter_engine_needs_a_battery_that_chooses_it(tmp_path: Path) -> None:
    """It is an engine of its own within the other's table; without an adaptive `[energy]` nobody would ask it."""
    lighter = '[infer.lighter]\npart = "readings"\n'
    config, problems = load(written(tmp_path, LIVING + "[energy]\n" + lighter))
    assert problems == []
    assert config.lighter is not None
    assert (config.infer.name, config.lighter.name) == ("readings", "readings")
    for more in ("", "[energy]\nadaptive = false\n"):
        config, _ = load(written(tmp_path, LIVING + more + lighter))
        assert config.lighter is None
        assert "adaptive [energy]" in config.disabled["infer.lighter"]


@pytest.mark.parametrize(("interval_s", "kept"), [(10.0, True), (900.0, False)])
def test_load_link_that_is_kept_is_neither_left_nor_silenced(tmp_path: Path, interval_s: float, kept: bool) -> None:
    """A node cannot halt, nor block its radio, on a link that it keeps: both are left out with the reason, alone."""
    asleep = '[sleep]\nperiod_s = 7.0\ndeepest = "off"\nsavings = ["hdmi", "wifi"]\n'
    path = written(tmp_path, f"{GOOD}[transmit]\ninterval_s = {interval_s}\n{asleep}")
    config, problems = load(path)
    assert [each.path for each in problems] == (["sleep.deepest", "sleep.savings"] if kept else [])
    assert all("transmit.interval_s" in each.message for each in problems)
    assert set(config.disabled) == {each.path for each in problems}
    assert config.sleep.deepest == ("light" if kept else "off")
    assert config.sleep.savings == (("hdmi",) if kept else ("hdmi", "wifi"))
    assert config.sleep.period_s == 7.0
